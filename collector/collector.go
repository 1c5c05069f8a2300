// Package collector turns what is true of the targets into metrics. A scrape is
// one poll and one immutable Snapshot of it; collecting a Snapshot asks nobody
// anything.
//
// A series is a row of the table of metrics. API and Totals are the exporter's own
// series.
package collector

import (
	"context"
	"errors"
	"time"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

// Poller finds out what is true of targets; see poller.Poller.
type Poller interface {
	Poll(ctx context.Context, targets []config.Target) []status.Status
}

// Options configures a Collector. The zero value works.
type Options struct {
	Log    *changelog.Log   // gets the statuses of each scrape; nil logs nothing
	Memory *judge.Memory    // judges the statuses of each scrape; nil is one of its own
	Now    func() time.Time // nil is time.Now
}

// Collector makes scrapes.
type Collector struct {
	poller   Poller
	log      *changelog.Log
	memory   *judge.Memory
	now      func() time.Time
	families [][]series // as in Snapshot
}

// New returns a Collector on p.
func New(p Poller, opts Options) *Collector {
	if opts.Log == nil {
		opts.Log = changelog.New(changelog.Options{})
	}
	if opts.Memory == nil {
		opts.Memory = judge.NewMemory()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Collector{poller: p, log: opts.Log, memory: opts.Memory, now: opts.Now, families: families()}
}

// Names returns the names of all series that a target can have: what documents,
// alerts and dashboard may speak of.
func Names() []string {
	var names []string
	for _, family := range families() {
		names = append(names, family[0].name)
	}
	return names
}

// Scrape polls targets until ctx ends and returns the metrics of all of them.
// labels are the names of the targets' own labels: a target that lacks one has
// it empty.
func (c *Collector) Scrape(ctx context.Context, targets []config.Target, labels []string) *Snapshot {
	statuses := c.poller.Poll(ctx, targets)
	now := c.now()
	c.log.Update(targets, statuses, now)
	problems := c.memory.Observe(now, len(statuses), func(i int) judge.Case { return targets[i].Case(&statuses[i], now) })
	return c.of(targets, statuses, labels, problems)
}

// Known returns the metrics of targets whose statuses are what is known without
// asking. What was never asked is not_probed.
func (c *Collector) Known(targets []config.Target, statuses []status.Status, labels []string) *Snapshot {
	for i := range statuses {
		if statuses[i].Attempt.Ended.IsZero() {
			statuses[i].Attempt = status.Attempt{Ended: c.now(), Reason: status.ReasonNotProbed, Err: errors.New("not asked: the scrape had to end before its turn came")}
		}
	}
	problems := c.memory.Episodes(len(statuses), func(i int) domain.Name { return targets[i].Name })
	return c.of(targets, statuses, labels, problems)
}

func (c *Collector) of(targets []config.Target, statuses []status.Status, labels []string, problems [][]judge.Episode[judge.Level]) *Snapshot {
	s := &Snapshot{targets: targets, statuses: statuses, labels: labels, now: c.now, families: c.families, problems: problems}
	if len(statuses) >= c.memory.Count() { // of all targets
		s.removed = c.memory.Removed()
	}
	return s
}
