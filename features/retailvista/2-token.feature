Feature: RetailVista: the token at the gateway
  A good token lets a call through to Retail3000; an empty, invalid or disabled one is denied with a reason.

  @RTV-01 @MUST
  Rule: a call with a valid token is forwarded, and the reply is brought back
    Source: vendor page, on the API gateway.

    Scenario: a good call
      Given a good call
      When the call is made
      Then it succeeds

    Scenario: Retail3000 sees the call once, byte for byte
      Given a good call
      When the call is made
      Then it succeeds
      And Retail3000 saw it once, byte for byte

    Scenario Outline: a body <how> arrives as it is
      Given a good call
      And the body is <how>
      When the call is made
      Then it succeeds
      And Retail3000 saw it once, byte for byte

      Examples:
        | how                            |
        | with comments and white space  |
        | with other prefixes            |
        | with letters outside ASCII     |
        | of 256 KiB                     |
        | in chunks                      |

    Scenario: a refusal of Retail3000's is brought back
      Given a good call
      And the SOAP header's Password is wrong
      When the call is made
      Then Retail3000 refuses it

    @further
    Scenario: two calls on one connection
      Given a good call
      When the call is made on a connection that a good call has used
      Then the good call is answered
      And it succeeds

  @RTV-05 @MUST
  Rule: an empty token is denied explicitly, with a reason
    Source: vendor page: an empty token is answered.

    Scenario Outline: a token that is <what>
      Given a good call
      And the header ApiToken is <what>
      When the call is made
      Then it is denied with a reason

      Examples:
        | what              |
        | empty             |
        | a space           |
        | three spaces      |
        | a tab             |

    @further
    Scenario: nothing of it reaches Retail3000
      Given a good call
      And the header ApiToken is empty
      When the call is made
      Then it is denied with a reason
      And Retail3000 saw nothing of it

    Scenario Outline: an empty token on a call that is <what>
      Given a good call
      And the header ApiToken is empty
      And the call is <what>
      When the call is made
      Then it is denied with a reason

      Examples:
        | what                          |
        | a GET                         |
        | to a path that does not exist |
        | without a body                |

  @RTV-06 @MUST
  Rule: an invalid token is denied explicitly, with a reason
    Source: vendor page: an invalid token is answered with the reason.

    Scenario Outline: a token that is <what>
      Given a good call
      And the header ApiToken is <what>
      When the call is made
      Then it is denied with a reason

      Examples:
        | what                              |
        | a word                            |
        | an unknown GUID                   |
        | the GUID of zeros                 |
        | the good one, its last digit changed  |
        | the good one, cut by its last digit   |
        | the good one with a digit more    |
        | the good one, twice in one header |
        | the user name                     |

    @further
    Scenario: nothing of it reaches Retail3000
      Given a good call
      And the header ApiToken is an unknown GUID
      When the call is made
      Then it is denied with a reason
      And Retail3000 saw nothing of it

    @further
    Scenario: on a connection that a good call has used
      Given a good call
      And the header ApiToken is an unknown GUID
      When the call is made on a connection that a good call has used
      Then the good call is answered
      And it is denied with a reason

  @RTV-07 @MUST
  Rule: the token of one integration can be disabled, and those of others go on
    Source: vendor page: each integration has its token.

    Scenario: a token that was disabled long ago
      Given a good call
      And the header ApiToken is the disabled one
      When the call is made
      Then it is denied with a reason

    @further
    Scenario: a token that is disabled opens nothing any more
      Given a good call
      When the token is disabled
      And the call is made
      Then it is denied with a reason
      And Retail3000 saw nothing of it

    @further
    Scenario: the tokens of others go on
      Given a good call
      When the token is disabled
      And the header ApiToken is the one of another integration
      And the call is made
      Then it succeeds

  @RTV-08 @DERIVED
  Rule: the header's name is read in any case
    Source: HTTP, RFC 9110: field names are case-insensitive.

    Scenario Outline: written <name>
      Given a good call
      And the header ApiToken is written "<name>"
      When the call is made
      Then it succeeds

      Examples:
        | name     |
        | apitoken |
        | APITOKEN |
        | aPiToKeN |

  @RTV-12 @MUST
  Rule: the caller's address is weighed with the token
    Source: the vendor's public page on access to Retail3000 alone.

    Scenario: from an address that is not allowed the token opens nothing
      Given a good call
      When the call is made from the forbidden address
      Then it does not succeed

    @further
    Scenario: nothing of it reaches Retail3000
      Given a good call
      When the call is made from the forbidden address
      Then it does not succeed
      And Retail3000 saw nothing of it

  @RTV-15 @DERIVED
  Rule: two ApiToken headers open nothing
    Source: follows from RTV-06: one of the two is not valid.

    Scenario Outline: <first>, then <second>
      Given a good call
      And the header ApiToken comes twice: <first>, then <second>
      When the call is made
      Then it does not succeed

      Examples:
        | first           | second          |
        | the good one    | an unknown GUID |
        | an unknown GUID | the good one    |
        | the good one    | empty           |
        | empty           | the good one    |

  @RTV-13 @OBSERVE
  Rule: who asks for too much is blocked for a while
    Source: the vendor's public page on fair use alone; it names no number.

    Scenario: sixty good calls as fast as they are answered
      Given a good call
      When the call is made 60 times
      Then it is reported how many were answered

  @RTV-17 @OBSERVE
  Rule: the form of a denial, other ways to write a GUID, and how silence ends are left open
    Source: silent.

    Scenario Outline: the form of the denial of a token that is <what>
      Given a good call
      And the header ApiToken is <what>
      When the call is made
      Then its form is reported as "a token that is <what>"

      Examples:
        | what            |
        | empty           |
        | an unknown GUID |

    Scenario Outline: a GUID <how>
      Given a good call
      And the header ApiToken is <how>
      When the call is made
      Then it is reported as "a GUID <how>"

      Examples:
        | how                            |
        | the good one in upper case     |
        | the good one in braces         |
        | the good one without dashes    |

    Scenario: how silence ends
      Given a good call
      And the header ApiToken is left out
      When the call is made
      Then the end of the silence is reported
