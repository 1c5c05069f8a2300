package schedule_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/schedule"
)

// TestOrder queues calls while the only slot is taken, and has the order in which
// they are made.
func TestOrder(t *testing.T) {
	type queued struct {
		name string // of the server
		call schedule.Call
	}
	old, recent := time.Unix(1, 0), time.Unix(2, 0)
	of := func(account string, unlisted, first bool, since time.Time) schedule.Call {
		return schedule.Call{Queue: schedule.Queue{Account: account, Unlisted: unlisted}, Since: since, First: first}
	}
	for name, test := range map[string]struct {
		queued []queued
		want   []string
	}{
		"configured targets, look-ups, unlisted targets": {[]queued{
			{name: "unlisted", call: of("a", true, false, old)}, {name: "look-up", call: of("", false, false, old)},
			{name: "configured", call: of("a", false, false, recent)},
		}, []string{"configured", "look-up", "unlisted"}},
		"the oldest of a queue": {[]queued{
			{name: "x", call: of("a", false, false, recent)}, {name: "x", call: of("a", false, false, old)}, {name: "y", call: of("a", false, false, old.Add(time.Millisecond))},
		}, []string{"x", "y", "x"}},
		"the first among the oldest": {[]queued{
			{name: "z", call: of("a", false, false, old)}, {name: "y", call: of("a", false, true, recent)}, {name: "x", call: of("a", false, true, old)},
		}, []string{"x", "z", "y"}},
		"a call that was cut short, before others of its time": {[]queued{
			{name: "x", call: of("a", false, true, old)}, {name: "x", call: of("a", false, false, old)}, {name: "y", call: of("b", false, false, old)},
		}, []string{"x", "x", "y"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecorder(newScheduler(1))
				r.start("blocker", time.Time{}, after(time.Second))
				synctest.Wait()
				r.calls()
				for _, q := range test.queued {
					c := q.call
					c.Queue.Server, c.Timeout = q.name, timeout
					r.startCall(&c, after(time.Millisecond))
				}
				time.Sleep(2 * time.Second)
				var got []string
				for _, c := range r.all() {
					got = append(got, c.Queue.Server)
				}
				if name == "a call that was cut short, before others of its time" {
					got, test.want = got[:1], test.want[:1]
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("made %q, want %q", got, test.want)
				}
			})
		})
	}
}

// TestOldestOfALimitedAccountIsNext has two regions of an account with a rate: the
// one with calls in flight has the oldest call, which is next all the same.
func TestOldestOfALimitedAccountIsNext(t *testing.T) {
	for name, test := range map[string]struct {
		rate float64
		want string
	}{"with a rate": {1000, "busy"}, "without": {0, "idle"}} {
		synctest.Test(t, func(t *testing.T) {
			s := newScheduler(2)
			s.SetLimits(2, map[string]float64{"a": test.rate})
			r := newRecorder(s)
			start := func(server string, since time.Time, b behaviour) *schedule.Call {
				c := call("a", since)
				c.Queue.Server = server
				return r.startCall(&c, b)
			}
			start("busy", time.Time{}, after(900*time.Millisecond))
			start("busy", time.Time{}, after(800*time.Millisecond))
			time.Sleep(100 * time.Millisecond)
			oldest := map[string]*schedule.Call{"busy": start("busy", time.Unix(1, 0), after(time.Second)), "idle": start("idle", time.Unix(2, 0), after(time.Second))}
			time.Sleep(750 * time.Millisecond)
			r.calls()
			time.Sleep(800 * time.Millisecond)
			for server, c := range oldest {
				isMade := slices.Contains(r.all(), c)
				if server == test.want && isMade || server != test.want && !isMade {
					t.Errorf("%s: %q was not the first", name, test.want)
				}
			}
			time.Sleep(time.Minute)
		})
	}
}

// TestHangingCallsMakeRoom fills all slots with calls that hang: when they have
// hung for a second, the newest half is interrupted for another queue, and queued
// again.
func TestHangingCallsMakeRoom(t *testing.T) {
	for name, test := range map[string]struct {
		unlisted bool
		drop     bool
		room     bool
	}{"a configured target": {room: true}, "an unlisted target": {unlisted: true}, "one was dropped": {drop: true, room: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScheduler(4)
				r := newRecorder(s)
				var hanging []*schedule.Call
				for _, account := range []string{"a", "b", "c", "d"} {
					hanging = append(hanging, r.start(account, time.Time{}, hangs))
					time.Sleep(10 * time.Millisecond)
				}
				time.Sleep(450 * time.Millisecond)
				other := call("healthy", time.Now())
				other.Queue.Unlisted = test.unlisted
				r.startCall(&other, after(100*time.Millisecond))
				synctest.Wait()
				if n := len(r.all()); n != 4 {
					t.Errorf("%d calls before the others hang", n)
				}
				if test.drop {
					s.Drop(hanging[3])
				}
				time.Sleep(650 * time.Millisecond) // 1.14 s after the first began
				synctest.Wait()
				if ended, _ := r.outcome(&other); ended != test.room {
					t.Errorf("the other call ended: %v", ended)
				}
				for i, c := range hanging {
					if ended, err := r.outcome(c); ended != (test.drop && i == 3) {
						t.Errorf("call %d ended with %v", i, err)
					}
				}
				time.Sleep(7 * time.Second)
				made := map[*schedule.Call]int{}
				for _, c := range r.all() {
					made[c]++
				}
				if isAgain := made[hanging[2]] > 1; isAgain != (test.room && !test.drop) {
					t.Errorf("an interrupted call was made %d times", made[hanging[2]])
				}
				if made[hanging[0]] > 1 || made[hanging[1]] > 1 || test.drop && made[hanging[3]] > 1 {
					t.Errorf("made %d, %d, %d times", made[hanging[0]], made[hanging[1]], made[hanging[3]])
				}
				time.Sleep(time.Minute)
				for i, c := range hanging {
					if ended, _ := r.outcome(c); !ended {
						t.Errorf("call %d never ended", i)
					}
				}
			})
		})
	}
}

