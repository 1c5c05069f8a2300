package poller

import (
	"context"
	"errors"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"
	"oss_cname_exporter/ossclient"
)

// question is asked once, however many targets and polls wait for the answer.
type question struct {
	kind    *kind
	entry   *entry
	call    *schedule.Call
	waiters int            // at 0 the call is dropped
	done    chan struct{}  // closed when it is answered or given up
	attempt status.Attempt // how that went; read it once done is closed
}

// newQuestion returns the question about t that e is the memory of, with one
// waiter. recorder records how it goes; nil records nothing. p.mu is held.
func (p *Poller) newQuestion(lane schedule.Lane, k *kind, e *entry, t *config.Target, recorder *trace.Trace) *question {
	q := &question{kind: k, entry: e, waiters: 1, done: make(chan struct{})}
	var a answer // written by Make, which ends before Done
	q.call = &schedule.Call{
		Lane: lane, Since: e.asked, First: e.cut, Timeout: p.timeout,
		Make: func(ctx context.Context) (err error) {
			a, err = k.ask(trace.With(ctx, recorder), t)
			return err
		},
		Done: func(err error) { p.conclude(q, a, err) },
	}
	if t.Unlisted { // nothing is remembered of it: it must not pass for one that was never asked
		q.call.Since = p.now()
		q.call.Lane.Unlisted = true
	}
	return q
}

// isOpen reports whether q still waits for its answer. A nil q never did.
func (q *question) isOpen() bool { return q != nil && q.entry.open == q }

// conclude takes in the answer to q, or why there is none.
func (p *Poller) conclude(q *question, a answer, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !q.isOpen() { // nobody waits any more
		return
	}
	now, e := p.now(), q.entry
	e.open = nil
	defer close(q.done)
	if errors.Is(err, schedule.ErrThrottled) {
		q.attempt = status.Attempt{Ended: now, Reason: status.ReasonThrottled, Err: errors.New("not asked: " + err.Error())}
		return
	}
	started := p.scheduler.Started(q.call)
	q.attempt = status.Attempt{Ended: now, Duration: now.Sub(started)}
	if err == nil {
		e.learn(a, now)
	} else {
		q.attempt.Reason, q.attempt.Err = ReasonOf(err), err
	}
	p.record(q, q.attempt)
	e.asked, e.ended, e.cut = started, now, false
}

// ReasonOf returns why a call that was made through the scheduler failed.
func ReasonOf(err error) status.Reason {
	if failure, ok := errors.AsType[*ossclient.Error](err); ok {
		return failure.Reason
	}
	if failure, ok := errors.AsType[*dnsclient.Error](err); ok {
		return failure.Reason
	}
	switch {
	case errors.Is(err, schedule.ErrThrottled):
		return status.ReasonThrottled
	case errors.Is(err, context.DeadlineExceeded):
		return status.ReasonTimeout
	}
	return status.ReasonInternal
}
