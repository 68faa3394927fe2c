package gillie

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/authbench/authbench/targets"
)

// straight is a Wire that measures nothing.
type straight struct{ http.RoundTripper }

func (s straight) Beside(string) http.RoundTripper { return s.RoundTripper }

// A target that takes a hash once keeps the contract (GIL-19), and one that denies now and then does not.
func TestAHashThatIsTakenOnceIsNoBreach(t *testing.T) {
	for name, c := range map[string]struct {
		denies   func(query string, seen map[string]int, n int) bool
		breaches bool
	}{
		"takes a hash once":          {func(q string, seen map[string]int, _ int) bool { return seen[q] > 1 }, false},
		"denies every tenth call":    {func(_ string, _ map[string]int, n int) bool { return n%10 == 9 }, true},
		"denies all but the first 3": {func(_ string, _ map[string]int, n int) bool { return n > 3 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			seen, n := map[string]int{}, 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				n++
				seen[r.URL.RawQuery]++
				if c.denies(r.URL.RawQuery, seen, n) {
					http.Error(w, "no", http.StatusForbidden)
				}
			}))
			defer server.Close()
			v := Vendor()
			target := v.MockTarget(&targets.Mock{URL: server.URL, Credentials: targets.Credentials{"public_key": "p", "private_key": "s"}}, targets.System())
			work, err := v.Profiles[0].Start(target, targets.Drive{Wire: straight{http.DefaultTransport}})
			if err != nil {
				t.Fatal(err)
			}
			breaches := 0
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for range 5 {
						var breach *targets.Breach
						if errors.As(work.Operations[0].Do(context.Background()), &breach) {
							mu.Lock()
							breaches++
							mu.Unlock()
						}
					}
				})
			}
			all.Wait()
			remarks, err := work.Finish(context.Background(), nil)
			if err != nil || (breaches > 0) != c.breaches || (len(remarks) == 0) != c.breaches {
				t.Errorf("%d breaches, remarks %q, %v", breaches, remarks, err)
			}
		})
	}
}
