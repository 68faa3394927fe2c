package client_test

import (
	"testing"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/gestix/client"
)

// The load profile reports a Life as a targets.SessionLife: this does not compile when the two come apart.
var _ = targets.SessionLife(client.Life{})

func (x *stage) life(want client.Life) {
	x.Helper()
	if want.Name = "single-flight"; x.session.Life() != want {
		x.Errorf("life\n%+v, want\n%+v", x.session.Life(), want)
	}
}

func TestAWaveIsOneExpiry(t *testing.T) {
	onStage(t, client.Options{}, func(x *stage) {
		x.send(0, "a", "b", "c", "d")
		x.answer(1, "d", 200)
		x.answer(10, "a", 403)
		x.answer(11, "b", 403)
		x.answer(12, "a", 404) // no success yet
		x.answer(13, "b", 200) // the end: 3 s
		x.answer(15, "c", 403) // late, of the same wave
		x.answer(16, "c", 200)
		x.life(client.Life{Opened: 2, Refreshes: 1, Expiries: 1, Denied: 3, RecoverMean: 3 * time.Second, RecoverMax: 3 * time.Second})
		x.send(20, "a")
		x.answer(20, "a", 403)
		x.answer(25, "a", 200)
		x.life(client.Life{Opened: 3, Refreshes: 2, Expiries: 2, Denied: 4, RecoverMean: 4 * time.Second, RecoverMax: 5 * time.Second})
	})
}

// A success of the old token ends no wave, and waves that overlap are one outage: it cannot look shorter than it was.
func TestAnOutageOfManyWaves(t *testing.T) {
	onStage(t, client.Options{}, func(x *stage) {
		x.send(0, "a", "b", "c")
		x.answer(10, "a", 403)
		x.answer(11, "b", 200) // of the old token
		x.life(client.Life{Opened: 2, Refreshes: 1, Expiries: 1, Denied: 1})
		x.answer(12, "a", 403) // a new wave, and a is lost
		x.answer(13, "c", 403) // of the first
		x.answer(14, "c", 200)
		x.life(client.Life{Opened: 3, Refreshes: 2, Expiries: 2, Denied: 2, Lost: 1, RecoverMean: 4 * time.Second, RecoverMax: 4 * time.Second})
		if x.ended["a"] != 403 || x.ended["c"] != 200 {
			x.Errorf("the calls ended with %v", x.ended)
		}
		x.down = true
		x.send(20, "a")
		x.answer(20, "a", 403)
		x.down = false
		x.send(30, "a")
		x.answer(31, "a", 200)
		x.life(client.Life{Opened: 4, Refreshes: 3, Expiries: 3, Denied: 3, Lost: 2, RecoverMean: 7500 * time.Millisecond, RecoverMax: 11 * time.Second})
	})
}

// A renewal ahead of time is an expiry, and is timed only when a call was denied all the same.
func TestAProactiveWave(t *testing.T) {
	onStage(t, client.Options{Renewal: client.Proactive, Lifetime: 100 * time.Second}, func(x *stage) {
		x.send(0, "a")
		x.send(80, "b") // renews behind b
		x.send(81, "c")
		x.answer(82, "a", 403) // 2 s
		x.answer(84, "c", 200)
		x.answer(85, "b", 403) // late
		want := client.Life{Name: "proactive", Opened: 2, Refreshes: 1, Expiries: 1, Denied: 2, RecoverMean: 2 * time.Second, RecoverMax: 2 * time.Second}
		if x.session.Life() != want {
			x.Errorf("life\n%+v, want\n%+v", x.session.Life(), want)
		}
		x.answer(86, "a", 200)
		x.answer(86, "b", 200)
	})
}

func TestTotal(t *testing.T) {
	var sessions []*client.Session
	for _, took := range []int{2, 4, 0} {
		onStage(t, client.Options{}, func(x *stage) {
			x.send(0, "a")
			if took > 0 {
				x.answer(10, "a", 403)
			}
			x.answer(10+took, "a", 200)
			sessions = append(sessions, x.session)
		})
	}
	want := client.Life{Name: "single-flight", Opened: 5, Refreshes: 2, Expiries: 2, Denied: 2,
		RecoverMean: 3 * time.Second, RecoverMax: 4 * time.Second}
	if got := client.Total(sessions...); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := client.Total(); got != (client.Life{}) {
		t.Errorf("%+v of no session", got)
	}
}
