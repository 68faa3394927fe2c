package signbench

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
)

const (
	patience = 30 * time.Second // for what has to happen, however slow the machine is
	role     = "SIGNBENCH_ROLE"
	secret   = "pr1v-marked"
)

// TestMain lets this program be a program under test.
func TestMain(m *testing.M) {
	if as := os.Getenv(role); as != "" {
		os.Exit(play(as))
	}
	os.Exit(m.Run())
}

// toy is the rule of a vendor that nobody knows: the text, hashed.
func toy() targets.SignBench {
	request := func(comment, text string) targets.SignRequest {
		return targets.SignRequest{Comment: comment, Input: map[string]string{"text": text, "token": secret}, Hash: toyHash(text)}
	}
	b := targets.SignBench{
		Message: []byte("a message"), Samples: []targets.SignRequest{request("a sample", "one"), request("letters", `<&"é`)},
		Explain: func(_ targets.SignRequest, answer string) string {
			return fmt.Sprintf("an answer of %d characters", len(answer))
		},
		Ways: []targets.SignWay{{
			Name: "ours",
			Sign: func(dst []byte, n uint64) []byte { return append(dst, byte(n)) },
			Right: func(n uint64, got []byte) bool {
				return len(got) == 1 && got[0] == byte(n)
			},
		}},
	}
	for i := range 200 { // more than may be under way, and no multiple of it
		b.Requests = append(b.Requests, request("a request", fmt.Sprint(i)))
	}
	return b
}

func toyHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// play is a program under test, good or bad.
func play(as string) int {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	switch as {
	case "flood":
		for line := strings.Repeat("f", 64) + "\n"; ; {
			if _, err := out.WriteString(line); err != nil {
				return 1
			}
		}
	case "endless line":
		for {
			if _, err := out.WriteString(strings.Repeat("x", 1000)); err != nil {
				return 1
			}
		}
	case "deaf": // reads nothing and says nothing
		select {}
	case "dead":
		fmt.Fprintln(os.Stderr, "cannot read the configuration of "+secret)
		return 3
	case "closed":
		os.Stdout.Close()
		select {}
	}
	in := bufio.NewScanner(os.Stdin)
	for n := 1; in.Scan(); n++ {
		var r struct {
			ID   uint64
			Text string
		}
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			return 1
		}
		if !reply(out, as, n, r.ID, toyHash(r.Text)) {
			return 7
		}
	}
	if as == "stays" {
		out.Flush()
		select {}
	}
	return 0
}

// held are answers that one who turns them round holds back.
var held []string

func reply(out *bufio.Writer, as string, n int, id uint64, hash string) (more bool) {
	line := fmt.Sprintf(`{"id":%d,"hash":"%s"}`, id, hash)
	switch as {
	case "bare", "stays":
		line = hash
	case "bare, with CRLF":
		line = hash + "\r"
	case "wrong":
		line = fmt.Sprintf(`{"id":%d,"hash":"%s"}`, id, hash[1:])
	case "wrong later":
		if n == 50 {
			line = fmt.Sprintf(`{"id":%d,"hash":""}`, id)
		}
	case "talks":
		line = "listening for " + secret
	case "no hash":
		line = fmt.Sprintf(`{"id":%d,"signature":"%s"}`, id, hash)
	case "no object":
		line = `{"id":"first"}`
	case "sha256sum":
		line = hash + "  -"
	case "stranger":
		line = fmt.Sprintf(`{"id":%d,"hash":"%s"}`, id+1000, hash)
	case "twice":
		line += "\n" + line
	case "dies":
		if n == 40 {
			return false
		}
	case "holds back": // two of them, and gives the later one first
		if held = append(held, line); len(held) < 2 {
			return true
		}
		line = held[1] + "\n" + held[0]
		held = nil
	case "does not flush":
		_, err := out.WriteString(line + "\n")
		return err == nil
	}
	_, err := out.WriteString(line + "\n")
	return err == nil && out.Flush() == nil
}

func under(t *testing.T, as string) *Program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &Program{
		Name: as, Args: []string{self}, Env: append(os.Environ(), role+"="+as), Timeout: patience,
		Mask: func(s string) string { return strings.ReplaceAll(s, secret, "<token>") },
	}
}

