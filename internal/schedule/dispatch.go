package schedule

import (
	"context"
	"fmt"
	"time"
)

// dispatch makes all calls that may go now, each on a goroutine. s.mu is held.
func (s *Scheduler) dispatch() {
	for ctx, c := s.take(); c != nil; ctx, c = s.take() {
		go s.work(ctx, c)
	}
}

// take puts the call whose turn it is in flight, and returns it with its
// context; nil if none may go now. s.mu is held.
func (s *Scheduler) take() (context.Context, *Call) {
	s.timer.Stop()
	if s.inFlight >= s.concurrency {
		return nil, nil
	}
	now := s.now()
	l, delay := s.next(now)
	if l == nil {
		if delay > 0 {
			s.timer.Reset(delay)
		}
		return nil, nil
	}
	c := l.queue.next()
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	c.started, c.cancel = now, cancel
	s.served++
	l.served = s.served
	s.count(l, 1)
	if l.account != nil {
		l.account.take(now)
	}
	return ctx, c
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

// work makes c, which is in flight, and then each call whose turn it is.
func (s *Scheduler) work(ctx context.Context, c *Call) {
	for c != nil {
		err := protect(ctx, c.Make)
		unanswered := ctx.Err() != nil
		c.cancel()
		givenUp, nextCtx, next := s.end(c, err, unanswered)
		c.Done(err)
		giveUp(givenUp)
		ctx, c = nextCtx, next //nolint:fatcontext // the next call has a context of its own, which is not nested
	}
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
// have to be given up because of it, and the one that goes next in its place.
func (s *Scheduler) end(c *Call, err error, unanswered bool) (givenUp []*Call, ctx context.Context, next *Call) {
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
	ctx, next = s.take()
	s.dispatch() // a pause that ended may let more than one go
	return givenUp, ctx, next
}

// learn notes whether the lane of c answers or hangs. A call without an answer
// says that it hangs only if none of the calls beside it was answered either.
func (s *Scheduler) learn(c *Call, now time.Time, unanswered bool) {
	l := c.lane
	hangs, took := l.hangs, now.Sub(c.started)
	l.spent, l.lately = l.spent+took, took
	switch {
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
