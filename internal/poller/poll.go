package poller

import (
	"context"
	"errors"
	"slices"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"
)

// poll is one call of Poll.
type poll struct {
	targets []config.Target
	began   time.Time
	waiters []waiter         // in the order of targets, of each the token first
	calls   []*schedule.Call // of all requests that it waits for
}

// waiter is the wait of one target for one entry.
type waiter struct {
	target  int // index in targets
	check   *checkType
	token   *cacheEntry // of the target
	entry   *cacheEntry
	request *request // nil if the entry is fresh
	left    bool     // the poll ended before the request
}

// begin finds the requests that the targets need, and creates those that are not
// under way.
func (p *Poller) begin(ctx context.Context, targets []config.Target) *poll {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &poll{targets: targets, began: p.now(), waiters: make([]waiter, 0, len(targets))}
	if len(targets) > 1 { // a poll of one target ends with its answer and has nothing to share
		p.polls[r] = struct{}{}
	}
	if !p.sweepAt.IsZero() && !r.began.Before(p.sweepAt) {
		p.sweep(r.began)
	}
	since, recorder := p.oldestPoll(r.began), trace.Of(ctx)
	for i := range targets {
		t := &targets[i]
		var token *cacheEntry
		for c, key := range p.checksOf(t) {
			if slices.Contains(t.Checks.Unasked, c.name) {
				if e := p.cache[key]; e != nil {
					r.waiters = append(r.waiters, waiter{target: i, check: c, token: token, entry: e})
				}
				continue
			}
			e := p.getOrCreate(key, t)
			if token == nil {
				token = e
			}
			switch {
			case e.request != nil:
				e.request.waiters++
			case recorder != nil || !e.fresh(c.ttl(t), r.began, token) && !e.lastAttempt.Ended.After(since):
				e.request = p.newRequest(c, e, t, recorder)
			}
			if e.request != nil {
				r.calls = append(r.calls, e.request.call)
			}
			r.waiters = append(r.waiters, waiter{target: i, check: c, token: token, entry: e, request: e.request})
		}
	}
	return r
}

// oldestPoll returns when the first of the polls under way began, now if there
// is none. Polls that overlap share the answers since then. p.mu is held.
func (p *Poller) oldestPoll(now time.Time) time.Time {
	oldest := now
	for r := range p.polls {
		if r.began.Before(oldest) {
			oldest = r.began
		}
	}
	return oldest
}

// end closes a poll. It returns its statuses and the calls that have no waiter
// any more.
func (p *Poller) end(ctx context.Context, r *poll) (statuses []status.Status, abandoned []*schedule.Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.polls, r)
	defer p.evict(r)
	now, cancelled := p.now(), errors.Is(ctx.Err(), context.Canceled)
	for k := range r.waiters {
		w := &r.waiters[k]
		if q := w.request; q != nil && q.entry.request == q { // it is not complete
			w.left = true
			if q.waiters--; q.waiters == 0 {
				abandoned = append(abandoned, q.call)
				p.abandon(q, now, cancelled)
			}
		}
	}
	if cancelled {
		return nil, abandoned
	}
	statuses = make([]status.Status, len(r.targets))
	for _, w := range r.waiters {
		if w.entry != w.token {
			agree(w.token, w.entry)
		}
	}
	for _, w := range r.waiters {
		w.entry.fill(&statuses[w.target], &r.targets[w.target], w.check, w.attempt(now), w.token)
	}
	return statuses, abandoned
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

// attempt returns how the last attempt went as seen by w.
func (w waiter) attempt(now time.Time) status.Attempt {
	switch {
	case w.request == nil:
		return w.entry.lastAttempt
	case w.left:
		return w.request.cutShort(now)
	}
	return w.request.attempt
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
