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
	"oss_cname_exporter/ossclient"
)

func both(a, b *config.Config) *config.Config {
	return &config.Config{Probe: a.Probe, Targets: append(slices.Clip(a.Targets), b.Targets...)}
}

// within polls with a deadline.
func within(t *testing.T, p *poller.Poller, d time.Duration, cfg *config.Config) []status.Status {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	return poll(ctx, p, cfg)
}

// TestHangingAccountCostsOthersNothing has an account in trouble, with far
// more targets than there are slots, beside a healthy one.
func TestHangingAccountCostsOthersNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.setOther(hangs)
		sick, healthy := targets("sick", 100), targets("healthy", 20)
		for _, h := range healthy.Targets {
			oss.set(h.Base, after(20*time.Millisecond, token))
		}
		for range 3 {
			results := within(t, p, 2*time.Second, both(sick, healthy))
			if got := reasons(results[100:]); got[""] != 20 {
				t.Errorf("of the healthy account's targets got %v", got)
			}
		}
		done := make(chan []status.Status)
		go func() { done <- within(t, p, 2*time.Second, sick) }()
		synctest.Wait()
		began := time.Now()
		if got := reasons(poll(t.Context(), p, healthy)); got[""] != 20 {
			t.Errorf("beside a poll that hangs got %v", got)
		}
		if took := time.Since(began); took > 400*time.Millisecond {
			t.Errorf("took %v, want at most 20 calls of 20ms in one slot", took)
		}
		<-done
	})
}

func TestRateLimitIsPerAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		limited, free := targets("limited", 5), targets("free", 5)
		for i := range limited.Targets {
			limited.Targets[i].Account.RateLimit = 2
		}
		began := time.Now()
		poll(t.Context(), p, free)
		if took := time.Since(began); took != 0 {
			t.Errorf("the unlimited account took %v", took)
		}
		if got := reasons(poll(t.Context(), p, both(limited, free))); got[""] != 10 {
			t.Errorf("got %v", got)
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("5 calls at 2 a second took %v, want 2s", took)
		}
		oss.calls()
		if got, want := reasons(within(t, p, 1100*time.Millisecond, limited)), (map[status.Reason]int{"": 2, status.ReasonNotProbed: 3}); !maps.Equal(got, want) {
			t.Errorf("in 1.1s got %v, want %v", got, want)
		}
	})
}

func TestThrottledAccountIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		busy, calm := targets("busy", 20), targets("calm", 20)
		for _, b := range busy.Targets {
			oss.set(b.Base, fails(status.ReasonThrottled))
		}
		const scrape = 900 * time.Millisecond // shorter than the first pause
		results := within(t, p, scrape, both(busy, calm))
		if got := reasons(results[20:]); got[""] != 20 {
			t.Errorf("the calm account got %v", got)
		}
		if got := reasons(results[:20]); got[status.ReasonThrottled] != 20 {
			t.Errorf("the busy account got %v, want all throttled", got)
		}
		if n := len(oss.calls()) - 20; n > 4 {
			t.Errorf("a throttled account was asked %d times, want no more than were in flight", n)
		}
		asked := 0
		for range 70 {
			within(t, p, scrape, busy)
			asked += len(oss.calls())
		}
		if asked > 4*7 { // pauses of 1, 2, 4, 8, 16 and 32s fill the 63s
			t.Errorf("asked %d times in 63s; the pause does not grow", asked)
		}
		for _, b := range busy.Targets {
			oss.set(b.Base, token)
		}
		time.Sleep(time.Minute)
		if got := reasons(poll(t.Context(), p, busy)); got[""] != 20 {
			t.Errorf("after the storm got %v", got)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cfg := targets("main", 1)
		oss.setOther(func(context.Context) (ossclient.Token, error) {
			return ossclient.Token{}, &ossclient.Error{Reason: status.ReasonThrottled, RetryAfter: 30 * time.Second}
		})
		poll(t.Context(), p, cfg)
		oss.setOther(token)
		began := time.Now()
		if r := poll(t.Context(), p, cfg)[0]; !r.Attempt.Succeeded() {
			t.Errorf("got %+v", r.Attempt)
		}
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("asked again after %v, want 30s", took)
		}
	})
}

func TestCacheTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cfg := targets("main", 100)
		for i := range cfg.Targets {
			cfg.Targets[i].CacheTTL = time.Minute
		}
		cfg.Probe.Concurrency = 100
		oss.set("main-0.example.com", fails(status.ReasonServerError))
		calls := func() int { poll(t.Context(), p, cfg); return len(oss.calls()) }
		if n := calls(); n != 100 {
			t.Errorf("first poll: %d calls, want 100", n)
		}
		if n := calls(); n != 1 {
			t.Errorf("second poll: %d calls, want the failed target's only", n)
		}
		oss.set("main-0.example.com", token)
		most := 0
		for range 60 { // the first minute spreads what was asked together
			time.Sleep(time.Second)
			most = max(most, calls())
		}
		if most > 15 {
			t.Errorf("up to %d of 100 targets expire in one of 60 seconds: a herd", most)
		}
		total := 0
		for range 60 {
			time.Sleep(time.Second)
			total += calls()
		}
		if total != 100 {
			t.Errorf("%d calls in a later minute, want each target once", total)
		}
	})
}

// TestCacheTTLIsTheOneInForce changes it by a reload, which must not have to
// wait for what was cached before.
func TestCacheTTLIsTheOneInForce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		cached := func(ttl time.Duration) *config.Config {
			cfg := targets("main", 10)
			for i := range cfg.Targets {
				cfg.Targets[i].CacheTTL = ttl
			}
			return cfg
		}
		for range 2 { // the second answer follows a success, so that it is kept for all its time
			poll(t.Context(), p, cached(0))
			time.Sleep(time.Second)
		}
		for _, test := range []struct {
			ttl  time.Duration
			want int
		}{{time.Hour, 0}, {500 * time.Millisecond, 10}, {time.Hour, 0}, {0, 10}} {
			oss.calls()
			poll(t.Context(), p, cached(test.ttl))
			if n := len(oss.calls()); n != test.want {
				t.Errorf("with a ttl of %v: %d calls, want %d", test.ttl, n, test.want)
			}
			time.Sleep(time.Second)
		}
	})
}
