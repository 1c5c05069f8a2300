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
	targets  []config.Target
	began    time.Time
	since    time.Time        // when the first of the polls began that overlap: they share the answers since then
	recorder *trace.Trace     // nil records nothing, and lets a fresh result answer
	waiters  []waiter         // in the order of targets, of each the token first
	calls    []*schedule.Call // of all requests that it waits for
}

// waiter is the wait of one target for one entry.
type waiter struct {
	target  int // index in targets
	check   *checkType
	token   *cacheEntry // of the target
	entry   *cacheEntry
	request *request       // nil if the entry is fresh
	attempt status.Attempt // the last one, as the target saw it
}

// Poll asks about targets and returns one Status each, in their order. It
// returns when all requests are answered or when ctx ends. A status whose request
// is not answered by then keeps its facts and says why. A cached result, and one
// that an overlapping Poll gets, is not asked for again. If ctx was cancelled,
// the statuses are nil.
func (p *Poller) Poll(ctx context.Context, targets []config.Target) []status.Status {
	if ctx.Err() != nil {
		return p.tooLate(ctx, targets)
	}
	r := p.begin(ctx, targets)
	deadline, _ := ctx.Deadline()
	p.scheduler.Start(deadline, r.calls...)
	for _, w := range r.waiters {
		if w.request == nil {
			continue
		}
		select {
		case <-w.request.done:
		case <-ctx.Done(): // it stays done for the others
		}
	}
	statuses, abandoned := p.end(ctx, r)
	if len(abandoned) > 0 {
		p.scheduler.Drop(abandoned...)
	}
	return statuses
}

// tooLate is Poll for a ctx that has ended before.
func (p *Poller) tooLate(ctx context.Context, targets []config.Target) []status.Status {
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	statuses := p.Peek(targets)
	for i := range statuses {
		statuses[i].Attempt = notProbed(p.now())
	}
	return statuses
}

// begin finds the requests that the targets need, and creates those that are not
// under way.
func (p *Poller) begin(ctx context.Context, targets []config.Target) *poll {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &poll{targets: targets, began: p.now(), recorder: trace.Of(ctx), waiters: make([]waiter, 0, len(targets))}
	if len(targets) > 1 { // a poll of one target ends with its answer and has nothing to share
		p.polls = append(p.polls, r)
	}
	r.since = r.began
	if len(p.polls) > 0 {
		r.since = p.polls[0].began
	}
	if !p.sweepAt.IsZero() && !r.began.Before(p.sweepAt) {
		p.sweep(r.began)
	}
	for i := range targets {
		var token *cacheEntry
		for k := range p.checks {
			c, t := &p.checks[k], &targets[i]
			if !c.isOn(t) {
				continue
			}
			w := waiter{target: i, check: c, token: token, entry: p.cache[c.key(t)]}
			if !slices.Contains(t.Checks.Unasked, c.name) {
				p.join(r, t, &w)
			}
			if w.entry == nil {
				continue
			}
			if token == nil {
				token = w.entry
			}
			r.waiters = append(r.waiters, w)
		}
	}
	return r
}

// join has w wait for the request of its entry, if the entry is not fresh. Without
// an entry or a request, it creates them. p.mu is held.
func (p *Poller) join(r *poll, t *config.Target, w *waiter) {
	e := w.entry
	if e == nil {
		e = &cacheEntry{key: w.check.key(t)}
		p.cache[e.key] = e
	}
	if w.entry = e; w.token == nil {
		w.token = e
	}
	if !t.Unlisted {
		e.configured, e.removedAt = true, time.Time{}
	}
	switch {
	case e.request != nil:
		e.request.waiters++
	case r.recorder != nil || !e.fresh(w.check.ttl(t), r.began, w.token) && !e.lastAttempt.Ended.After(r.since):
		e.request = p.newRequest(w.check, e, t, r.recorder)
	}
	if w.request = e.request; w.request != nil {
		r.calls = append(r.calls, e.request.call)
	}
}

// end closes a poll. It returns its statuses and the calls that have no waiter
// any more.
func (p *Poller) end(ctx context.Context, r *poll) (statuses []status.Status, abandoned []*schedule.Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.polls = slices.DeleteFunc(p.polls, func(other *poll) bool { return other == r })
	now, cancelled := p.now(), errors.Is(ctx.Err(), context.Canceled)
	for k := range r.waiters {
		w := &r.waiters[k]
		switch q := w.request; {
		case q == nil:
			w.attempt = w.entry.lastAttempt
		case q.entry.request != q: // it is complete
			w.attempt = q.attempt
		default:
			w.attempt = q.cutShort(now)
			if q.waiters--; q.waiters == 0 {
				abandoned = append(abandoned, q.call)
				p.abandon(q, now, cancelled)
			}
		}
	}
	for _, w := range r.waiters {
		if w.entry != w.token {
			agree(w.token, w.entry)
		}
	}
	statuses = make([]status.Status, len(r.targets))
	for _, w := range r.waiters {
		w.entry.fill(&statuses[w.target], &r.targets[w.target], w.check, w.attempt, w.token)
		if !w.entry.configured {
			p.evict(w.entry)
		}
	}
	if cancelled {
		return nil, abandoned
	}
	return statuses, abandoned
}
