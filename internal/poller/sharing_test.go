package poller_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

func TestConcurrentQuestionsAreAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.setOther(after(time.Second, token))
		cfg := targets("main", 20)
		done := make(chan []status.Status)
		for delay := range 3 {
			go func() {
				time.Sleep(time.Duration(delay) * 1500 * time.Millisecond)
				done <- poll(t.Context(), p, cfg)
			}()
		}
		for range 3 {
			if n := reasons(<-done)[""]; n != 20 {
				t.Errorf("%d of 20 succeeded", n)
			}
		}
		if n := len(oss.calls()); n != 20 {
			t.Errorf("three overlapping polls of 20 targets caused %d calls, want 20", n)
		}
		poll(t.Context(), p, cfg)
		if n := len(oss.calls()); n != 20 {
			t.Errorf("a later poll caused %d calls, want 20", n)
		}
	})
}

func TestWaiterKeepsItsOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.setOther(after(3*time.Second, token))
		cfg := targets("main", 1)
		patient := make(chan status.Status)
		go func() { patient <- poll(t.Context(), p, cfg)[0] }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		hasty := poll(ctx, p, cfg)[0]
		if hasty.Attempt.Reason != status.ReasonTimeout || hasty.Attempt.Duration != time.Second {
			t.Errorf("the hasty one got %+v, want a timeout after 1s", hasty.Attempt)
		}
		if r := <-patient; !r.Attempt.Succeeded() || r.Probes != 1 || r.Errors != 0 {
			t.Errorf("the patient one got %+v, want the only answer", r)
		}
		if n := len(oss.calls()); n != 1 {
			t.Errorf("%d calls, want 1", n)
		}
	})
}

func TestHangingUpFailsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.setOther(after(3*time.Second, token))
		cfg := targets("main", 1)
		ctx, hangUp := context.WithCancel(t.Context())
		gone, stays := make(chan []status.Status), make(chan []status.Status)
		go func() { gone <- poll(ctx, p, cfg) }()
		synctest.Wait()
		go func() { stays <- poll(t.Context(), p, cfg) }()
		synctest.Wait()
		hangUp()
		if results := <-gone; results != nil {
			t.Errorf("told %+v to somebody who had left", results)
		}
		if r := (<-stays)[0]; !r.Attempt.Succeeded() {
			t.Errorf("the other caller got %+v", r.Attempt)
		}
	})
}

func TestHangingUpStopsTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.setOther(hangs)
		cfg := targets("main", 10)
		ctx, hangUp := context.WithCancel(t.Context())
		gone := make(chan []status.Status)
		go func() { gone <- poll(ctx, p, cfg) }()
		synctest.Wait()
		hangUp()
		<-gone
		synctest.Wait()
		if now, _ := oss.flights(); now != 0 || len(oss.calls()) != 4 {
			t.Errorf("%d calls still in flight, or more than the first four were made", now)
		}
		for _, r := range p.Peek(cfg.Targets) {
			if r.Probes != 0 || !r.Attempt.Ended.IsZero() {
				t.Errorf("an abandoned question was counted: %+v", r)
			}
		}
		oss.setOther(token)
		if n := reasons(poll(t.Context(), p, cfg))[""]; n != 10 {
			t.Errorf("afterwards %d of 10 succeeded", n)
		}
	})
}

func TestCallerWhoIsGoneAsksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		ctx, hangUp := context.WithCancel(t.Context())
		hangUp()
		if results := poll(ctx, p, targets("main", 3)); results != nil {
			t.Errorf("told %+v", results)
		}
		synctest.Wait()
		if asked := oss.calls(); len(asked) != 0 {
			t.Errorf("asked about %v", asked)
		}
	})
}

// TestStuckCallKeepsItsSlot shows that a call which ignores its context cannot
// make the limit of calls in flight grow.
func TestStuckCallKeepsItsSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		release := make(chan struct{})
		oss.other = func(context.Context) (ossclient.Token, error) {
			<-release
			return ossclient.Token{}, ossclient.ErrNoToken
		}
		cfg := targets("main", 10)
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			poll(ctx, p, cfg)
			cancel()
		}
		if _, most := oss.flights(); most != 4 {
			t.Errorf("%d calls in flight, want 4", most)
		}
		close(release)
		synctest.Wait()
		if r := p.Peek(cfg.Targets)[0]; r.Facts.Confirmed != (time.Time{}) {
			t.Errorf("an answer nobody waited for became a fact: %+v", r.Facts)
		}
		if n := reasons(poll(t.Context(), p, cfg))[""]; n != 10 {
			t.Errorf("afterwards %d of 10 succeeded", n)
		}
	})
}
