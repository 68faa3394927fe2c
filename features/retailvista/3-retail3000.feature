Feature: RetailVista: Retail3000 behind the gateway
  Whoever is let through still has to say who calls, on every call.

  @RTV-09 @MUST
  Rule: an ApiToken alone opens nothing
    Source: vendor page: the SOAP header Retail3000AuthenticateToken is needed too.

    Scenario Outline: a call <how>
      Given a good call
      And the call is <how>
      When the call is made
      Then Retail3000 refuses it

      Examples:
        | how                                         |
        | without a SOAP header                       |
        | with an empty SOAP header                   |
        | with an empty Retail3000AuthenticateToken   |
        | with the Retail3000AuthenticateToken in the body instead |

    Scenario: it is Retail3000 that refuses
      Given a good call
      And the call is without a SOAP header
      When the call is made
      Then Retail3000 refuses it
      And Retail3000 saw it once, byte for byte

  @RTV-10 @MUST
  Rule: the SOAP header is needed on every call
    Source: the vendor's public page on access to Retail3000 alone: the API is stateless.

    @further
    Scenario: on the same connection after a good call
      Given a good call
      And the call is without a SOAP header
      When the call is made on a connection that a good call has used
      Then the good call is answered
      And Retail3000 refuses it

    Scenario: on another connection after a good call
      Given a good call
      When the call is made
      Then it succeeds
      When the call is without a SOAP header
      And the call is made
      Then Retail3000 refuses it

    @further
    Scenario: a wrong password after a good call on the same connection
      Given a good call
      And the SOAP header's Password is wrong
      When the call is made on a connection that a good call has used
      Then the good call is answered
      And Retail3000 refuses it

  @RTV-11 @MUST
  Rule: user name, password, company number and store number all have to be right
    Source: the vendor's public page on access to Retail3000 alone.

    Scenario Outline: the <field> is <how>
      Given a good call
      And the SOAP header's <field> is <how>
      When the call is made
      Then Retail3000 refuses it

      Examples:
        | field         | how     |
        | Username      | wrong   |
        | Username      | missing |
        | Username      | empty   |
        | Password      | wrong   |
        | Password      | missing |
        | Password      | empty   |
        | Password      | in another case |
        | CompanyNumber | wrong   |
        | CompanyNumber | missing |
        | CompanyNumber | empty   |
        | StoreNumber   | wrong   |
        | StoreNumber   | missing |
        | StoreNumber   | empty   |

  @RTV-14 @DERIVED
  Rule: a reason helps the owner and nobody else
    Source: vendor page: the reason is told to the caller.

    Scenario Outline: the reason for a token that is <what>
      Given a good call
      And the header ApiToken is <what>
      When the call is made
      Then the reply keeps the secrets, and shows no stack trace

      Examples:
        | what                                 |
        | empty                                |
        | a word                               |
        | an unknown GUID                      |
        | the disabled one                     |
        | the good one, its last digit changed |

    Scenario Outline: the refusal of a call <how>
      Given a good call
      And the call is <how>
      When the call is made
      Then the reply keeps the secrets, and shows no stack trace

      Examples:
        | how                         |
        | without a SOAP header       |
        | with a body that is no XML  |
        | with a body that breaks off  |
        | for an unknown operation    |

    Scenario Outline: the refusal of a wrong <field>
      Given a good call
      And the SOAP header's <field> is wrong
      When the call is made
      Then the reply keeps the secrets, and shows no stack trace

      Examples:
        | field    |
        | Username |
        | Password |

  @RTV-18 @MUST
  Rule: a traffic log is kept per token, without passwords
    Source: vendor page, on the gateway's log of each integration: summary or full detail.

    Scenario: a good call is in the log of its token
      Given a good call
      When the call is made
      Then the log of the token has it

    Scenario: a call with a disabled token is in the log of that token
      Given a good call
      And the header ApiToken is the disabled one
      When the call is made
      Then the log of the token has it

    Scenario Outline: the log in <detail> shows no password
      Given a good call
      And the traffic log keeps <detail>
      When the call is made
      Then the log of the token has it
      And the log shows no password

      Examples:
        | detail      |
        | the summary |
        | full detail |
