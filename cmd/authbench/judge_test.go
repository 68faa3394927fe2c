package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
)

// TestNoSecretOfAClientInAnyOutput judges clients that show their secrets wherever they can, and looks for these in all that
// authbench says of them. The program writes down what it was given, since nobody else knows.
func TestNoSecretOfAClientInAnyOutput(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for vendor, mistakes := range map[string][]string{
		"gillie": {"prints-private-key", "prints-hidden-key", "private-key-in-query", "private-key-in-header", "private-key-in-hex",
			"private-key-on-command-line", "writes-private-key", "keys-not-escaped", "keys-escaped-twice", "credentials-in-headers"},
		"gestix": {"prints-api-token", "prints-session-token", "prints-token-base64", "prints-password-in-url", "api-token-in-query",
			"api-token-in-body", "password-in-header", "token-in-child-arguments"},
		"retailvista": {"prints-token", "prints-password", "token-also-in-query", "token-also-in-soap-header", "password-in-child-arguments",
			"token-in-authorization-only"},
	} {
		if testing.Short() { // as with the race detector, which makes all slower
			mistakes = mistakes[:2]
		}
		for _, mistake := range mistakes {
			t.Run(vendor+"/"+mistake, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				file := func(name string) string { return filepath.Join(dir, name) }
				note := fmt.Sprintf(`printenv | grep '^%s_' >>%s; exec "$0" client %s --mistake %s`, strings.ToUpper(vendor), file("given"), vendor, mistake)
				var out bytes.Buffer
				code := run(context.Background(), []string{"judge", vendor, "--client-timeout", "6s", "--report", "json=" + file("run.json"),
					"--report", "junit=" + file("run.xml"), "--tags", "not @" + timed[vendor], "--", "sh", "-c", note, self}, nil, &out, &out)
				if code != exitBroken {
					t.Fatalf("ended with %d: %s", code, out.String())
				}
				given := givenTo(t, file("given"), vendor)
				for where, text := range map[string]string{"standard output and error": out.String(), "run.json": fileText(t, file("run.json")), "run.xml": fileText(t, file("run.xml"))} {
					for _, credentials := range given {
						lookFor(t, where, text, credentials)
					}
				}
			})
		}
	}
}

// timed are the clauses whose scenarios wait, and show no secret that others do not.
var timed = map[string]string{"gillie": "GILC-02", "gestix": "GESC-07", "retailvista": "RTVC-05"}

// givenTo reads what the program wrote down: the credentials of each of its runs.
func givenTo(t *testing.T, name, vendor string) []targets.Credentials {
	t.Helper()
	var list []targets.Credentials
	for line := range strings.Lines(fileText(t, name)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		key = strings.TrimPrefix(key, strings.ToUpper(vendor)+"_")
		if value != "" && !strings.HasSuffix(key, "_NUMBER") {
			list = append(list, targets.Credentials{key: value})
		}
	}
	if len(list) < 20 {
		t.Fatalf("only %d credentials were written down", len(list))
	}
	return list
}

func fileText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
