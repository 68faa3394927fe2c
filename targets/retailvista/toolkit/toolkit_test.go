//go:build toolkits

// Package toolkit_test calls the mock with a SOAP toolkit that is not ours. It needs Debian's python3-zeep, and fails without.
package toolkit_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/retailvista"
)

// python is Debian's own, which sees Debian's packages.
const python = "/usr/bin/python3"

func zeep(t *testing.T, m *targets.Mock, change func(name string) string) string {
	t.Helper()
	cmd := exec.Command(python, "zeep_call.py", m.URL)
	cmd.Env = append(os.Environ(), "no_proxy=127.0.0.1")
	for _, name := range []string{"api_token", "username", "password", "company_number", "store_number"} {
		value := m.Credentials[name]
		if change != nil {
			value = change(name)
		}
		cmd.Env = append(cmd.Env, "RETAILVISTA_"+strings.ToUpper(name)+"="+value)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v (apt-get install python3-zeep brings the toolkit)\n%s", err, out)
	}
	return string(out)
}

func TestAnotherToolkitCallsTheMockFromItsWSDL(t *testing.T) {
	v := retailvista.Vendor()
	for seed := range uint64(6) {
		m, err := v.StartMock(targets.MockOptions{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if got := zeep(t, m, nil); !strings.Contains(got, "result: LoginSuccessful") {
			t.Errorf("seed %d: %s", seed, got)
		}
		wrong := zeep(t, m, func(name string) string {
			if name == "password" {
				return "wrong"
			}
			return m.Credentials[name]
		})
		if strings.Contains(wrong, "LoginSuccessful") || !strings.Contains(wrong, "fault: ") && !strings.Contains(wrong, "result: ") {
			t.Errorf("seed %d, a wrong password: %s", seed, wrong)
		}
	}
}
