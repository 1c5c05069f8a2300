package collector

import (
	"hash/crc32"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

// NewRegistry returns a registry of the exporter's own series: the process', the
// build's, and those of parts.
func NewRegistry(parts ...prometheus.Collector) *prometheus.Registry {
	registry := NewRegistryWithoutProcess(parts...)
	registry.MustRegister(
		// Its gauge go_memstats_alloc_bytes is go_memstats_heap_alloc_bytes under another name, and in OpenMetrics one
		// family with the counter go_memstats_alloc_bytes_total: strict parsers refuse the whole exposition.
		except{collectors.NewGoCollector(), "go_memstats_alloc_bytes"},
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return registry
}

// NewRegistryWithoutProcess is NewRegistry without go_* and process_*.
func NewRegistryWithoutProcess(parts ...prometheus.Collector) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(version.NewCollector("oss_cname_exporter"))
	registry.MustRegister(parts...)
	return registry
}

// except is a collector without the metrics of one name.
type except struct {
	prometheus.Collector
	name string
}

// Describe implements prometheus.Collector.
func (e except) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(e, ch) }

// Collect implements prometheus.Collector.
func (e except) Collect(ch chan<- prometheus.Metric) {
	all := make(chan prometheus.Metric)
	go func() {
		defer close(all)
		e.Collector.Collect(all)
	}()
	named := `fqName: "` + e.name + `"`
	for m := range all {
		if !strings.Contains(m.Desc().String(), named) {
			ch <- m
		}
	}
}

// API measures the calls to OSS, STS and DNS servers.
type API struct {
	calls    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	skewDesc *prometheus.Desc
	skew     atomic.Pointer[time.Duration] // nil until OSS answered
}

// NewAPI returns an API that was told of nothing yet.
func NewAPI() *API {
	return &API{calls: newCallsCounter(), duration: newAPIDuration(), skewDesc: newClockSkewDesc()}
}

// Call counts one call that is none of OSS; an account of "" is none.
func (a *API) Call(account, operation string) { a.calls.WithLabelValues(account, operation).Inc() }

// APIRequest counts one call to OSS, and takes in how long OSS took to begin its
// answer.
func (a *API) APIRequest(account, operation string, took time.Duration) {
	a.calls.WithLabelValues(account, operation).Inc()
	a.duration.WithLabelValues(operation).Observe(took.Seconds())
}

// ClockSkew takes in our clock minus OSS's.
func (a *API) ClockSkew(skew time.Duration) { a.skew.Store(&skew) }

// Describe implements prometheus.Collector.
func (a *API) Describe(ch chan<- *prometheus.Desc) {
	a.calls.Describe(ch)
	a.duration.Describe(ch)
	ch <- a.skewDesc
}

// Collect implements prometheus.Collector.
func (a *API) Collect(ch chan<- prometheus.Metric) {
	a.calls.Collect(ch)
	a.duration.Collect(ch)
	if skew := a.skew.Load(); skew != nil {
		ch <- prometheus.MustNewConstMetric(a.skewDesc, prometheus.GaugeValue, skew.Seconds())
	}
}

// Configuration tells which configuration is in force and how that came about.
type Configuration interface {
	Config() *config.Config
	Loaded() (at time.Time, err error)
}

// TotalCounts are those of all targets together; see poller.Poller.
type TotalCounts interface {
	Counts() (failures map[status.Reason]uint64, unlisted map[string]uint64)
}

// Totals has the series of the exporter as a whole: its configuration and
// the failures of all targets together.
type Totals struct {
	config Configuration
	counts TotalCounts
	descs  totalsDescs
}

// NewTotals returns the Totals of the configuration in force and of counts.
func NewTotals(c Configuration, counts TotalCounts) *Totals {
	return &Totals{config: c, counts: counts, descs: newTotalsDescs()}
}

// Describe implements prometheus.Collector.
func (t *Totals) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(t, ch) }

// Collect implements prometheus.Collector.
func (t *Totals) Collect(ch chan<- prometheus.Metric) {
	at, err := t.config.Loaded()
	gauge := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	cfg := t.config.Config()
	gauge(t.descs.targets, float64(len(cfg.Targets)))
	var checksum uint32 // tells sets of targets apart, whatever their order
	for i := range cfg.Targets {
		checksum ^= crc32.ChecksumIEEE([]byte(cfg.Targets[i].String()))
	}
	gauge(t.descs.checksum, float64(checksum))
	gauge(t.descs.shard, float64(cfg.Part.Ordinal))
	gauge(t.descs.shards, float64(max(1, cfg.Part.Total)))
	gauge(t.descs.reloadSuccessful, boolean(err == nil))
	gauge(t.descs.reloadTimestamp, unix(at))
	failures, unlisted := t.counts.Counts()
	for reason, n := range failures {
		ch <- prometheus.MustNewConstMetric(t.descs.errors, prometheus.CounterValue, float64(n), string(reason))
	}
	for outcome, n := range unlisted {
		ch <- prometheus.MustNewConstMetric(t.descs.unlisted, prometheus.CounterValue, float64(n), outcome)
	}
}

// Judgement is the part of the judgement that is about no single target.
type Judgement struct {
	memory *judge.Memory
	now    func() time.Time
	descs  judgementDescs
}

// NewJudgement returns the Judgement of memory; a nil now is time.Now.
func NewJudgement(memory *judge.Memory, now func() time.Time) *Judgement {
	if now == nil {
		now = time.Now
	}
	return &Judgement{memory: memory, now: now, descs: newJudgementDescs()}
}

// Describe implements prometheus.Collector.
func (j *Judgement) Describe(ch chan<- *prometheus.Desc) {
	ch <- j.descs.problem
	ch <- j.descs.asked
}

// Collect implements prometheus.Collector.
func (j *Judgement) Collect(ch chan<- prometheus.Metric) {
	asked, causes := j.memory.Totals(j.now())
	ch <- prometheus.MustNewConstMetric(j.descs.asked, prometheus.GaugeValue, float64(asked))
	for _, e := range causes {
		of := e.Of
		ch <- prometheus.MustNewConstMetric(j.descs.problem, prometheus.GaugeValue, boolean(!e.IsOver()),
			of.Account, of.Region, string(of.Check), string(of.Reason), string(of.Severity))
	}
}

// NewExternalURL returns the series that tells rules where the exporter's pages
// are.
func NewExternalURL(url string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "oss_cname_exporter_external_url_info", ConstLabels: prometheus.Labels{"url": url},
		Help: "1; its label is the URL of the exporter's pages, without a final slash. Absent unless --web.external-url is set.",
	}, func() float64 { return 1 })
}

// NewRefused returns the counter of refused HTTP requests, by status, each from
// zero.
func NewRefused() *Refused {
	r := &Refused{newRefusedCounter()}
	for _, code := range []int{400, 403, 503} {
		r.WithLabelValues(strconv.Itoa(code))
	}
	return r
}

// Refused counts refused HTTP requests.
type Refused struct{ *prometheus.CounterVec }

// Count takes in one of them.
func (r *Refused) Count(code int) { r.WithLabelValues(strconv.Itoa(code)).Inc() }

// NewConnections returns the counter of closed HTTP connections, with each of
// outcomes from zero.
func NewConnections(outcomes ...string) *prometheus.CounterVec {
	c := newConnectionsCounter()
	for _, outcome := range outcomes {
		c.WithLabelValues(outcome)
	}
	return c
}
