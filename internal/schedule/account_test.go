package schedule_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/schedule"
)

func TestRateIsPerAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(10)
		s.SetLimits(10, map[string]float64{"limited": 2, "free": 0})
		r := newRecorder(s)
		for range 5 {
			r.start("limited", time.Time{}, answers)
			r.start("free", time.Time{}, answers)
		}
		synctest.Wait()
		if n := r.calls(); n != 6 {
			t.Errorf("%d calls at once, want five of the free account and one of the other", n)
		}
		for range 4 {
			time.Sleep(500 * time.Millisecond)
			synctest.Wait()
			if n := r.calls(); n != 1 {
				t.Errorf("%d calls in half a second, want 1", n)
			}
		}
	})
}

// TestLiftedRateFreesTheAccount changes the limit while calls wait for it.
func TestLiftedRateFreesTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(10)
		s.SetLimits(10, map[string]float64{"a": 0.01})
		r := newRecorder(s)
		for range 5 {
			r.start("a", time.Time{}, answers)
		}
		synctest.Wait()
		if n := r.calls(); n != 1 {
			t.Errorf("%d calls, want 1", n)
		}
		s.SetLimits(10, map[string]float64{"a": 0})
		synctest.Wait()
		if n := r.calls(); n != 4 {
			t.Errorf("without the limit %d calls, want the other 4", n)
		}
	})
}

// TestBackOff throttles an account until it calms down: pauses double up to a
// minute, one call tries after each, and an answer ends the back-off.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(newScheduler(4))
		for range 20 {
			r.start("a", time.Time{}, throttles(0))
		}
		synctest.Wait()
		if n := r.calls(); n > 4 {
			t.Errorf("%d calls, want those in flight only", n)
		}
		for _, pause := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
			time.Sleep(time.Duration(pause)*time.Second - time.Millisecond)
			synctest.Wait()
			if n := r.calls(); n != 0 {
				t.Errorf("%d calls before the pause of %ds ended", n, pause)
			}
			time.Sleep(time.Millisecond)
			synctest.Wait()
			if n := r.calls(); n != 1 {
				t.Errorf("%d calls after the pause of %ds, want one that tries", n, pause)
			}
		}
		for range 10 {
			r.start("a", time.Time{}.Add(-time.Hour), answers) // first in the queue
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := r.calls(); n < 10 {
			t.Errorf("%d calls after an answer, want the back-off ended", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := r.calls(); n != 1 {
			t.Errorf("%d calls a second after it is throttled again: the pause did not begin anew", n)
		}
	})
}

// TestRetryAfterIsBounded asks an account that wants an hour of silence: it is
// tried once a minute.
func TestRetryAfterIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(newScheduler(4))
		for range 10 {
			r.start("a", time.Time{}, throttles(time.Hour))
		}
		synctest.Wait()
		r.calls()
		for range 3 {
			time.Sleep(time.Minute)
			synctest.Wait()
			if n := r.calls(); n != 1 {
				t.Errorf("%d calls in a minute, want 1", n)
			}
		}
	})
}

// TestHopelessCallsAreGivenUp has callers that cannot wait for the end of a
// pause, whether it begins before or after their call: they are told at once.
func TestHopelessCallsAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(newScheduler(1))
		within := func(d time.Duration) *schedule.Call {
			c := call("a", time.Now())
			return r.startUntil(time.Now().Add(d), &c, answers)
		}
		r.start("a", time.Time{}, throttles(30*time.Second))
		early, late, forever := within(10*time.Second), within(40*time.Second), r.start("a", time.Now(), answers)
		synctest.Wait()
		after := within(20 * time.Second)
		synctest.Wait()
		for _, c := range []*schedule.Call{early, after} {
			if ended, err := r.outcome(c); !ended || !errors.Is(err, schedule.ErrThrottled) {
				t.Errorf("got %v, ended: %v", err, ended)
			}
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		for _, c := range []*schedule.Call{late, forever} {
			if ended, err := r.outcome(c); !ended || err != nil {
				t.Errorf("got %v, ended: %v, want it made after the pause", err, ended)
			}
		}
	})
}

// TestExtendedCallIsNotGivenUp has a second caller that waits longer.
func TestExtendedCallIsNotGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(1)
		r := newRecorder(s)
		r.start("a", time.Time{}, after(time.Second))
		r.start("a", time.Time{}, throttles(30*time.Second))
		shared := call("a", time.Now())
		r.startUntil(time.Now().Add(10*time.Second), &shared, answers)
		s.Start(time.Now().Add(time.Minute), &shared)
		s.Start(time.Now().Add(time.Second), &shared) // is no later
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if ended, err := r.outcome(&shared); !ended || err != nil {
			t.Errorf("got %v, ended: %v", err, ended)
		}
	})
}

// TestStrangersThrottleOnlyThemselves throttles calls about what nobody
// configured.
func TestStrangersThrottleOnlyThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(newScheduler(4))
		stranger := func(b behaviour) *schedule.Call {
			c := call("a", time.Now())
			c.Queue.Unlisted = true
			return r.startCall(&c, b)
		}
		stranger(throttles(30 * time.Second))
		synctest.Wait()
		waits, configured := stranger(answers), r.start("a", time.Time{}, answers)
		synctest.Wait()
		if ended, _ := r.outcome(waits); ended {
			t.Error("the next stranger did not wait")
		}
		if ended, err := r.outcome(configured); !ended || err != nil {
			t.Errorf("a configured call: %v, ended: %v", err, ended)
		}
		r.start("a", time.Time{}, throttles(40*time.Second))
		time.Sleep(35 * time.Second)
		synctest.Wait()
		if ended, _ := r.outcome(waits); ended {
			t.Error("a stranger did not heed the pause of the account")
		}
	})
}
