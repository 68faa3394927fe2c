Feature: Gestix: what a client has to do

  @GESC-01 @MUST
  Rule: gets a session by /helo or /auth before anything else
    Source: vendor page, "Authentication".

    Scenario: a session before a read
      When the client is told to "read"
      Then a session was asked for before anything else

    @further
    Scenario: a session before a write
      When the client is told to "write"
      Then a session was asked for before anything else

  @GESC-02 @MUST
  Rule: sends the session token on every other call, and the API token on no other call
    Source: vendor page, "Authentication".

    Scenario: a read with the session token
      When the client is told to "read"
      Then every other call carries a session token

    @further
    Scenario: a write with the session token
      When the client is told to "write"
      Then every other call carries a session token

    @further
    Scenario: an update with the session token
      When the client is told to "update"
      Then every other call carries a session token

    Scenario: the API token in no read
      When the client is told to "read"
      Then the API token is in no other call

    Scenario: the API token in no call after a session has ended
      Given the session has ended when the first call comes
      When the client is told to "read"
      Then the API token is in no other call
      And every other call carries a session token

    @further
    Scenario: the API token in no write
      When the client is told to "write"
      Then the API token is in no other call

    Scenario: the API token in no call where no session can be had
      Given no session can be had
      When the client is told to "read"
      Then the API token is in no other call

  @GESC-03 @MUST
  Rule: on 403 gets a new session once and repeats the call; the caller sees a success
    Source: vendor page, "Session Management".

    Scenario: a session that ended before a read
      Given the session has ended when the first call comes
      When the client is told to "read"
      Then the client succeeds
      And it got at most 1 new session after the first denial

    @further
    Scenario: a session that ended before a write
      Given the session has ended when the first call comes
      When the client is told to "write"
      Then the denied call was made again in a new session
      And what the client reports is what happened

    @further
    Scenario: a session that ends amid an update
      Given the session ends after 1 call
      When the client is told to "update"
      Then the denied call was made again in a new session
      And what the client reports is what happened

    @further
    Scenario: a session that has ended for many reads
      Given the session has ended when 20 calls come together
      When the client is told to "reads:20"
      Then the client succeeds

    @further
    Scenario: a session that ends amid many reads
      Given the session ends after 7 calls
      When the client is told to "reads:20"
      Then the client succeeds

  @GESC-04 @DERIVED
  Rule: gives up when the call is denied again, and reports the failure
    Source: follows from GESC-03: no endless loop, at most two /helo for one call.

    Scenario: every call is denied
      Given every call with a session is denied
      When the client is told to "read"
      Then the client reports a failure

    Scenario: every call is denied, and two sessions are enough
      Given every call with a session is denied
      When the client is told to "read"
      Then it got at most 1 new session after the first denial
      And it made at most 10 calls

    @further
    Scenario: every call is denied, and a write gives up too
      Given every call with a session is denied
      When the client is told to "write"
      Then the client reports a failure
      And it got at most 1 new session after the first denial
      And it made at most 10 calls

    Scenario: no session can be had
      Given no session can be had
      When the client is told to "read"
      Then the client reports a failure
      And it asked for at most 2 sessions

  @GESC-05 @DERIVED
  Rule: does not ask for a session per call
    Source: follows from GES-06: one session serves many calls.

    Scenario: twenty reads
      When the client is told to "reads:20"
      Then it asked for at most 2 sessions

    @further
    Scenario: twenty writes
      When the client is told to "writes:20"
      Then it asked for at most 2 sessions

  @GESC-06 @MUST
  Rule: puts a nonce on every POST and PUT, strictly greater each time
    Source: vendor page, "Session Management"; also within one millisecond, and over a restart of the session.

    Scenario: a nonce on a POST
      When the client is told to "write"
      Then every write carries a nonce

    @further
    Scenario: a nonce on a PUT
      When the client is told to "update"
      Then every write carries a nonce
      And every nonce is greater than those before

    Scenario: twenty writes have twenty nonces
      When the client is told to "writes:20"
      Then every write carries a nonce
      And every nonce is greater than those before

    Scenario: the nonce of a write that is made again in a new session
      Given the session has ended when the first call comes
      When the client is told to "write"
      Then every nonce is greater than those before

    Scenario: twenty writes over a restart of the session have nonces of their own
      Given the session ends after 5 calls
      When the client is told to "writes:20"
      Then every nonce is greater than those before

  @GESC-07 @DERIVED
  Rule: keeps nonces in order when it writes concurrently
    Source: follows from GES-13 and GES-16: the server may take what is under way together in any order.

    Scenario: twenty writes at once
      Given writes that are under way together are taken in falling order of their nonces
      When the client is told to "writes:20"
      Then no nonce was too low

    Scenario: twenty writes at once all succeed
      Given writes that are under way together are taken in falling order of their nonces
      When the client is told to "writes:20"
      Then all of them were written

  @GESC-08 @DERIVED
  Rule: repeats a write after a refresh in a way that writes once
    Source: follows from GES-07 and GES-15: a denied write has written nothing.

    Scenario: a session that ended before a write
      Given the session has ended when the first call comes
      When the client is told to "write"
      Then nothing was written twice

    Scenario: a session that ends amid many writes
      Given the session ends after 7 calls
      When the client is told to "writes:20"
      Then nothing was written twice

  @GESC-09 @DERIVED
  Rule: refreshes once when many calls meet an expired session together
    Source: follows from GESC-05: at most two /helo for twenty calls.

    Scenario: twenty reads meet an ended session
      Given the session has ended when 20 calls come together
      When the client is told to "reads:20"
      Then it got at most 1 new session after the first denial

  @GESC-10 @DERIVED
  Rule: does not repeat a write that was rejected by 400 or 409 unchanged
    Source: follows from GES-11, GES-13 and GES-20.

    Scenario: a write that is rejected by 400
      Given every write is rejected by 400
      When the client is told to "write"
      Then no rejected write was repeated unchanged

    Scenario: a write that is rejected by 409
      Given every write is rejected by 409
      When the client is told to "write"
      Then no rejected write was repeated unchanged

    @further
    Scenario: the first of two writes is rejected by 409
      Given the first write is rejected by 409
      When the client is told to "writes:2"
      Then no rejected write was repeated unchanged

  @GESC-11 @DERIVED
  Rule: leaves no secret behind: on its output, in files, on command lines, at other hosts
    Source: follows from GESC-02: the API token is for /helo alone, and the password for /auth.

    Scenario: the output of a read
      When the client is told to "read"
      Then no secret is in its output

    Scenario: the output of a denied read
      Given every call with a session is denied
      When the client is told to "read"
      Then no secret is in its output

    Scenario: the output where no session can be had
      Given no session can be had
      When the client is told to "read"
      Then no secret is in its output

    Scenario: the files that it leaves
      When the client is told to "read"
      Then no secret is in a file that it left

    @further
    Scenario: the command lines of what it starts
      When the client is told to "read"
      Then no secret is on a command line that it made

    Scenario: the password in no other call
      When the client is told to "read"
      Then the password is in no other call

    Scenario: a redirect to another host
      Given the server sends its reads to another host
      When the client is told to "read"
      Then no secret reached the other host

    @further
    Scenario: a redirect of the call for a session
      Given the server sends whoever asks for a session to another host
      When the client is told to "read"
      Then no secret reached the other host

  @GESC-12 @DERIVED
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
    Scenario: an update that succeeds
      When the client is told to "update"
      Then what the client reports is what happened
      And the action was done

    Scenario: no session can be had
      Given no session can be had
      When the client is told to "read"
      Then what the client reports is what happened

    @further
    Scenario: a write that is rejected
      Given every write is rejected by 409
      When the client is told to "write"
      Then what the client reports is what happened

    @further
    Scenario: one of two writes is rejected
      Given the first write is rejected by 409
      When the client is told to "writes:2"
      Then what the client reports is what happened

    Scenario: a server that takes its time
      Given the server takes 1500 ms for each reply
      When the client is told to "read"
      Then what the client reports is what happened

    Scenario: a server that closes each connection
      Given the server closes the connection after each reply
      When the client is told to "reads:5"
      Then what the client reports is what happened
