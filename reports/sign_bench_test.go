package reports

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/reports/record"
)

func signRun() record.SignBench {
	none, lap := 0.0, func(n int, took time.Duration) []record.Lap { return []record.Lap{{Signatures: n, Took: took}} }
	return record.SignBench{
		Version: "v1", Vendor: "gillie", Machine: "go9, somewhere", Bytes: 74, Program: "node \x1b[31msign.mjs", Samples: 66, Duration: time.Second,
		Started: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC),
		Rows: []record.SignRow{
			{Who: "bare SHA-256", Workers: 1, Bare: true, Allocs: &none, Laps: lap(10_000_000, 1500*time.Millisecond), Checked: 1},
			{Who: "bare SHA-256 again", Workers: 1, Again: true, Allocs: &none, Laps: lap(10_000_000, 1800*time.Millisecond), Checked: 1},
			{Who: "node \x1b[31msign.mjs", Workers: 1, Laps: lap(500, 10*time.Millisecond), Checked: 500},
			{Who: "sh sign.sh", Workers: 1},
		},
	}
}

func TestSignBenchTable(t *testing.T) {
	var out bytes.Buffer
	if err := SignBench(&out, signRun(), Options{}); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		`gillie  messages of 74 bytes  go9, somewhere`,
		``,
		`WHO                    WORKERS  SIGNATURES/S       EACH  ALLOCS EACH  RATIO   QUARTILES`,
		`bare SHA-256                 1     6,666,667     150 ns            0      -           -`,
		`bare SHA-256 again           1     5,555,556     180 ns            0   1.20  1.20..1.20`,
		`node \x1b[31msign.mjs        1        50,000  20,000 ns            -    133    133..133`,
		`sh sign.sh                   1             -          -            -      -           -`,
		``,
		`each: what a worker takes, the median of the rounds; ratio: to the bare SHA-256 of the same round, with its quartiles.`,
		`node \x1b[31msign.mjs: 66 samples answered rightly beforehand; every answer was checked.`,
		`  warning    bare SHA-256 against itself gave 1.20 on 1 worker: this machine is noisy, and what`,
		`             differs by no more than that differs by nothing`,
	}, "\n") + "\n"
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
}

func TestSignBenchInFewWords(t *testing.T) {
	var out bytes.Buffer
	if err := SignBench(&out, signRun(), Options{Quiet: true}); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, "WORKERS") || !strings.Contains(text, "warning") ||
		!strings.Contains(text, "bare SHA-256 again, 1 worker: 5,555,556/s, 180 ns each, ratio 1.20\n") {
		t.Errorf("printed\n%s", text)
	}
}

func TestSignBenchJSON(t *testing.T) {
	var out bytes.Buffer
	if err := SignBenchJSON(&out, signRun()); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Schema, Started, Program string
		MessageBytes             int  `json:"message_bytes"`
		Noisy                    bool `json:"noisy"`
		Rows                     []map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != "authbench/signbench/1" || doc.Started != "2026-11-24T10:00:00Z" || doc.MessageBytes != 74 || !doc.Noisy || len(doc.Rows) != 4 {
		t.Errorf("%+v", doc)
	}
	bare, control, node, none := doc.Rows[0], doc.Rows[1], doc.Rows[2], doc.Rows[3]
	if bare["bare"] != true || bare["ratio"] != nil || bare["allocs_each"] != 0.0 || control["control"] != true ||
		node["checked"] != 500.0 || node["allocs_each"] != nil || node["signatures_per_s"] != 50_000.0 || none["each_ns"] != nil {
		t.Errorf("%v", doc.Rows)
	}
	if ratio, ok := control["ratio"].(map[string]any); !ok || ratio["median"] != 1.2 || ratio["q1"] != 1.2 || ratio["q3"] != 1.2 {
		t.Errorf("the control's ratio is %v", control["ratio"])
	}
}
