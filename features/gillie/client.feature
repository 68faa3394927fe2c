Feature: Gillie: what a client has to do

  @GILC-01 @MUST
  Rule: sends apikey, apisalt and apihash on every call when it holds a private key
    Source: vendor page, "Authentication types".

    Scenario: a read is signed
      When the client is told to "read"
      Then every call carries the key, a salt and a hash

    @further
    Scenario: a write is signed
      When the client is told to "write"
      Then every call carries the key, a salt and a hash

    @further
    Scenario: five reads at once are signed
      When the client is told to "reads:5"
      Then every call carries the key, a salt and a hash

  @GILC-02 @MUST
  Rule: takes the salt from the current time, in seconds, and takes it anew
    Source: vendor page, "Authentication types": the salt is the current Unix time.

    Scenario: the salt is the current time
      When the client is told to "read"
      Then every salt is the current time in seconds

    # Three, since a salt that is rounded to some seconds may change between two of them, and not between all.
    Scenario: reads two seconds apart
      When the client is told to "read"
      And the client is told to "read" again 2 seconds later
      And the client is told to "read" again 2 seconds later
      Then every salt is the current time in seconds
      And every salt is taken anew

  @GILC-03 @MUST
  Rule: computes the right hash
    Source: vendor page, "Authentication types"; its shell example and the vendor's own client put the private key first.

    Scenario: the hash of a read
      When the client is told to "read"
      Then every hash is right

    @further
    Scenario: the hash of a write
      When the client is told to "write"
      Then every hash is right

    @further
    Scenario: the hashes of five reads at once
      When the client is told to "reads:5"
      Then every hash is right

  @GILC-04 @MUST
  Rule: never sends the private key, in no part of a request and in no encoding
    Source: vendor page, "Authentication types": the private key is only hashed.

    Scenario: a read without the private key
      When the client is told to "read"
      Then the private key is nowhere in what it sent

    @further
    Scenario: a write without the private key
      When the client is told to "write"
      Then the private key is nowhere in what it sent

    Scenario: a denied read without the private key
      Given the key was deleted
      When the client is told to "read"
      Then the private key is nowhere in what it sent

  @GILC-05 @DERIVED
  Rule: escapes keys with reserved characters so that the server reads what was hashed
    Source: follows from GILC-03 and the syntax of URLs (RFC 3986).

    Scenario: keys with reserved characters arrive
      Given keys with reserved characters
      When the client is told to "read"
      Then every key arrives as it was given

    Scenario: keys with reserved characters are hashed as they are
      Given keys with reserved characters
      When the client is told to "read"
      Then the keys were hashed as they are

  @GILC-06 @DERIVED
  Rule: does not fall back to the plain public key after a denial
    Source: follows from GILC-01.

    Scenario: the key was deleted
      Given the key was deleted
      When the client is told to "read"
      Then no signed call is followed by one with the public key alone

    Scenario: the server's clock is ahead
      Given the server's clock is 11 minutes ahead
      When the client is told to "read"
      Then no signed call is followed by one with the public key alone

  @GILC-07 @DERIVED
  Rule: reports a denial as a failure of its own, and does not hammer
    Source: follows from GIL-08 and GIL-13; at most three tries for one call.

    Scenario: a denial is reported
      Given the key was deleted
      When the client is told to "read"
      Then the client reports a failure

    Scenario: a denied call is tried three times at most
      Given the key was deleted
      When the client is told to "read"
      Then it made at most 3 calls

    @further
    Scenario: five denied calls at once are tried three times at most, each
      Given the key was deleted
      When the client is told to "reads:5"
      Then the client reports a failure
      And it made at most 15 calls

    Scenario: a server whose clock is behind is not hammered
      Given the server's clock is 11 minutes behind
      When the client is told to "read"
      Then it made at most 3 calls

    Scenario: a server that breaks down
      Given the server breaks down on every call
      When the client is told to "read"
      Then the client reports a failure
      And it made at most 3 calls

  @GILC-08 @MUST
  Rule: with a public key only, sends apikey alone
    Source: vendor page, "Authentication types": keys made without enforcement.

    Scenario: a plain read
      Given a key without enforcement, of which the client has the public part alone
      When the client is told to "read"
      Then every call carries the public key alone

  @GILC-09 @DERIVED
  Rule: keeps the caller's own query parameters intact beside the three
    Source: follows from GIL-01: other parameters do not matter.

    Scenario: parameters with reserved characters
      Given the caller's own query is "status=open%2Bnew&note=a%26b%3Dc%23e%20d&city=K%C3%B6ln&page=2"
      When the client is told to "read"
      Then the caller's own parameters arrive as they were

    Scenario: a parameter without a value
      Given the caller's own query is "archived=&page=2"
      When the client is told to "read"
      Then the caller's own parameters arrive as they were

    Scenario: a parameter that comes twice
      Given the caller's own query is "tag=one&page=2&tag=two"
      When the client is told to "read"
      Then the caller's own parameters arrive as they were

  @GILC-10 @DERIVED
  Rule: leaves no secret behind: on its output, in files, on command lines, at other hosts
    Source: follows from GILC-04: the private key is nobody else's.

    Scenario: the output of a read
      When the client is told to "read"
      Then no secret is in its output

    Scenario: the output of a denied read
      Given the key was deleted
      When the client is told to "read"
      Then no secret is in its output

    Scenario: the files that it leaves
      When the client is told to "read"
      Then no secret is in a file that it left

    @further
    Scenario: the command lines of what it starts
      When the client is told to "read"
      Then no secret is on a command line that it made

    Scenario: a redirect to another host
      Given the server sends it to another host
      When the client is told to "read"
      Then no secret reached the other host

  @GILC-11 @DERIVED
  Rule: reports what truly happened
    Source: how programs under test are told what to do: exit 0 if and only if the action succeeded.

    Scenario: a read that succeeds
      When the client is told to "read"
      Then what the client reports is what happened
      And the action was done

    @further
    Scenario: a write that succeeds
      When the client is told to "write"
      Then what the client reports is what happened
      And the action was done

    @further
    Scenario: five reads at once
      When the client is told to "reads:5"
      Then what the client reports is what happened

    @further
    Scenario: some of five reads are denied
      Given the server denies all calls but the first 2
      When the client is told to "reads:5"
      Then what the client reports is what happened

    Scenario: a server that takes its time
      Given the server takes 700 ms for each reply
      When the client is told to "read"
      Then what the client reports is what happened

    Scenario: a server that closes each connection
      Given the server closes the connection after each reply
      When the client is told to "read"
      Then what the client reports is what happened

    Scenario: a key that was deleted
      Given the key was deleted
      When the client is told to "read"
      Then what the client reports is what happened
