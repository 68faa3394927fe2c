package zoo

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

func escape(s string) string { return url.QueryEscape(s) }

func hexOf(s string) string { return hex.EncodeToString([]byte(s)) }

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// right is the hash as it should be (GILC-03).
func right(k key, salt string) string { return sha(k.private + k.public + salt) }

func hmacOf(k key, salt string) string {
	h := hmac.New(sha256.New, []byte(k.private))
	h.Write([]byte(k.public + salt))
	return hex.EncodeToString(h.Sum(nil))
}

func sha1Of(k key, salt string) string {
	sum := sha1.Sum([]byte(k.private + k.public + salt))
	return hex.EncodeToString(sum[:])
}

func base64Of(k key, salt string) string {
	sum := sha256.Sum256([]byte(k.private + k.public + salt))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func nextSecond(k key, salt string) string {
	at, _ := strconv.ParseInt(salt, 10, 64) // it was made of a number just now
	return right(k, strconv.FormatInt(at+1, 10))
}

// unixNow is the salt as it should be (GILC-02).
func unixNow(*client) string { return strconv.FormatInt(time.Now().Unix(), 10) }

func millis(*client) string   { return strconv.FormatInt(time.Now().UnixMilli(), 10) }
func fraction(*client) string { return fmt.Sprintf("%.3f", float64(time.Now().UnixMilli())/1000) }
func hourAway(*client) string { return strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10) }
func date(*client) string     { return time.Now().UTC().Format(time.RFC3339) }
func random(*client) string   { return strconv.Itoa(int([]byte(rand.Text())[0])*7919 + 1) }

// minute is up to 59 s old; so that it is always found out, it is one of the minute before where the minute is young.
func minute(*client) string {
	return strconv.FormatInt(time.Now().Add(-40*time.Second).Truncate(time.Minute).Unix(), 10)
}

func kept(c *client) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := filepath.Join(c.program.Env("HOME"), "salt")
	if text, err := os.ReadFile(name); err == nil {
		return string(text)
	}
	salt := unixNow(c)
	_ = os.WriteFile(name, []byte(salt), 0o600) // without it, it is right by chance
	return salt
}

func without(query, name string) string {
	pairs := slices.DeleteFunc(strings.Split(query, "&"), func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
	return strings.Join(pairs, "&")
}

func only(query, name string) string {
	pairs := slices.DeleteFunc(strings.Split(query, "&"), func(pair string) bool { return !strings.HasPrefix(pair, name+"=") })
	return strings.Join(pairs, "&")
}

// barely escapes what no HTTP library would send, and nothing else.
func barely(s string) string { return strings.NewReplacer(" ", "%20", "ü", "%C3%BC").Replace(s) }

func latin1(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteString(escape(string(r)))
		} else {
			fmt.Fprintf(&b, "%%%02X", byte(r))
		}
	}
	return b.String()
}

func percentAgain(query string) string { return strings.ReplaceAll(query, "%", "%25") }

func lastOfEach(query string) string {
	last := map[string]string{}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		last[name] = value
	}
	var pairs []string
	for name, value := range last {
		pairs = append(pairs, name+"="+value)
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func withoutEmpty(query string) string {
	pairs := strings.Split(query, "&")
	return strings.Join(slices.DeleteFunc(pairs, func(pair string) bool { return strings.HasSuffix(pair, "=") }), "&")
}

func unescaped(query string) string {
	return strings.ReplaceAll(strings.ReplaceAll(query, "%2B", "+"), "%26", "&")
}

func printsKey(c *client) error {
	_, err := fmt.Fprintf(c.program.Stdout, "configuration: {private_key: %q}\n", c.key.private)
	return err
}

func printsBase64(c *client) error {
	_, err := fmt.Fprintf(c.program.Stderr, "for support: %s\n", base64.StdEncoding.EncodeToString([]byte(c.key.public+":"+c.key.private)))
	return err
}

func writesKey(c *client) error {
	return os.WriteFile(filepath.Join(c.program.Env("HOME"), "key.pem"), []byte(c.key.private+"\n"), 0o600)
}

// startsChild has another program run as long as the call takes, whose command line everybody can read.
func startsChild(c *client) (func(), error) {
	child := exec.Command("/bin/sh", "-c", "read line", "signer", c.key.private)
	in, err := child.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := child.Start(); err != nil {
		return nil, err
	}
	return func() {
		_ = in.Close()
		_ = child.Wait() // it reads nothing, and says so
	}, nil
}
