Feature: Gestix: from a long-lived token to a short-lived session
  An API token, or a user name with its password, opens a session. Only the token of the session opens the API.

  @GES-01 @MUST
  Rule: /helo gives a session token for an API token
    Source: vendor page, "API Token Authentication" and "Flow A".

    Scenario: the API token is exchanged for a session token
      When /helo is called with the API token
      Then the reply gives a session token

    Scenario: the API token is good for another session
      Given a session
      When /helo is called with the API token
      Then the reply gives a session token

  @GES-02 @MUST
  Rule: /helo answers 400 when the Authorization header is missing or malformed
    Source: the vendor's public page on GET /helo alone.

    Scenario: without the header
      When /helo is called without an Authorization header
      Then the call is denied by 400

    Scenario Outline: <what>
      When /helo is called with the Authorization header "<header>"
      Then the call is denied by 400

      Examples:
        | what                               | header                   |
        | an empty header                    |                          |
        | the scheme alone                   | Bearer                   |
        | the token without a scheme         | {API token}              |
        | the token with the scheme Basic    | Basic {API token}        |
        | the token with the scheme Token    | Token {API token}        |

    Scenario: the token in the query instead of the header
      When /helo is called with the API token in the query
      Then the call is denied by 400

  @GES-03 @MUST
  Rule: /helo answers 403 to an API token that is unknown or revoked
    Source: the vendor's public page on GET /helo alone.

    Scenario Outline: <token>
      When /helo is called with <token>
      Then the call is denied by 403

      Examples:
        | token                                        |
        | an unknown API token                         |
        | the API token with its last letter changed   |
        | the API token without its last letter        |
        | the API token with one letter more           |
        | the revoked API token                        |

    @further
    Scenario: an API token that is revoked opens no further session
      Given a session
      When the API token is revoked
      And /helo is called with the API token
      Then the call is denied by 403

  @GES-04 @MUST
  Rule: /auth gives a session token for a user name and a password
    Source: vendor page, "Flow B".

    Scenario: user name and password are exchanged for a session token
      When /auth is called with the user name and the password
      Then the reply gives a session token

    Scenario: the parameters may come in the other order
      When /auth is called with the password and the user name
      Then the reply gives a session token

  @GES-05 @MUST
  Rule: /auth answers 400 without a parameter, and denies wrong credentials without telling which part is wrong
    Source: the vendor's public page on POST /auth alone.

    Scenario Outline: <what>
      When /auth is called with <what>
      Then the call is denied by 400

      Examples:
        | what                         |
        | the user name alone          |
        | the password alone           |
        | neither                      |

    Scenario Outline: <what> is denied
      When /auth is called with <what>
      Then the credentials are denied

      Examples:
        | what                                        |
        | the user name and a wrong password          |
        | the user name and an empty password         |
        | an unknown user name and the password       |
        | an unknown user name and a wrong password   |

    Scenario: an unknown user is answered like a wrong password
      When /auth is called with the user name and a wrong password
      And /auth is called with an unknown user name and a wrong password
      Then both replies say the same

  @GES-06 @MUST
  Rule: the session token opens every other protected endpoint
    Source: vendor page, "Session Token Authentication".

    Scenario: a read with the session token
      Given a session
      When a read is made
      Then the call is accepted

    Scenario: one session serves several reads
      Given a session
      When a read is made
      And a read is made
      And a read is made
      Then the call is accepted

    Scenario: several calls on one connection
      Given a session
      When two reads are made on one connection
      Then both calls are accepted

    @further
    Scenario: a POST with the session token
      Given a session
      When a POST is made with nonce 1
      Then the call is accepted
      And it was written once

    @further
    Scenario: a PUT with the session token
      Given a session
      When a PUT is made with nonce 2
      Then the call is accepted
      And it was written once

  @GES-07 @MUST
  Rule: a protected endpoint answers 403 without a good session token
    Source: vendor page, "Session Token Lifetime"; the vendor's public page on common responses.

    Scenario: a read without the header
      When a read is made without an Authorization header
      Then the call is denied by 403

    Scenario Outline: a read with <what>
      Given a session
      When a read is made with the Authorization header "<header>"
      Then the call is denied by 403

      Examples:
        | what                                       | header                                |
        | the scheme alone                           | Bearer                                |
        | an unknown token                           | Bearer {unknown token}                |
        | the session token's last letter changed    | Bearer {session token, last changed}  |
        | the session token cut by its last letter   | Bearer {session token, cut}           |
        | the session token without a scheme         | {session token}                       |
        | the session token with the scheme Basic    | Basic {session token}                 |

    Scenario: a read with the session token in the query
      Given a session
      When a read is made with the session token in the query
      Then the call is denied by 403

    @further
    Scenario Outline: a <method> without a session writes nothing
      Given a session
      When a <method> is made with nonce 2 and the Authorization header "<header>"
      Then the call is denied by 403
      And nothing was written

      Examples:
        | method | header                 |
        | POST   |                        |
        | POST   | Bearer {unknown token} |
        | PUT    | Bearer {unknown token} |

  @GES-08 @MUST
  Rule: the API token is for /helo only, and the session token for everything else
    Source: vendor page, "API Token Authentication": used only with GET /helo.

    Scenario: the API token does not open a read
      When a read is made with the Authorization header "Bearer {API token}"
      Then the call is denied by 403

    Scenario: the API token does not open a read while its session is open
      Given a session
      When a read is made with the Authorization header "Bearer {API token}"
      Then the call is denied by 403

    @further
    Scenario: the API token does not open a write
      Given a session
      When a POST is made with nonce 1 and the Authorization header "Bearer {API token}"
      Then the call is denied by 403
      And nothing was written

    Scenario Outline: the session token of <session> does not open /helo
      Given <session>
      When /helo is called with the Authorization header "Bearer {session token}"
      Then the call is denied

      Examples:
        | session                             |
        | a session                           |

      @further
      Examples:
        | session                             |
        | a session by user name and password |

  @GES-09 @MUST
  Rule: a session ends by itself, and a new one restores access
    Source: vendor page, "Session Token Lifetime".

    Scenario: the same call is accepted before the end and denied after it
      Given a session
      When a read is made
      Then the call is accepted
      When the session's lifetime is over
      And a read is made
      Then the call is denied by 403

    Scenario: a session that was never used ends too
      Given a session
      When the session's lifetime is over
      And a read is made
      Then the call is denied by 403

    @further
    Scenario: a session is good until its lifetime is nearly over
      Given a session
      When half of the session's lifetime is over
      And a read is made
      Then the call is accepted

    @further
    Scenario: a write after the end writes nothing
      Given a session
      When the session's lifetime is over
      And a POST is made with nonce 1
      Then the call is denied by 403
      And nothing was written

    Scenario Outline: <session> restores access, and the old token stays dead
      Given a session
      When the session's lifetime is over
      And the next session is <session>
      And a read is made
      Then the call is accepted
      When a read is made with the session before
      Then the call is denied by 403

      Examples:
        | session                             |
        | a session                           |

      @further
      Examples:
        | session                             |
        | a session by user name and password |

  @GES-10 @DERIVED
  Rule: the sessions of both flows have the same standing
    Source: follows from GES-06, GES-09 and GES-11: the vendor page makes no difference between the two tokens.

    Scenario: a user's session reads
      Given a session by user name and password
      When a read is made
      Then the call is accepted

    Scenario Outline: a user's session writes by <method>
      Given a session by user name and password
      When a <method> is made with nonce 2
      Then the call is accepted
      And it was written once

      Examples:
        | method |
        | POST   |
        | PUT    |

    Scenario: a user's write needs a nonce
      Given a session by user name and password
      When a POST is made without a nonce
      Then the call is denied by 400
      And nothing was written

    Scenario: a user's nonces have to rise
      Given a session by user name and password
      And a POST with nonce 5 was accepted
      When a POST is made with nonce 5
      Then the call is denied
      And nothing was written

    @further
    Scenario: a user's session ends
      Given a session by user name and password
      When a read is made
      Then the call is accepted
      When the session's lifetime is over
      And a read is made
      Then the call is denied by 403

  @GES-22 @DERIVED
  Rule: a session is bound to its account
    Source: the account is part of every path of the vendor's public pages.

    Scenario: a read on another account's path
      Given a session
      When a read is made on the path of another account
      Then the call is denied

    @further
    Scenario: a write on another account's path
      Given a session
      When a POST is made with nonce 1 on the path of another account
      Then the call is denied
      And nothing was written there

    @further
    Scenario: a user's session on another account's path
      Given a session by user name and password
      When a read is made on the path of another account
      Then the call is denied

  @GES-23 @DERIVED
  Rule: every session has an unguessable token of its own, and sessions live side by side
    Source: follows from the vendor page: the token alone is what opens the API.

    Scenario Outline: the tokens of eight sessions, each <session>, cannot be guessed from one another
      When eight sessions are opened, each <session>
      Then their tokens differ in at least 64 bits

      Examples:
        | session                           |
        | by the API token                  |

      @further
      Examples:
        | session                           |
        | by user name and password         |

    Scenario: a second session leaves the first one working
      Given a session
      When the next session is a session
      And a read is made with the session before
      Then the call is accepted

    @further
    Scenario: a user's session leaves the one by API token working
      Given a session
      When the next session is a session by user name and password
      And a read is made with the session before
      Then the call is accepted

  @GES-25 @OBSERVE
  Rule: how long a session lives, and whether `bearer` may be written in another case, is left open
    Source: silent.

    Scenario: the lifetime of a session
      When the lifetime of a session is searched
      Then the lifetime is reported

    Scenario Outline: the scheme written as <scheme>
      Given a session
      When a read is made with the Authorization header "<scheme> {session token}"
      Then it is reported as "a read with the scheme written as <scheme>"

      Examples:
        | scheme |
        | bearer |
        | BEARER |
