// Package collector turns what the poller knows into metrics. A scrape is one
// poll and one immutable snapshot of it; collecting a snapshot asks nobody
// anything.
package collector

import (
	"context"
	"slices"
	"time"

	"github.com/go-kit/log"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/poller"
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
	series []series // as in Snapshot
	plain  int
}

// New returns a Collector on p.
func New(p Poller, opts Options) *Collector {
	if opts.Logger == nil {
		opts.Logger = log.NewNopLogger()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	plain := targetSeries()
	return &Collector{poller: p, logger: opts.Logger, now: opts.Now, series: append(plain, checkSeries()...), plain: len(plain)}
}

// Names returns the names of all series that a target can have: what documents,
// alerts and dashboard may speak of.
func Names() []string {
	var names []string
	for _, f := range append(targetSeries(), checkSeries()...) {
		names = append(names, f.name)
	}
	return slices.Compact(names)
}

// Scrape polls the targets of cfg until ctx ends and returns the metrics of
// all of them.
func (c *Collector) Scrape(ctx context.Context, cfg *config.Config) *Snapshot {
	results := c.poller.Poll(ctx, cfg)
	c.logChanges(results)
	return &Snapshot{results: results, own: cfg.LabelNames(), now: c.now, series: c.seriesOf(cfg), plain: c.plain}
}

// seriesOf returns the series that some target of cfg has a part in.
func (c *Collector) seriesOf(cfg *config.Config) []series {
	for i := range cfg.Targets {
		if cfg.Targets[i].Checks.Any() {
			return c.series
		}
	}
	return c.series[:c.plain]
}
