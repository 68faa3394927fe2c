Feature: Gestix: what the server says
  Errors can be read by programs, the state of the server is told, and secrets are kept.

  @GES-20 @MUST
  Rule: 400 and 409 come with an error object
    Source: the vendor's public page on error handling alone: code, message and an ISO 8601 timestamp.

    Scenario: a write without a nonce
      Given a session
      When a POST is made without a nonce
      Then the call is denied by 400
      And the reply is an error object

    Scenario: a nonce that is no number
      Given a session
      When a POST is made with the nonce written "soon"
      Then the call is denied by 400
      And the reply is an error object

    @further
    Scenario: a nonce that is not greater
      Given a session
      And a POST with nonce 5 was accepted
      When a POST is made with nonce 5
      Then the call is denied
      And the reply is an error object

    Scenario: /helo without its header
      When /helo is called without an Authorization header
      Then the call is denied by 400
      And the reply is an error object

    @further
    Scenario: /auth without a parameter
      When /auth is called with the user name alone
      Then the call is denied by 400
      And the reply is an error object

    @further
    Scenario: a duplicate
      Given a session
      And a POST with nonce 5 was accepted
      When the same record is made again with nonce 6
      Then it is a duplicate: denied by 409 with an error object

    Scenario: the same mistake has the same code
      Given a session
      When a POST is made without a nonce
      And a POST is made without a nonce
      Then both replies have the same code

  @GES-21 @MUST
  Rule: /status tells the state, the time and the versions
    Source: the vendor's public page on GET /status alone.

    Scenario: the state of the server
      Given a session
      When /status is called
      Then the reply tells status, server_time, versions and errors

    @further
    Scenario: the state as a user's session is told
      Given a session by user name and password
      When /status is called
      Then the reply tells status, server_time, versions and errors

  @GES-24 @DERIVED
  Rule: neither an API token nor a password is ever shown
    Source: vendor page, "Keep your API Token secret".

    Scenario: a session by the API token
      When /helo is called with the API token
      Then the reply keeps the secrets

    Scenario: an API token with the wrong scheme
      When /helo is called with the Authorization header "Token {API token}"
      Then the reply keeps the secrets

    Scenario: an API token in the query
      When /helo is called with the API token in the query
      Then the reply keeps the secrets

    @further
    Scenario: the revoked API token
      When /helo is called with the revoked API token
      Then the reply keeps the secrets

    @further
    Scenario: a session by user name and password
      When /auth is called with the user name and the password
      Then the reply keeps the secrets

    @further
    Scenario: a password without its user name
      When /auth is called with the password alone
      Then the reply keeps the secrets

    @further
    Scenario: a password with an unknown user name
      When /auth is called with an unknown user name and the password
      Then the reply keeps the secrets

    Scenario: an API token where a session token belongs
      When a read is made with the Authorization header "Bearer {API token}"
      Then the reply keeps the secrets

    Scenario: the state of the server keeps them too
      Given a session
      When /status is called
      Then the reply keeps the secrets

    Scenario: a read keeps them too
      Given a session
      When a read is made
      Then the reply keeps the secrets
