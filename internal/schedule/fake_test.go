package schedule_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"oss_cname_exporter/internal/schedule"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const timeout = 5 * time.Second

// newScheduler returns a Scheduler without rate limits. Time in these tests is
// synctest's.
func newScheduler(concurrency int) *schedule.Scheduler {
	s := schedule.New(nil)
	s.SetLimits(concurrency, nil)
	return s
}

func call(account string, since time.Time) schedule.Call {
	return schedule.Call{Queue: schedule.Queue{Account: account, Server: "server"}, Since: since, Timeout: timeout}
}

// behaviour is how a server treats one call.
type behaviour func(ctx context.Context) error

func answers(context.Context) error { return nil }

func hangs(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func after(d time.Duration) behaviour {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// throttled is an error of a server that asks for fewer calls.
type throttled struct{ retryAfter time.Duration }

func (throttled) Error() string                      { return "throttled" }
func (t throttled) Throttled() (time.Duration, bool) { return t.retryAfter, true }
func throttles(retryAfter time.Duration) behaviour {
	return func(context.Context) error { return throttled{retryAfter} }
}

// recorder starts calls and remembers which were made, and how they ended.
type recorder struct {
	s *schedule.Scheduler

	mu       sync.Mutex // guards all below
	made     []*schedule.Call
	ended    map[*schedule.Call]error
	inFlight map[schedule.Queue]int
	most     map[schedule.Queue]int // in flight at once
}

func newRecorder(s *schedule.Scheduler) *recorder {
	return &recorder{s: s, ended: map[*schedule.Call]error{}, inFlight: map[schedule.Queue]int{}, most: map[schedule.Queue]int{}}
}

func (r *recorder) start(account string, since time.Time, b behaviour) *schedule.Call {
	c := call(account, since)
	return r.startCall(&c, b)
}

func (r *recorder) startCall(c *schedule.Call, b behaviour) *schedule.Call {
	return r.startUntil(time.Time{}, c, b)
}

// startUntil starts c for a caller that waits until deadline.
func (r *recorder) startUntil(deadline time.Time, c *schedule.Call, b behaviour) *schedule.Call {
	c.Make = func(ctx context.Context) error {
		r.count(c, 1)
		defer r.count(c, -1)
		return b(ctx)
	}
	c.Done = func(err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ended[c] = err
	}
	r.s.Start(deadline, c)
	return c
}

func (r *recorder) count(c *schedule.Call, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n > 0 {
		r.made = append(r.made, c)
	}
	r.inFlight[c.Queue] += n
	r.most[c.Queue] = max(r.most[c.Queue], r.inFlight[c.Queue])
}

// calls returns how many calls were made since the last time.
func (r *recorder) calls() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.made)
	r.made = nil
	return n
}

// all returns the calls that were made since the last time that they were counted.
func (r *recorder) all() []*schedule.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.made)
}

// flying returns how many calls are in flight.
func (r *recorder) flying() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, of := range r.inFlight {
		n += of
	}
	return n
}

// outcome returns how c ended, if it did.
func (r *recorder) outcome(c *schedule.Call) (ended bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err, ended = r.ended[c]
	return ended, err
}

// atOnce returns how many calls of l were in flight at once since the last time.
func (r *recorder) atOnce(l schedule.Queue) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.most[l]
	r.most[l] = 0
	return n
}
