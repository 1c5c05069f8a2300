package poller_test

import (
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/poller"
)

// goroutinesIn counts those that are in a method of the Poller.
func goroutinesIn(method string) int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return strings.Count(string(stacks), "poller.(*Poller)."+method+"(")
}

// TestGoroutinesAreBounded has far more targets than calls in flight, all of
// them stuck: a goroutine is for a call or for a caller, never for a target.
func TestGoroutinesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.setOther(hangs)
		cfg := targets("main", 1000)
		cfg.Probe.Concurrency = 64
		const callers = 3
		told := make(chan []poller.Result)
		for range callers {
			go func() { told <- p.Poll(t.Context(), cfg) }()
		}
		synctest.Wait()
		if now, _ := oss.flights(); now != 64 {
			t.Fatalf("%d calls in flight, want 64", now)
		}
		if calls, polls := goroutinesIn("fly"), goroutinesIn("Poll"); calls != 64 || polls != callers {
			t.Errorf("%d goroutines that call and %d that poll, want one for each call in flight and each caller", calls, polls)
		}
		oss.setOther(token)
		for range callers {
			if n := len(<-told); n != 1000 {
				t.Errorf("%d results, want 1000", n)
			}
		}
	})
}

// TestGoroutinesRestWhileOthersAsk asks again and again while one call takes
// its time: one goroutine serves all that, and none is left after the last.
func TestGoroutinesRestWhileOthersAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, oss := newPoller()
		oss.set("slow-0.example.com", after(time.Second, token))
		told := make(chan []poller.Result)
		go func() { told <- p.Poll(t.Context(), targets("slow", 1)) }()
		synctest.Wait()
		for range 3 {
			p.Poll(t.Context(), targets("fast", 1))
			synctest.Wait()
			if n := goroutinesIn("fly"); n != 2 {
				t.Errorf("%d goroutines, want one that calls and one that rests", n)
			}
		}
		<-told
		synctest.Wait()
		if n := goroutinesIn("fly"); n != 0 {
			t.Errorf("%d goroutines when nobody asks", n)
		}
	})
}
