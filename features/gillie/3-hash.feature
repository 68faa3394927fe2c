Feature: Gillie: only the right hash and only a real salt

  @GIL-08 @DERIVED
  Rule: a hash that is not the right one is denied
    Source: follows from GIL-03.

    Scenario Outline: a hash with its <which> digit changed is denied
      Given the enforced key
      And the <which> digit of the hash is changed
      When the call is made
      Then the call is denied

      Examples:
        | which  |
        | first  |
        | middle |
        | last   |

    Scenario: a hash that is right in its first, its middle and its last digit alone is denied
      Given the enforced key
      And every digit of the hash but the first, the middle and the last is changed
      When the call is made
      Then the call is denied

    Scenario Outline: a hash cut to <digits> digits is denied
      Given the enforced key
      And the hash is cut to <digits> digits
      When the call is made
      Then the call is denied

      Examples:
        | digits |
        | 63     |
        | 32     |
        | 8      |
        | 1      |

    Scenario: an empty hash is denied
      Given the enforced key
      And the hash is empty
      When the call is made
      Then the call is denied

    Scenario: a hash with a digit too many is denied
      Given the enforced key
      And the hash is followed by "0"
      When the call is made
      Then the call is denied

    Scenario Outline: a hash with a space <where> it is denied
      Given the enforced key
      And the hash has a space <where> it
      When the call is made
      Then the call is denied

      Examples:
        | where  |
        | before |
        | behind |

    Scenario: 64 zeros are denied
      Given the enforced key
      And the hash is "0000000000000000000000000000000000000000000000000000000000000000"
      When the call is made
      Then the call is denied

    Scenario Outline: the <digest> of keys and salt is denied
      Given the enforced key
      And the hash is made with <digest>
      When the call is made
      Then the call is denied

      Examples:
        | digest       |
        | SHA-1        |
        | MD5          |
        | SHA-512      |
        | HMAC-SHA-256 |

    Scenario Outline: the hash of the salt one second <side> is denied
      Given the enforced key
      And the hash is of the salt one second <side>
      When the call is made
      Then the call is denied

      Examples:
        | side    |
        | earlier |
        | later   |

    @further
    Scenario: a wrong hash is denied on another path too
      Given the enforced key
      And the path "outside" is open to the enforced key
      And the first digit of the hash is changed
      When the call is made to the path "outside"
      Then the call is denied

    @further
    Scenario: the denial of a wrong hash shows no records
      Given the enforced key
      And the path "read" is open to the enforced key
      And the first digit of the hash is changed
      When the call is made
      Then the call is denied
      And the denial shows no records

    @further
    Scenario: a hash made with another key's private key is denied
      Given the enforced key
      And the hash is made with the private key of the key of another Area
      When the call is made
      Then the call is denied

    @further
    Scenario: a hash made with another key pair is denied
      Given the enforced key
      And the hash is made with the whole pair of the key of another Area
      When the call is made
      Then the call is denied

  @GIL-16 @DERIVED
  Rule: a salt that is no Unix time in seconds is denied, never with a 5xx
    Source: follows from GIL-02. Each hash here is right for the salt as it is written.

    Scenario Outline: a salt that is <what> is denied
      Given the enforced key
      And the salt is written "<salt>"
      When the call is made
      Then the call is denied

      Examples:
        | what                             | salt                      |
        | empty                            |                           |
        | a word                           | now                       |
        | letters after the digits         | {seconds}s                |
        | no number by name                | NaN                       |
        | negative                         | -{seconds}                |
        | a number with a plus sign        | +{seconds}                |
        | a number after a space           | {space}{seconds}          |
        | a number before a space          | {seconds}{space}          |
        | a number before a newline        | {seconds}{newline}        |
        | a fraction                       | {seconds}.5               |
        | a fraction of nothing            | {seconds}.0               |
        | a number with an exponent        | {seconds}e0               |
        | a number with grouped digits     | {grouped}                 |
        | hexadecimal                      | 0x{hex}                   |
        | hexadecimal without a prefix     | {hex}                     |
        | milliseconds                     | {seconds}000              |
        | microseconds                     | {seconds}000000           |
        | the time in 32 bits, wrapped     | {2^32+seconds}            |
        | the time in 64 bits, wrapped     | {2^64+seconds}            |
        | the time below zero in 64 bits   | {seconds-2^64}            |
        | the greatest number of 64 bits   | 9223372036854775807       |
        | one more than 64 bits hold       | 9223372036854775808       |
        | a hundred digits                 | {100 digits}              |
        | in digits of another script      | {fullwidth}               |
        | a date                           | {date}                    |
