// Package collector turns the statuses of the targets into metrics. A scrape is
// one poll and one immutable Snapshot of it; collecting a Snapshot makes no
// request.
//
// A series is a row of the table of metrics. API and Totals are the exporter's own
// series.
package collector

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"

	dto "github.com/prometheus/client_model/go"
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

// Names returns the names of all series that a target can have, which documents,
// alerts and dashboard may name.
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

// Known returns the metrics of targets with their known statuses, without asking.
// A target that was never asked about is not_probed.
func (c *Collector) Known(targets []config.Target, statuses []status.Status, labels []string) *Snapshot {
	for i := range statuses {
		if statuses[i].Attempt.Ended.IsZero() {
			statuses[i].Attempt = status.Attempt{Ended: c.now(), Reason: status.ReasonNotProbed, Err: errors.New("not asked: the scrape had to end before its turn came")}
		}
	}
	problems := c.memory.Known(c.now(), len(statuses), func(i int) domain.Name { return targets[i].Name })
	return c.of(targets, statuses, labels, problems)
}

func (c *Collector) of(targets []config.Target, statuses []status.Status, labels []string, problems judge.Observation) *Snapshot {
	s := &Snapshot{targets: targets, statuses: statuses, labels: labels, now: c.now, families: c.families, problems: problems.Problems, removed: problems.Removed}
	if len(s.removed) > 0 {
		s.labels = withLabelsOf(s.removed, labels)
	}
	return s
}

// withLabelsOf returns labels with those of the removed targets: the end of a
// problem is told under the labels that its beginning had.
func withLabelsOf(removed []judge.Removed, labels []string) []string {
	names := map[string]bool{}
	for _, name := range labels {
		names[name] = true
	}
	for i := range removed {
		for name := range removed[i].Labels {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Snapshot is the outcome of one poll. Its families are made one after another,
// so that a scrape of many targets never has all of its samples in memory.
type Snapshot struct {
	targets  []config.Target
	statuses []status.Status // of targets
	labels   []string        // names of the targets' own labels
	now      func() time.Time
	families [][]series                     // rows of one name each
	problems [][]judge.Episode[judge.Level] // of targets
	removed  []judge.Removed                // targets that the configuration has no more
}

// Statuses returns the results of the poll, in the order of the targets; none if
// the client is gone.
func (s *Snapshot) Statuses() []status.Status { return s.statuses }

// Only returns the part of s that has the targets that keep chooses.
func (s *Snapshot) Only(keep func(*config.Target) bool) *Snapshot {
	part := *s
	part.targets, part.statuses, part.problems, part.removed = nil, nil, nil, nil
	for i := range s.statuses {
		if keep(&s.targets[i]) {
			part.targets, part.statuses, part.problems = append(part.targets, s.targets[i]), append(part.statuses, s.statuses[i]), append(part.problems, s.problems[i])
		}
	}
	return &part
}

// Gather implements prometheus.Gatherer. It makes no request and never fails. The
// targets are in the configuration's order.
func (s *Snapshot) Gather() ([]*dto.MetricFamily, error) {
	return slices.Collect(s.metricFamilies(nil)), nil
}

// sample is one value of a family.
type sample struct {
	target *config.Target
	extra  []string // values of the family's extra labels
	value  float64
}

// samples yields the samples of a family.
func (s *Snapshot) samples(family []series) iter.Seq[sample] {
	if family[0].value == nil {
		return s.problemSamples
	}
	return func(yield func(sample) bool) {
		now := s.now()
		for k := range s.statuses {
			t := &s.targets[k]
			if family[0].ofChecks && len(t.Checks.Names()) == 0 {
				continue
			}
			for i := range family {
				if v, extra, ok := family[i].value(t, &s.statuses[k], now); ok && !yield(sample{t, extra, v}) {
					return
				}
			}
		}
	}
}

// problemSamples yields a sample for each problem that a target has, or that
// ended a short while ago.
func (s *Snapshot) problemSamples(yield func(sample) bool) {
	each := func(t *config.Target, episodes []judge.Episode[judge.Level]) bool {
		for _, e := range episodes {
			if !yield(sample{t, []string{string(e.Of.Kind), string(e.Of.Severity)}, boolean(!e.IsOver())}) {
				return false
			}
		}
		return true
	}
	for k, episodes := range s.problems {
		if !each(&s.targets[k], episodes) {
			return
		}
	}
	for i := range s.removed {
		r := &s.removed[i]
		if !each(&config.Target{Name: r.Name, Labels: r.Labels}, r.Problems) {
			return
		}
	}
}

// label is a label of a family: one of the target's, or an extra one.
type label struct {
	name  string
	extra int // place among the extra labels; -1 is a label of the target
}

// labelsOf returns the labels of samples with extra ones, sorted by name.
func (s *Snapshot) labelsOf(extra []string) []label {
	labels := make([]label, 0, 2+len(s.labels)+len(extra))
	labels = append(labels, label{"bucket", -1}, label{"cname", -1})
	for _, name := range s.labels {
		labels = append(labels, label{name, -1})
	}
	for i, name := range extra {
		labels = append(labels, label{name, i})
	}
	slices.SortFunc(labels, func(a, b label) int { return strings.Compare(a.name, b.name) })
	return labels
}

// valueIn returns the value that a sample has of l.
func (l label) valueIn(s sample) string {
	switch {
	case l.extra >= 0:
		return s.extra[l.extra]
	case l.name == "bucket":
		return s.target.Bucket
	case l.name == "cname":
		return s.target.Cname()
	}
	return s.target.Labels[l.name]
}

// metricFamilies yields the families as client_golang has them. A family without
// samples is left out.
func (s *Snapshot) metricFamilies(names []string) iter.Seq[*dto.MetricFamily] {
	return func(yield func(*dto.MetricFamily) bool) {
		for _, rows := range s.families {
			if len(names) > 0 && !slices.Contains(names, rows[0].name) {
				continue
			}
			f, labels := &rows[0], s.labelsOf(rows[0].extra)
			family := &dto.MetricFamily{Name: &f.name, Help: &f.help, Type: &f.kind}
			if f.unit != "" {
				family.Unit = &f.unit
			}
			for sample := range s.samples(rows) {
				family.Metric = append(family.Metric, sample.metric(f.kind, labels))
			}
			if len(family.Metric) > 0 && !yield(family) {
				return
			}
		}
	}
}

func (s sample) metric(kind dto.MetricType, labels []label) *dto.Metric {
	m := &dto.Metric{Label: make([]*dto.LabelPair, len(labels))}
	for i := range labels {
		m.Label[i] = &dto.LabelPair{Name: &labels[i].name, Value: new(labels[i].valueIn(s))}
	}
	if kind == dto.MetricType_COUNTER {
		m.Counter = &dto.Counter{Value: &s.value}
	} else {
		m.Gauge = &dto.Gauge{Value: &s.value}
	}
	return m
}
