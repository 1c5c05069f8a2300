package poller

import (
	"context"
	"errors"
	"maps"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/httpcheck"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"
	"oss_cname_exporter/ossclient"
)

// request is a call that all polls share that want its answer.
type request struct {
	check    *checkType
	entry    *cacheEntry
	unlisted bool
	call     *schedule.Call
	waiters  int            // the call is dropped with the last one
	started  time.Time      // of the last attempt; zero if there was none
	done     chan struct{}  // closed when the request is complete
	attempt  status.Attempt // valid once done is closed
}

// newRequest returns the request about t for e, with one waiter. A nil recorder
// records nothing. p.mu is held.
func (p *Poller) newRequest(c *checkType, e *cacheEntry, t *config.Target, recorder *trace.Trace) *request {
	q := &request{check: c, entry: e, unlisted: t.Unlisted, waiters: 1, done: make(chan struct{})}
	var r result // written by Make, which ends before Done
	q.call = &schedule.Call{
		Queue: e.key.queue, Since: e.lastStarted, First: e.timedOutOnce, Timeout: p.timeout,
		Make: func(ctx context.Context) (err error) {
			p.mu.Lock()
			q.started = p.now()
			p.mu.Unlock()
			if recorder != nil {
				ctx = trace.With(ctx, recorder)
			}
			r, err = c.ask(ctx, t)
			return err
		},
		Done: func(err error) { p.complete(q, r, err) },
	}
	if t.Unlisted { // it has no history and must not pass for a target that was never asked
		q.call.Since, q.call.Queue.Unlisted = p.now(), true
	}
	return q
}

// complete takes in the answer to q, or the reason why there is none.
func (p *Poller) complete(q *request, r result, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, e := p.now(), q.entry
	if e.request != q { // abandoned
		return
	}
	e.request = nil
	defer close(q.done)
	if errors.Is(err, schedule.ErrThrottled) || errors.Is(err, schedule.ErrCrowded) {
		q.attempt = status.Attempt{Ended: now, Reason: ReasonOf(err), Err: errors.New("not asked: " + err.Error())}
		p.countNotAsked(q)
		return
	}
	q.attempt = status.Attempt{Ended: now, Duration: now.Sub(q.started), Reason: ReasonOf(err), Err: err}
	switch {
	case err == nil:
		e.update(r, now)
	case q.attempt.Reason == status.ReasonBucketNotFound: // a failure, and an answer
		e.update(nothing(), now)
	}
	p.record(q, q.attempt)
	e.lastStarted, e.timedOutOnce = q.started, false
}

// record counts an attempt and makes it the entry's last. The totals are those of
// tokens. p.mu is held.
func (p *Poller) record(q *request, a status.Attempt) {
	e := q.entry
	e.lastAttempt = a
	e.probes++
	if a.Reason != "" {
		e.errors++
	}
	switch {
	case q.check.name != "":
	case q.unlisted && a.Reason == "":
		p.unlisted[answered]++
	case q.unlisted:
		p.unlisted[failed]++
	case a.Reason != "":
		p.errors[a.Reason]++
	}
}

// countNotAsked counts a request that was not made. p.mu is held.
func (p *Poller) countNotAsked(q *request) {
	if q.unlisted && q.check.name == "" {
		p.unlisted[notAsked]++
	}
}

// minAttempt is how long a call must have been without an answer to count as an
// attempt, if its caller's deadline cuts it short: a short deadline is no failure
// of the target.
const minAttempt = time.Second

// abandon closes q, which has no waiter any more. A call that is cut short keeps
// its place in the queue once, because it may have started just before the
// deadline; the second time in a row it goes to the back. p.mu is held.
func (p *Poller) abandon(q *request, now time.Time, cancelled bool) {
	e := q.entry
	e.request = nil
	if q.started.IsZero() {
		p.countNotAsked(q)
		return
	}
	if e.timedOutOnce = !e.timedOutOnce; !e.timedOutOnce {
		e.lastStarted = q.started
	}
	if a := q.cutShort(now); !cancelled && a.Duration >= minAttempt {
		p.record(q, a)
	}
}

// cutShort is the attempt of a poll that could not wait for q.
func (q *request) cutShort(now time.Time) status.Attempt {
	if q.started.IsZero() {
		return notProbed(now)
	}
	return status.Attempt{
		Ended: now, Duration: now.Sub(q.started), Reason: status.ReasonTimeout,
		Err: errors.New("no answer before the scrape had to end"),
	}
}

// notProbed is the attempt of a request that was not made.
func notProbed(now time.Time) status.Attempt {
	return status.Attempt{Ended: now, Reason: status.ReasonNotProbed, Err: errors.New("not asked: the scrape had to end before its turn came")}
}

// The outcomes of a request for the token of an unlisted target.
const (
	answered = "answered"  // with a definitive answer
	failed   = "failed"    // without one
	notAsked = "not_asked" // before its turn came
)

// Counts returns two numbers since the start: the failed attempts to get a token
// of a configured target, by reason, and the requests for tokens of unlisted
// targets, by outcome. Every reason and every outcome is present.
func (p *Poller) Counts() (failures map[status.Reason]uint64, unlisted map[string]uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.errors), maps.Clone(p.unlisted)
}

// ReasonOf returns why a call of the scheduler failed; "" for nil.
func ReasonOf(err error) status.Reason {
	if failure, ok := errors.AsType[*ossclient.Error](err); ok {
		return failure.Reason
	}
	if failure, ok := errors.AsType[*dnsclient.Error](err); ok {
		return failure.Reason
	}
	if failure, ok := errors.AsType[*httpcheck.Error](err); ok {
		return failure.Reason
	}
	switch {
	case err == nil:
		return ""
	case errors.Is(err, schedule.ErrThrottled):
		return status.ReasonThrottled
	case errors.Is(err, schedule.ErrCrowded):
		return status.ReasonNotProbed
	case errors.Is(err, context.DeadlineExceeded):
		return status.ReasonTimeout
	}
	return status.ReasonInternal
}
