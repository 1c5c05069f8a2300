package poller

import (
	"context"
	"errors"
	"time"

	"oss_cname_exporter/config"
	"oss_cname_exporter/ossclient"
)

// round is one call of Poll.
type round struct {
	began  time.Time
	visits []visit // in cfg's order
}

// visit is a round's interest in one target.
type visit struct {
	target   config.Target
	entry    *entry
	question *question // nil if the entry already has the answer
}

// question is put to OSS once, however many rounds wait for the answer.
type question struct {
	target  config.Target
	timeout time.Duration
	entry   *entry
	lane    *lane
	place   int           // index in the lane's heap; -1 once asked
	waiters int           // rounds that wait; at 0 the question is dropped
	done    chan struct{} // closed when answered
	before  time.Time     // when the target was asked about the time before
	started time.Time
	cancel  context.CancelFunc // nil until started
	trace   *Trace             // of the round that asked; nil if it wants none
}

// begin opens a round: a question for every target that needs one.
func (p *Poller) begin(ctx context.Context, cfg *config.Config) *round {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &round{began: p.now(), visits: make([]visit, len(cfg.Targets))}
	if len(r.visits) > 1 { // a round of one target ends with the answer and has nothing to share after it
		p.rounds[r] = struct{}{}
	}
	since, trace := p.oldestRound(r.began), ossclient.TraceOf(ctx)
	p.queue.concurrency = cfg.Probe.Concurrency
	for i, t := range cfg.Targets {
		v := visit{target: t, entry: p.remember(t)}
		if v.entry.open == nil && (trace != nil || !v.entry.answered(since, r.began, t.CacheTTL)) {
			v.entry.open = p.queue.add(t, v.entry, cfg.Probe.Timeout)
			v.entry.open.trace = trace
		}
		if v.question = v.entry.open; v.question != nil {
			v.question.waiters++
		}
		r.visits[i] = v
	}
	if ctx.Err() == nil {
		p.dispatch()
	}
	return r
}

// oldestRound returns when the first of the rounds under way began, now if
// there is none. What was answered since is shared among them: two servers that
// scrape at the same moment are one question. p.mu is held.
func (p *Poller) oldestRound(now time.Time) time.Time {
	oldest := now
	for r := range p.rounds {
		if r.began.Before(oldest) {
			oldest = r.began
		}
	}
	return oldest
}

// answered reports whether the entry needs no question: its facts are younger
// than ttl, as it is configured now, or it was asked about since.
func (e *entry) answered(since, now time.Time, ttl time.Duration) bool {
	fresh := time.Duration(e.keep * float64(ttl))
	return now.Before(e.facts.Confirmed.Add(fresh)) || e.landed.After(since)
}

// wait returns when every question of the round is answered or ctx ends.
func (r *round) wait(ctx context.Context) {
	for _, v := range r.visits {
		if v.question == nil {
			continue
		}
		select {
		case <-v.question.done:
		case <-ctx.Done():
			return
		}
	}
}

// end closes a round and tells what is true now.
func (p *Poller) end(ctx context.Context, r *round) []Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.rounds, r)
	defer p.dispatch()
	if errors.Is(ctx.Err(), context.Canceled) {
		for _, v := range r.visits {
			if v.question.isOpen() {
				p.leave(v.question)
			}
			p.forget(v)
		}
		return nil
	}
	results := make([]Result, len(r.visits))
	for i, v := range r.visits {
		results[i] = p.tell(v)
		p.forget(v)
	}
	return results
}

// tell returns v's Result. A question still open got no answer in time.
func (p *Poller) tell(v visit) Result {
	result := v.entry.result(v.target)
	if q := v.question; q.isOpen() {
		attempt := q.unanswered(p.now())
		if last := p.leave(q); last || q.cancel == nil {
			p.record(v.entry, attempt)
		}
		result = v.entry.result(v.target)
		result.Attempt = attempt
	}
	v.entry.reported = result.Outcome()
	return result
}

// isOpen reports whether q still waits for its answer. A nil q never did.
func (q *question) isOpen() bool { return q != nil && q.entry.open == q }

// leave takes one waiter off q, and drops q if it was the last.
func (p *Poller) leave(q *question) (last bool) {
	if q.waiters--; q.waiters > 0 {
		return false
	}
	q.entry.open = nil
	q.entry.cutShort(q)
	p.queue.drop(q)
	return true
}

// unanswered is the attempt of a caller who could not wait for q.
func (q *question) unanswered(now time.Time) Attempt {
	switch {
	case q.cancel != nil:
		return Attempt{Ended: now, Duration: now.Sub(q.started), Reason: ossclient.ReasonTimeout,
			Err: errors.New("no answer before the scrape had to end")}
	case q.lane.pace.paused(now):
		return Attempt{Ended: now, Reason: ossclient.ReasonThrottled,
			Err: errors.New("not asked: OSS throttles the account, and it is left alone for a while")}
	}
	return Attempt{Ended: now, Reason: ReasonNotProbed, Err: errors.New("not asked: the scrape had to end before its turn came")}
}