func TestARun(t *testing.T) {
	for _, as := range []string{"right", "bare", "bare, with CRLF", "stays"} {
		t.Run(as, func(t *testing.T) {
			t.Parallel()
			run, err := Run(context.Background(), toy(), Options{Workers: []int{1, 3}, Requests: 502, Program: under(t, as)})
			if err != nil {
				t.Fatal(err)
			}
			if len(run.Rows) != 8 || run.Samples != 2 || run.Bytes != 9 || run.Interrupted || run.Empty() {
				t.Errorf("%+v", run)
			}
			for _, r := range run.Tally() {
				whose := r.Who == as
				if r.Signatures != 502 || whose != (r.Checked == 502) || whose != (r.Allocs == nil) || r.PerSecond <= 0 ||
					(r.Ratio == nil) != r.Bare {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

// An answer that names its request may come before those to earlier ones.
func TestAnswersOutOfOrder(t *testing.T) {
	run, err := Run(context.Background(), toy(), Options{Workers: []int{1}, Requests: 80, Program: under(t, "holds back")})
	if err != nil || run.Rows[3].Checked != 80 {
		t.Errorf("%+v, %v", run.Rows, err)
	}
}

func TestAllocationsAreCounted(t *testing.T) {
	var kept []byte
	for want, way := range []targets.SignWay{
		toy().Ways[0],
		{Sign: func(dst []byte, _ uint64) []byte { kept = make([]byte, 100); return dst }},
	} {
		if got := allocations(way); got != float64(want) {
			t.Errorf("%g allocations, want %d", got, want)
		}
	}
	if len(kept) != 100 {
		t.Error("nothing was allocated")
	}
}

// By the clock each row gets its laps, however long one of them takes.
func TestARunByTheClock(t *testing.T) {
	run, err := Run(context.Background(), toy(), Options{Workers: []int{2}, Duration: 30 * time.Millisecond, Program: under(t, "right")})
	if err != nil || len(run.Rows) != 4 || run.Empty() {
		t.Fatalf("%+v, %v", run, err)
	}
	for _, r := range run.Rows {
		if len(r.Laps) != 6 {
			t.Errorf("%s has %d laps", r.Who, len(r.Laps))
		}
	}
}

func TestWhatIsWrongWithAProgram(t *testing.T) {
	for _, c := range []struct{ as, says string }{
		{"flood", "wrote more lines than it was asked for"},
		{"endless line", "without the end of a line"},
		{"dead", `ended with exit status 3, with 2 requests unanswered; the last that it wrote to its standard error is "cannot read the configuration of <token>"`},
		{"closed", "closed its standard input or output, and went on"},
		{"talks", `answer 1 of the program is none: write {"id":1,"hash":"..."}, or the hash alone; it is "listening for <token>"`},
		{"no hash", "has no hash in it"},
		{"no object", "is no JSON object"},
		{"sha256sum", "has the file name that sha256sum prints behind the hash"},
		{"stranger", "answered the request 1001, which it was not asked"},
		{"twice", "which it was not asked or has answered before"},
		{"dies", "ended with exit status 7"},
	} {
		t.Run(c.as, func(t *testing.T) {
			t.Parallel()
			_, err := Run(context.Background(), toy(), Options{Workers: []int{2}, Requests: 400, Program: under(t, c.as)})
			var unfit *ProgramError
			if !errors.As(err, &unfit) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAProgramThatNeverAnswers(t *testing.T) {
	for _, as := range []string{"deaf", "does not flush"} {
		t.Run(as, func(t *testing.T) {
			t.Parallel()
			p := under(t, as)
			p.Timeout = 300 * time.Millisecond
			_, err := Run(context.Background(), toy(), Options{Workers: []int{1}, Requests: 100, Program: p})
			var unfit *ProgramError
			if !errors.As(err, &unfit) || !strings.Contains(err.Error(), "has not answered within 300ms, with 2 requests unanswered") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAProgramThatCannotStart(t *testing.T) {
	p := under(t, "right")
	p.Args = []string{"./no/such/signer"}
	_, err := Run(context.Background(), toy(), Options{Workers: []int{1}, Requests: 1, Program: p})
	var unfit *ProgramError
	if !errors.As(err, &unfit) || !strings.Contains(err.Error(), `there is no program "./no/such/signer"`) {
		t.Errorf("%v", err)
	}
}

func TestAWrongAnswer(t *testing.T) {
	for _, c := range []struct {
		as   string
		want WrongAnswer
	}{
		{"wrong", WrongAnswer{"a sample", "an answer of 63 characters", 2, 2}},
		{"wrong later", WrongAnswer{"a request", "an answer of 0 characters", 1, 50}},
	} {
		_, err := Run(context.Background(), toy(), Options{Workers: []int{1}, Requests: 1000, Program: under(t, c.as)})
		var wrong *WrongAnswer
		if !errors.As(err, &wrong) || *wrong != c.want {
			t.Errorf("%s: %v", c.as, err)
		}
	}
}

func TestAWrongSignerOfOurs(t *testing.T) {
	bench := toy()
	bench.Ways[0].Right = func(uint64, []byte) bool { return false }
	if _, err := Run(context.Background(), bench, Options{Workers: []int{1}, Requests: 1}); err == nil || err.Error() != "ours made a wrong signature" {
		t.Errorf("%v", err)
	}
}

// An interruption ends a run in the middle of a lap, whoever has it, and keeps what was measured before.
func TestAnInterruption(t *testing.T) {
	for _, p := range []*Program{nil, under(t, "right"), under(t, "deaf")} {
		ctx, cancel := context.WithCancel(context.Background())
		o := Options{Workers: []int{1}, Duration: 1000 * time.Hour, Program: p, Progress: func(int, int) { cancel() }}
		if p != nil && p.Name == "deaf" { // it comes to no round
			time.AfterFunc(50*time.Millisecond, cancel)
		}
		run, err := Run(ctx, toy(), o)
		if err != nil || !run.Interrupted {
			t.Errorf("%+v, %v", run, err)
		}
		cancel()
	}
}

func TestLimits(t *testing.T) {
	for _, of := range []int{1, 3, 7} {
		sum, whole := 0, limit{requests: 100, counted: true}
		for worker := range of {
			sum += whole.share(worker, of).requests
		}
		if sum != 100 {
			t.Errorf("%d workers make %d of 100", of, sum)
		}
	}
	if n := (limit{requests: 70, counted: true}).more(time.Now(), 64, 64); n != 6 {
		t.Errorf("%d of the last 6", n)
	}
	if n := (limit{}).more(time.Now(), 0, 64); n != 0 {
		t.Errorf("without any time there are %d", n)
	}
}
