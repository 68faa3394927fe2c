package client_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authbench/authbench/targets/gestix/client"
)

// record listens for requests, sends each as it came over the channel, and answers with a session token to all.
func record(t *testing.T) (addr string, requests <-chan string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	heard := make(chan string, 10)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(conn, heard)
		}
	}()
	return listener.Addr().String(), heard
}

func answer(conn net.Conn, heard chan<- string) {
	defer conn.Close()
	for in := bufio.NewReader(conn); ; {
		var text strings.Builder
		length := 0
		for line := ""; line != "\r\n"; {
			var err error
			if line, err = in.ReadString('\n'); err != nil {
				return
			}
			text.WriteString(line)
			fmt.Sscanf(line, "Content-Length: %d", &length)
		}
		if _, err := io.CopyN(&text, in, int64(length)); err != nil {
			return
		}
		heard <- text.String()
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"xa-token\":\"xa1\"}")
	}
}

// connect returns a client whose clock stands still.
func connect(t *testing.T, base string, c client.Credentials) *http.Client {
	conns := &http.Transport{}
	t.Cleanup(conns.CloseIdleConnections)
	now := func() time.Time { return time.UnixMicro(1732412345678901) }
	s, err := client.NewSession(base+"/", c, client.Options{Base: conns, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: &client.Transport{Session: s, Base: conns}}
}

// What goes over the wire, to the byte. The expected texts are written by hand.
func TestRequestsByteForByte(t *testing.T) {
	addr, heard := record(t)
	base := "http://" + addr + account
	got := func(want string) {
		t.Helper()
		want = strings.ReplaceAll(strings.ReplaceAll(want, "ADDR", addr), "\n", "\r\n")
		if text := within(t, heard); text != want {
			t.Errorf("sent\n%q\nwant\n%q", text, want)
		}
	}

	token := connect(t, base, client.Credentials{APIToken: "api-token-1"})
	expect(t, 200, token, "GET", base+"/customers?name=J%C3%A4%26+b&page=2")
	got(`GET /api/1234/v4.0.0/helo HTTP/1.1
Host: ADDR
User-Agent: Go-http-client/1.1
Authorization: Bearer api-token-1
Accept-Encoding: gzip

`)
	got(`GET /api/1234/v4.0.0/customers?name=J%C3%A4%26+b&page=2 HTTP/1.1
Host: ADDR
User-Agent: Go-http-client/1.1
Authorization: Bearer xa1
Accept-Encoding: gzip

`)
	for _, nonce := range []string{"1732412345678901", "1732412345678902"} {
		if status, err := call(token, "POST", base+"/customers?x=%7e;&y", `{"name":"Ana"}`); status != 200 || err != nil {
			t.Fatal(status, err)
		}
		got(`POST /api/1234/v4.0.0/customers?x=%7e;&y&nonce=` + nonce + ` HTTP/1.1
Host: ADDR
User-Agent: Go-http-client/1.1
Content-Length: 14
Authorization: Bearer xa1
Accept-Encoding: gzip

{"name":"Ana"}`)
	}

	user := connect(t, base, client.Credentials{Username: "ana@x.pt", Password: "p ä&=+%#"})
	expect(t, 200, user, "PUT", base+"/customers")
	got(`POST /api/1234/v4.0.0/auth?username=ana%40x.pt&password=p%20%C3%A4%26%3D%2B%25%23 HTTP/1.1
Host: ADDR
User-Agent: Go-http-client/1.1
Content-Length: 0
Accept-Encoding: gzip

`)
	got(`PUT /api/1234/v4.0.0/customers?nonce=1732412345678901 HTTP/1.1
Host: ADDR
User-Agent: Go-http-client/1.1
Content-Length: 0
Authorization: Bearer xa1
Accept-Encoding: gzip

`)
}
