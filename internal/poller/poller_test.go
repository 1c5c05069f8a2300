package poller_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/ossclient"
)

func TestAnswersBecomeFacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cfg := targets("main", 3)
		oss.set("main-1.example.com", noToken)
		oss.set("main-2.example.com", fails(ossclient.ReasonAccessDenied))
		now := time.Now()

		results := p.Poll(t.Context(), cfg)

		for i, want := range []poller.Result{
			{Facts: poller.Facts{Confirmed: now, Exists: true, Expires: expires}, Probes: 1},
			{Facts: poller.Facts{Confirmed: now}, Probes: 1},
			{Attempt: poller.Attempt{Reason: ossclient.ReasonAccessDenied}, Probes: 1, Errors: 1},
		} {
			got := results[i]
			if got.Target.Base != cfg.Targets[i].Base {
				t.Errorf("result %d is about %q, want %q", i, got.Target.Base, cfg.Targets[i].Base)
			}
			if got.Facts != want.Facts || got.Attempt.Reason != want.Attempt.Reason || got.Probes != want.Probes || got.Errors != want.Errors {
				t.Errorf("result %d: got %+v, want %+v", i, got, want)
			}
			if got.Attempt.Succeeded() != (want.Errors == 0) || !got.Attempt.Ended.Equal(now) {
				t.Errorf("result %d: got attempt %+v", i, got.Attempt)
			}
		}
	})
}

func TestFailureKeepsFacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cfg := targets("main", 1)
		first := p.Poll(t.Context(), cfg)[0]
		oss.set("main-0.example.com", fails(ossclient.ReasonServerError))
		time.Sleep(time.Minute)
		second := p.Poll(t.Context(), cfg)[0]
		if second.Facts != first.Facts {
			t.Errorf("facts changed from %+v to %+v", first.Facts, second.Facts)
		}
		if second.Attempt.Succeeded() || second.Probes != 2 || second.Errors != 1 {
			t.Errorf("got %+v, want the second of two attempts failed", second)
		}
		if second.Was != poller.OutcomeToken || second.Outcome() != "server_error" {
			t.Errorf("went from %q to %q, want token to server_error", second.Was, second.Outcome())
		}
		oss.set("main-0.example.com", noToken)
		time.Sleep(time.Minute)
		if third := p.Poll(t.Context(), cfg)[0]; third.Facts.Exists || third.Outcome() != poller.OutcomeNoToken {
			t.Errorf("got %+v, want the token gone", third)
		}
	})
}

func TestConcurrencyIsSharedByAllCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.setOther(after(time.Second, token))
		began := time.Now()
		done := make(chan []poller.Result)
		for _, account := range []string{"a", "b", "c"} {
			go func() { done <- p.Poll(t.Context(), targets(account, 10)) }()
		}
		for range 3 {
			if n := reasons(<-done)[""]; n != 10 {
				t.Errorf("%d of 10 succeeded", n)
			}
		}
		if _, most := oss.flights(); most != 4 {
			t.Errorf("%d calls in flight at once, want 4", most)
		}
		if took := time.Since(began); took != 8*time.Second {
			t.Errorf("30 calls of 1s, 4 at a time, took %v; want 8s", took)
		}
	})
}

func TestDeadlineEndsThePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cfg := targets("main", 10)
		before := p.Poll(t.Context(), cfg)
		oss.setOther(hangs)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		results := p.Poll(ctx, cfg)
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("took %v, want 2s", took)
		}
		want := map[poller.Reason]int{ossclient.ReasonTimeout: 4, poller.ReasonNotProbed: 6}
		if got := reasons(results); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		for i, r := range results {
			if r.Facts != before[i].Facts || r.Probes != 2 || r.Errors != 1 || r.Attempt.Err == nil {
				t.Errorf("got %+v, want the facts kept and one failure counted", r)
			}
		}
		if errors := p.Errors(); errors[ossclient.ReasonTimeout] != 4 || errors[poller.ReasonNotProbed] != 6 {
			t.Errorf("counted %v", errors)
		}
	})
}

func TestTargetTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.set("main-0.example.com", hangs)
		cfg := targets("main", 2)
		began := time.Now()
		results := p.Poll(t.Context(), cfg)
		if took := time.Since(began); took != cfg.Probe.Timeout {
			t.Errorf("took %v, want the target's timeout of %v", took, cfg.Probe.Timeout)
		}
		if r := results[0].Attempt; r.Reason != ossclient.ReasonTimeout || r.Duration != cfg.Probe.Timeout {
			t.Errorf("got %+v", r)
		}
		if !results[1].Attempt.Succeeded() {
			t.Errorf("the other target suffered: %+v", results[1].Attempt)
		}
	})
}

func TestPanicIsThatTargetsFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.set("main-0.example.com", func(context.Context) (ossclient.Token, error) { panic("at the disco") })
		results := p.Poll(t.Context(), targets("main", 2))
		if r := results[0].Attempt; r.Reason != poller.ReasonInternal || !strings.Contains(r.Err.Error(), "at the disco") {
			t.Errorf("got %+v, want internal", r)
		}
		if !results[1].Attempt.Succeeded() {
			t.Errorf("the other target suffered: %+v", results[1].Attempt)
		}
	})
}

// TestOverloadStarvesNobody polls more targets than a scrape can ask, over and
// over: in ten scrapes that reach a tenth of them, each must have its turn.
func TestOverloadStarvesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.setOther(after(900*time.Millisecond, token))
		cfg := targets("main", 40)
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			p.Poll(ctx, cfg)
			cancel()
			synctest.Wait()
		}
		for _, r := range p.Peek(cfg) {
			if !r.Facts.Exists {
				t.Errorf("%s was never answered", r.Target.Base)
			}
		}
	})
}

func TestPeekAsksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cfg := targets("main", 2)
		if r := p.Peek(cfg)[1]; r.Target.Base != "main-1.example.com" || r.Outcome() != poller.OutcomeUnknown {
			t.Errorf("got %+v before the first poll", r)
		}
		p.Poll(t.Context(), cfg)
		oss.calls()
		if r := p.Peek(cfg)[1]; r.Outcome() != poller.OutcomeToken {
			t.Errorf("got %+v after it", r)
		}
		if asked := oss.calls(); len(asked) != 0 {
			t.Errorf("asked about %v", asked)
		}
	})
}

func TestRetainForgetsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPoller()
		all := targets("main", 3)
		p.Poll(t.Context(), all)
		less := &config.Config{Probe: all.Probe, Targets: all.Targets[:1]}
		p.Retain(less)
		for i, want := range []poller.Outcome{poller.OutcomeToken, poller.OutcomeUnknown, poller.OutcomeUnknown} {
			if got := p.Peek(all)[i].Outcome(); got != want {
				t.Errorf("target %d: got %q, want %q", i, got, want)
			}
		}
	})
}

func TestReasonsAreClosedAndCountedFromZero(t *testing.T) {
	p, _ := newPoller()
	counted := p.Errors()
	if got, want := slices.Sorted(maps.Keys(counted)), slices.Sorted(slices.Values(poller.Reasons())); !slices.Equal(got, want) || len(want) != 16 {
		t.Errorf("counts %v, want all of %v", got, want)
	}
	for reason, n := range counted {
		if n != 0 {
			t.Errorf("%s starts at %d", reason, n)
		}
	}
}
