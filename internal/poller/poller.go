// Package poller turns targets into statuses. It makes as few calls as it can
// and remembers every definitive answer, so that a failure never erases a fact.
//
// A checkType is one row of a table: the token, and each check that a target may
// have. A cacheKey is the part of a target that matters to its checkType, so that
// all domains of a bucket share one ListCname. A cacheEntry holds the last result
// and the last attempt of a cacheKey. A request is the call for a cacheEntry that
// is under way. A poll has one waiter for each target and checkType, and composes
// each status of the entries of its target.
package poller

import (
	"context"
	"errors"
	"iter"
	"maps"
	"sync"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/httpcheck"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// TokenGetter asks OSS for the token of a domain. The error is
// ossclient.ErrNoToken if there is none, an *ossclient.Error otherwise.
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

// Visitor visits domains; see httpcheck. The error is an *httpcheck.Error.
type Visitor interface {
	Visit(ctx context.Context, t httpcheck.Target) (status.HTTP, error)
}

// Options configures a Poller. The zero value works.
type Options struct {
	Bindings  BindingLister       // nil switches the check binding off for all targets
	DNS       DNS                 // nil switches the checks of records off for all targets
	Visitor   Visitor             // nil switches the check http off for all targets
	Scheduler *schedule.Scheduler // may be shared; nil is a new one
	Now       func() time.Time    // nil is time.Now
}

// Poller asks about targets and remembers the answers. It is safe for concurrent
// use. It calls nothing of the scheduler with its lock held.
type Poller struct {
	checks    []checkType // the token's first
	scheduler *schedule.Scheduler
	now       func() time.Time

	mu       sync.Mutex // guards all below, every cacheEntry and every request
	timeout  time.Duration
	cache    map[cacheKey]*cacheEntry
	sweepAt  time.Time          // when the next removed entry may be evicted; zero is never
	polls    map[*poll]struct{} // under way, of more than one target
	errors   map[status.Reason]uint64
	unlisted map[string]uint64
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
		checks:    newChecks(oss, opts.Bindings, opts.DNS, opts.Visitor),
		scheduler: opts.Scheduler,
		now:       opts.Now,
		timeout:   config.DefaultTimeout,
		cache:     map[cacheKey]*cacheEntry{},
		polls:     map[*poll]struct{}{},
		errors:    map[status.Reason]uint64{},
		unlisted:  map[string]uint64{answered: 0, failed: 0, notAsked: 0},
	}
	for _, r := range status.Reasons() {
		p.errors[r] = 0
	}
	return p
}

// Apply puts the limits of cfg in force. Entries of targets that cfg does not
// have are evicted an hour later.
func (p *Poller) Apply(cfg *config.Config) {
	rates := map[string]float64{}
	for i := range cfg.Accounts {
		rates[cfg.Accounts[i].Name] = cfg.Accounts[i].RateLimit
	}
	p.scheduler.SetLimits(cfg.Probe.Concurrency, rates)

	configured := make(map[cacheKey]bool, len(cfg.Targets))
	for i := range cfg.Targets {
		for _, key := range p.checksOf(&cfg.Targets[i]) {
			configured[key] = true
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timeout = cfg.Probe.Timeout
	now := p.now()
	for key, e := range p.cache {
		switch {
		case configured[key]:
			e.removedAt = time.Time{}
		case e.removedAt.IsZero():
			e.removedAt = now
		}
	}
	p.sweep(now)
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

// notProbed is the attempt of a request that was not made.
func notProbed(now time.Time) status.Attempt {
	return status.Attempt{Ended: now, Reason: status.ReasonNotProbed, Err: errors.New("not asked: the scrape had to end before its turn came")}
}

// Peek returns the remembered status of each target, in their order. It makes no
// call.
func (p *Poller) Peek(targets []config.Target) []status.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	statuses := make([]status.Status, len(targets))
	for i := range targets {
		t := &targets[i]
		var token *cacheEntry
		for c, key := range p.checksOf(t) {
			e := p.cache[key]
			if token == nil {
				token = e
			}
			if token == nil {
				break // never asked about
			}
			if e != nil {
				e.fill(&statuses[i], t, c, e.lastAttempt, token)
			}
		}
	}
	return statuses
}

// checksOf returns the checks of t, the token's first.
func (p *Poller) checksOf(t *config.Target) iter.Seq2[*checkType, cacheKey] {
	return func(yield func(*checkType, cacheKey) bool) {
		for i := range p.checks {
			if c := &p.checks[i]; c.isOn(t) && !yield(c, c.key(t)) {
				return
			}
		}
	}
}

// The outcomes of a request for the token of an unlisted target.
const (
	answered = "answered"  // with a definitive answer
	failed   = "failed"    // without one
	notAsked = "not_asked" // before its turn came
)

// Counts returns two numbers since the start: the failed attempts to get a token
// of a configured target, by reason, and the requests for tokens of unlisted
// targets, by outcome. Every reason and every outcome is present.
func (p *Poller) Counts() (failures map[status.Reason]uint64, unlisted map[string]uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.errors), maps.Clone(p.unlisted)
}
