package poller

import (
	"cmp"
	"context"
	"errors"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/ossclient"
)

// round is one call of Poll.
type round struct {
	cfg    *config.Config
	began  time.Time
	visits []visit // in the order of cfg's targets, of each the token first
}

// visit is a round's interest in one entry for the sake of one target.
type visit struct {
	target   int // index in cfg
	kind     *kind
	token    *entry // of the target
	entry    *entry
	question *question // nil if the entry already has the answer
}

// question is asked once, however many visits wait for the answer.
type question struct {
	kind    *kind
	target  *config.Target // in a configuration, which never changes; of those it is about the first that wanted it
	timeout time.Duration
	entry   *entry
	lane    *lane
	place   int           // index in the lane's heap; -1 once asked
	waiters int           // visits that wait; at 0 the question is dropped
	done    chan struct{} // closed when answered
	before  time.Time     // when it was asked the time before
	started time.Time
	cancel  context.CancelFunc // nil until started
	trace   *Trace             // of the round that asked; nil if it wants none
}

// begin opens a round: a question for every target that needs one.
func (p *Poller) begin(ctx context.Context, cfg *config.Config) *round {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &round{cfg: cfg, began: p.now(), visits: make([]visit, 0, len(cfg.Targets))}
	if len(cfg.Targets) > 1 { // a round of one target ends with the answer and has nothing to share after it
		p.rounds[r] = struct{}{}
	}
	p.queue.concurrency = cfg.Probe.Concurrency
	p.visit(r, ossclient.TraceOf(ctx))
	if ctx.Err() == nil {
		p.dispatch()
	}
	return r
}

// visit looks at the entries of all targets of r and queues what must be asked.
// It is no part of begin, so that its frame is gone when the questions go out: a
// stack that need not grow saves a probe a tenth of what it costs. p.mu is held.
func (p *Poller) visit(r *round, trace *Trace) {
	cfg, since := r.cfg, p.oldestRound(r.began)
	for i := range cfg.Targets {
		t := &cfg.Targets[i]
		var token *entry
		for k, key := range p.questions(t) {
			e := p.remember(key, !t.Unlisted)
			token = cmp.Or(token, e)
			if e.open == nil && (trace != nil || !e.answered(since, r.began, k.ttl(t), token)) {
				e.open = p.queue.add(k, t, key.lane, e, cfg.Probe.Timeout)
				e.open.trace = trace
			}
			if e.open != nil {
				e.open.waiters++
			}
			r.visits = append(r.visits, visit{target: i, kind: k, token: token, entry: e, question: e.open})
		}
	}
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

// answered reports whether the entry needs no question: its answer is younger
// than ttl, as it is configured now, or it was asked since. An answer from
// before the token went is not kept: whoever used the token changed more.
func (e *entry) answered(since, now time.Time, ttl time.Duration, token *entry) bool {
	fresh := time.Duration(e.keep * float64(ttl))
	if e.confirmed.Before(token.answer.facts.Gone) {
		fresh = 0
	}
	return now.Before(e.confirmed.Add(fresh)) || e.landed.After(since)
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
	defer p.forget(r)
	if errors.Is(ctx.Err(), context.Canceled) {
		for _, v := range r.visits {
			if v.question.isOpen() {
				p.leave(v.question)
			}
		}
		return nil
	}
	return p.results(r)
}

// results composes what is true of each target now.
func (p *Poller) results(r *round) []Result {
	results := make([]Result, len(r.cfg.Targets))
	for _, v := range r.visits {
		result := &results[v.target]
		result.Target = &r.cfg.Targets[v.target]
		attempt := p.lastAttempt(v)
		v.entry.tell(result, v.kind, attempt, v.token)
		if v.entry != v.token {
			v.entry.reported = Status{Attempt: attempt}.Outcome()
		}
	}
	for _, v := range r.visits {
		if v.entry == v.token {
			v.entry.reported = results[v.target].Outcome()
		}
	}
	return results
}

// lastAttempt returns how the last attempt went for v. A question still open
// got no answer in time.
func (p *Poller) lastAttempt(v visit) Attempt {
	q := v.question
	if !q.isOpen() {
		return v.entry.last
	}
	attempt := q.unanswered(p.now())
	if last := p.leave(q); last || q.cancel == nil {
		p.record(q, attempt)
	}
	return attempt
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
