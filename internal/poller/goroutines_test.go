package poller_test

import (
	"bytes"
	"runtime"
	"testing"
	"testing/synctest"

	"oss_cname_exporter/internal/status"
)

// TestGoroutinesAreBounded has far more targets than calls in flight, all of
// them stuck: a goroutine is for a call or for a caller, never for a target.
func TestGoroutinesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.setOther(hangs)
		cfg := targets("main", 1000)
		cfg.Probe.Concurrency = 64
		const callers = 3
		told, before := make(chan []status.Status), bubbled()
		for range callers {
			go func() { told <- poll(t.Context(), p, cfg) }()
		}
		synctest.Wait()
		if now, _ := oss.flights(); now != 64 {
			t.Fatalf("%d calls in flight, want 64", now)
		}
		if n := bubbled() - before; n != 64+callers {
			t.Errorf("%d goroutines, want one for each call in flight and each caller", n)
		}
		oss.setOther(token)
		for range callers {
			if n := len(<-told); n != 1000 {
				t.Errorf("%d results, want 1000", n)
			}
		}
	})
}

// bubbled counts the goroutines of the one synctest bubble that runs.
// runtime.NumGoroutine would count those of the test before that are still on
// their way out.
func bubbled() int {
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("synctest bubble "))
}
