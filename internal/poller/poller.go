// Package poller finds out what is true of each target, from targets to
// statuses. It asks as little as it can and remembers every definitive answer.
//
// What there is to know about a target is one or more questions: its token, and
// as configured its bucket's bindings and its records in the DNS. A kind of
// question is a row of a table. A key has only what makes a difference to its
// kind, so that a bucket's bindings are asked for once however many targets want
// them. The entry of a key remembers the last answer and the last attempt; no
// failure reaches another entry. A poll puts the questions that its targets need
// to the scheduler, waits, and composes each status of the entries of its target.
package poller

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"sync"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// TokenGetter asks OSS for the token of a domain. The error is
// ossclient.ErrNoToken for "there is none", an *ossclient.Error otherwise.
type TokenGetter interface {
	GetCnameToken(ctx context.Context, a *config.Account, name domain.Name) (ossclient.Token, error)
}

// BindingLister asks OSS which domains are bound to a bucket. The error is an
// *ossclient.Error.
type BindingLister interface {
	ListCname(ctx context.Context, a *config.Account, bucket string) ([]ossclient.Binding, error)
}

// DNS asks the given resolvers; see dnsclient. The error is a *dnsclient.Error.
type DNS interface {
	TXT(ctx context.Context, name string, resolvers []string) (status.Records, error)
	Follow(ctx context.Context, name string, until func(name string) bool, resolvers []string) (status.Records, error)
}

// Options configures a Poller. The zero value works.
type Options struct {
	Bindings  BindingLister       // nil makes no such check, whatever targets want
	DNS       DNS                 // nil makes no such check
	Scheduler *schedule.Scheduler // that others use as well; nil is one of its own
	Now       func() time.Time    // nil is time.Now
}

// Poller asks about targets and remembers what it learnt. It is safe for
// concurrent use. Its lock may be held when the scheduler's is taken, never the
// other way round.
type Poller struct {
	kinds     []kind // the token's first
	scheduler *schedule.Scheduler
	now       func() time.Time

	mu      sync.Mutex // guards all below, every entry and every question
	timeout time.Duration
	memory  map[key]*entry
	sweepAt time.Time                // when to look for entries that were dropped long ago; zero is never
	polls   map[*poll]struct{}       // under way, of more than one target
	errors  map[status.Reason]uint64 // failed attempts of all targets
}

// New returns a Poller that asks oss. It needs Apply before the first Poll.
func New(oss TokenGetter, opts Options) *Poller {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Scheduler == nil {
		opts.Scheduler = schedule.New(opts.Now)
	}
	p := &Poller{
		kinds:     newKinds(oss, opts.Bindings, opts.DNS),
		scheduler: opts.Scheduler,
		now:       opts.Now,
		timeout:   config.DefaultTimeout,
		memory:    map[key]*entry{},
		polls:     map[*poll]struct{}{},
		errors:    map[status.Reason]uint64{},
	}
	for _, r := range status.Reasons() {
		p.errors[r] = 0
	}
	return p
}

// keepDropped is how long what is known of a target outlives its configuration,
// so that a file that was broken for a while costs nothing.
const keepDropped = time.Hour

// Apply puts the limits of cfg in force. What is known of targets that cfg does
// not have is forgotten after an hour.
func (p *Poller) Apply(cfg *config.Config) {
	rates := map[string]float64{}
	for i := range cfg.Accounts {
		rates[cfg.Accounts[i].Name] = cfg.Accounts[i].RateLimit
	}
	p.scheduler.SetLimits(cfg.Probe.Concurrency, rates)

	keep := make(map[key]bool, len(cfg.Targets))
	for i := range cfg.Targets {
		for _, key := range p.questions(&cfg.Targets[i]) {
			keep[key] = true
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timeout = cfg.Probe.Timeout
	now := p.now()
	for key, e := range p.memory {
		switch {
		case keep[key]:
			e.dropped = time.Time{}
		case e.dropped.IsZero():
			e.dropped = now
		}
	}
	p.sweep(now)
}

// sweep forgets the entries that were dropped long ago, and finds out when to do
// so again. p.mu is held.
func (p *Poller) sweep(now time.Time) {
	p.sweepAt = time.Time{}
	for key, e := range p.memory {
		due := e.dropped.Add(keepDropped)
		switch {
		case e.dropped.IsZero():
		case !now.Before(due) && e.open == nil:
			delete(p.memory, key)
		case p.sweepAt.IsZero() || due.Before(p.sweepAt):
			p.sweepAt = due
		}
	}
}

// Poll asks about targets and returns one Status each, in their order. It
// returns when all are answered or when ctx ends, whichever is first; what was
// not answered by then keeps its facts and says why. A cached answer, and one
// that an overlapping Poll gets, is not asked for again. If ctx was cancelled
// nobody is left to be told, and the statuses are nil.
func (p *Poller) Poll(ctx context.Context, targets []config.Target) []status.Status {
	if ctx.Err() != nil {
		return p.unasked(ctx, targets)
	}
	r := p.begin(ctx, targets)
	p.scheduler.Start(r.calls...)
	r.wait(ctx)
	return p.end(ctx, r)
}

// unasked is Poll for a ctx that has ended before.
func (p *Poller) unasked(ctx context.Context, targets []config.Target) []status.Status {
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	statuses := p.Peek(targets)
	for i := range statuses {
		statuses[i].Attempt = notProbed(p.now())
	}
	return statuses
}

// notProbed is the attempt that was not made.
func notProbed(now time.Time) status.Attempt {
	return status.Attempt{Ended: now, Reason: status.ReasonNotProbed, Err: errors.New("not asked: the scrape had to end before its turn came")}
}

// Peek returns what is known of targets, in their order, without asking.
func (p *Poller) Peek(targets []config.Target) []status.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	statuses := make([]status.Status, len(targets))
	for i := range targets {
		t := &targets[i]
		var token *entry
		for kind, key := range p.questions(t) {
			e := p.memory[key]
			if token = cmp.Or(token, e); token == nil {
				break // never asked about
			}
			if e != nil {
				e.fill(&statuses[i], t, kind, e.last, token)
			}
		}
	}
	return statuses
}

// questions returns what there is to ask about t, the token first.
func (p *Poller) questions(t *config.Target) iter.Seq2[*kind, key] {
	return func(yield func(*kind, key) bool) {
		for i := range p.kinds {
			if key, ok := p.kinds[i].key(t); ok && !yield(&p.kinds[i], key) {
				return
			}
		}
	}
}

// Errors returns how many attempts to get a token failed for each reason, over
// all targets there ever were. Every reason is present.
func (p *Poller) Errors() map[status.Reason]uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.errors)
}
