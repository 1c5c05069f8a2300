// Package collector turns what the poller knows into metrics. A scrape is one
// poll and one immutable snapshot of it; collecting a snapshot asks nobody
// anything.
package collector

import (
	"context"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"

	"oss_cname_exporter/config"
	"oss_cname_exporter/poller"
)

// Poller finds out what is true of the targets of a configuration.
type Poller interface {
	Poll(ctx context.Context, cfg *config.Config) []poller.Result
	Errors() map[poller.Reason]uint64
}

// Options configures a Collector. The zero value works.
type Options struct {
	Logger log.Logger       // gets each change of a target's state; nil is nobody
	Now    func() time.Time // nil is time.Now
}

// Collector makes scrapes.
type Collector struct {
	poller Poller
	logger log.Logger
	now    func() time.Time
}

// New returns a Collector on p.
func New(p Poller, opts Options) *Collector {
	if opts.Logger == nil {
		opts.Logger = log.NewNopLogger()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Collector{poller: p, logger: opts.Logger, now: opts.Now}
}

// Scrape polls the targets of cfg until ctx ends and returns the metrics of
// all of them, to be collected once.
func (c *Collector) Scrape(ctx context.Context, cfg *config.Config) prometheus.Collector {
	results := c.poller.Poll(ctx, cfg)
	for _, r := range results {
		c.logChange(r)
	}
	return newSnapshot(results, cfg.LabelNames(), c.now)
}

// logChange logs what is news about a target, once and not at every scrape.
func (c *Collector) logChange(r poller.Result) {
	is := r.Outcome()
	if is == r.Was {
		return
	}
	logger := log.With(c.logger, "bucket", r.Target.Bucket, "cname", r.Target.Cname(), "state", is, "was", r.Was)
	switch {
	case r.Attempt.Err != nil:
		level.Warn(logger).Log("msg", "probe failed", "err", r.Attempt.Err)
	case r.Was == "":
		level.Debug(logger).Log("msg", "probe succeeded for the first time")
	default:
		level.Info(logger).Log("msg", "state changed")
	}
}
