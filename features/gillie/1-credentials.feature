Feature: Gillie: the credentials in the URL
  A call carries a public key, a salt and a hash as parameters of its URL. The private key stays at home.

  @GIL-01 @MUST
  Rule: the credentials are read from the URL query
    Source: vendor page, "General". The parameters are apikey, apisalt and apihash; neither their order nor other
    parameters matter.

    Scenario: the three parameters open the API
      Given the enforced key
      When the call is made
      Then the call is accepted

    Scenario Outline: the parameters may come in the order <order>
      Given the enforced key
      And the parameters come in the order "<order>"
      When the call is made
      Then the call is accepted

      Examples:
        | order                    |
        | apikey, apihash, apisalt |
        | apisalt, apikey, apihash |
        | apisalt, apihash, apikey |
        | apihash, apikey, apisalt |
        | apihash, apisalt, apikey |

    Scenario Outline: other parameters stand <where> them without harm: <query>
      Given the enforced key
      And the query also has "<query>" <where> the credentials
      When the call is made
      Then the call is accepted

      Examples:
        | query              | where  |
        | page=1             | before |
        | page=1&size=20     | after  |
        | note=              | before |
        | name=J%C3%A4%26%3D | after  |

  @GIL-02 @MUST
  Rule: the salt is the current Unix time in whole seconds, decimal
    Source: vendor page, "General" and "Authentication with hash code".

    Scenario: the current second is a good salt
      Given the enforced key
      When the call is made
      Then the call is accepted

    Scenario Outline: the second <away> s <side> the server's clock is as good
      Given the enforced key
      And the salt is <away> seconds <side>
      When the call is made
      Then the call is accepted

      Examples:
        | away | side  |
        | 60   | old   |
        | 60   | ahead |

  @GIL-03 @MUST
  Rule: the hash is the SHA-256, in hexadecimal, of the two keys and the salt with nothing between them
    Source: vendor page, "Authentication with hash code".

    Scenario: the SHA-256 of keys and salt is a good hash
      Given the enforced key
      When the call is made
      Then the call is accepted

    @further
    Scenario: keys with characters that a URL reserves are hashed as they are
      Given the key with reserved characters
      When the call is made
      Then the call is accepted

    Scenario Outline: a hash over <parts> is denied
      Given the enforced key
      And the hash is made over <parts>
      When the call is made
      Then the call is denied

      Examples:
        | parts                                                   |
        | private key, public key                                 |
        | public key, private key                                 |
        | public key, salt                                        |
        | private key, salt                                       |
        | private key, colon, public key, colon, salt             |
        | private key, public key, salt, newline                  |
        | private key, newline, public key, newline, salt, newline |

  @GIL-04 @CONFLICT
  Rule: keys and salt are concatenated in one agreed order
    Source: vendor page. Its prose puts the public key first, its shell example the private key, and so does the vendor's
    own client. The target's configuration says which holds; hash_order: auto finds out.

    Scenario: the target takes a hash in the agreed order
      Given the enforced key
      When the agreed order is tried
      Then the target takes it, and the sentence that is therefore wrong is named

  @GIL-05 @DERIVED
  Rule: no other order is accepted
    Source: follows from GIL-03 and GIL-04.

    Scenario: the other order of the vendor's page is denied
      Given the enforced key
      And the hash is made in the order that the target does not take
      When the call is made
      Then the call is denied

    Scenario Outline: a hash over <parts> is denied
      Given the enforced key
      And the hash is made over <parts>
      When the call is made
      Then the call is denied

      Examples:
        | parts                         |
        | salt, private key, public key |
        | salt, public key, private key |
        | private key, salt, public key |
        | public key, salt, private key |

  @GIL-17 @DERIVED
  Rule: the time check and the hash use one and the same salt
    Source: follows from GIL-03 and GIL-06: a salt that was not checked proves nothing.

    Scenario Outline: a stale salt with its right hash stays denied with a fresh salt <where> it
      Given the enforced key
      And the salt is 1200 seconds old
      And a fresh salt is put <where> it
      When the call is made
      Then the call is denied

      Examples:
        | where  |
        | before |
        | after  |

    Scenario: a stale salt stays denied between two fresh ones
      Given the enforced key
      And the salt is 1200 seconds old
      And a fresh salt is put before it
      And a fresh salt is put after it
      When the call is made
      Then the call is denied
