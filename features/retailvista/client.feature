Feature: RetailVista: what a client has to do

  @RTVC-01 @MUST
  Rule: sends ApiToken as an HTTP header, on every call
    Source: vendor page, "API gateway".

    Scenario: the token of one call
      When the client is told to "read"
      Then every call carries the ApiToken as an HTTP header

    @further
    Scenario: the token of five calls at once
      When the client is told to "reads:5"
      Then every call carries the ApiToken as an HTTP header

    @further
    Scenario: the token of a call that is tried again
      Given the gateway is silent on the first call: closed
      When the client is told to "read"
      Then every call carries the ApiToken as an HTTP header

  @RTVC-02 @MUST
  Rule: sends Retail3000AuthenticateToken in the SOAP header on every call
    Source: vendor page, "Retail3000 API server"; in the service's namespace, with the required fields.

    Scenario: the SOAP header of one call
      When the client is told to "read"
      Then every call carries the Retail3000AuthenticateToken

    @further
    Scenario: the SOAP headers of five calls at once
      When the client is told to "reads:5"
      Then every call carries the Retail3000AuthenticateToken

    @further
    Scenario: the SOAP header of a call that is tried again
      Given the gateway is silent on the first call: closed
      When the client is told to "read"
      Then every call carries the Retail3000AuthenticateToken

  @RTVC-03 @DERIVED
  Rule: does not put the ApiToken into the SOAP header, the query or the body
    Source: follows from RTV-04.

    Scenario: the token of one call is in the HTTP header alone
      When the client is told to "read"
      Then the ApiToken is neither in a query nor in a body

    Scenario: the token of a denied call is in the HTTP header alone
      Given the ApiToken was disabled
      When the client is told to "read"
      Then the ApiToken is neither in a query nor in a body

    @further
    Scenario: the token of a call that is tried again is in the HTTP header alone
      Given the gateway is silent on the first call: closed
      When the client is told to "read"
      Then the ApiToken is neither in a query nor in a body

  @RTVC-04 @DERIVED
  Rule: survives silence
    Source: follows from RTV-02: it ends with an error of its own within its stated time-out, and never reports success.

    Scenario Outline: silence, <how>
      Given the gateway is silent on every call: <how>
      When the client is told to "read"
      Then it gives up by itself

      Examples:
        | how    |
        | closed |
        | reset  |
        | open   |

  @RTVC-05 @DERIVED
  Rule: does not hammer a gateway that is silent or that denies
    Source: follows from RTV-13: at most three tries, with growing pauses.

    Scenario Outline: three tries at most at a silence, <how>
      Given the gateway is silent on every call: <how>
      When the client is told to "read"
      Then it made at most 3 calls

      Examples:
        | how    |
        | closed |
        | reset  |
        | open   |

    Scenario Outline: growing pauses at a silence, <how>
      Given the gateway is silent on every call: <how>
      When the client is told to "read"
      Then its pauses grow

      Examples:
        | how    |
        | closed |
        | reset  |

    Scenario: three tries at most at a denial
      Given the ApiToken was disabled
      When the client is told to "read"
      Then it made at most 3 calls
      And its pauses grow

    Scenario Outline: three tries at most at a denial as <form>
      Given the gateway denies every call with a reason of its own as <form>
      When the client is told to "read"
      Then it made at most 3 calls
      And its pauses grow

      Examples:
        | form         |
        | JSON         |
        | a SOAP fault |

  @RTVC-06 @DERIVED
  Rule: passes the gateway's reason on to its user
    Source: follows from RTV-05 and RTV-06: the reason is meant for a person.

    Scenario Outline: a reason as <form>
      Given the gateway denies every call with a reason of its own as <form>
      When the client is told to "read"
      Then it tells its user the reason

      Examples:
        | form         |
        | text         |
        | JSON         |
        | HTML         |
        | a SOAP fault |

  @RTVC-07 @DERIVED
  Rule: sends well-formed SOAP 1.1, reserved characters escaped
    Source: follows from the public Android integration, and SOAP 1.1.

    Scenario: the form of a call
      When the client is told to "read"
      Then every call is well-formed SOAP 1.1

    Scenario: a password with reserved characters
      Given a password with reserved characters
      When the client is told to "read"
      Then the password arrives as it was given

  @RTVC-08 @DERIVED
  Rule: leaves no secret behind: on its output, in files, on command lines, in logs
    Source: follows from RTV-18: not even the vendor's own log keeps the password.

    Scenario: the output of a call
      When the client is told to "read"
      Then no secret is in its output

    Scenario: the output of a denied call
      Given the ApiToken was disabled
      When the client is told to "read"
      Then no secret is in its output

    Scenario Outline: the output of a login that is refused by <form>
      Given Retail3000 refuses the login by <form>
      When the client is told to "read"
      Then no secret is in its output

      Examples:
        | form     |
        | a fault  |
        | a result |

    Scenario: the output at a silence
      Given the gateway is silent on every call: closed
      When the client is told to "read"
      Then no secret is in its output

    Scenario: the files that it leaves
      When the client is told to "read"
      Then no secret is in a file that it left

    Scenario: the request line of a call
      When the client is told to "read"
      Then the password is in no request line

    @further
    Scenario: the command lines of what it starts
      When the client is told to "read"
      Then no secret is on a command line that it made

  @RTVC-09 @DERIVED
  Rule: reports what truly happened
    Source: how programs under test are told what to do: exit 0 if and only if the action succeeded.

    Scenario: a call that succeeds
      When the client is told to "read"
      Then what the client reports is what happened
      And the action was done

    @further
    Scenario: five calls at once
      When the client is told to "reads:5"
      Then what the client reports is what happened

    Scenario: a token that was disabled
      Given the ApiToken was disabled
      When the client is told to "read"
      Then what the client reports is what happened

    Scenario: an old password
      Given the client has an old password
      When the client is told to "read"
      Then what the client reports is what happened

    Scenario Outline: a login that is refused by <form>
      Given Retail3000 refuses the login by <form>
      When the client is told to "read"
      Then what the client reports is what happened

      Examples:
        | form     |
        | a fault  |
        | a result |

    @further
    Scenario: a redirect is no success
      Given the server sends it to another host
      When the client is told to "read"
      Then what the client reports is what happened

    Scenario: a gateway that takes its time
      Given the server takes 800 ms for each reply
      When the client is told to "read"
      Then what the client reports is what happened

    @further
    Scenario: a gateway that closes each connection
      Given the server closes the connection after each reply
      When the client is told to "reads:5"
      Then what the client reports is what happened

    @further
    Scenario: five calls at once, of which some meet silence
      Given the gateway is silent on the first two calls: closed
      When the client is told to "reads:5"
      Then what the client reports is what happened

    @further
    Scenario Outline: a gateway that speaks at the third try, <how>
      Given the gateway is silent on the first two calls: <how>
      When the client is told to "read"
      Then what the client reports is what happened

      Examples:
        | how    |
        | closed |
        | reset  |

  @RTVC-10 @OBSERVE
  Rule: what it does with a redirect to another host
    Source: no source says; HTTP libraries differ in which headers they take along.

    Scenario: a redirect to another host
      Given the server sends it to another host
      When the client is told to "read"
      Then it is reported what reached the other host
