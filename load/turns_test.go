package load

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTurnsAreSpreadEvenly(t *testing.T) {
	for _, c := range []struct {
		weights []int
		want    string
	}{
		{[]int{1}, "[0]"},
		{[]int{7}, "[0]"},
		{[]int{1, 1, 1}, "[0 1 2]"},
		{[]int{2, 1}, "[0 1 0]"},
		{[]int{1, 2}, "[1 0 1]"},
		{[]int{70, 10, 10, 10}, "[0 0 1 0 0 2 0 3 0 0]"},
		{[]int{5000, 5000}, "[0 1]"},
	} {
		if got, err := turns(c.weights); err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("turns(%v) = %v, %v, want %s", c.weights, got, err, c.want)
		}
	}
}

// However the weights are, after any number of calls each operation has had its share but for less than one call.
func TestTurnsKeepTheShares(t *testing.T) {
	for _, weights := range [][]int{{97, 3}, {1, 999}, {13, 11, 7, 5}, {1, 1, 50}, {9999, 1}} {
		list, err := turns(weights)
		if err != nil {
			t.Fatal(err)
		}
		had := make([]int, len(weights))
		for k, i := range list {
			had[i]++
			for i, w := range weights {
				if off := float64(had[i]) - float64(k+1)*float64(w)/float64(len(list)); off >= 1 || off <= -1 {
					t.Fatalf("%v: after %d calls operation %d has had %d", weights, k+1, i, had[i])
				}
			}
		}
		if fmt.Sprint(had) != fmt.Sprint(weights) {
			t.Errorf("%v: one round is %v", weights, had)
		}
	}
}

func TestTurnsRefuse(t *testing.T) {
	for says, weights := range map[string][]int{
		"a weight is -1": {1, -1}, "a weight is 10001": {10001}, "add up to 10001": {10000, 1}, "a weight is 0": {0},
	} {
		if _, err := turns(weights); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("turns(%v): %v, want an error that says %q", weights, err, says)
		}
	}
}

func TestWeightsShareTheCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := standard()
		k.send = server(always(time.Millisecond))
		good, bad := get("good", local.URL), get("bad", local.URL)
		good.Weight = 4
		r := mustRun(t, t.Context(), local, []request{good, bad}, Options{Rate: 100, Duration: time.Second}, k)
		if a, b := r.Operations[0], r.Operations[1]; a.Requests != 80 || b.Requests != 20 || a.Weight != 4 || b.Weight != 1 {
			t.Errorf("%d requests of weight %d, %d of weight %d, want 80 of 4 and 20 of 1", a.Requests, a.Weight, b.Requests, b.Weight)
		}
	})
}
