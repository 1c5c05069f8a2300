package collector

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

// Configuration tells which configuration is in force and how that came about.
type Configuration interface {
	Config() *config.Config
	Loaded() (at time.Time, err error)
}

// TotalCounts are those of all targets together; see poller.Poller.
type TotalCounts interface {
	Counts() (failures map[status.Reason]uint64, unlisted map[string]uint64)
}

// Totals has the series of the exporter as a whole: its configuration, the
// failures of all targets together, and the judgement that is about no single one.
type Totals struct {
	config Configuration
	counts TotalCounts
	memory *judge.Memory
	now    func() time.Time
	began  time.Time // since when the counters count
	rows   []total
}

// NewTotals returns the Totals of the configuration in force, of counts, and of
// memory. A nil one leaves its series out; a nil now is time.Now.
func NewTotals(c Configuration, counts TotalCounts, memory *judge.Memory, now func() time.Time) *Totals {
	if now == nil {
		now = time.Now
	}
	t := &Totals{config: c, counts: counts, memory: memory, now: now, began: now()}
	if c != nil {
		t.rows = append(t.rows, ofConfiguration...)
	}
	if counts != nil {
		t.rows = append(t.rows, ofCounts...)
	}
	if memory != nil {
		t.rows = append(t.rows, ofMemory...)
	}
	for i := range t.rows {
		row := &t.rows[i]
		opts := []prometheus.DescOpt{}
		if strings.HasSuffix(row.name, "_seconds") {
			opts = append(opts, prometheus.WithUnit("seconds"))
		}
		row.desc = prometheus.V2.NewDesc(row.name, row.help, prometheus.UnconstrainedLabels(row.labels), nil, opts...)
	}
	return t
}

// total is one family of Totals.
type total struct {
	name, help string
	isCounter  bool
	labels     []string
	value      func(n *numbers, add func(v float64, labels ...string))
	desc       *prometheus.Desc
}

// numbers are those of one scrape.
type numbers struct {
	cfg      *config.Config
	loaded   time.Time
	refused  error
	failures map[status.Reason]uint64
	unlisted map[string]uint64
	asked    int
	causes   []judge.Episode[judge.Shared]
}

// Describe implements prometheus.Collector.
func (t *Totals) Describe(ch chan<- *prometheus.Desc) {
	for i := range t.rows {
		ch <- t.rows[i].desc
	}
}

// Collect implements prometheus.Collector.
func (t *Totals) Collect(ch chan<- prometheus.Metric) {
	var n numbers
	if t.config != nil {
		n.loaded, n.refused = t.config.Loaded()
		n.cfg = t.config.Config()
	}
	if t.counts != nil {
		n.failures, n.unlisted = t.counts.Counts()
	}
	if t.memory != nil {
		n.asked, n.causes = t.memory.Totals(t.now())
	}
	for i := range t.rows {
		row := &t.rows[i]
		row.value(&n, func(v float64, labels ...string) {
			if row.isCounter {
				ch <- prometheus.MustNewConstMetricWithCreatedTimestamp(row.desc, prometheus.CounterValue, v, t.began, labels...)
				return
			}
			ch <- prometheus.MustNewConstMetric(row.desc, prometheus.GaugeValue, v, labels...)
		})
	}
}

// The series of each part.
var (
	ofConfiguration = []total{ //nolint:gochecknoglobals // a constant for which Go has no syntax
		{
			name: "oss_cname_exporter_targets", help: "Configured targets, of this shard alone.",
			value: func(n *numbers, add func(float64, ...string)) { add(float64(len(n.cfg.Targets))) },
		},
		{
			name:  "oss_cname_exporter_targets_checksum",
			help:  "Checksum of the names of these targets: exporters that watch the same domains have the same.",
			value: func(n *numbers, add func(float64, ...string)) { add(float64(n.cfg.Checksum)) },
		},
		{
			name: "oss_cname_exporter_shard", help: "Which part of the targets this exporter watches, from 0.",
			value: func(n *numbers, add func(float64, ...string)) { add(float64(n.cfg.Part.Ordinal)) },
		},
		{
			name: "oss_cname_exporter_shards", help: "How many exporters share the targets; 1 if this one watches all.",
			value: func(n *numbers, add func(float64, ...string)) { add(float64(max(1, n.cfg.Part.Total))) },
		},
		{
			name:  "oss_cname_exporter_config_last_reload_successful",
			help:  "1 if the last attempt to load the configuration succeeded, 0 if it was refused and the one before stays in force.",
			value: func(n *numbers, add func(float64, ...string)) { add(number(n.refused == nil)) },
		},
		{
			name:  "oss_cname_exporter_config_last_reload_success_timestamp_seconds",
			help:  "When the configuration in force was loaded, in Unix time.",
			value: func(n *numbers, add func(float64, ...string)) { add(unix(n.loaded)) },
		},
	}

	ofCounts = []total{ //nolint:gochecknoglobals // as above
		{
			name: "oss_cname_exporter_probe_errors_total", isCounter: true, labels: []string{"reason"},
			help: "Attempts that got no definitive answer, over all configured targets, by reason.",
			value: func(n *numbers, add func(float64, ...string)) {
				for reason, count := range n.failures {
					add(float64(count), string(reason))
				}
			},
		},
		{
			name: "oss_cname_exporter_unlisted_probes_total", isCounter: true, labels: []string{"outcome"},
			help: "Probes of targets that are not configured, by outcome: answered, failed, not_asked.",
			value: func(n *numbers, add func(float64, ...string)) {
				for outcome, count := range n.unlisted {
					add(float64(count), outcome)
				}
			},
		},
	}

	ofMemory = []total{ //nolint:gochecknoglobals // as above
		{
			name: "oss_cname_account_problem", labels: []string{"account", "region", "check", "reason", "severity"},
			help: "1 for a failure that most domains of an account share now, 0 for one that ended within the last hour. Absent otherwise.",
			value: func(n *numbers, add func(float64, ...string)) {
				for _, e := range n.causes {
					add(number(!e.IsOver()), e.Of.Account, e.Of.Region, string(e.Of.Check), string(e.Of.Reason), string(e.Of.Severity))
				}
			},
		},
		{
			name:  "oss_cname_exporter_targets_asked",
			help:  "Configured targets that a scrape or a probe asked about within the last ten minutes.",
			value: func(n *numbers, add func(float64, ...string)) { add(float64(n.asked)) },
		},
	}
)
