// Package schedule decides who may be called when. A Scheduler takes Calls, keeps
// those of each Lane in a queue, and makes them one by one under one limit for
// the whole program, so that no lane costs another its turn. It knows nothing of
// what is asked.
//
// A Lane is what can be slow, down or throttled by itself. The rules:
//
//   - At most so many calls are in flight as the limit says.
//   - Lanes share the slots by time: of those that may call, the one that had
//     slots for the shortest time is next; in a lane, the call that was not made
//     for the longest time.
//   - A lane that answers may use all slots but one for each other lane, and half
//     of them in any case. Before its first answer it has its share of the slots.
//     Once it hangs it has one slot, and all lanes that hang have at most half.
//   - Unlisted lanes together have at most a quarter of the slots. Lanes without
//     an account take only the slots that nobody else can use.
//   - An account keeps to its rate limit. Once it is throttled it is left alone
//     for a while, then one call tries whether it answers again.
package schedule

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Lane is what can be slow, down or throttled by itself: an account at one
// server. It is comparable.
type Lane struct {
	Account  string // whose rate limit counts; "" has none, and yields to all others
	Server   string // where the calls go
	Unlisted bool   // calls about what nobody configured
}

// Call is one call to make. Its exported fields must not change once it has
// been queued.
type Call struct {
	Lane     Lane
	Since    time.Time     // when the same was called last: the longest ago goes first
	First    bool          // goes before others of the same Since
	Timeout  time.Duration // of the call itself, without waiting for its turn
	Deadline time.Time     // when nobody waits any more; zero is never
	// Make makes the call, on a goroutine of its own. Its error tells the lane's
	// condition: it may have the methods Timeout() bool and
	// Throttled() (retryAfter time.Duration, throttled bool).
	Make func(ctx context.Context) error
	// Done takes the error of Make once the slot is free, or ErrThrottled if the
	// call was given up. It is called once, unless the call is dropped before it
	// is made.
	Done func(err error)

	lane    *lane
	index   int       // in the lane's queue
	started time.Time // zero until it is in flight
	cancel  context.CancelFunc
}

// ErrThrottled is why a call was not made: its account is left alone beyond the
// call's deadline.
var ErrThrottled = errors.New("the account is throttled and left alone for a while")

// minEvidence is how long a call must have gone without an answer, if it is
// dropped before its own timeout, to say something of its lane.
const minEvidence = time.Second

// Scheduler makes calls. It is safe for concurrent use. It calls no function of
// a Call with its lock held.
type Scheduler struct {
	now func() time.Time

	mu          sync.Mutex // guards all below, every lane and account, and the unexported fields of calls
	concurrency int
	inFlight    int
	unlisted    int // of inFlight, those of unlisted lanes
	hanging     int // of inFlight, those of lanes that hang
	served      uint64
	lanes       map[Lane]*lane
	accounts    map[string]*account
	timer       *time.Timer // dispatches when the soonest account that is waited for is due
}

// New returns a Scheduler that makes one call at a time until SetLimits. now is
// a clock; nil is time.Now.
func New(now func() time.Time) *Scheduler {
	if now == nil {
		now = time.Now
	}
	s := &Scheduler{now: now, concurrency: 1, lanes: map[Lane]*lane{}, accounts: map[string]*account{}}
	s.timer = time.AfterFunc(time.Hour, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.dispatch()
	})
	s.timer.Stop()
	return s
}

// SetLimits sets how many calls may be in flight, and how many a second each
// account may make; 0 is unlimited. Accounts without a rate, and lanes without an
// account, are forgotten once nothing is queued, in flight or throttled.
func (s *Scheduler) SetLimits(concurrency int, rates map[string]float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.concurrency = concurrency
	s.forgetIdle(rates)
	for name, rate := range rates {
		s.account(name).setRate(rate)
	}
	s.dispatch()
}

// maxDebt is how much longer than others a lane can have had slots when it
// resumes, so that one that was slow for a day is served soon after.
const maxDebt = 10 * time.Second

// resume makes the time that an idle lane had slots comparable with that of the
// lanes that are not idle: it has saved nothing up while it was.
func (s *Scheduler) resume(idle *lane) {
	var least *lane
	for _, l := range s.lanes {
		if !l.idle() && (least == nil || l.spent < least.spent) {
			least = l
		}
	}
	if least != nil {
		idle.spent = min(max(idle.spent, least.spent), least.spent+maxDebt)
	}
}

func (s *Scheduler) forgetIdle(keep map[string]float64) {
	now, used := s.now(), map[string]bool{}
	for key, l := range s.lanes {
		if _, kept := keep[key.Account]; !kept && l.idle() {
			delete(s.lanes, key)
		} else {
			used[key.Account] = true
		}
	}
	for name, a := range s.accounts {
		if _, kept := keep[name]; !kept && !used[name] && a.calm(now) {
			delete(s.accounts, name)
		}
	}
}

// Start queues calls and makes those that may go now. A call whose account is
// left alone beyond its deadline is given up at once.
func (s *Scheduler) Start(calls ...*Call) {
	s.mu.Lock()
	var givenUp []*Call
	now := s.now()
	for _, c := range calls {
		c.lane = s.lane(c.Lane)
		if c.lane.hopeless(c, now) {
			givenUp = append(givenUp, c)
			continue
		}
		if c.lane.idle() {
			s.resume(c.lane)
		}
		c.lane.queue.add(c)
	}
	s.dispatch()
	s.mu.Unlock()
	giveUp(givenUp)
}

// Extend has c wait until deadline, if that is later than its own; zero is for
// ever.
func (s *Scheduler) Extend(c *Call, deadline time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if deadline.IsZero() || !c.Deadline.IsZero() && deadline.After(c.Deadline) {
		c.Deadline = deadline
	}
}

// Started returns when c was put in flight; zero is not yet.
func (s *Scheduler) Started(c *Call) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.started
}

// Drop takes back calls that nobody waits for. One in flight is cancelled, and
// keeps its slot until Make returns; then Done is called as ever.
func (s *Scheduler) Drop(calls ...*Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range calls {
		switch {
		case !c.started.IsZero():
			c.cancel()
		case c.lane.queue.holds(c):
			c.lane.queue.remove(c)
		}
	}
}

func (s *Scheduler) lane(key Lane) *lane {
	if s.lanes[key] == nil {
		s.lanes[key] = newLane(key, s.account(key.Account))
	}
	return s.lanes[key]
}

// account returns the account of that name, nil for "".
func (s *Scheduler) account(name string) *account {
	if name != "" && s.accounts[name] == nil {
		s.accounts[name] = newAccount()
	}
	return s.accounts[name]
}
