package schedule

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// dispatch makes all calls that may be made now, each on a goroutine. s.mu is held.
func (s *Scheduler) dispatch() {
	for ctx, c := s.take(); c != nil; ctx, c = s.take() {
		go s.work(ctx, c)
	}
}

// take puts the next call in flight and returns it with its context; nil if none
// may be made now. s.mu is held.
func (s *Scheduler) take() (context.Context, *Call) {
	now := s.now()
	q, delay := s.next(now)
	s.timer.Stop()
	switch {
	case q == nil && delay > 0:
		s.timer.Reset(delay)
		return nil, nil
	case q == nil:
		return nil, nil
	case len(s.flying) >= s.slots:
		s.makeRoom(q, now)
		return nil, nil
	}
	c := q.calls[0]
	q.calls[0], q.calls = nil, q.calls[1:]
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	overdue := time.AfterFunc(patience, func() { s.overdue(c, now) })
	c.started, c.cancel = now, func() { overdue.Stop(); cancel() }
	s.flying[c], q.tried = struct{}{}, now
	q.count(1)
	if q.account != nil {
		q.account.limiter.AllowN(now, 1)
	}
	if q.account != nil && q.Unlisted {
		q.account.quarter.AllowN(now, 1)
	}
	return ctx, c
}

// next returns the queue whose call is next. If every call must wait for its
// account, delay says how long; 0 is until a call ends. The last slot stays free
// for a queue that is next but for the rate of its account. s.mu is held.
func (s *Scheduler) next(now time.Time) (best *queue, delay time.Duration) {
	var ready, hanging, limited *queue
	inHanging, inUnlisted := s.inUse()
	for _, q := range s.queues {
		switch {
		case len(q.calls) == 0,
			q.Unlisted && inUnlisted >= max(1, s.slots/4),
			q.hangs() && q.inFlight > 0,
			inHanging >= max(1, s.slots/2) && !q.Unlisted && q.staysSilent():
			continue
		}
		switch wait, ok := q.account.wait(now, q.Unlisted); {
		case !ok:
		case wait > 0:
			if delay == 0 || wait < delay {
				delay = wait
			}
			if wait < patience && !q.hangs() {
				limited = first(limited, q, now)
			}
		case q.hangs():
			hanging = first(hanging, q, now)
		default:
			ready = first(ready, q, now)
		}
	}
	best = first(ready, hanging, now)
	if used := len(s.flying); used > 0 && used == s.slots-1 && limited != nil && first(best, limited, now) == limited {
		return nil, delay
	}
	return best, delay
}

// inUse returns the slots in use by queues that hang and by unlisted targets.
func (s *Scheduler) inUse() (hanging, unlisted int) {
	for _, q := range s.queues {
		switch {
		case q.Unlisted:
			unlisted += q.inFlight
		case q.hangs():
			hanging += q.inFlight
		}
	}
	return hanging, unlisted
}

// makeRoom interrupts calls of hanging queues for one of q, which has no slot.
// Half of the slots stay with the oldest of them. s.mu is held.
func (s *Scheduler) makeRoom(q *queue, now time.Time) {
	if q.Unlisted || q.hangs() {
		return
	}
	var hanging []*Call
	for c := range s.flying {
		if c.queue.hangs() && !c.again && !c.dropped {
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

// work makes c, which is in flight, and then each call that takes its slot.
func (s *Scheduler) work(ctx context.Context, c *Call) {
	for c != nil {
		err := protect(ctx, c.Make)
		unanswered := err != nil && (ctx.Err() != nil || isTimeout(err))
		requeued, paused, nextCtx, next := s.finish(c, err, unanswered)
		if !requeued {
			c.Done(err)
		}
		end(paused, ErrThrottled)
		ctx, c = nextCtx, next //nolint:fatcontext // the next call has a context of its own, which is not nested
	}
}

// protect turns a panic of do into an error.
func protect(ctx context.Context, do func(context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return do(ctx)
}

// finish frees the slot of c and updates its queue and account. It returns the
// calls that end because their account is paused, and the call that is next.
func (s *Scheduler) finish(c *Call, err error, unanswered bool) (requeued bool, paused []*Call, ctx context.Context, next *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, q, started := s.now(), c.queue, c.started
	c.cancel()
	delete(s.flying, c)
	q.count(-1)
	c.started = time.Time{}
	switch {
	case !unanswered:
		q.answered, q.silent = now, 0
	case !q.answered.After(started) && now.Sub(started) >= min(c.Timeout, patience):
		q.silent++
	}
	if q.account != nil {
		pause := &q.account.pause
		if q.Unlisted {
			pause = &q.account.unlisted
		}
		pause.update(err, started, now)
		paused = s.takePaused(now)
	}
	if requeued = unanswered && c.again && !c.dropped; requeued {
		c.Since, c.First = started, false
		q.add(c)
	}
	c.again = false
	ctx, next = s.take()
	s.dispatch() // a pause that ended may let more than one go
	return requeued, paused, ctx, next
}

// takePaused removes the calls whose account stays paused beyond their deadline.
// s.mu is held.
func (s *Scheduler) takePaused(now time.Time) (calls []*Call) {
	for _, q := range s.queues {
		if !q.account.isPaused(now, q.Unlisted) {
			continue
		}
		until := q.account.pausedUntil(q.Unlisted)
		q.calls = slices.DeleteFunc(q.calls, func(c *Call) bool {
			ends := !c.deadline.IsZero() && c.deadline.Before(until)
			if ends {
				calls = append(calls, c)
			}
			return ends
		})
	}
	return calls
}

// end ends calls that are not made.
func end(calls []*Call, err error) {
	for _, c := range calls {
		c.Done(err)
	}
}
