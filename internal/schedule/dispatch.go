package schedule

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// dispatch makes all calls that may be made now, each on a goroutine, and ends
// those whose account stays paused beyond their deadline. s.mu is held.
func (s *Scheduler) dispatch() {
	now := s.now()
	for _, q := range s.queues {
		if until := q.account.pausedUntil(now); len(q.calls) > 0 && !until.IsZero() {
			q.giveUp(until)
		}
	}
	s.timer.Stop()
	for {
		q, delay := s.next(now)
		if q == nil {
			if delay > 0 {
				s.timer.Reset(delay)
			}
			return
		}
		if len(s.flying) >= s.slots {
			s.makeRoom(q, now)
			return
		}
		c := q.calls[0]
		q.calls[0], q.calls = nil, q.calls[1:]
		ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
		overdue := time.AfterFunc(patience, func() { s.overdue(c, now) })
		c.started, c.cancel = now, func() { overdue.Stop(); cancel() }
		s.flying[c], q.tried = struct{}{}, now
		q.inFlight++
		q.account.inFlight++
		for a := q.account; a != nil; a = a.whole {
			a.limiter.AllowN(now, 1)
		}
		go s.work(ctx, c)
	}
}

// next returns the queue whose call is next. If every call must wait for its
// account, delay says how long; 0 is until a call ends. s.mu is held.
func (s *Scheduler) next(now time.Time) (best *queue, delay time.Duration) {
	unlisted, hanging := max(1, s.slots/4), max(1, s.slots/2) // the slots that they may still have
	for _, q := range s.queues {
		if q.Unlisted {
			unlisted -= q.inFlight
		} else if q.silent > 0 {
			hanging -= q.inFlight
		}
	}
	for _, q := range s.queues {
		wait, ok := q.wait(now, unlisted > 0, hanging > 0)
		switch {
		case !ok:
		case wait > 0:
			if delay == 0 || wait < delay {
				delay = wait
			}
		case best == nil || q.compare(best, now) < 0:
			best = q
		}
	}
	return best, delay
}

// makeRoom interrupts calls of hanging queues for one of q, which has no slot.
// Half of the slots stay with the oldest of them. s.mu is held.
func (s *Scheduler) makeRoom(q *queue, now time.Time) {
	if q.Unlisted || q.silent > 0 {
		return
	}
	var hanging []*Call
	for c := range s.flying {
		if c.queue.silent > 0 && !c.again && !c.dropped {
			hanging = append(hanging, c)
		}
	}
	slices.SortFunc(hanging, func(a, b *Call) int { return a.started.Compare(b.started) })
	for _, c := range hanging[min(len(hanging), s.slots/2):] {
		if now.Sub(c.started) >= patience {
			c.again = true
			c.cancel()
		}
	}
}

// overdue is called when c, which was started then, has had no answer for patience.
func (s *Scheduler) overdue(c *Call, started time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.started.Equal(started) && !c.queue.answered.After(started) {
		c.queue.silent = max(c.queue.silent, 1)
	}
	s.dispatch()
}

// work makes c, which is in flight, and updates its queue and account. A panic is
// an error of the call.
func (s *Scheduler) work(ctx context.Context, c *Call) {
	err := func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("panic: %v", v)
			}
		}()
		return c.Make(ctx)
	}()
	unanswered := err != nil && (ctx.Err() != nil || isTimeout(err))

	s.mu.Lock()
	now, q, started := s.now(), c.queue, c.started
	c.cancel()
	delete(s.flying, c)
	q.inFlight--
	q.account.inFlight--
	switch {
	case !unanswered:
		q.answered, q.silent = now, 0
	case q.inFlight == 0 && !q.answered.After(started) && now.Sub(started) >= min(c.Timeout, patience):
		q.silent++ // once for all calls that hung together
	}
	if q.Account != "" {
		q.account.update(err, started, now)
	}
	requeued := unanswered && c.again && !c.dropped
	if c.started, c.again = (time.Time{}), false; requeued {
		c.Since, c.First = started, false
		q.add(c)
	}
	s.dispatch()
	s.mu.Unlock()
	if !requeued {
		c.Done(err)
	}
}
