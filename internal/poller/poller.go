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
	sweepAt  time.Time // when the next removed entry may be evicted; zero is never
	polls    []*poll   // under way, of more than one target; the oldest first
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
		for _, c := range p.checks {
			if t := &cfg.Targets[i]; c.isOn(t) {
				configured[c.key(t)] = true
			}
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

// Peek returns the remembered status of each target, in their order. It makes no
// call.
func (p *Poller) Peek(targets []config.Target) []status.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	statuses := make([]status.Status, len(targets))
	for i := range targets {
		t := &targets[i]
		var token *cacheEntry
		for k := range p.checks {
			c := &p.checks[k]
			if !c.isOn(t) {
				continue
			}
			e := p.cache[c.key(t)]
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
