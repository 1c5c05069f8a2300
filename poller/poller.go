// Package poller knows what is true of each target now. It asks as little as
// it can, remembers every definitive answer, and lets no target, account or
// caller spoil another's.
package poller

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"oss_cname_exporter/config"
	"oss_cname_exporter/ossclient"
)

// TokenGetter asks OSS for the token of one target. The error is
// ossclient.ErrNoToken for "there is none", an *ossclient.Error otherwise.
type TokenGetter interface {
	GetCnameToken(ctx context.Context, t config.Target) (ossclient.Token, error)
}

// Options configures a Poller. The zero value works.
type Options struct {
	Now func() time.Time // nil is time.Now
}

// Poller asks about targets and remembers what it learnt. It is safe for
// concurrent use; all its callers share one limit of calls in flight.
type Poller struct {
	oss TokenGetter
	now func() time.Time

	mu     sync.Mutex // guards all below and every entry, question and lane
	memory map[key]*entry
	queue  queue
	rounds map[*round]struct{} // the calls of Poll under way, of more than one target
	errors map[Reason]uint64   // failed attempts of all targets
}

// New returns a Poller that asks oss.
func New(oss TokenGetter, opts Options) *Poller {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	p := &Poller{
		oss:    oss,
		now:    opts.Now,
		memory: map[key]*entry{},
		rounds: map[*round]struct{}{},
		errors: map[Reason]uint64{},
	}
	for _, r := range Reasons() {
		p.errors[r] = 0
	}
	p.queue = newQueue(p.wake)
	return p
}

// Poll asks about every target of cfg and returns one Result each, in cfg's
// order. It returns when all are answered or when ctx ends, whichever is
// first; what was not answered by then keeps its facts and says why. A cached
// answer, and one that an overlapping Poll gets, is not asked for again. If ctx
// was cancelled nobody is left to be told, and the results are nil.
func (p *Poller) Poll(ctx context.Context, cfg *config.Config) []Result {
	r := p.begin(ctx, cfg)
	r.wait(ctx)
	return p.end(ctx, r)
}

// Peek returns what is known of every target of cfg without asking.
func (p *Poller) Peek(cfg *config.Config) []Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	results := make([]Result, len(cfg.Targets))
	for i, t := range cfg.Targets {
		results[i] = Result{Target: t}
		if e := p.memory[keyOf(t)]; e != nil {
			results[i] = e.result(t)
		}
	}
	return results
}

// Errors returns how many attempts failed for each reason, over all targets
// there ever were. Every Reason is present.
func (p *Poller) Errors() map[Reason]uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.errors)
}

// Retain forgets every target that is not one of cfg's.
func (p *Poller) Retain(cfg *config.Config) {
	keep := make(map[key]bool, len(cfg.Targets))
	for _, t := range cfg.Targets {
		keep[keyOf(t)] = true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.memory, func(k key, e *entry) bool { return !keep[k] && e.open == nil })
	p.queue.forgetIdle()
}

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
		token, err := p.ask(ctx, q.target)
		q.cancel()
		q, ctx = p.land(q, token, err)
	}
}

// ask turns a panic into that target's failure.
func (p *Poller) ask(ctx context.Context, t config.Target) (token ossclient.Token, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return p.oss.GetCnameToken(ctx, t)
}

// land takes the answer to q in, and returns what the goroutine is to ask next.
func (p *Poller) land(q *question, token ossclient.Token, err error) (*question, context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.queue.landed(q, err, now)
	if q.entry.open == q { // somebody still waits
		p.conclude(q, token, err, now)
	}
	next, ctx := p.depart()
	p.dispatch() // a pause that ended or a limit that grew may free more than one
	return next, ctx
}

// conclude makes the answer to q, or why there is none, what is known.
func (p *Poller) conclude(q *question, token ossclient.Token, err error, now time.Time) {
	attempt := Attempt{Ended: now, Duration: now.Sub(q.started)}
	switch {
	case err == nil:
		q.entry.learn(Facts{Confirmed: now, Exists: true, Expires: token.Expires})
	case errors.Is(err, ossclient.ErrNoToken):
		q.entry.learn(Facts{Confirmed: now})
	default:
		attempt.Reason, attempt.Err = reasonOf(err), err
	}
	p.record(q.entry, attempt)
	q.entry.landed, q.entry.cut = now, false
	q.entry.open = nil
	close(q.done)
}

// record counts an attempt and makes it the entry's last. p.mu is held.
func (p *Poller) record(e *entry, a Attempt) {
	e.last = a
	e.probes++
	if a.Reason != "" {
		e.errors++
		p.errors[a.Reason]++
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
	return ReasonInternal
}
