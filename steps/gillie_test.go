package steps

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/features"
	"github.com/authbench/authbench/reports/record"
	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gillie/client"
	"github.com/authbench/authbench/targets/registry"
	"github.com/authbench/authbench/targets/wire"
)

var moment = time.Date(2026, 11, 24, 10, 0, 7, 0, time.UTC)

// runOwn runs scenarios of a user's own against a mock.
func runOwn(t *testing.T, opt targets.MockOptions, change func(*targets.Target), scenarios ...string) []record.Scenario {
	t.Helper()
	text := "Feature: own\n"
	for i, s := range scenarios {
		text += fmt.Sprintf("  Scenario: number %d\n    %s\n", i, strings.Join(strings.Split(s, "; "), "\n    "))
	}
	plan, err := NewPlan("gillie", Server, []features.File{{Name: "own.feature", Text: []byte(text)}}, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	suite := OnMock(registry.Vendors()[0], opt, moment)
	open := suite.Open
	suite.Open = func(ctx context.Context) (targets.Target, func() error, error) {
		target, end, err := open(ctx)
		if err == nil && change != nil {
			change(&target)
		}
		return target, end, err
	}
	results, _, err := suite.Run(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func TestWithoutAKeyTheEnforcedOneIsMeant(t *testing.T) {
	for _, r := range runOwn(t, targets.MockOptions{}, nil,
		"When the call is made; Then the call is accepted",
		"Given the salt and the hash are left out; When the call is made; Then the call is denied",
		"When the key is deleted; And the call is made; Then the call is denied",
	) {
		if r.Verdict != record.Passed {
			t.Errorf("%s: %s %s %s", r.Name, r.Verdict, r.Actual, r.Reason)
		}
	}
}

// A verdict over nothing is no verdict.
func TestStepsThatFindNothingToJudge(t *testing.T) {
	for _, step := range []string{
		"Then each of them is denied", "Then they have no record in common", "Then they are reported", "Then nothing of the other Area is shown",
		"Then the target takes it, and the sentence that is therefore wrong is named", "Then the denial shows no records",
		"When time passes until the salt is 615 seconds old", "When the same URL is called again", `When the same parameters are used on the path "read"`,
		"Given the key made without enforcement; When the key is deleted",
	} {
		for _, r := range runOwn(t, targets.MockOptions{}, nil, step+"; Then the call is denied") {
			if r.Verdict != record.Errored || !strings.Contains(r.Reason, "before this step") && !strings.Contains(r.Reason, "no pair") {
				t.Errorf("%s: %s %q", step, r.Verdict, r.Reason)
			}
		}
	}
}

// What judges or observes is a Then: a scenario without one proves nothing.
func TestPhrasesThatJudge(t *testing.T) {
	judging := []string{
		"the call is accepted", "the call is denied", `it is reported as "{text}"`, `its form is reported as "{text}"`, "nothing is opened",
		"the denial shows no records", "the reply keeps the secrets", "the target takes it, and the sentence that is therefore wrong is named",
		"they are reported", "each of them is denied", "they have no record in common", "nothing of the other Area is shown",
		"a call with (" + gillieKeyWords + ") is accepted",
	}
	for _, p := range gillieVocabulary().phrases {
		if is := strings.HasPrefix(p.Example, "Then "); is != slices.Contains(judging, p.Text) {
			t.Errorf("the example of %q is %q", p.Text, p.Example)
		}
	}
}

// GIL-04 names a wrong sentence only where the target takes one order alone.
func TestTheOrderThatTheTargetTakes(t *testing.T) {
	const try = "When the agreed order is tried; Then the target takes it, and the sentence that is therefore wrong is named"
	auto := func(t *targets.Target) { t.Settings["hash_order"] = "auto" }
	for _, c := range []struct {
		fault   string
		change  func(*targets.Target)
		verdict record.Verdict
		says    string
	}{
		{"", nil, record.Passed, "the prose of the vendor's page"},
		{"", auto, record.Passed, "the prose of the vendor's page"},
		{"swapped-order", nil, record.Failed, "hash_order: public-private-salt would say so"},
		{"swapped-order", auto, record.Passed, "the shell example of the vendor's page"},
		{"both-orders", nil, record.Passed, "neither sentence"},
		{"both-orders", auto, record.Passed, "neither sentence"},
		{"sha1", auto, record.Failed, "private+public+salt (denied: HTTP/1.1 403 Forbidden); public+private+salt (denied"},
	} {
		opt := targets.MockOptions{}
		if c.fault != "" {
			opt.Faults = []string{c.fault}
		}
		r := runOwn(t, opt, c.change, try)[0]
		if says := strings.Join(r.Observed, "") + r.Actual; r.Verdict != c.verdict || !strings.Contains(says, c.says) {
			t.Errorf("%s: %s: %s %s", c.fault, r.Verdict, says, r.Reason)
		}
		if r.Verdict == record.Failed && r.Exchange == nil {
			t.Errorf("%s: no exchange shows it", c.fault)
		}
	}
}

// The pair that a recreated key gets is as secret as the one before.
func TestARecreatedPairIsHidden(t *testing.T) {
	r := runOwn(t, targets.MockOptions{Faults: []string{"sha1"}}, nil,
		"Given the key of another Area; When the key is recreated; And the call is made with the new pair; Then the call is accepted")[0]
	if r.Exchange == nil || !strings.Contains(r.Exchange.Request, "apikey=<other_area_public_key>&apisalt=") {
		t.Errorf("%s: %+v", r.Verdict, r.Exchange)
	}
}

func TestShortSecretsAreNotLookedFor(t *testing.T) {
	short := func(t *targets.Target) { t.Credentials["private_key"] = "1234567" }
	r := runOwn(t, targets.MockOptions{}, short, "When the call is made; Then the reply keeps the secrets")[0]
	if r.Verdict != record.Skipped || !strings.Contains(r.Reason, "needs a private key of at least 8 letters") {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
}

// Whatever opens the target is a secret, in any part of a reply; what the call itself carried is none.
func TestHashesAreFoundInReplies(t *testing.T) {
	w := worldAt(t, "http://127.0.0.1:1", time.Minute, time.Minute)
	w.target.Credentials = targets.Credentials{"public_key": "public", "private_key": "private-key"}
	w.target.Settings = map[string]string{"hash_order": "private-public-salt"}
	w.session.skew.last = &reading{}
	now := w.targetNow().Unix()
	sent := fmt.Sprint(now - 86400)
	g := &gillie{w: w, sentSalt: sent}
	right := func(o client.Order, salt string) string { return g.enforced().Hash(o, salt) }
	first, second := right(client.PrivatePublicSalt, sent), right(client.PublicPrivateSalt, sent)
	raw, _ := hex.DecodeString(first)
	given := "f" + first[1:]
	for text, shown := range map[string]bool{
		first: true, second: true, strings.ToUpper(first): true, "x" + first[:16] + "...": true, first + "00": true,
		right(client.PrivatePublicSalt, fmt.Sprint(now+600)): true, right(client.PublicPrivateSalt, fmt.Sprint(now-600)): true,
		right(client.PrivatePublicSalt, fmt.Sprint(now-86402)): true,
		base64.StdEncoding.EncodeToString(raw):                 true,
		base64.RawURLEncoding.EncodeToString(raw):              true,
		right(client.PrivatePublicSalt, fmt.Sprint(now-1000)):  false,
		given: false, first[1:]: false, given[:40]: false,
		"0123456789abcdef0123456789abcdef": false, "": false,
	} {
		for part, reply := range map[string]wire.Reply{
			"head": {Head: "X: " + text}, "body": {Body: []byte(text)}, "interim": {Interim: "X: " + text}, "trailer": {Trailer: map[string][]string{"X": {text}}},
		} {
			x := wire.Exchange{End: wire.Replied, Sent: []byte("GET /?apihash=" + given), Reply: &reply}
			if where, _ := g.shownHash(x); (where != "") != shown {
				t.Errorf("%q in the %s: found %q, want %v", text, part, where, shown)
			}
		}
	}
}

// A salt is used once for each key, keeps within bounds, and says when there is none left.
func TestSaltsAreSpreadWithinBounds(t *testing.T) {
	w := worldAt(t, "http://127.0.0.1:1", time.Minute, time.Minute)
	w.target.Credentials = targets.Credentials{"public_key": "public", "private_key": "private-key"}
	w.session.skew.last = &reading{}
	g := &gillie{w: w}
	now, seen := w.targetNow().Unix(), map[string]bool{}
	for {
		salt, err := g.fresh()
		if err != nil {
			break
		}
		var at int64
		if _, err := fmt.Sscan(salt, &at); err != nil || seen[salt] || at-now > spread+2 || now-at > spread+2 {
			t.Fatalf("%s after %d: %v", salt, len(seen), err)
		}
		seen[salt] = true
	}
	if len(seen) < 2*spread-2 || w.finding.Verdict != record.Errored || !strings.Contains(w.finding.Reason, "needs a salt that no earlier call has used") {
		t.Errorf("%d salts, then %s: %s", len(seen), w.finding.Verdict, w.finding.Reason)
	}
	other := &gillie{w: w, chosen: &client.Key{Public: "other"}}
	if salt, err := other.fresh(); err != nil || salt != fmt.Sprint(now-2) {
		t.Errorf("of another key: %s, %v", salt, err)
	}
}
