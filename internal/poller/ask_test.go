package poller_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/ossclient"
)

// TestTargetsGoFirst has a question that is about no target wait for an account
// that a poll keeps busy.
func TestTargetsGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cfg := targets("main", 6)
		cfg.Probe.Concurrency = 1
		oss.setOther(after(time.Second, token))
		go p.Poll(t.Context(), cfg)
		synctest.Wait()
		began := time.Now()
		attempt := p.Ask(t.Context(), cfg, *cfg.Targets[0].Account, func(context.Context) error { return nil })
		if waited := time.Since(began); !attempt.Succeeded() || waited != 6*time.Second || len(oss.calls()) != 6 {
			t.Errorf("got %+v after %v, want it after the six targets", attempt, waited)
		}
	})
}

func TestAskKeepsThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPoller()
		cfg := targets("main", 1)
		account := *cfg.Targets[0].Account
		account.RateLimit = 1
		began := time.Now()
		for range 4 {
			p.Ask(t.Context(), cfg, account, func(context.Context) error { return nil })
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("four questions at one a second took %v", took)
		}
	})
}

// TestAskFails has each way in which there is no answer; none of them is among
// the targets' errors.
func TestAskFails(t *testing.T) {
	refused := &ossclient.Error{Operation: "ListBuckets", Reason: ossclient.ReasonAccessDenied}
	for want, do := range map[poller.Reason]func(context.Context) error{
		ossclient.ReasonAccessDenied: func(context.Context) error { return refused },
		poller.ReasonInternal:        func(context.Context) error { panic("a defect") },
		ossclient.ReasonTimeout:      func(ctx context.Context) error { _, err := hangs(ctx); return err },
	} {
		synctest.Test(t, func(t *testing.T) {
			p, _ := newPoller()
			cfg := targets("main", 1)
			if got := p.Ask(t.Context(), cfg, *cfg.Targets[0].Account, do); got.Reason != want || got.Err == nil {
				t.Errorf("got %+v, want %s", got, want)
			}
			for reason, n := range p.Errors() {
				if n != 0 {
					t.Errorf("%d targets failed for %s", n, reason)
				}
			}
		})
	}
}

func TestAskerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cfg := targets("main", 1)
		cfg.Probe.Concurrency = 1
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var cause error
		got := p.Ask(ctx, cfg, *cfg.Targets[0].Account, func(ctx context.Context) error {
			<-ctx.Done()
			cause = ctx.Err()
			return cause
		})
		if got.Reason != ossclient.ReasonTimeout {
			t.Errorf("got %+v", got)
		}
		if results := p.Poll(t.Context(), cfg); !results[0].Attempt.Succeeded() || !slices.Equal(oss.calls(), []string{"main-0.example.com"}) {
			t.Errorf("the slot is not free: %+v", results[0].Attempt)
		}
		if !errors.Is(cause, context.Canceled) {
			t.Errorf("the call ended with %v", cause)
		}
	})
}
