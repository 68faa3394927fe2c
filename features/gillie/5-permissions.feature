Feature: Gillie: what a key may see

  @GIL-14 @MUST
  Rule: each key is limited to its permissions, by role or by URL
    Source: vendor page, "How to get your API Key". A path that is longer or written differently opens nothing.

    Scenario Outline: <key> opens what is inside its permissions
      Given <key>
      When the call is made to the path "inside"
      Then the call is accepted

      Examples:
        | key                    |
        | the key limited by URL |

      @further
      Examples: by role
        | key                     |
        | the key limited by role |

    Scenario Outline: <key> does not open what is outside its permissions
      Given <key>
      And the path "outside" is open to the enforced key
      When the call is made to the path "outside"
      Then the call is denied

      Examples:
        | key                    |
        | the key limited by URL |

      @further
      Examples: by role
        | key                     |
        | the key limited by role |

    @further
    Scenario: the denial of a path shows no records
      Given the key limited by URL
      And the path "outside" is open to the enforced key
      When the call is made to the path "outside"
      Then the call is denied
      And the denial shows no records

    Scenario Outline: the public key of a mightier key <where> its own opens nothing more
      Given the key limited by URL
      And the public key of the enforced key is put <where> its own
      And the path "outside" is open to the enforced key
      When the call is made to the path "outside"
      Then the call is denied

      Examples:
        | where  |
        | before |
        | after  |

    @further
    Scenario: a path that begins like a permitted one stays shut
      Given the key limited by URL
      And the path "lookalike" is open to the enforced key
      When the call is made to the path "lookalike"
      Then nothing is opened

    Scenario Outline: the path outside stays shut when it is written <how>
      Given the key limited by URL
      And the path "outside" is open to the enforced key
      When the call is made to the path "outside" written <how>
      Then nothing is opened

      Examples:
        | how                                                          |
        | with a slash at its end                                      |
        | with a doubled slash at its start                            |
        | with a doubled slash inside                                  |
        | with a dot segment                                           |
        | in upper case                                                |
        | with its first letter escaped                                |
        | with its first letter escaped twice                          |
        | behind the path inside and dot segments                      |
        | behind the path inside and escaped dot segments              |
        | behind the path inside and twice-escaped dot segments        |
        | behind the path inside and dot segments with escaped slashes |

    @further
    Scenario Outline: a role is held to its paths too when the path outside is written <how>
      Given the key limited by role
      And the path "outside" is open to the enforced key
      When the call is made to the path "outside" written <how>
      Then nothing is opened

      Examples:
        | how                                     |
        | with its first letter escaped           |
        | behind the path inside and dot segments |

  @GIL-15 @MUST
  Rule: a key shows only the data of the Area in which it was made
    Source: the vendor's help page "Using API Keys" alone.

    Scenario: keys of two Areas see no record in common
      When the records are read with the enforced key and with the key of another Area
      Then they have no record in common

    @further
    Scenario Outline: the public key of another Area <where> the key's own shows nothing of that Area
      Given the enforced key
      And the public key of the key of another Area is put <where> its own
      When the records are read with the enforced key and with the key of another Area
      And the call is made
      Then nothing of the other Area is shown

      Examples:
        | where  |
        | before |
        | after  |

  @GIL-20 @DERIVED
  Rule: neither the private key nor the expected hash is ever shown
    Source: vendor page: the private key is kept in a safe place; whoever sees the expected hash needs no key.

    Scenario: after a good call
      Given the enforced key
      When the call is made
      Then the reply keeps the secrets

    Scenario: after a wrong hash
      Given the enforced key
      And the first digit of the hash is changed
      When the call is made
      Then the reply keeps the secrets

    Scenario: after a hash of another digest
      Given the enforced key
      And the hash is made with SHA-1
      When the call is made
      Then the reply keeps the secrets

    Scenario: after a call without its hash
      Given the enforced key
      And the hash is left out
      When the call is made
      Then the reply keeps the secrets

    Scenario: after a stale salt
      Given the enforced key
      And the salt is 86400 seconds old
      And the hash is left out
      When the call is made
      Then the reply keeps the secrets

    Scenario: after a salt that is no number
      Given the enforced key
      And the salt is written "now"
      And the first digit of the hash is changed
      When the call is made
      Then the reply keeps the secrets

    @further
    Scenario: after a call outside the permissions
      Given the key limited by URL
      When the call is made to the path "outside"
      Then the reply keeps the secrets

    @further
    Scenario: after a deleted key
      Given the deleted key
      When the call is made
      Then the reply keeps the secrets

  @GIL-21 @OBSERVE
  Rule: hexadecimal in upper case, the case of parameter names, and the form of a denial are left open
    Source: silent.

    Scenario: a hash in upper case
      Given the enforced key
      And the hash is in upper case
      When the call is made
      Then it is reported as "a hash in upper case"

    Scenario: parameter names in upper case
      Given the enforced key
      And the parameter names are in upper case
      When the call is made
      Then it is reported as "parameter names in upper case"

    Scenario: the denial of a wrong hash
      Given the enforced key
      And the last digit of the hash is changed
      When the call is made
      Then its form is reported as "a wrong hash"

    Scenario: the denial of a stale salt
      Given the enforced key
      And the salt is 86400 seconds old
      When the call is made
      Then its form is reported as "a stale salt"

    Scenario: the denial of an unknown key
      Given an unknown key
      When the call is made
      Then its form is reported as "an unknown key"

    Scenario: the denial of the plain public key of an enforced key
      Given the enforced key
      And the salt and the hash are left out
      When the call is made
      Then its form is reported as "a hash that is required and missing"
