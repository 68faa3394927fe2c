Feature: Gestix: the nonce of a write
  Every POST and PUT carries a number that rises within its session, so that nothing is written twice by mistake.

  @GES-11 @MUST
  Rule: POST and PUT need the query parameter nonce
    Source: vendor page, "Nonce Requirement"; the vendor's public page on session management.

    Scenario Outline: a <method> without a nonce writes nothing
      Given a session
      When a <method> is made without a nonce
      Then the call is denied by 400
      And the reply has the code "INVALID_ARGUMENT"
      And nothing was written

      Examples:
        | method |
        | POST   |
        | PUT    |

    Scenario: a later write without a nonce writes nothing either
      Given a session
      And a POST with nonce 5 was accepted
      When a POST is made without a nonce
      Then the call is denied by 400
      And nothing was written

    Scenario: the same write is taken once it has a nonce
      Given a session
      When a POST is made without a nonce
      And a POST is made with nonce 1
      Then the call is accepted
      And it was written once

    @further
    Scenario: a POST to /auth needs none
      When /auth is called with the user name and the password
      Then the reply gives a session token

  @GES-12 @MUST
  Rule: a nonce is a positive integer of 64 bits
    Source: the vendor's public page on session management alone.

    Scenario Outline: a POST whose nonce is <what> writes nothing
      Given a session
      When a POST is made with the nonce written "<nonce>"
      Then the call is denied by 400
      And nothing was written

      Examples:
        | what                              | nonce                |
        | empty                             |                      |
        | zero                              | 0                    |
        | minus one                         | -1                   |
        | the least of 64 bits              | -9223372036854775808 |
        | a fraction                        | 1.5                  |
        | a fraction of nothing             | 7.0                  |
        | an exponent                       | 1e3                  |
        | a word                            | soon                 |
        | no number by name                 | NaN                  |
        | a number and letters              | 12abc                |
        | a space                           | {space}              |
        | a number after a plus sign        | {plus}5              |
        | a number after a space            | {space}5             |
        | a number before a space           | 5{space}             |
        | a number before a newline         | 5{newline}           |
        | hexadecimal                       | 0x1F                 |
        | grouped                           | 1,000                |
        | in digits of another script       | {fullwidth 5}        |
        | one more than 64 bits hold        | 9223372036854775808  |
        | the greatest of 64 bits unsigned  | 18446744073709551615 |
        | one, wrapped around 64 bits       | 18446744073709551617 |
        | a hundred digits                  | {100 digits}         |

    Scenario Outline: a PUT whose nonce is <what> writes nothing
      Given a session
      When a PUT is made with the nonce written "<nonce>"
      Then the call is denied by 400
      And nothing was written

      Examples:
        | what                        | nonce                |
        | zero                        | 0                    |
        | minus one                   | -1                   |
        | a fraction                  | 1.5                  |
        | one, wrapped around 64 bits | 18446744073709551617 |

  @GES-13 @MUST
  Rule: within a session every nonce is greater than the one before
    Source: the vendor's public page on session management alone.

    Scenario Outline: the first nonce may be <nonce>
      Given a session
      When a POST is made with nonce <nonce>
      Then the call is accepted
      And it was written once

      Examples:
        | nonce               |
        | 1                   |
        | 1000                |
        | 1764000000000       |
        | 9223372036854775807 |

    Scenario Outline: after <before> comes <next>: <verdict>
      Given a session
      And a POST with nonce <before> was accepted
      When a POST is made with nonce <next>
      Then the call is <verdict>

      Examples:
        | before              | next                | verdict  |
        | 1                   | 2                   | accepted |
        | 1                   | 1000000             | accepted |
        | 9                   | 10                  | accepted |
        | 99                  | 100                 | accepted |
        | 2147483647          | 2147483648          | accepted |
        | 4294967295          | 4294967296          | accepted |
        | 9007199254740992    | 9007199254740993    | accepted |
        | 9223372036854775806 | 9223372036854775807 | accepted |
        | 5                   | 5                   | denied   |
        | 5                   | 4                   | denied   |
        | 10                  | 9                   | denied   |
        | 1000000             | 1                   | denied   |
        | 2147483648          | 2147483647          | denied   |
        | 4294967297          | 2                   | denied   |
        | 9007199254740993    | 9007199254740992    | denied   |
        | 9223372036854775807 | 9223372036854775807 | denied   |
        | 9223372036854775807 | 1                   | denied   |

    Scenario Outline: a <second> counts after a <first>
      Given a session
      And a <first> with nonce 7 was accepted
      When a <second> is made with nonce <nonce>
      Then the call is <verdict>

      Examples:
        | first | second | nonce | verdict  |
        | POST  | PUT    | 7     | denied   |
        | POST  | PUT    | 8     | accepted |
        | PUT   | POST   | 7     | denied   |
        | PUT   | PUT    | 6     | denied   |

    Scenario: two writes on one connection are held to it too
      Given a session
      When two writes with nonce 7 are made on one connection
      Then the first is accepted and the second is denied

  @GES-14 @DERIVED
  Rule: every session counts for itself
    Source: follows from GES-13: the vendor's page speaks of the session.

    Scenario Outline: the next session, <session>, may start lower
      Given a session
      And a POST with nonce 1000 was accepted
      When the next session is <session>
      And a POST is made with nonce 1
      Then the call is accepted

      Examples:
        | session                             |
        | a session                           |

      @further
      Examples:
        | session                             |
        | a session by user name and password |

    @further
    Scenario: a session after an expired one may start lower
      Given a session
      And a POST with nonce 1000 was accepted
      When the session's lifetime is over
      And the next session is a session
      And a POST is made with nonce 1
      Then the call is accepted

    Scenario: a higher nonce of another session does not push this one on
      Given a session
      And a POST with nonce 5 was accepted
      When the next session is a session
      And a POST is made with nonce 1000
      And a POST is made with nonce 6 in the session before
      Then the call is accepted

    Scenario: another session's lower nonce does not set this one back
      Given a session
      And a POST with nonce 1000 was accepted
      When the next session is a session
      And a POST is made with nonce 5
      And a POST is made with nonce 6 in the session before
      Then the call is denied
      And nothing was written

    Scenario: a write that is denied by 403 does not push the session on
      Given a session
      And a POST with nonce 5 was accepted
      When a POST is made with nonce 1000 and the Authorization header "Bearer {unknown token}"
      And a POST is made with nonce 6
      Then the call is accepted

  @GES-15 @DERIVED
  Rule: a rejected nonce writes nothing
    Source: follows from GES-13: that is what the nonce is for.

    Scenario: an accepted write is there once
      Given a session
      When a POST is made with nonce 5
      Then the call is accepted
      And it was written once

    Scenario: a replayed POST makes no second record
      Given a session
      When a POST is made with nonce 5
      And the same POST is made again
      Then the call is denied
      And it was written once

    Scenario Outline: a POST with <which> nonce makes no record
      Given a session
      And a POST with nonce 5 was accepted
      When a POST is made with nonce <nonce>
      Then the call is denied
      And nothing was written

      Examples:
        | which  | nonce |
        | equal  | 5     |
        | lower  | 4     |

    Scenario Outline: a PUT with <which> nonce leaves the record as it was
      Given a session
      And a PUT with nonce 5 was accepted
      When a PUT is made with nonce <nonce>
      Then the call is denied
      And nothing was written

      Examples:
        | which     | nonce |
        | an equal  | 5     |
        | a lower   | 4     |

    Scenario: after a rejected write the next good one is taken once
      Given a session
      And a POST with nonce 5 was accepted
      When a POST is made with nonce 5
      And a POST is made with nonce 6
      Then the call is accepted
      And it was written once

  @GES-16 @DERIVED
  Rule: a race is decided
    Source: follows from GES-13 and GES-15. The writes are sent on connections of their own and released together.

    Scenario Outline: of eight <method> with one nonce one is accepted
      Given a session
      When 4 times, eight <method> with one nonce are released together
      Then each time exactly one is accepted, and written once

      Examples:
        | method |
        | POST   |
        | PUT    |

    Scenario: of eight writes with different nonces the accepted ones are written once
      Given a session
      When 4 times, eight POST with different nonces are released together
      Then every accepted one is written once, and no other

    Scenario: after a race of different nonces none of them is good again
      Given a session
      When 4 times, eight POST with different nonces are released together
      Then each time no nonce up to the greatest accepted one is accepted afterwards

    Scenario: two sessions that race with one nonce do not touch each other
      Given a session
      When the next session is a session
      And 4 times, four POST with one nonce are released together in each of both sessions
      Then each time exactly one is accepted in each session, and written once

  @GES-17 @MUST
  Rule: the nonce is read from the query
    Source: vendor page, "Nonce Requirement": a query parameter.

    Scenario Outline: a nonce in <place> alone does not count
      Given a session
      When a POST is made without a nonce, and with nonce 5 in <place>
      Then the call is denied by 400
      And nothing was written

      Examples:
        | place              |
        | the body           |
        | the header nonce   |
        | the header X-Nonce |
        | a cookie           |

    Scenario Outline: a nonce in <place> does not matter beside a good one
      Given a session
      And a POST with nonce 5 was accepted
      When a POST is made with nonce 6, and with nonce 5 in <place>
      Then the call is accepted

      Examples:
        | place            |
        | the body         |
        | the header nonce |

    Scenario: a good nonce in the body does not mend a stale one
      Given a session
      And a POST with nonce 5 was accepted
      When a POST is made with nonce 5, and with nonce 6 in the body
      Then the call is denied
      And nothing was written

  @GES-18 @OBSERVE
  Rule: what else moves or needs a nonce is left open
    Source: silent, but for "previous request" on the vendor's public page on session management.

    Scenario: a nonce on a GET
      Given a session
      When a read is made with nonce 100
      And a POST is made with nonce 50
      Then it is reported as "a POST with nonce 50 after a GET with nonce 100"

    Scenario: a write that fails for its body
      Given a session
      When a POST is made with nonce 5 and a body that is no JSON
      And a POST is made with nonce 5
      Then it is reported as "a POST with the nonce of one that failed for its body"

    Scenario: a write that fails as a duplicate
      Given a session
      And a POST with nonce 5 was accepted
      When the same record is made again with nonce 6
      And a POST is made with nonce 6
      Then it is reported as "a POST with the nonce of one that failed as a duplicate"

    Scenario: the form of a rejected nonce
      Given a session
      And a POST with nonce 5 was accepted
      When a POST is made with nonce 5
      Then its form is reported as "a rejected nonce"

    Scenario Outline: a <method> without a nonce
      Given a session
      When a <method> is made without a nonce
      Then it is reported as "a <method> without a nonce"

      Examples:
        | method |
        | DELETE |
        | PATCH  |

  @GES-19 @MUST
  Rule: a GET needs no nonce, and /helo and /status may have one
    Source: vendor page, "Nonce Requirement"; the vendor's public pages on GET /helo and GET /status.

    @further
    Scenario: a read without a nonce after a write
      Given a session
      And a POST with nonce 5 was accepted
      When a read is made
      Then the call is accepted

    Scenario: /helo with a nonce
      When /helo is called with the API token and nonce 5
      Then the reply gives a session token

    Scenario: /status without a nonce
      Given a session
      When /status is called
      Then the call is accepted

    Scenario: /status with a nonce
      Given a session
      When /status is called with nonce 5
      Then the call is accepted
