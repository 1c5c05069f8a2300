// Package discovery owns what the accounts have bound and nobody configured. It
// looks only while somebody wants to see it, seldom and one call after the
// other: what it finds is a help to people, and never worth a scrape.
package discovery

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/go-kit/log"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/ossclient"
)

// Interval is how long what a look found is not looked for again.
const Interval = 10 * time.Minute

// retry is the same after a look that did not come to its end.
const retry = time.Minute

// Lister asks OSS which buckets an account has and what is bound to the bucket
// of a target. The errors are *ossclient.Error.
type Lister interface {
	ListBuckets(ctx context.Context, a config.Account, marker string) (ossclient.Buckets, error)
	ListCname(ctx context.Context, t *config.Target) ([]ossclient.Binding, error)
}

// Asker has a question asked of an account on the terms that all share.
type Asker interface {
	Ask(ctx context.Context, cfg *config.Config, a config.Account, do func(context.Context) error) poller.Attempt
}

// Options configures a Discovery. The zero value works.
type Options struct {
	Logger  log.Logger       // gets each change of what a look failed for; nil is nobody
	Now     func() time.Time // nil is time.Now
	Buckets int              // most buckets of an account that a look asks about; 0 is 1000
}

// Discovery remembers what its looks found. It is safe for concurrent use.
type Discovery struct {
	lister  Lister
	asker   Asker
	logger  log.Logger
	now     func() time.Time
	buckets int
	wanted  chan *config.Config

	mu       sync.Mutex // guards the map and all that it holds
	accounts map[config.Account]*account
}

// account is what is known of one account.
type account struct {
	found
	looking bool
}

// New returns a Discovery that finds nothing until it runs.
func New(lister Lister, asker Asker, opts Options) *Discovery {
	if opts.Logger == nil {
		opts.Logger = log.NewNopLogger()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Discovery{
		lister:   lister,
		asker:    asker,
		logger:   opts.Logger,
		now:      opts.Now,
		buckets:  cmp.Or(opts.Buckets, 1000),
		wanted:   make(chan *config.Config, 1),
		accounts: map[config.Account]*account{},
	}
}

// Run looks whenever what Peek tells is too old, until ctx is done. Accounts are
// looked at side by side: one that hangs hides no other.
func (d *Discovery) Run(ctx context.Context) {
	var looks sync.WaitGroup
	defer looks.Wait()
	for {
		select {
		case cfg := <-d.wanted:
			for _, a := range cfg.Discover {
				if before, due := d.begin(a); due {
					looks.Go(func() { d.end(ctx, a, d.look(ctx, cfg, a, before)) })
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// begin opens a look at a if one is due, and returns what was found before.
func (d *Discovery) begin(a config.Account) (before found, due bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.accounts[a]
	if known == nil {
		known = &account{}
		d.accounts[a] = known
	}
	if known.looking || d.now().Before(known.next) {
		return found{}, false
	}
	known.looking = true
	return known.found, true
}

// end closes a look. An account that a reload has dropped meanwhile stays so,
// and a look that ctx broke off has nothing to tell.
func (d *Discovery) end(ctx context.Context, a config.Account, after found) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.accounts[a]; known != nil && ctx.Err() == nil {
		d.log(a, known.attempt, after.attempt)
		*known = account{found: after}
	}
}

// Retain forgets the accounts that cfg does not discover.
func (d *Discovery) Retain(cfg *config.Config) {
	keep := map[config.Account]bool{}
	for _, a := range cfg.Discover {
		keep[a] = true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for a := range d.accounts {
		if !keep[a] {
			delete(d.accounts, a)
		}
	}
}
