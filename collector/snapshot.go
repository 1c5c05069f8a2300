package collector

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"oss_cname_exporter/poller"
)

// Snapshot is the outcome of one poll, to be put beside other series as a
// prometheus.Collector, or to be told by itself as a prometheus.Gatherer.
type Snapshot struct {
	results []poller.Result
	own     []string // names of the targets' own labels
	now     func() time.Time
	series  []series // of every target, and from plain on of those with checks
	plain   int
}

// Results returns what the poll found out.
func (s *Snapshot) Results() []poller.Result { return s.results }

// Describe implements prometheus.Collector.
func (s *Snapshot) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range s.descs() {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *Snapshot) Collect(ch chan<- prometheus.Metric) {
	descs := s.descs()
	s.each(func(i int, m *sample) {
		m.desc = descs[i]
		ch <- m
	})
}

// Gather implements prometheus.Gatherer. A registry would do the same; to set
// one up costs nearly as much as to ask OSS about one target.
func (s *Snapshot) Gather() ([]*dto.MetricFamily, error) {
	n := len(s.results)
	metrics := make([]dto.Metric, len(s.series)*n)
	places := make([]*dto.Metric, len(s.series)*n)
	made := make([]dto.MetricFamily, len(s.series))
	families := make([]*dto.MetricFamily, len(s.series))
	for i := range s.series {
		if i > 0 && s.series[i].name == s.series[i-1].name {
			families[i] = families[i-1]
			continue
		}
		families[i] = &made[i]
		families[i].Metric = places[i*n : i*n : (i+1)*n]
		s.series[i].describe(families[i])
	}
	s.each(func(i int, m *sample) {
		_ = m.Write(&metrics[0]) // never fails
		families[i].Metric = append(families[i].Metric, &metrics[0])
		metrics = metrics[1:]
	})
	return slices.DeleteFunc(slices.Compact(families), func(f *dto.MetricFamily) bool { return len(f.Metric) == 0 }), nil
}

// descs returns the description of each of s.series.
func (s *Snapshot) descs() []*prometheus.Desc {
	descs := make([]*prometheus.Desc, len(s.series))
	for i, f := range s.series {
		labels := slices.Concat([]string{"bucket", "cname"}, s.own, f.extra)
		descs[i] = prometheus.V2.NewDesc(f.name, f.help, prometheus.UnconstrainedLabels(labels), nil, prometheus.WithUnit(f.unit))
	}
	return descs
}

// each makes every sample, with the index of its series.
func (s *Snapshot) each(yield func(series int, m *sample)) {
	now := s.now()
	for k := range s.results {
		r := &s.results[k]
		labels := s.labels(r)
		series := s.of(r)
		samples := make([]sample, len(series)) // one allocation for all
		for i, f := range series {
			v, extra, ok := f.value(r, now)
			if !ok {
				continue
			}
			samples[i].kind, samples[i].value = f.kind, v
			samples[i].labels = with(labels, f.extra, extra)
			yield(i, &samples[i])
		}
	}
}

// of returns the series that r has a part in.
func (s *Snapshot) of(r *poller.Result) []series {
	if r.Target.Checks.Any() {
		return s.series
	}
	return s.series[:s.plain]
}

// describe tells family what f's samples have in common.
func (f *series) describe(family *dto.MetricFamily) {
	family.Name, family.Help, family.Type = &f.name, &f.help, f.kind.ToDTO()
	if f.unit != "" {
		family.Unit = &f.unit
	}
}

// labels returns the labels that all series of r share, sorted by name.
func (s *Snapshot) labels(r *poller.Result) []*dto.LabelPair {
	pairs := make([]*dto.LabelPair, 0, 2+len(s.own))
	pairs = append(pairs, pair("bucket", r.Target.Bucket), pair("cname", r.Target.Cname()))
	for _, name := range s.own {
		pairs = append(pairs, pair(name, r.Target.Labels[name]))
	}
	slices.SortFunc(pairs, byName)
	return pairs
}

// with returns labels and the extra ones, sorted by name.
func with(labels []*dto.LabelPair, names, values []string) []*dto.LabelPair {
	if len(names) == 0 {
		return labels
	}
	labels = slices.Clone(labels)
	for i, name := range names {
		labels = append(labels, pair(name, values[i]))
	}
	slices.SortFunc(labels, byName)
	return labels
}

func pair(name, value string) *dto.LabelPair {
	p := &struct { // one allocation for all
		dto.LabelPair
		name, value string
	}{name: name, value: value}
	p.Name, p.Value = &p.name, &p.value
	return &p.LabelPair
}

func byName(a, b *dto.LabelPair) int { return strings.Compare(a.GetName(), b.GetName()) }

// sample is a const metric that shares its labels with the target's other
// series: prometheus.MustNewConstMetric would build and sort them for each.
type sample struct {
	desc   *prometheus.Desc
	kind   prometheus.ValueType
	value  float64
	labels []*dto.LabelPair
	gauge  dto.Gauge // what Write points to, unless it is a counter
}

// Desc implements prometheus.Metric.
func (s *sample) Desc() *prometheus.Desc { return s.desc }

// Write implements prometheus.Metric.
func (s *sample) Write(m *dto.Metric) error {
	m.Label = s.labels
	if s.kind == prometheus.CounterValue {
		m.Counter = &dto.Counter{Value: &s.value}
	} else {
		s.gauge.Value = &s.value
		m.Gauge = &s.gauge
	}
	return nil
}
