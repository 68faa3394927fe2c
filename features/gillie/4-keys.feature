Feature: Gillie: keys, their enforcement and their end

  @GIL-09 @DERIVED
  Rule: an enforced key without salt or hash is denied
    Source: follows from GIL-10.

    Scenario: without the hash
      Given the enforced key
      And the hash is left out
      When the call is made
      Then the call is denied

    Scenario: without the salt, hashing the keys alone
      Given the enforced key
      And the hash is made over private key, public key
      And the salt is left out
      When the call is made
      Then the call is denied

    Scenario: without the salt, hashing any second that the server's clock may show
      Given the enforced key
      When calls without the salt are made with the hash of each second within 3 s of the server's clock
      Then each of them is denied

    @further
    Scenario: without the hash, on another path
      Given the enforced key
      And the path "outside" is open to the enforced key
      And the hash is left out
      When the call is made to the path "outside"
      Then the call is denied

    Scenario: without both, beside other parameters
      Given the enforced key
      And the salt is left out
      And the hash is left out
      And the query also has "page=1&size=20" after the credentials
      When the call is made
      Then the call is denied

  @GIL-10 @MUST
  Rule: the plain public key of an enforced key is refused
    Source: vendor page, "Authentication types".

    Scenario: the plain public key of an enforced key
      Given the enforced key
      And the salt and the hash are left out
      When the call is made
      Then the call is denied

    Scenario: the plain public key of an enforced key that has just been used rightly
      Given the enforced key
      When the call is made
      Then the call is accepted
      When the call is made without salt and hash
      Then the call is denied

    @further
    Scenario: the plain public key of an enforced key, on another path
      Given the enforced key
      And the path "outside" is open to the enforced key
      And the salt and the hash are left out
      When the call is made to the path "outside"
      Then the call is denied

    @further
    Scenario: the plain public key of another enforced key
      Given the key limited by URL
      And the salt and the hash are left out
      When the call is made to the path "inside"
      Then the call is denied

  @GIL-11 @MUST
  Rule: the plain public key of a key made without enforcement is accepted
    Source: vendor page, "Authentication without hash code".

    Scenario: the plain public key alone
      Given the key made without enforcement
      When the call is made
      Then the call is accepted

    Scenario: the plain public key among other parameters
      Given the key made without enforcement
      And the query also has "page=1" before the credentials
      When the call is made
      Then the call is accepted

  @GIL-12 @OBSERVE
  Rule: whether a hash is checked that a key does not need is left open
    Source: silent.

    Scenario: a wrong hash with a key made without enforcement
      Given the key made without enforcement
      And a wrong hash is sent with a fresh salt
      When the call is made
      Then it is reported as "a wrong hash with a key made without enforcement"

    Scenario: a wrong hash and a stale salt with a key made without enforcement
      Given the key made without enforcement
      And a wrong hash is sent with a salt of yesterday
      When the call is made
      Then it is reported as "a wrong hash and a stale salt with a key made without enforcement"

  @GIL-13 @MUST
  Rule: an unknown key and a deleted key are denied, and the end of one key leaves the others working
    Source: vendor page, "How to get your API Key": keys are revoked and recreated one by one.

    Scenario: an unknown key with a hash made with a private key of its own
      Given an unknown key
      When the call is made
      Then the call is denied

    Scenario: an unknown key with a hash made with an empty private key
      Given an unknown key with an empty private key
      When the call is made
      Then the call is denied

    Scenario: an unknown key alone
      Given an unknown key
      And the salt and the hash are left out
      When the call is made
      Then the call is denied

    Scenario: a call without any credentials
      Given the public key is left out
      And the salt and the hash are left out
      When the call is made
      Then the call is denied

    Scenario: a call with salt and hash, and no public key
      Given the public key is left out
      When the call is made
      Then the call is denied

    Scenario: an empty public key alone
      Given the public key is empty
      And the salt and the hash are left out
      When the call is made
      Then the call is denied

    Scenario: an empty public key with salt and hash
      Given the public key is empty
      When the call is made
      Then the call is denied

    @further
    Scenario: a call without any credentials, to another path
      Given the path "outside" is open to the enforced key
      And the public key is left out
      And the salt and the hash are left out
      When the call is made to the path "outside"
      Then the call is denied

    @further
    Scenario Outline: the public key in the other case is another key, with the hash over it <over>
      Given the enforced key
      And the public key is in the other case, and the hash over it <over>
      When the call is made
      Then the call is denied

      Examples:
        | over           |
        | as it was made |
        | as it is sent  |

    Scenario: a key that was deleted long ago
      Given the deleted key
      When the call is made
      Then the call is denied

    @further
    Scenario: a key that is deleted stops working
      Given the key of another Area
      When the call is made
      Then the call is accepted
      When the key is deleted
      And the call is made
      Then the call is denied

    @further
    Scenario: deleting one key leaves the others working
      Given the key of another Area
      When the key is deleted
      Then a call with the enforced key is accepted
      And a call with the key made without enforcement is accepted

    @further
    Scenario: a recreated key works, and the pair that it replaces does not
      Given the key of another Area
      When the key is recreated
      And the call is made with the old pair
      Then the call is denied
      When the call is made with the new pair
      Then the call is accepted

    @further
    Scenario: recreating one key leaves the others working
      Given the key of another Area
      When the key is recreated
      Then a call with the enforced key is accepted
      And a call with the key made without enforcement is accepted
