package poller_test

import (
	"runtime"
	"testing"
	"testing/synctest"

	"oss_cname_exporter/poller"
)

// TestGoroutinesAreBounded has far more targets than calls in flight, all of
// them stuck: a goroutine is for a call or for a caller, never for a target.
func TestGoroutinesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.setOther(hangs)
		cfg := targets("main", 1000)
		cfg.Probe.Concurrency = 64
		before := runtime.NumGoroutine()
		const callers = 3
		told := make(chan []poller.Result)
		for range callers {
			go func() { told <- p.Poll(t.Context(), cfg) }()
		}
		synctest.Wait()
		if now, _ := oss.flights(); now != 64 {
			t.Fatalf("%d calls in flight, want 64", now)
		}
		if n := runtime.NumGoroutine() - before; n != 64+callers {
			t.Errorf("%d more goroutines, want one for each call in flight and each caller", n)
		}
		oss.setOther(token)
		for range callers {
			if n := len(<-told); n != 1000 {
				t.Errorf("%d results, want 1000", n)
			}
		}
	})
}
