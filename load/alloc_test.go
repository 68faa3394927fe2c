//go:build !race

package load

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// What the generator allocates for a call of one request, the request itself and the reply included: 12 of these objects were
// there when a call could be one request only.
func TestAllocations(t *testing.T) {
	send := roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("{}"))}, nil
	})
	tr := newTestTransport(t, local.URL, send, get("read", local.URL))
	given := &http.Request{Header: http.Header{seqHeader: {"7"}}}
	got := testing.AllocsPerRun(1000, func() {
		if _, err := tr.RoundTrip(given); err != nil {
			t.Fatal(err)
		}
	})
	if got > 13 {
		t.Errorf("%v allocations for a call, want 13 at most", got)
	}
}
