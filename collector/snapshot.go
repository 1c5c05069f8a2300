package collector

import (
	"iter"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

// Snapshot is the outcome of one poll. Its families are made one after another,
// so that a scrape of many targets never has all of its samples in memory.
type Snapshot struct {
	targets  []config.Target
	statuses []status.Status // of targets
	judged   judge.Observation
	labels   []string // names of the targets' own labels
	now      func() time.Time
	table    []series
}

// Statuses returns the results of the poll, in the order of the targets; none if
// the client is gone.
func (s *Snapshot) Statuses() []status.Status { return s.statuses }

// Only returns the part of s that has the targets that keep chooses.
func (s *Snapshot) Only(keep func(*config.Target) bool) *Snapshot {
	part := *s
	part.targets, part.statuses, part.judged = nil, nil, judge.Observation{}
	for i := range s.statuses {
		if keep(&s.targets[i]) {
			part.targets, part.statuses = append(part.targets, s.targets[i]), append(part.statuses, s.statuses[i])
			part.judged.Problems = append(part.judged.Problems, s.judged.Problems[i])
		}
	}
	return &part
}

// targetStatus is a target with all that its samples are read from.
type targetStatus struct {
	*status.Status // nil of a removed target
	target         *config.Target
	problems       []judge.Episode[judge.Level]
	now            time.Time
}

// extras are the values of the extra labels of a sample.
type extras [3]string

// sample is one value of a family.
type sample struct {
	target *config.Target
	extras
	value float64
}

// samples yields the samples of a family: those of the targets in their order,
// and of the removed ones.
func (s *Snapshot) samples(f *series) iter.Seq[*sample] {
	return func(yield func(*sample) bool) {
		x, isWanted := &sample{}, true
		add := func(v float64, extra extras) {
			x.value, x.extras = v, extra
			isWanted = isWanted && yield(x)
		}
		of := targetStatus{now: s.now()}
		for k := 0; k < len(s.statuses) && isWanted; k++ {
			of.Status, of.target, of.problems = &s.statuses[k], &s.targets[k], s.judged.Problems[k]
			if x.target = of.target; !f.ofChecks || hasChecks(of.target) {
				f.read(&of, add)
			}
		}
		for k := 0; k < len(s.judged.Removed) && f.ofRemoved && isWanted; k++ {
			r := &s.judged.Removed[k]
			x.target = &config.Target{Name: r.Name, Labels: r.Labels}
			f.read(&targetStatus{target: x.target, problems: r.Problems, now: of.now}, add)
		}
	}
}

// read adds the samples of one targetStatus.
func (f *series) read(of *targetStatus, add func(v float64, extra extras)) {
	switch {
	case f.is != nil:
		if is := f.is(of); is != status.Unknown {
			add(number(is == status.Yes), extras{})
		}
	case f.at != nil:
		if at := f.at(of); !at.IsZero() {
			add(unix(at), extras{})
		}
	case f.word != nil:
		if word := f.word(of); word != "" {
			add(1, extras{word})
		}
	case f.number != nil:
		if v, known := f.number(of); known {
			add(v, extras{})
		}
	default:
		f.each(of, add)
	}
}

// label is a label of a family.
type label struct {
	name  string
	value func(*sample) string
}

// targetLabels returns the labels that every sample has. The end of a removed
// target's problem has the labels that its beginning had.
func (s *Snapshot) targetLabels() []label {
	labels := []label{
		{"bucket", func(x *sample) string { return x.target.Bucket }},
		{"cname", func(x *sample) string { return x.target.Cname() }},
	}
	own := func(name string) {
		if !slices.ContainsFunc(labels, func(l label) bool { return l.name == name }) {
			labels = append(labels, label{name, func(x *sample) string { return x.target.Labels[name] }})
		}
	}
	for _, name := range s.labels {
		own(name)
	}
	for i := range s.judged.Removed {
		for name := range s.judged.Removed[i].Labels {
			own(name)
		}
	}
	return labels
}

// families yields the series with one of names, each with its labels, which are
// sorted by name; no names is all.
func (s *Snapshot) families(names []string) iter.Seq2[*series, []label] {
	common, isChecked := s.targetLabels(), false
	for i := range s.targets {
		isChecked = isChecked || hasChecks(&s.targets[i])
	}
	return func(yield func(*series, []label) bool) {
		for i := range s.table {
			f := &s.table[i]
			if len(names) > 0 && !slices.Contains(names, f.name) || f.ofChecks && !isChecked {
				continue
			}
			labels := slices.Clone(common)
			for k, name := range f.extra {
				labels = append(labels, label{name, func(x *sample) string { return x.extras[k] }})
			}
			slices.SortFunc(labels, func(a, b label) int { return strings.Compare(a.name, b.name) })
			if !yield(f, labels) {
				return
			}
		}
	}
}

// hasChecks reports whether a target has a check switched on.
func hasChecks(t *config.Target) bool { return t.Checks.Binding || t.Checks.DNS || t.Checks.HTTP }

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1e3 }
