package schedule_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/schedule"
)

// TestHangingQueuesHaveHalf has many accounts that never answer beside a healthy
// one: from the second round on it is served at once, and from the third on all of
// the others hung again.
func TestHangingQueuesHaveHalf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(newScheduler(32))
		for round := range 4 {
			for i := range 40 {
				for range 2 {
					r.start(fmt.Sprint("sick", i), time.Time{}, hangs)
				}
			}
			var last *schedule.Call
			for range 40 {
				last = r.start("healthy", time.Time{}, after(20*time.Millisecond))
			}
			if round == 0 { // it learns who hangs
				time.Sleep(time.Minute)
				continue
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if ended, _ := r.outcome(last); !ended {
				t.Error("the healthy account waits")
			}
			if n := r.flying(); n > 16 && round > 1 {
				t.Errorf("%d slots are held by accounts that hang, want at most half of 32", n)
			}
			time.Sleep(time.Minute)
		}
	})
}

// TestOneBadCallIsNoHangingQueue has one call without an answer beside many that
// are answered: the queue keeps all slots.
func TestOneBadCallIsNoHangingQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(newScheduler(8))
		r.start("other", time.Time{}, answers)
		r.start("a", time.Time{}, hangs)
		for range 100 {
			r.start("a", time.Time{}, after(100*time.Millisecond))
		}
		time.Sleep(time.Minute)
		queue := schedule.Queue{Account: "a", Server: "server"}
		if most := r.atOnce(queue); most != 8 {
			t.Errorf("%d calls at once, want all slots", most)
		}
		for range 100 {
			r.start("a", time.Time{}, after(100*time.Millisecond))
		}
		time.Sleep(time.Minute)
		if most := r.atOnce(queue); most != 8 {
			t.Errorf("afterwards %d calls at once, want all slots", most)
		}
	})
}

// TestQueueThatAnswersAgain has an account that hung.
func TestQueueThatAnswersAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(newScheduler(8))
		queue := schedule.Queue{Account: "a", Server: "server"}
		for _, round := range []struct {
			b    behaviour
			most int
		}{{hangs, 8}, {hangs, 1}, {after(100 * time.Millisecond), 8}, {after(100 * time.Millisecond), 8}} {
			for range 20 {
				r.start("a", time.Now(), round.b)
			}
			time.Sleep(10 * time.Minute)
			if most := r.atOnce(queue); most != round.most {
				t.Errorf("%d calls at once, want %d", most, round.most)
			}
		}
	})
}

// TestUnlistedHaveAQuarter queues far more calls about unlisted targets than
// there are slots.
func TestUnlistedHaveAQuarter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(newScheduler(8))
		for i := range 3 {
			for range 100 {
				c := call(fmt.Sprint("a", i), time.Now())
				c.Queue.Unlisted = true
				r.startCall(&c, hangs)
			}
		}
		synctest.Wait()
		if n := r.flying(); n != 2 {
			t.Errorf("%d in flight, want a quarter of 8", n)
		}
		configured := r.start("a0", time.Now(), answers)
		synctest.Wait()
		if ended, _ := r.outcome(configured); !ended {
			t.Error("a configured call waits for unlisted ones")
		}
		time.Sleep(30 * time.Minute) // until the last has timed out
	})
}

// TestCallsWithoutAnAccountYield has look-ups that wait while others are queued.
func TestCallsWithoutAnAccountYield(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(newScheduler(1))
		r.start("a", time.Time{}, after(time.Second))
		lookup := r.start("", time.Time{}, answers)
		for range 3 {
			r.start("a", time.Now(), after(time.Second))
		}
		time.Sleep(3500 * time.Millisecond)
		if ended, _ := r.outcome(lookup); ended {
			t.Error("a look-up went before calls of an account")
		}
		time.Sleep(time.Second)
		if ended, _ := r.outcome(lookup); !ended {
			t.Error("the look-up was never made")
		}
	})
}

// TestIdleQueuesAreDeleted tells a deleted queue by what it no longer remembers:
// that it hung.
func TestIdleQueuesAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, test := range map[string]struct {
			account string
			rates   map[string]float64
			most    int
		}{
			"an account that stays": {"a", map[string]float64{"a": 0}, 1},
			"an account that goes":  {"a", nil, 4},
			"no account":            {"", map[string]float64{"a": 0}, 4},
		} {
			s := newScheduler(4)
			r := newRecorder(s)
			for range 4 {
				r.start(test.account, time.Now(), hangs)
			}
			time.Sleep(time.Minute)
			r.atOnce(schedule.Queue{Account: test.account, Server: "server"})
			s.SetLimits(4, test.rates)
			for range 4 {
				r.start(test.account, time.Now(), hangs)
			}
			synctest.Wait()
			if most := r.atOnce(schedule.Queue{Account: test.account, Server: "server"}); most != test.most {
				t.Errorf("%s: %d calls at once, want %d", name, most, test.most)
			}
			time.Sleep(time.Minute)
		}
	})
}
