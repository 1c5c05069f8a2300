package poller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/ossclient"
)

// flight is a question on its way.
type flight struct {
	*question
	ctx context.Context //nolint:containedctx // the question's own: it goes from goroutine to goroutine and ends with the answer
}

// crew is a goroutine that flies, reached by what it is to fly next.
type crew chan flight

// dispatch sends every question out that may go now. A crew that rests is
// sent before a new one. p.mu is held.
func (p *Poller) dispatch() {
	for f, ok := p.depart(); ok; f, ok = p.depart() {
		var c crew
		if last := len(p.resting) - 1; last >= 0 {
			c, p.resting = p.resting[last], p.resting[:last]
		} else {
			c = make(crew, 1)
			go p.fly(c)
		}
		c <- f
	}
}

// depart takes the next question that may go now off the queue. p.mu is held.
func (p *Poller) depart() (flight, bool) {
	now := p.now()
	q := p.queue.take(now)
	if q == nil {
		return flight{}, false
	}
	ctx, cancel := context.WithTimeout(WithTrace(context.Background(), q.trace), q.timeout)
	q.started, q.cancel = now, cancel
	q.before, q.entry.asked = q.entry.asked, now
	return flight{q, ctx}, true
}

// fly asks what c is sent out with, one question after another.
func (p *Poller) fly(c crew) {
	for f := range c {
		a, err := f.ask(f.ctx)
		f.cancel()
		p.land(c, f.question, a, err)
	}
}

// ask turns a panic into that question's failure.
func (q *question) ask(ctx context.Context) (a answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return q.kind.ask(ctx, q.target)
}

// land takes the answer to q in, and sends c out again or has it rest.
func (p *Poller) land(c crew, q *question, a answer, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.queue.landed(q, err, now)
	if q.entry.open == q { // somebody still waits
		p.conclude(q, a, err, now)
	}
	p.resting = append(p.resting, c)
	p.dispatch() // a pause that ended or a limit that grew may free more than one
	p.dismiss()
}

// dismiss ends the crews once none is under way: while some are, the next
// question is near, and a stack that has grown to what a call takes serves it
// for a tenth of the call less. p.mu is held.
func (p *Poller) dismiss() {
	if p.queue.inFlight > 0 {
		return
	}
	for _, c := range p.resting {
		close(c)
	}
	p.resting = nil
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