// TestHangingQueueYields has an account that hung and one in another region: the
// hanging one goes last, and is tried again after its turn.
func TestHangingQueueYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(newScheduler(2))
		r.start("sick", time.Time{}, hangs)
		time.Sleep(6 * time.Second)
		waiting := r.start("sick", time.Time{}, answers)
		synctest.Wait()
		if ended, _ := r.outcome(waiting); !ended {
			t.Fatal("it was not tried while nothing else waited")
		}
		r.start("sick", time.Time{}, hangs)
		time.Sleep(6 * time.Second) // it hung for 5 s, and its turn is 5 s later
		r.start("other", time.Time{}, after(time.Second))
		r.start("other", time.Time{}, after(time.Second))
		waiting = r.start("sick", time.Time{}, answers)
		for range 40 {
			r.start("other", time.Now(), after(time.Second))
		}
		synctest.Wait()
		time.Sleep(2500 * time.Millisecond)
		if ended, _ := r.outcome(waiting); ended {
			t.Error("it went before an account that answers")
		}
		time.Sleep(9 * time.Second)
		if ended, _ := r.outcome(waiting); !ended {
			t.Error("it was not tried again")
		}
		time.Sleep(time.Minute)
	})
}

// TestCrowd queues more calls about unlisted targets than may wait.
func TestCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(newScheduler(1))
		r.start("a", time.Time{}, after(time.Second))
		var crowd []*schedule.Call
		for i := range 258 {
			c := call([]string{"a", "b"}[i%2], time.Now())
			c.Queue.Unlisted = true
			crowd = append(crowd, r.startCall(&c, answers))
		}
		configured := r.start("a", time.Time{}, answers)
		synctest.Wait()
		for i, c := range crowd {
			if ended, err := r.outcome(c); ended != (i >= 256) || ended && !errors.Is(err, schedule.ErrCrowded) {
				t.Errorf("call %d: ended %v with %v", i, ended, err)
			}
		}
		time.Sleep(2 * time.Second)
		for _, c := range append(crowd[:256], configured) {
			if ended, err := r.outcome(c); !ended || err != nil {
				t.Errorf("afterwards ended %v with %v", ended, err)
			}
		}
	})
}

// TestDroppedCallIsNotMade drops a call that waits.
func TestDroppedCallIsNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(1)
		r := newRecorder(s)
		r.start("a", time.Time{}, after(time.Second))
		dropped, other := r.start("a", time.Time{}, answers), r.start("a", time.Time{}, answers)
		s.Drop(dropped)
		time.Sleep(2 * time.Second)
		if ended, _ := r.outcome(other); !ended || slices.Contains(r.all(), dropped) {
			t.Errorf("the other ended: %v, the dropped was made: %v", ended, slices.Contains(r.all(), dropped))
		}
	})
}

// TestShortestWaitIsKept has two accounts with rates: each is called at its own.
func TestShortestWaitIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(10)
		s.SetLimits(10, map[string]float64{"fast": 10, "slow": 0.5, "slower": 0.25})
		r := newRecorder(s)
		for _, account := range []string{"slow", "fast", "slower"} {
			for range 4 {
				r.start(account, time.Time{}, answers)
			}
		}
		synctest.Wait()
		for i, want := range []int{3, 1, 1, 1} {
			if n := r.calls(); n != want {
				t.Errorf("step %d: %d calls, want %d", i, n, want)
			}
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		time.Sleep(time.Minute)
	})
}

// TestReloadRemembersThePause reloads without the account, which is called again
// afterwards.
func TestReloadRemembersThePause(t *testing.T) {
	for _, test := range []struct {
		later  time.Duration // of the reload, after the pause began
		waits  bool          // for the rest of the pause
		second time.Duration // the pause after the next throttled call
	}{{time.Second, true, time.Minute}, {3 * time.Minute, false, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			s := newScheduler(2)
			r := newRecorder(s)
			r.start("a", time.Time{}, throttles(40*time.Second))
			time.Sleep(test.later)
			s.SetLimits(2, nil)
			next := r.start("a", time.Time{}, throttles(0))
			synctest.Wait()
			if ended, _ := r.outcome(next); ended == test.waits {
				t.Errorf("reloaded after %v: ended %v", test.later, ended)
			}
			time.Sleep(40 * time.Second)
			began := time.Now()
			last := r.start("a", time.Time{}, answers)
			for range 100 {
				if ended, _ := r.outcome(last); ended {
					break
				}
				time.Sleep(time.Second)
			}
			if waited := time.Since(began); waited > test.second {
				t.Errorf("reloaded after %v: the next pause lasted %v more", test.later, waited)
			}
		})
	}
}
