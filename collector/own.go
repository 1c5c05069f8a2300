package collector

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"
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

// requestIDPattern is the form of OSS's request ids. An answer may have any text in
// their place, a secret too, and no other text becomes an exemplar.
var requestIDPattern = regexp.MustCompile(`^[0-9A-F]{24}$`)

// API measures the calls to OSS, STS and DNS servers.
type API struct {
	calls    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	skew     *prometheus.GaugeVec // without labels; nothing until OSS answered
}

// NewAPI returns an API that was told of nothing yet.
func NewAPI() *API {
	return &API{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "oss_cname_exporter_calls_total",
			Help: "Requests to OSS by operation, to STS and to the services of credentials (STS), and messages to DNS servers (DNS), by account. DNS has no account.",
		}, []string{"account", "operation"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:                            "oss_cname_exporter_api_request_duration_seconds",
			Help:                            "Seconds from sending a request to OSS to the first byte of its answer or to its failure, each retry by itself.",
			Unit:                            "seconds",
			Buckets:                         []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
			NativeHistogramBucketFactor:     1.1,
			NativeHistogramMaxBucketNumber:  100,
			NativeHistogramMinResetDuration: time.Hour,
		}, []string{"operation"}),
		skew: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "oss_cname_exporter_clock_skew_seconds", Unit: "seconds",
			Help: "This machine's clock minus the clock of OSS at its last answer; OSS refuses requests beyond 900 either way. Absent until OSS answered.",
		}, nil),
	}
}

// Call counts one call that is none of OSS; an account of "" is none.
func (a *API) Call(account, operation string) { a.calls.WithLabelValues(account, operation).Inc() }

// APIRequest counts one call to OSS, and takes in how long OSS took to begin its
// answer. The id by which OSS names the call is the exemplar of its bucket.
func (a *API) APIRequest(account, operation, requestID string, took time.Duration) {
	a.calls.WithLabelValues(account, operation).Inc()
	duration := a.duration.WithLabelValues(operation)
	if exemplars, ok := duration.(prometheus.ExemplarObserver); ok && requestIDPattern.MatchString(requestID) {
		exemplars.ObserveWithExemplar(took.Seconds(), prometheus.Labels{"request_id": requestID})
		return
	}
	duration.Observe(took.Seconds())
}

// ClockSkew takes in our clock minus OSS's.
func (a *API) ClockSkew(skew time.Duration) { a.skew.WithLabelValues().Set(skew.Seconds()) }

// Describe implements prometheus.Collector.
func (a *API) Describe(ch chan<- *prometheus.Desc) {
	a.calls.Describe(ch)
	a.duration.Describe(ch)
	a.skew.Describe(ch)
}

// Collect implements prometheus.Collector.
func (a *API) Collect(ch chan<- prometheus.Metric) {
	a.calls.Collect(ch)
	a.duration.Collect(ch)
	a.skew.Collect(ch)
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
	r := &Refused{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "oss_cname_exporter_refused_requests_total",
		Help: "HTTP requests that were refused before anything was asked, by status: 400 for what they say, 403 for who sends them, 503 for how many there are.",
	}, []string{"code"})}
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
	c := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "oss_cname_exporter_closed_connections_total",
		Help: "HTTP connections that were closed because there were too many: evicted is one that waited for a request and made room, refused one that found none.",
	}, []string{"outcome"})
	for _, outcome := range outcomes {
		c.WithLabelValues(outcome)
	}
	return c
}
