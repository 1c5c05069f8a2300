package poller_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"
	"oss_cname_exporter/ossclient"
)

// unlisted returns targets of which none is in a file.
func unlisted(n int) *config.Config {
	cfg := targets("main", n)
	for i := range cfg.Targets {
		cfg.Targets[i].Unlisted = true
	}
	return cfg
}

func TestUnlistedTargetsAreForgotten(t *testing.T) {
	for name, ask := range map[string]func(t *testing.T, p *poller.Poller, oss *fakeOSS, cfg *config.Config){
		"when answered": func(t *testing.T, p *poller.Poller, _ *fakeOSS, cfg *config.Config) {
			if r := poll(t.Context(), p, cfg)[0]; !r.Facts.Exists || r.Probes != 1 {
				t.Errorf("got %+v, want the answer", r)
			}
		},
		"when refused": func(t *testing.T, p *poller.Poller, oss *fakeOSS, cfg *config.Config) {
			oss.setOther(fails(status.ReasonDNS))
			if r := poll(t.Context(), p, cfg)[0]; r.Attempt.Reason != status.ReasonDNS || r.Errors != 1 {
				t.Errorf("got %+v, want the failure", r)
			}
		},
		"when too late": func(t *testing.T, p *poller.Poller, oss *fakeOSS, cfg *config.Config) {
			oss.setOther(hangs)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if r := poll(ctx, p, cfg)[0]; r.Attempt.Reason != status.ReasonTimeout {
				t.Errorf("got %+v, want a timeout", r)
			}
		},
		"when nobody waits": func(t *testing.T, p *poller.Poller, oss *fakeOSS, cfg *config.Config) {
			oss.setOther(hangs)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				synctest.Wait()
				cancel()
			}()
			poll(ctx, p, cfg)
		},
		"when the last of several is told": func(t *testing.T, p *poller.Poller, oss *fakeOSS, cfg *config.Config) {
			oss.setOther(after(time.Second, token))
			told := make(chan status.Status)
			for range 3 {
				go func() { told <- poll(t.Context(), p, cfg)[0] }()
			}
			for range 3 {
				if r := <-told; !r.Facts.Exists || r.Probes != 1 {
					t.Errorf("got %+v, want the one answer", r)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, oss := newPoller()
				cfg := unlisted(3)
				ask(t, p, oss, cfg)
				synctest.Wait()
				for _, r := range p.Peek(cfg.Targets) {
					if !r.Attempt.Ended.IsZero() || r.Probes != 0 {
						t.Errorf("still known: %+v", r)
					}
				}
			})
		})
	}
}

// TestListedTargetOutlivesAQuery asks about a target that is in the file by a
// query that does not know so: a reload may come between the two.
func TestListedTargetOutlivesAQuery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPoller()
		cfg := targets("main", 1)
		poll(t.Context(), p, cfg)
		poll(t.Context(), p, unlisted(1))
		if r := p.Peek(cfg.Targets)[0]; !r.Facts.Exists || r.Probes != 2 {
			t.Errorf("got %+v, want it to remember both", r)
		}
	})
}

// TestQueriesShareNothingWithOthers asks about one target over and over while
// a question about another is under way: each is asked now.
func TestQueriesShareNothingWithOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		slow, quick := targets("slow", 1), targets("quick", 1)
		oss.set("slow-0.example.com", after(3*time.Second, token))
		done := make(chan []status.Status)
		go func() { done <- poll(t.Context(), p, slow) }()
		synctest.Wait()
		for range 2 {
			time.Sleep(time.Second)
			poll(t.Context(), p, quick)
		}
		<-done
		if asked := oss.calls(); len(asked) != 3 {
			t.Errorf("asked %q, want each question put", asked)
		}
	})
}

func TestTracedPollTakesNoCachedAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		var seen []*trace.Trace
		oss.setOther(func(ctx context.Context) (ossclient.Token, error) {
			seen = append(seen, trace.Of(ctx))
			return token(ctx)
		})
		cfg := targets("main", 1)
		cfg.Targets[0].CacheTTL = time.Hour
		recorder := new(trace.Trace)
		poll(t.Context(), p, cfg)
		poll(t.Context(), p, cfg)
		poll(trace.With(t.Context(), recorder), p, cfg)
		poll(t.Context(), p, cfg)
		if !slices.Equal(seen, []*trace.Trace{nil, recorder}) {
			t.Errorf("the questions put have the traces %v, want none and then ours", seen)
		}
	})
}

// TestUnlistedProbesAreCountedApart has probes of unlisted targets that end in
// each way: none of them is a failure of the exporter's own targets.
func TestUnlistedProbesAreCountedApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cfg := unlisted(1)
		count := func() map[string]uint64 {
			t.Helper()
			failures, unlisted := p.Counts()
			for reason, n := range failures {
				if n != 0 {
					t.Errorf("counted as a failure of configured targets: %s", reason)
				}
			}
			return unlisted
		}
		want := map[string]uint64{"answered": 0, "failed": 0, "not_asked": 0}
		for _, step := range []struct {
			outcome string
			answer  answer
			wait    time.Duration
		}{
			{"answered", token, time.Second},
			{"answered", noToken, time.Second},
			{"failed", fails(status.ReasonDNS), time.Second},
			{"failed", hangs, 2 * time.Second},
			{"failed", fails(status.ReasonThrottled), time.Second},
			{"not_asked", token, 500 * time.Millisecond}, // the account is paused for longer
		} {
			oss.setOther(step.answer)
			within(t, p, step.wait, cfg)
			want[step.outcome]++
			if got := count(); !maps.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", step.outcome, got, want)
			}
		}
	})
}
