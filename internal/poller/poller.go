// Package poller knows what is true of each target now. It asks as little as
// it can, remembers every definitive answer, and lets no target, account or
// caller spoil another's.
//
// What there is to know about a target is one or more questions: its token,
// and as configured its bucket's bindings and its records in the DNS. A kind of
// question is a row of a table; all kinds share one mechanism. A question is
// identified by a key, which has only what makes a difference to its kind, so
// that a bucket's bindings are asked for once however many targets want them.
// The entry of a key remembers the last answer and the last attempt; it knows
// of no other entry, so no failure reaches another's facts. A round puts the
// questions that its targets need into the queue, waits, and composes each
// Result of the entries of its target.
package poller

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"sync"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/ossclient"
)

// TokenGetter asks OSS for the token of one target. The error is
// ossclient.ErrNoToken for "there is none", an *ossclient.Error otherwise.
type TokenGetter interface {
	GetCnameToken(ctx context.Context, t *config.Target) (ossclient.Token, error)
}

// BindingLister asks OSS which domains are bound to the bucket of a target.
// The error is an *ossclient.Error.
type BindingLister interface {
	ListCname(ctx context.Context, t *config.Target) ([]ossclient.Binding, error)
}

// DNS asks the given resolvers; see dnsclient. The error is a *dnsclient.Error.
type DNS interface {
	TXT(ctx context.Context, name string, resolvers []string) ([]string, error)
	Follow(ctx context.Context, name string, until, resolvers []string) ([]string, error)
}

// Options configures a Poller. The zero value works.
type Options struct {
	Bindings BindingLister    // nil is nobody, whatever targets want checked
	DNS      DNS              // nil is nobody
	Now      func() time.Time // nil is time.Now
}

// Poller asks about targets and remembers what it learnt. It is safe for
// concurrent use; all its callers share one limit of calls in flight.
type Poller struct {
	oss   TokenGetter
	kinds []kind // the token's first
	now   func() time.Time

	mu      sync.Mutex // guards all below and every entry, question and lane
	memory  map[key]*entry
	queue   queue
	resting []crew              // the last to land is the first to go out again
	rounds  map[*round]struct{} // the calls of Poll under way, of more than one target
	errors  map[Reason]uint64   // failed attempts of all targets
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
	p.kinds = p.newKinds(opts)
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
	for i := range cfg.Targets {
		t := &cfg.Targets[i]
		results[i].Target = t
		var token *entry
		for k, key := range p.questions(t) {
			e := p.memory[key]
			if token = cmp.Or(token, e); token == nil {
				break // never asked about
			}
			if e != nil {
				e.tell(&results[i], k, e.last, token)
			}
		}
	}
	return results
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

// Errors returns how many attempts failed for each reason, over all targets
// there ever were. Every Reason is present.
func (p *Poller) Errors() map[Reason]uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.errors)
}

// Retain forgets all that is not about a target of cfg.
func (p *Poller) Retain(cfg *config.Config) {
	keep := make(map[key]bool, len(cfg.Targets))
	for i := range cfg.Targets {
		for _, key := range p.questions(&cfg.Targets[i]) {
			keep[key] = true
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.memory, func(k key, e *entry) bool { return !keep[k] && e.open == nil })
	p.queue.forgetIdle()
}
