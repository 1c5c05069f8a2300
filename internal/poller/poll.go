package poller

import (
	"cmp"
	"context"
	"errors"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"
)

// poll is one call of Poll.
type poll struct {
	targets   []config.Target
	began     time.Time
	interests []interest       // in the order of targets, of each the token first
	calls     []*schedule.Call // of the questions that nobody put before
}

// interest is what one target of a poll wants of one entry.
type interest struct {
	target   int // index in targets
	kind     *kind
	token    *entry // of the target
	entry    *entry
	question *question // nil if the entry already has the answer
	left     bool      // the poll ended before the answer came
}

// begin finds out what must be asked about the targets.
func (p *Poller) begin(ctx context.Context, targets []config.Target) *poll {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &poll{targets: targets, began: p.now(), interests: make([]interest, 0, len(targets))}
	if len(targets) > 1 { // a poll of one target ends with the answer and has nothing to share after it
		p.polls[r] = struct{}{}
	}
	if !p.sweepAt.IsZero() && !r.began.Before(p.sweepAt) {
		p.sweep(r.began)
	}
	since, recorder := p.oldestPoll(r.began), trace.Of(ctx)
	deadline, _ := ctx.Deadline()
	for i := range targets {
		t := &targets[i]
		var token *entry
		for k, key := range p.questions(t) {
			e := p.remember(key, !t.Unlisted)
			token = cmp.Or(token, e)
			switch {
			case e.open != nil:
				e.open.waiters++
				p.scheduler.Extend(e.open.call, deadline)
			case recorder != nil || !e.fresh(k.ttl(t), r.began, token) && !e.ended.After(since):
				e.open = p.newQuestion(key.lane, k, e, t, recorder)
				e.open.call.Deadline = deadline
				r.calls = append(r.calls, e.open.call)
			}
			r.interests = append(r.interests, interest{target: i, kind: k, token: token, entry: e, question: e.open})
		}
	}
	return r
}

// oldestPoll returns when the first of the polls under way began, now if there
// is none. What was answered since is shared among them: two servers that scrape
// at the same moment are one question. p.mu is held.
func (p *Poller) oldestPoll(now time.Time) time.Time {
	oldest := now
	for r := range p.polls {
		if r.began.Before(oldest) {
			oldest = r.began
		}
	}
	return oldest
}

// wait returns when every question is answered or ctx ends.
func (r *poll) wait(ctx context.Context) {
	for _, i := range r.interests {
		if i.question == nil {
			continue
		}
		select {
		case <-i.question.done:
		case <-ctx.Done():
			return
		}
	}
}

// end closes a poll and returns what is true now.
func (p *Poller) end(ctx context.Context, r *poll) []status.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.polls, r)
	defer p.forget(r)
	dropped, now := p.leave(r), p.now()
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	for _, q := range dropped {
		if attempt := p.cutAttempt(q, now); attempt.Duration >= minAttempt {
			p.record(q, attempt)
		}
	}
	statuses := make([]status.Status, len(r.targets))
	for _, i := range r.interests {
		i.entry.fill(&statuses[i.target], &r.targets[i.target], i.kind, p.lastAttempt(i, now), i.token)
	}
	return statuses
}

// leave takes the poll off the questions that are still open. It returns those
// that nobody else waits for, which are dropped all at once: none of them may be
// asked in the slot of another. p.mu is held.
func (p *Poller) leave(r *poll) (dropped []*question) {
	var calls []*schedule.Call
	for k := range r.interests {
		i := &r.interests[k]
		if !i.question.isOpen() {
			continue
		}
		i.left = true
		if i.question.waiters--; i.question.waiters == 0 {
			dropped, calls = append(dropped, i.question), append(calls, i.question.call)
		}
	}
	p.scheduler.Drop(calls...)
	for _, q := range dropped {
		q.entry.open = nil
		if started := p.scheduler.Started(q.call); !started.IsZero() {
			q.entry.cutShort(started)
		}
	}
	return dropped
}

// minAttempt is how long a call must have gone without an answer to count as an
// attempt, if the caller's deadline cuts it short: the impatience of a caller is
// no failure of the target.
const minAttempt = time.Second

// lastAttempt returns how the last attempt went from the point of view of i.
func (p *Poller) lastAttempt(i interest, now time.Time) status.Attempt {
	switch {
	case i.question == nil:
		return i.entry.last
	case i.left:
		return p.cutAttempt(i.question, now)
	}
	return i.question.attempt
}

// cutAttempt is the attempt of a poll that could not wait for q.
func (p *Poller) cutAttempt(q *question, now time.Time) status.Attempt {
	started := p.scheduler.Started(q.call)
	if started.IsZero() {
		return notProbed(now)
	}
	return status.Attempt{
		Ended: now, Duration: now.Sub(started), Reason: status.ReasonTimeout,
		Err: errors.New("no answer before the scrape had to end"),
	}
}

// cutShort lets a question that was cut short keep its place in the queue: one
// that starts just before a deadline had no chance. The second time in a row it
// loses its place, or a question that hangs would be first for ever.
func (e *entry) cutShort(started time.Time) {
	if e.cut = !e.cut; !e.cut {
		e.asked = started
	}
}
