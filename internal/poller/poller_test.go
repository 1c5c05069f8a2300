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
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

func TestAnswersBecomeFacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cfg := targets("main", 3)
		oss.set("main-1.example.com", noToken)
		oss.set("main-2.example.com", fails(status.ReasonAccessDenied))
		now := time.Now()

		results := poll(t.Context(), p, cfg)

		for i, want := range []status.Status{
			{Facts: status.Facts{Confirmed: now, Exists: true, Expires: expires}, Token: "t", Probes: 1},
			{Facts: status.Facts{Confirmed: now}, Probes: 1},
			{Attempt: status.Attempt{Reason: status.ReasonAccessDenied}, Probes: 1, Errors: 1},
		} {
			got := results[i]
			if got.Facts != want.Facts || got.Token != want.Token || got.Attempt.Reason != want.Attempt.Reason || got.Probes != want.Probes || got.Errors != want.Errors {
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
		first := poll(t.Context(), p, cfg)[0]
		oss.set("main-0.example.com", fails(status.ReasonServerError))
		time.Sleep(time.Minute)
		second := poll(t.Context(), p, cfg)[0]
		if second.Facts != first.Facts {
			t.Errorf("facts changed from %+v to %+v", first.Facts, second.Facts)
		}
		if second.Attempt.Succeeded() || second.Probes != 2 || second.Errors != 1 {
			t.Errorf("got %+v, want the second of two attempts failed", second)
		}
		oss.set("main-0.example.com", noToken)
		time.Sleep(time.Minute)
		if third := poll(t.Context(), p, cfg)[0]; third.Facts.Exists || !third.Attempt.Succeeded() {
			t.Errorf("got %+v, want the token gone", third)
		}
	})
}

func TestConcurrencyIsSharedByAllCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.setOther(after(time.Second, token))
		began := time.Now()
		done := make(chan []status.Status)
		for _, account := range []string{"a", "b", "c"} {
			go func() { done <- poll(t.Context(), p, targets(account, 10)) }()
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
		before := poll(t.Context(), p, cfg)
		oss.setOther(hangs)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		results := poll(ctx, p, cfg)
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("took %v, want 2s", took)
		}
		want := map[status.Reason]int{status.ReasonTimeout: 4, status.ReasonNotProbed: 6}
		if got := reasons(results); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		for i, r := range results {
			attempts := uint64(1)
			if r.Attempt.Reason == status.ReasonTimeout {
				attempts = 2
			}
			if r.Facts != before[i].Facts || r.Probes != attempts || r.Errors != attempts-1 || r.Attempt.Err == nil {
				t.Errorf("got %+v, want the facts kept, and a failure counted where there was an attempt", r)
			}
		}
		if errors, _ := p.Counts(); errors[status.ReasonTimeout] != 4 || errors[status.ReasonNotProbed] != 0 {
			t.Errorf("counted %v", errors)
		}
		for _, r := range p.Peek(cfg.Targets) {
			if r.Attempt.Reason == status.ReasonNotProbed {
				t.Errorf("remembered %+v, which is no attempt", r.Attempt)
			}
		}
	})
}

func TestTargetTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.set("main-0.example.com", hangs)
		cfg := targets("main", 2)
		began := time.Now()
		results := poll(t.Context(), p, cfg)
		if took := time.Since(began); took != cfg.Probe.Timeout {
			t.Errorf("took %v, want the target's timeout of %v", took, cfg.Probe.Timeout)
		}
		if r := results[0].Attempt; r.Reason != status.ReasonTimeout || r.Duration != cfg.Probe.Timeout {
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
		results := poll(t.Context(), p, targets("main", 2))
		if r := results[0].Attempt; r.Reason != status.ReasonInternal || !strings.Contains(r.Err.Error(), "at the disco") {
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
			poll(ctx, p, cfg)
			cancel()
			synctest.Wait()
		}
		for i, r := range p.Peek(cfg.Targets) {
			if !r.Facts.Exists {
				t.Errorf("%s was never answered", cfg.Targets[i].Name)
			}
		}
	})
}

// TestImpatienceIsNoFailure has a caller that does not give the target a second.
func TestImpatienceIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cfg := targets("main", 10)
		oss.setOther(after(20*time.Millisecond, token))
		poll(t.Context(), p, cfg)
		for _, patience := range []time.Duration{0, 10 * time.Millisecond} {
			for _, r := range within(t, p, patience, cfg) {
				if r.Attempt.Succeeded() || r.Probes != 1 || r.Errors != 0 || !r.Facts.Exists {
					t.Errorf("after %v: got %+v, want a failure that is not counted", patience, r)
				}
			}
			synctest.Wait()
			for _, r := range p.Peek(cfg.Targets) {
				if !r.Attempt.Succeeded() {
					t.Errorf("after %v: remembered %+v", patience, r.Attempt)
				}
			}
		}
	})
}

func TestPeekAsksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cfg := targets("main", 2)
		if r := p.Peek(cfg.Targets)[1]; !r.Attempt.Ended.IsZero() {
			t.Errorf("got %+v before the first poll", r)
		}
		poll(t.Context(), p, cfg)
		oss.calls()
		if r := p.Peek(cfg.Targets)[1]; !r.Facts.Exists {
			t.Errorf("got %+v after it", r)
		}
		if asked := oss.calls(); len(asked) != 0 {
			t.Errorf("asked about %v", asked)
		}
	})
}

// TestFactsOutliveTheConfiguration drops targets from the configuration: what is
// known comes back with them within an hour, and is forgotten after that.
func TestFactsOutliveTheConfiguration(t *testing.T) {
	for away, kept := range map[time.Duration]bool{59 * time.Minute: true, time.Hour: false} {
		synctest.Test(t, func(t *testing.T) {
			p, _ := newPoller()
			all := targets("main", 3)
			less := &config.Config{Probe: all.Probe, Targets: all.Targets[:1]}
			poll(t.Context(), p, all)
			poll(t.Context(), p, less)
			time.Sleep(away)
			p.Poll(t.Context(), less.Targets)
			for i, want := range []bool{true, kept, kept} {
				if got := p.Peek(all.Targets)[i]; got.Facts.Exists != want || (got.Probes > 0) != want {
					t.Errorf("after %v target %d: got %+v, want it known: %v", away, i, got, want)
				}
			}
			poll(t.Context(), p, all)
			time.Sleep(2 * time.Hour)
			p.Poll(t.Context(), less.Targets)
			if got := p.Peek(all.Targets)[2]; !got.Facts.Exists {
				t.Error("a target that came back is forgotten")
			}
		})
	}
}

func TestReasonsAreCountedFromZero(t *testing.T) {
	p, _ := newPoller()
	counted, _ := p.Counts()
	if got, want := slices.Sorted(maps.Keys(counted)), slices.Sorted(slices.Values(status.Reasons())); !slices.Equal(got, want) {
		t.Errorf("counts %v, want all of %v", got, want)
	}
	for reason, n := range counted {
		if n != 0 {
			t.Errorf("%s starts at %d", reason, n)
		}
	}
}
