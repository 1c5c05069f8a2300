// Package schedule decides which call is made next. A Scheduler keeps Calls in
// queues and makes them in a bounded number of slots: a slow queue never holds
// more than its share, and a call waits for slow ones a second at most.
//
// A Queue is an account at one server. There are two steps: choose among the
// queues that may start a call, then take the oldest call of that queue. The
// same rule holds for slots, for an account's calls a second and for places to
// wait:
//
//   - Configured targets come first, then DNS lookups and visits of configured
//     domains, then unlisted targets (those of /probe that are not configured).
//   - Among equals, the queue with the fewest calls in flight is next, then the
//     one whose oldest call has waited longest. Where an account's rate is
//     limited, the oldest call of all its queues is next.
//   - Unlisted targets use at most a quarter of the slots, of each account's rate
//     and of the places.
//   - A queue hangs if a call has had no answer for a second (patience) and none
//     of the queue's calls was answered meanwhile. It then has one call in flight,
//     and goes last for 5 s after each silent call, 20 s at most. Queues that hang
//     again when they are tried again have half of the slots. If another queue
//     waits, the calls of hanging queues beyond half of the slots are interrupted
//     and queued again.
//   - A throttled account is paused; then one call tests whether it answers.
package schedule

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"oss_cname_exporter/internal/clock"
)

// Queue names a queue. It is comparable.
type Queue struct {
	Account  string // has the rate limit; "" has none and yields to queues with an account
	Server   string // receives the calls
	Unlisted bool   // calls about targets that are not configured
}

// Call is one call to make. Its exported fields must not change once it has
// been queued.
type Call struct {
	Queue   Queue
	Since   time.Time     // the last call about the same; the oldest is made first
	First   bool          // goes before others of the same Since
	Timeout time.Duration // of one attempt, without the time in the queue
	// Make makes the call on a goroutine of its own, again if it was interrupted.
	// Its error may have the methods Timeout() bool and
	// Throttled() (retryAfter time.Duration, throttled bool).
	Make func(ctx context.Context) error
	// Done gets the error of Make after the slot is free, or the reason why the
	// call is not made: ErrThrottled or ErrCrowded. It is called once on a goroutine
	// that is not the caller's, unless the call is dropped from its queue.
	Done func(err error)

	queue    *queue
	deadline time.Time // of the last caller that waits; zero is never
	started  time.Time // zero unless it is in flight
	cancel   context.CancelFunc
	again    bool // it was interrupted and has to be queued again
	dropped  bool // its last caller has left
}

// ErrThrottled is the error of a call whose account stays paused beyond the
// call's deadline.
var ErrThrottled = errors.New("the account is throttled and left alone for a while")

// ErrCrowded is the error of a call about an unlisted target when too many of
// them wait.
var ErrCrowded = errors.New("too many requests about targets that are not configured are waiting")

const (
	// patience is the time without an answer after which a queue counts as hanging.
	patience = time.Second
	// maxWaiting bounds the calls about unlisted targets that wait for a slot.
	maxWaiting = 256
)

// Scheduler makes calls. It is safe for concurrent use. It calls no function of
// a Call with its lock held.
type Scheduler struct {
	now func() time.Time

	mu       sync.Mutex // guards all below, every queue and account, and the unexported fields of calls
	slots    int
	flying   map[*Call]struct{}
	queues   map[Queue]*queue
	accounts map[Queue]*account // without a server
	timer    *time.Timer        // dispatches when the first paused or limited account may be called
}

// New returns a Scheduler that makes one call at a time until SetLimits. A nil
// now is time.Now.
func New(now func() time.Time) *Scheduler {
	if now == nil {
		now = time.Now
	}
	s := &Scheduler{now: now, slots: 1, flying: map[*Call]struct{}{}, queues: map[Queue]*queue{}, accounts: map[Queue]*account{}}
	s.timer = time.AfterFunc(time.Hour, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.dispatch()
	})
	s.timer.Stop()
	return s
}

// SetLimits sets the number of calls in flight and the calls a second of each
// account; 0 is unlimited. Queues of accounts without a rate are deleted once
// they are empty and not paused.
func (s *Scheduler) SetLimits(slots int, rates map[string]float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, used := s.now(), map[string]bool{}
	s.slots = slots
	for name, perSecond := range rates {
		used[name] = true
		limit := rate.Limit(perSecond)
		if perSecond == 0 {
			limit = rate.Inf
		}
		if unlisted := s.account(Queue{Account: name, Unlisted: true}); unlisted.whole.limiter.Limit() != limit {
			unlisted.whole.limiter.SetLimitAt(now, limit)
			unlisted.limiter.SetLimitAt(now, limit/4)
		}
	}
	maps.DeleteFunc(s.queues, func(key Queue, q *queue) bool {
		_, kept := rates[key.Account]
		used[key.Account] = used[key.Account] || len(q.calls) > 0 || q.inFlight > 0
		return !kept && len(q.calls) == 0 && q.inFlight == 0
	})
	for key, a := range s.accounts {
		used[key.Account] = used[key.Account] || clock.Within(2*maxPause, a.throttled, now)
	}
	maps.DeleteFunc(s.accounts, func(key Queue, _ *account) bool { return !used[key.Account] })
	s.dispatch()
}

// Start queues calls and makes those that may be made now. A call that is queued
// or in flight already waits until deadline if that is later than its own; a zero
// deadline never ends.
func (s *Scheduler) Start(deadline time.Time, calls ...*Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range calls {
		switch {
		case c.queue != nil:
			c.extend(deadline)
			continue
		case c.Queue.Unlisted && s.waitingUnlisted() >= maxWaiting:
			go c.Done(ErrCrowded)
			continue
		}
		if s.queues[c.Queue] == nil {
			s.queues[c.Queue] = &queue{Queue: c.Queue, account: s.account(c.Queue)}
		}
		c.queue, c.deadline = s.queues[c.Queue], deadline
		c.queue.add(c)
	}
	s.dispatch()
}

func (c *Call) extend(deadline time.Time) {
	if deadline.IsZero() || !c.deadline.IsZero() && deadline.After(c.deadline) {
		c.deadline = deadline
	}
}

func (s *Scheduler) waitingUnlisted() (n int) {
	for key, q := range s.queues {
		if key.Unlisted {
			n += len(q.calls)
		}
	}
	return n
}

// Drop removes calls that have no caller any more, all of them before another is
// made. A call in flight is cancelled and keeps its slot until Make returns; then
// Done is called as usual.
func (s *Scheduler) Drop(calls ...*Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range calls {
		if c.dropped = true; !c.started.IsZero() {
			c.cancel()
		}
	}
	for _, q := range s.queues {
		q.calls = slices.DeleteFunc(q.calls, func(c *Call) bool { return c.dropped })
	}
}

// account returns the account of a queue.
func (s *Scheduler) account(of Queue) *account {
	of.Server = ""
	a := s.accounts[of]
	if a == nil {
		a = &account{limiter: rate.NewLimiter(rate.Inf, 1)}
		s.accounts[of] = a
		if of.Unlisted {
			a.whole = s.account(Queue{Account: of.Account})
			a.limiter.SetLimit(a.whole.limiter.Limit() / 4)
		}
	}
	return a
}
