// Package collector turns what the poller knows into metrics. A scrape is one
// poll and one immutable snapshot of it; collecting a snapshot asks nobody
// anything.
package collector

import (
	"context"
	"slices"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

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

// Scrape polls the targets of cfg until ctx ends and returns the metrics of
// all of them, to be collected once.
func (c *Collector) Scrape(ctx context.Context, cfg *config.Config) *Snapshot {
	results := c.poller.Poll(ctx, cfg)
	c.logChanges(results)
	return &Snapshot{results: results, own: cfg.LabelNames(), now: c.now, series: c.seriesOf(cfg), plain: c.plain}
}

// seriesOf returns the series that some target of cfg has a part in.
func (c *Collector) seriesOf(cfg *config.Config) []series {
	if slices.ContainsFunc(cfg.Targets, func(t config.Target) bool { return t.Checks.Any() }) {
		return c.series
	}
	return c.series[:c.plain]
}

// outcomeCredentials fails all targets of an account at once.
const outcomeCredentials poller.Outcome = "credentials"

// change is news about some targets of an account.
type change struct {
	account string
	is, was poller.Outcome
}

// logChanges logs what is news, once and not at every scrape. That an
// account's credentials fail or work again is one line, however many targets
// it has.
func (c *Collector) logChanges(results []poller.Result) {
	together := map[change]int{} // how many targets
	for _, r := range results {
		c.logChecks(r)
		switch news := changeOf(r); {
		case news.is == news.was:
		case news.is == outcomeCredentials || news.was == outcomeCredentials:
			together[news]++
		default:
			c.log(r, "bucket", r.Target.Bucket, "cname", r.Target.Cname())
		}
	}
	for _, r := range results {
		news := changeOf(r)
		if n := together[news]; n > 0 {
			c.log(r, "account", news.account, "targets", n)
			delete(together, news)
		}
	}
}

func changeOf(r poller.Result) change {
	return change{r.Target.Account.Name, r.Outcome(), r.Was}
}

// log tells of r; about is pairs of key and value.
func (c *Collector) log(r poller.Result, about ...any) {
	logger := log.With(log.With(c.logger, about...), "state", r.Outcome(), "was", r.Was)
	switch {
	case r.Target.Unlisted: // nothing is remembered of it, so all is news for ever
		level.Debug(logger).Log("msg", "probed a target that is not configured", "err", r.Attempt.Err)
	case r.Attempt.Err != nil:
		level.Warn(logger).Log("msg", "probe failed", "err", r.Attempt.Err)
	case r.Was == "":
		level.Debug(logger).Log("msg", "probe succeeded for the first time")
	default:
		level.Info(logger).Log("msg", "state changed")
	}
}

// logChecks logs which checks of r began to fail, and which work again. That
// the account's credentials do is said already.
func (c *Collector) logChecks(r poller.Result) {
	for check, status := range r.Checks {
		is, was := status.Outcome(), status.Was
		if is == was || is == outcomeCredentials || was == outcomeCredentials {
			continue
		}
		logger := log.With(c.logger, "bucket", r.Target.Bucket, "cname", r.Target.Cname(), "check", check, "state", is, "was", was)
		switch {
		case status.Attempt.Err != nil:
			level.Warn(logger).Log("msg", "check failed", "err", status.Attempt.Err)
		case was != "":
			level.Info(logger).Log("msg", "check works again")
		}
	}
}
