package main

import (
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestCommandWords(t *testing.T) {
	for text, want := range map[string][]string{
		"node sign.mjs":            {"node", "sign.mjs"},
		"  a\tb\n c ":              {"a", "b", "c"},
		`sh -c 'a "b" $c'`:         {"sh", "-c", `a "b" $c`},
		`"a b"/c d\ e "f\"g" '\'`:  {"a b/c", "d e", `f"g`, `\`},
		`x '' ""`:                  {"x", "", ""},
		"":                         nil,
		`C:\\tools\\sign.exe é'ü'`: {`C:\tools\sign.exe`, "éü"},
	} {
		if got, err := commandWords(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives %q, %v", text, got, err)
		}
	}
	for _, text := range []string{`a "b`, `a 'b`, `a\`} {
		if got, err := commandWords(text); err == nil {
			t.Errorf("%s gives %q", text, got)
		}
	}
}

func TestWorkersOf(t *testing.T) {
	most := runtime.GOMAXPROCS(0)
	for list, want := range map[string][]int{"max": {most}, "3": {3}, "8, 1,8": {1, 8}} {
		if got, err := workersOf(list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q gives %v, %v", list, got, err)
		}
	}
	got, err := workersOf("")
	if err != nil || got[0] != 1 || got[len(got)-1] != most || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Errorf("without a list: %v, %v", got, err)
	}
	for _, list := range []string{"0", "-1", "1,", "two", "1025", "1.5"} {
		if _, err := workersOf(list); err == nil || !strings.Contains(err.Error(), "1,2,8") {
			t.Errorf("%q: %v", list, err)
		}
	}
}

// TestSignBenchHelp runs the examples that its help shows, on fewer signatures, with the programs that they name in place.
func TestSignBenchHelp(t *testing.T) {
	plainly(t)
	dir := t.TempDir()
	typed(t, dir, `cat >signer <<'END'
#!/bin/sh
case $* in '' | --fast) ;; *) exit 2 ;; esac
while IFS= read -r line; do
	private=${line#*'"private_key":"'} public=${line#*'"public_key":"'} salt=${line#*'"salt":"'}
	hash=$(printf %s "${private%%'"'*}${public%%'"'*}${salt%%'"'*}" | sha256sum)
	echo "${hash%% *}"
done
END
chmod +x signer
cat >sign.mjs <<'END'
import { spawnSync } from 'node:child_process'
process.exit(spawnSync('./signer', { stdio: 'inherit' }).status)
END`)
	sign, _, err := (&app{}).root().Find([]string{"sign", "bench"})
	if err != nil || sign.Name() != "bench" {
		t.Fatalf("%s, %v", sign.Name(), err)
	}
	examples := 0
	for line := range strings.SplitSeq(sign.Example, "\n") {
		examples++
		line = strings.Replace(line, "100000", "100", 1)
		if !strings.Contains(line, "--requests") {
			line = strings.Replace(line, "--duration 3s ", "", 1) + " --requests 100"
		}
		if out := typed(t, dir, line); !strings.Contains(out, "our signer, per call") {
			t.Errorf("%s prints\n%s", line, out)
		}
	}
	if examples < 4 {
		t.Errorf("only %d examples", examples)
	}
}
