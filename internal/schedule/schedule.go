// Package schedule decides who may be called when. A Scheduler takes Calls, keeps
// those of each Lane in a queue, and makes them one by one under one limit for
// the whole program, so that no lane costs another its turn. It knows nothing of
// what is asked.
//
// A Lane is what can be slow, down or throttled by itself. The rules:
//
//   - At most so many calls are in flight as the limit says.
//   - Of the lanes that may call, the one that was served longest ago is next; in
//     a lane, the call that was not made for the longest time.
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
	"fmt"
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

func (s *Scheduler) forgetIdle(keep map[string]float64) {
	now, used := s.now(), map[string]bool{}
	for key, l := range s.lanes {
		if _, kept := keep[key.Account]; !kept && len(l.queue) == 0 && l.inFlight == 0 {
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
		} else {
			c.lane.queue.add(c)
		}
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

// Do makes one call and returns what ask returned. It returns the error of ctx
// if that ends first; then the call is dropped. The call's Make and Done are
// Do's own.
func Do[T any](ctx context.Context, s *Scheduler, c Call, ask func(context.Context) (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var value T // written by Make before Done, which sends it
	ended := make(chan outcome, 1)
	c.Make = func(ctx context.Context) (err error) {
		value, err = ask(ctx)
		return err
	}
	c.Done = func(err error) { ended <- outcome{value, err} }
	if deadline, ok := ctx.Deadline(); ok {
		c.Deadline = deadline
	}
	s.Start(&c)
	select {
	case o := <-ended:
		return o.value, o.err
	case <-ctx.Done():
		s.Drop(&c)
		var none T
		return none, ctx.Err()
	}
}

// dispatch makes all calls that may go now. s.mu is held.
func (s *Scheduler) dispatch() {
	s.timer.Stop()
	now := s.now()
	for s.inFlight < s.concurrency {
		l, delay := s.next(now)
		if l == nil {
			if delay > 0 {
				s.timer.Reset(delay)
			}
			return
		}
		s.begin(l, now)
	}
}

// next returns the lane whose turn it is. If all that wait must wait for their
// account, delay says how long; 0 is until a call ends.
func (s *Scheduler) next(now time.Time) (best *lane, delay time.Duration) {
	for _, l := range s.lanes {
		if len(l.queue) == 0 || !s.mayStart(l) {
			continue
		}
		if wait, ok := l.wait(now); !ok {
			continue
		} else if wait > 0 {
			if delay == 0 || wait < delay {
				delay = wait
			}
			continue
		}
		if best == nil || l.before(best) {
			best = l
		}
	}
	return best, delay
}

// mayStart reports whether l may have one more call in flight.
func (s *Scheduler) mayStart(l *lane) bool {
	others := len(s.lanes) - 1
	switch {
	case l.Unlisted && s.unlisted >= max(1, s.concurrency/4):
		return false
	case l.hangs:
		return l.inFlight == 0 && s.hanging < max(1, s.concurrency/2)
	case l.answered.IsZero():
		return l.inFlight < max(1, s.concurrency/(others+1))
	}
	return l.inFlight < max(1, s.concurrency/2, s.concurrency-others)
}

// begin puts the first call of l in flight. s.mu is held.
func (s *Scheduler) begin(l *lane, now time.Time) {
	c := l.queue.next()
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	c.started, c.cancel = now, cancel
	s.served++
	l.served = s.served
	s.count(l, 1)
	if l.account != nil {
		l.account.take(now)
	}
	go s.run(ctx, c)
}

// count adds n to the calls in flight of l. s.mu is held.
func (s *Scheduler) count(l *lane, n int) {
	s.inFlight += n
	l.inFlight += n
	if l.account != nil {
		l.account.inFlight += n
	}
	if l.Unlisted {
		s.unlisted += n
	}
	if l.hangs {
		s.hanging += n
	}
}

// run makes c, which is in flight.
func (s *Scheduler) run(ctx context.Context, c *Call) {
	err := protect(ctx, c.Make)
	unanswered := ctx.Err() != nil
	c.cancel()
	givenUp := s.end(c, err, unanswered)
	c.Done(err)
	giveUp(givenUp)
}

// protect turns a panic of ask into an error.
func protect(ctx context.Context, ask func(context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return ask(ctx)
}

// end frees the slot of c and learns from its outcome. It returns the calls that
// have to be given up because of it.
func (s *Scheduler) end(c *Call, err error, unanswered bool) (givenUp []*Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, l := s.now(), c.lane
	s.count(l, -1)
	s.learn(c, now, unanswered || isTimeout(err))
	if l.backoff != nil {
		l.backoff.learn(err, c.started, now)
		if l.account.throttled(now) {
			givenUp = s.hopeless(l.account, now)
		}
	}
	s.dispatch()
	return givenUp
}

// learn notes whether the lane of c answers or hangs. A call without an answer
// says that it hangs only if none of the calls beside it was answered either.
func (s *Scheduler) learn(c *Call, now time.Time, unanswered bool) {
	l := c.lane
	hangs := l.hangs
	switch took := now.Sub(c.started); {
	case !unanswered:
		l.answered, hangs = now, false
	case l.answered.Before(c.started) && (took >= minEvidence || took >= c.Timeout):
		hangs = true
	}
	if hangs != l.hangs { // of those in flight, all count or none
		if l.hangs = hangs; hangs {
			s.hanging += l.inFlight
		} else {
			s.hanging -= l.inFlight
		}
	}
}

// hopeless takes the calls of a that cannot be made in time off their queues.
func (s *Scheduler) hopeless(a *account, now time.Time) (calls []*Call) {
	for _, l := range s.lanes {
		if l.account != a {
			continue
		}
		for _, c := range l.queue {
			if l.hopeless(c, now) {
				calls = append(calls, c)
			}
		}
	}
	for _, c := range calls {
		c.lane.queue.remove(c)
	}
	return calls
}

func giveUp(calls []*Call) {
	for _, c := range calls {
		c.Done(ErrThrottled)
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
