Feature: RetailVista: a gateway that says nothing to those who do not know of the token
  Without the header ApiToken not one byte comes back. A good call before and after each silence proves that the gateway is
  alive; how the silence ends (closed, reset, open) is reported.

  @RTV-02 @MUST
  Rule: a call without the ApiToken header meets silence
    Source: vendor page: no reply at all.

    Scenario: a SOAP call without the header
      Given a good call
      And the header ApiToken is left out
      When the call is made
      Then it meets silence

    @further
    Scenario: nothing of it reaches Retail3000
      Given a good call
      And the header ApiToken is left out
      When the call is made
      Then it meets silence
      And Retail3000 saw nothing of it

  @RTV-03 @DERIVED
  Rule: the silence holds whatever else the call is
    Source: follows from RTV-02: the gateway looks at nothing else.

    Scenario Outline: a call that is <what>
      Given a good call
      And the header ApiToken is left out
      And the call is <what>
      When the call is made
      Then it meets silence

      Examples:
        | what                              |
        | a GET                             |
        | a HEAD                            |
        | a PUT                             |
        | a DELETE                          |
        | an OPTIONS                        |
        | a method that nobody knows        |
        | to the root                       |
        | to a path that does not exist     |
        | a GET of the WSDL                 |
        | without a body                    |
        | with a body that is no XML        |
        | with a body of 256 KiB            |
        | in chunks                         |
        | HTTP/1.0                          |
        | HTTP/1.0 with a kept connection   |
        | with Expect: 100-continue         |
        | without a SOAP header             |
        | with many other headers           |

    Scenario Outline: the header <name> is not the header ApiToken
      Given a good call
      And the header ApiToken is written "<name>"
      When the call is made
      Then it meets silence

      Examples:
        | name       |
        | Api-Token  |
        | X-ApiToken |
        | ApiTokens  |
        | Token      |

    @further
    Scenario: on a connection that a good call has used
      Given a good call
      And the header ApiToken is left out
      When the call is made on a connection that a good call has used
      Then the good call is answered
      And it meets silence

    @further
    Scenario: pipelined behind a good call
      Given a good call
      And the header ApiToken is left out
      When the call is pipelined behind a good call
      Then the good call is answered
      And it meets silence

  @RTV-04 @DERIVED
  Rule: the token is taken from the header and from nowhere else
    Source: follows from RTV-02: such a call has no ApiToken header.

    Scenario Outline: the token in <place>
      Given a good call
      And the token is in <place> instead
      When the call is made
      Then it meets silence

      Examples:
        | place                                 |
        | the query                             |
        | a cookie                              |
        | the header Authorization              |
        | the header Authorization, as Bearer   |
        | the header Authorization, as Basic    |
        | a trailer                             |
        | the SOAP header                       |
        | the header Retail3000AuthenticateToken of the SOAP header |
        | the SOAPAction                        |
        | the path                              |

  @RTV-16 @DERIVED
  Rule: the silence does not tell which paths exist
    Source: follows from RTV-02.

    Scenario: calls to a path that exists and to one that does not take the same time
      Given a good call
      And the header ApiToken is left out
      When calls to an existing and to a missing path are made in turn
      Then neither gets a byte, and no time tells them apart
