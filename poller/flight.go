package poller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oss_cname_exporter/dnsclient"
	"oss_cname_exporter/ossclient"
)

// dispatch sends every question out that may go now, each on a goroutine of
// its own. p.mu is held.
func (p *Poller) dispatch() {
	for q, ctx := p.depart(); q != nil; q, ctx = p.depart() {
		go p.fly(ctx, q)
	}
}

// depart takes the next question that may go now off the queue, with the
// context to ask it in; nil if none may. p.mu is held.
func (p *Poller) depart() (*question, context.Context) {
	now := p.now()
	q := p.queue.take(now)
	if q == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(WithTrace(context.Background(), q.trace), q.timeout)
	q.started, q.cancel = now, cancel
	q.before, q.entry.asked = q.entry.asked, now
	return q, ctx
}

// fly asks q, and whatever may go when it has landed: a goroutine whose stack
// has grown once serves many questions.
func (p *Poller) fly(ctx context.Context, q *question) {
	for q != nil {
		a, err := q.ask(ctx)
		q.cancel()
		q, ctx = p.land(q, a, err)
	}
}

// ask turns a panic into that question's failure.
func (q *question) ask(ctx context.Context) (a answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return q.kind.ask(ctx, *q.target)
}

// land takes the answer to q in, and returns what the goroutine is to ask next.
func (p *Poller) land(q *question, a answer, err error) (*question, context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.queue.landed(q, err, now)
	if q.entry.open == q { // somebody still waits
		p.conclude(q, a, err, now)
	}
	next, ctx := p.depart()
	p.dispatch() // a pause that ended or a limit that grew may free more than one
	return next, ctx
}

// conclude makes the answer to q, or why there is none, what is known.
func (p *Poller) conclude(q *question, a answer, err error, now time.Time) {
	attempt := Attempt{Ended: now, Duration: now.Sub(q.started)}
	if err == nil {
		q.entry.learn(a, now)
	} else {
		attempt.Reason, attempt.Err = reasonOf(err), err
	}
	p.record(q, attempt)
	q.entry.landed, q.entry.cut = now, false
	q.entry.open = nil
	close(q.done)
}

// record counts an attempt and makes it the entry's last. The total is that of
// tokens. p.mu is held.
func (p *Poller) record(q *question, a Attempt) {
	e := q.entry
	e.last = a
	e.probes++
	if a.Reason != "" {
		e.errors++
		if q.kind.check == "" {
			p.errors[a.Reason]++
		}
	}
}

// wake lets go what had to wait for its account.
func (p *Poller) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dispatch()
}

func reasonOf(err error) Reason {
	if failure, ok := errors.AsType[*ossclient.Error](err); ok {
		return failure.Reason
	}
	if failure, ok := errors.AsType[*dnsclient.Error](err); ok {
		return Reason(failure.Reason)
	}
	return ReasonInternal
}
