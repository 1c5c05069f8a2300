// Package discovery finds the domains that are bound to the buckets of an account
// and are not configured. It scans an account only when its result is requested,
// at most every ten minutes, and makes one call at a time: scrapes come first.
//
// Refresh starts the scans that are due. Report returns the results of the last
// scans.
package discovery

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/go-kit/log"

	"oss_cname_exporter/internal/clock"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/ossclient"
)

// Interval is the time between two scans of an account.
const Interval = 10 * time.Minute

// retry is the same after a scan that did not come to its end.
const retry = time.Minute

// Lister asks OSS for the buckets of an account and for the domains that are bound
// to a bucket.
// The errors are *ossclient.Error.
type Lister interface {
	ListBuckets(ctx context.Context, a *config.Account, marker string) (ossclient.Buckets, error)
	ListCname(ctx context.Context, a *config.Account, bucket string) ([]ossclient.Binding, error)
}

// Options configures a Discovery. The zero value works.
type Options struct {
	Logger  log.Logger       // gets each change of why a scan failed; nil logs nothing
	Now     func() time.Time // nil is time.Now
	Buckets int              // how many buckets of an account are asked about at most; 0 is 1000
}

// Discovery keeps the results of its scans. It is safe for concurrent use.
type Discovery struct {
	lister    Lister
	scheduler *schedule.Scheduler
	logger    log.Logger
	now       func() time.Time
	buckets   int
	wanted    chan *config.Config // for Run

	mu       sync.Mutex // guards the map and all that it holds
	accounts map[config.Account]*accountScan
}

// accountScan is the state of the scans of one account.
type accountScan struct {
	findings
	scanning bool
}

// New returns a Discovery that finds nothing until it runs. Its calls go through s.
func New(lister Lister, s *schedule.Scheduler, opts Options) *Discovery {
	if opts.Logger == nil {
		opts.Logger = log.NewNopLogger()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Discovery{
		lister:    lister,
		scheduler: s,
		logger:    opts.Logger,
		now:       opts.Now,
		buckets:   cmp.Or(opts.Buckets, 1000),
		wanted:    make(chan *config.Config, 1),
		accounts:  map[config.Account]*accountScan{},
	}
}

// Refresh starts the scans of cfg's accounts that are due, and does not wait.
func (d *Discovery) Refresh(cfg *config.Config) {
	select {
	case d.wanted <- cfg:
	default: // they are about to be started
	}
}

// Run makes the scans that Refresh asks for, until ctx is done. Accounts are
// scanned side by side: one that hangs hides no other.
func (d *Discovery) Run(ctx context.Context) {
	var scans sync.WaitGroup
	defer scans.Wait()
	for {
		select {
		case cfg := <-d.wanted:
			for i := range cfg.Discover {
				a := &cfg.Discover[i]
				if before, due := d.begin(*a); due {
					scans.Go(func() { d.end(ctx, *a, d.scan(ctx, cfg, a, before)) })
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// begin opens a scan of a if one is due, and returns the findings before it.
func (d *Discovery) begin(a config.Account) (before findings, due bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.accounts[a]
	if known == nil {
		known = &accountScan{}
		d.accounts[a] = known
	}
	if known.scanning || clock.Within(known.pause, known.ended, d.now()) {
		return findings{}, false
	}
	known.scanning = true
	return known.findings, true
}

// end closes a scan. The result is not used if a reload has dropped the account
// meanwhile, or if ctx ended the scan.
func (d *Discovery) end(ctx context.Context, a config.Account, after findings) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.accounts[a]; known != nil && ctx.Err() == nil {
		d.log(&a, known.attempt, after.attempt)
		after.ended = d.now()
		*known = accountScan{findings: after}
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
