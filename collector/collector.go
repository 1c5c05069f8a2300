// Package collector turns the statuses of the targets into metrics. A scrape is
// one poll and one immutable Snapshot of it; collecting a Snapshot makes no
// request.
//
// A series is a row of the table of metrics. It adds the samples of a targetStatus,
// which is a target with all that is known of it. API and Totals are the exporter's
// own series.
package collector

import (
	"context"
	"errors"
	"slices"
	"time"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

// Poller returns the statuses of targets; see poller.Poller.
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
	poller Poller
	log    *changelog.Log
	memory *judge.Memory
	now    func() time.Time
	table  []series
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
	return &Collector{poller: p, log: opts.Log, memory: opts.Memory, now: opts.Now, table: newTable()}
}

// newTable returns every series that a target can have, with its description.
func newTable() []series {
	table := slices.Concat(tokenSeries, checkSeries)
	for i := range table {
		f := &table[i]
		f.ofChecks = i >= len(tokenSeries)
		f.described = [2]string{f.describe(false), f.describe(true)}
	}
	return table
}

// Names returns the names of all series that a target can have, which documents,
// alerts and dashboard may name.
func Names() []string {
	var names []string
	for _, f := range newTable() {
		names = append(names, f.name)
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
	judged := c.memory.Observe(now, len(statuses), func(i int) judge.Case { return targets[i].Case(&statuses[i], now) })
	return &Snapshot{targets, statuses, judged, labels, c.now, c.table}
}

// Known returns the metrics of targets with their known statuses, without asking.
// A target that was never asked about is not_probed.
func (c *Collector) Known(targets []config.Target, statuses []status.Status, labels []string) *Snapshot {
	now := c.now()
	for i := range statuses {
		if statuses[i].Attempt.Ended.IsZero() {
			statuses[i].Attempt = status.Attempt{Ended: now, Reason: status.ReasonNotProbed, Err: errors.New("not asked: the scrape had to end before its turn came")}
		}
	}
	judged := c.memory.Known(now, len(statuses), func(i int) domain.Name { return targets[i].Name })
	return &Snapshot{targets, statuses, judged, labels, c.now, c.table}
}
