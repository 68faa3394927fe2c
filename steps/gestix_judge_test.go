package steps

import (
	"fmt"
	"testing"

	"github.com/authbench/authbench/targets/wire"
)

func answers(status int, body string) wire.Exchange {
	return wire.Exchange{End: wire.Replied, Reply: &wire.Reply{Status: status, Line: fmt.Sprintf("HTTP/1.1 %d X", status), Body: []byte(body)}}
}

func TestISO8601(t *testing.T) {
	for _, good := range []string{
		"2026-11-24T10:00:07Z", "2026-11-24T10:00:07.123456Z", "2026-11-24T10:00:07,5+01:00", "2026-11-24T10:00:07-0330",
		"2026-11-24T10:00+01", "20261124T100007Z", "2026-11-24T10:00:07", "2016-12-31T23:59:60Z",
	} {
		if !isISO8601(good) {
			t.Errorf("%s is taken for no time", good)
		}
	}
	for _, bad := range []string{
		"", "24.11.2026 10:00", "2026-11-24", "2026-13-24T10:00:07Z", "2026-02-30T10:00:07Z", "2026-11-24T25:00:07Z", "1795514407",
		"Tue, 24 Nov 2026 10:00:07 GMT", "2026-11-24T10:00:07ZZ", " 2026-11-24T10:00:07Z",
	} {
		if isISO8601(bad) {
			t.Errorf("%s is taken for a time", bad)
		}
	}
}

func TestJudgesOfGestix(t *testing.T) {
	const object = `{"code":"INVALID_ARGUMENT","message":"no nonce","timestamp":"2026-11-24T10:00:07Z"}`
	for _, c := range []struct {
		name string
		got  check
		ok   bool
	}{
		{"a token", judgeToken(answers(200, `{"xa-token":"t","more":[1]}`)), true},
		{"a token by 201", judgeToken(answers(201, `{"xa-token":"t"}`)), false},
		{"an empty token", judgeToken(answers(200, `{"xa-token":""}`)), false},
		{"a number for a token", judgeToken(answers(200, `{"xa-token":5}`)), false},
		{"another field", judgeToken(answers(200, `{"token":"t"}`)), false},
		{"no JSON", judgeToken(answers(200, `t`)), false},
		{"no reply", judgeToken(wire.Exchange{End: wire.Closed, Err: fmt.Errorf("closed")}), false},

		{"refused by 400 with its code", judgeRefused(answers(400, `{"code":"AUTH_FAILED"}`)), true},
		{"refused by 403 without an object", judgeRefused(answers(403, `no`)), true},
		{"refused with another code", judgeRefused(answers(403, object)), false},
		{"refused by 401", judgeRefused(answers(401, `no`)), false},

		{"an error object", judgeErrorObject(answers(400, object)), true},
		{"without a message", judgeErrorObject(answers(400, `{"code":"X","timestamp":"2026-11-24T10:00:07Z"}`)), false},
		{"without a code", judgeErrorObject(answers(400, `{"message":"x","timestamp":"2026-11-24T10:00:07Z"}`)), false},
		{"with a broken time", judgeErrorObject(answers(409, `{"code":"X","message":"x","timestamp":"now"}`)), false},
		{"a list", judgeErrorObject(answers(400, `[]`)), false},

		{"a state", judgeServerState(answers(200, `{"status":"OK","server_time":"2026-11-24T10:00:07Z","errors":null,
			"versions":{"called_api_version":"4.0.0","current_api_version":"4.0.0"}}`)), true},
		{"a state without errors", judgeServerState(answers(200, `{"status":"OK","server_time":"2026-11-24T10:00:07Z",
			"versions":{"called_api_version":"4.0.0","current_api_version":"4.0.0"}}`)), false},
		{"a state without its versions", judgeServerState(answers(200, `{"status":"OK","server_time":"2026-11-24T10:00:07Z","errors":[]}`)), false},
	} {
		if c.got.ok != c.ok {
			t.Errorf("%s: %+v, want %v", c.name, c.got, c.ok)
		}
		if !c.got.ok && (c.got.expected == "" || c.got.actual == "") {
			t.Errorf("%s: expected %q, actual %q: one is not said", c.name, c.got.expected, c.got.actual)
		}
	}
}

func TestRepliesThatSayTheSame(t *testing.T) {
	names := []string{"anna", "nobody"}
	for _, c := range []struct {
		a, b  string
		alike bool
	}{
		{`{"code":"AUTH_FAILED","message":"wrong","timestamp":"2026-11-24T10:00:07Z"}`, `{"timestamp":"2026-11-24T10:00:08Z","message":"wrong","code":"AUTH_FAILED"}`, true},
		{`{"code":"AUTH_FAILED","message":"no login for anna"}`, `{"code":"AUTH_FAILED","message":"no login for nobody"}`, true},
		{`{"code":"AUTH_FAILED","message":"wrong password"}`, `{"code":"AUTH_FAILED","message":"unknown user"}`, false},
		{`{"code":"AUTH_FAILED","message":"wrong"}`, `{"code":"NO_SUCH_USER","message":"wrong"}`, false},
		{`<h1>Denied</h1> request 7f3a21`, `<h1>Denied</h1> request 8c0b44`, true},
		{`<h1>Wrong password</h1>`, `<h1>Unknown user</h1>`, false},
	} {
		if got := judgeAlike(answers(403, c.a), answers(403, c.b), names); got.ok != c.alike {
			t.Errorf("%s and %s: %+v", c.a, c.b, got)
		}
	}
	if judgeAlike(answers(403, "no"), answers(400, "no"), names).ok {
		t.Error("400 and 403 are taken for the same")
	}
}

func TestTokensThatCanBeGuessed(t *testing.T) {
	eight := func(make func(i int) string) (list []string) {
		for i := range 8 {
			list = append(list, make(i))
		}
		return list
	}
	random := []string{
		"5f0c9a1be72d4380", "c41b77de02f9a65c", "09e3d84a6cb1f527", "e88a10f3b5d6c942", "7b26f9c08e41d3a5", "1d94e5a76f30bc82", "a2c7083be9f4d561", "f6510bd29c83e7a4",
	}
	for _, c := range []struct {
		name   string
		tokens []string
		ok     bool
	}{
		{"64 random bits in hexadecimal", random, true},
		{"random behind a common head", eight(func(i int) string { return "eyJhbGciOiJIUzI1NiJ9." + random[i] + random[7-i] }), true},
		{"a counter", eight(func(i int) string { return fmt.Sprintf("session-%08d", 41+i) }), false},
		{"the time in nanoseconds", eight(func(i int) string { return fmt.Sprint(1795514407000000000 + i*734512) }), false},
		{"one token for all", eight(func(int) string { return random[0] }), false},
		{"short ones", eight(func(i int) string { return random[i][:8] }), false},
	} {
		if got := judgeTokens(c.tokens, 64); got.ok != c.ok {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestRecordsThatHoldAMark(t *testing.T) {
	for _, c := range []struct {
		body string
		want int
		bad  bool
	}{
		{`[{"id":1,"name":"m"},{"id":2,"name":"n"}]`, 1, false},
		{`{"total":2,"items":[{"name":"m"},{"tags":["x m"]}],"errors":[]}`, 2, false},
		{`[]`, 0, false},
		{`[{"name":"m","names":["m","m"]}]`, 1, false},
		{`{"name":"m"}`, 0, true},
		{`<m/>`, 0, true},
	} {
		n, err := recordsWith(answers(200, c.body), "m")
		if n != c.want || (err != nil) != c.bad {
			t.Errorf("%s: %d, %v", c.body, n, err)
		}
	}
}
