package targets_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authbench/authbench/targets"
)

func TestTLSConfig(t *testing.T) {
	if conf, err := (targets.TLS{}).Config(nil); conf != nil || err != nil {
		t.Errorf("empty settings gave %v, %v", conf, err)
	}
	if conf, err := (targets.TLS{Insecure: true}).Config(nil); err != nil || !conf.InsecureSkipVerify {
		t.Errorf("insecure gave %v, %v", conf, err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if _, err := (targets.TLS{CA: file}).Config(os.ReadFile); err == nil {
		t.Error("a missing file is no error")
	}
	if _, err := (targets.TLS{CA: file}).Config(func(string) ([]byte, error) { return []byte("no pem"), nil }); err == nil || !strings.Contains(err.Error(), "tls.ca") {
		t.Errorf("a file without a certificate gave %v", err)
	}
}
