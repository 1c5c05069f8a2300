// Package web answers HTTP requests. A handler sets the deadline, the only one
// there is, takes the configuration in force, and hands both to the collector.
// All that clients can take is bounded: connections, scrapes, probes, responses
// and their bytes. Scrapes beyond the bound share one.
//
// A group is the responses that requests share, and a response one scrape or
// document. A reader writes a response to one client; a form is the format that
// the client takes. A door bounds connections, and probes bounds the probes.
package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-kit/log"
	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web/query"
	"oss_cname_exporter/internal/web/ui"
)

// Exporter is the data behind the handlers.
type Exporter struct {
	// Config returns the configuration in force. A request asks once and
	// keeps to that one.
	Config func() *config.Config
	// Scrape asks about targets and returns their metrics; labels are the
	// names of all targets' own labels.
	Scrape func(ctx context.Context, targets []config.Target, labels []string) *collector.Snapshot
	// Known returns the metrics of the known facts of targets, without asking;
	// nil is Scrape.
	Known func(targets []config.Target, labels []string) *collector.Snapshot
	// Peek returns the known facts of targets without asking.
	Peek func(targets []config.Target) []status.Status
	// Unlisted returns the bound domains that are not configured, without
	// asking. nil is nothing.
	Unlisted func(*config.Config) []discovery.AccountReport
	// Scan starts a scan of the accounts that were not scanned for long, and does
	// not wait. It is called before Unlisted, but not for HEAD. nil does nothing.
	Scan func(*config.Config)
	// Own holds the exporter's own series.
	Own *prometheus.Registry
	// Refused counts a request that was refused with an HTTP status; nil does
	// not.
	Refused func(code int)
	// Closed counts a connection that a Door closed with an outcome; nil does not.
	Closed func(outcome string)
	// Memory has earlier facts of the targets; nil is none.
	Memory *judge.Memory
	// History has the last changes of the targets; nil is none.
	History *changelog.History
	// Reload puts the configuration as it is written now in force, or says
	// why not. nil refuses /-/reload.
	Reload func() error
}

// Options configures the handlers. The zero value works.
type Options struct {
	// TimeoutOffset is the part of its timeout that a scrape leaves for the way back
	// to the scraper; at most half. 0 is none.
	TimeoutOffset time.Duration
	// MaxTimeout bounds every scrape. 0 is 30s.
	MaxTimeout time.Duration
	// Ready reports whether the exporter wants requests; nil is always.
	Ready func() bool
	// Logger gets refused requests, at debug level, and errors that could not be told
	// to the client; nil logs nothing.
	Logger log.Logger
	// Now is the status page's clock; nil is time.Now.
	Now func() time.Time
	// Prefix is the begin of all paths: "" or "/some/path".
	Prefix string
	// Host is the name by which the exporter is reached from outside; "" is
	// none that is known.
	Host string
	// ExternalURL is where the pages are, without a final slash; "" is not
	// known.
	ExternalURL string
	// Links has the addresses of the monitoring around the exporter, for the pages.
	Links ui.Links
	// HideTokens keeps the values of CNAME tokens from page, JSON and debug page.
	HideTokens bool
	// MaxConnections is how many connections the server keeps open: probes take
	// three quarters of them at most, and those of unlisted targets a quarter. 0
	// is DefaultMaxConnections.
	MaxConnections int
	// NoProcessSeries leaves out the series promhttp_*.
	NoProcessSeries bool
}

// handler serves one Exporter.
type handler struct {
	Exporter
	Options
	scrapes, documents responses
	probes             *probes
	known              query.Known
	compress           func(http.Handler) http.HandlerFunc
	compressed         chan struct{}          // has an element for each response that is compressed
	failures           *prometheus.CounterVec // of /metrics
	names              []string               // of the targets' series
	formats            []expfmt.Format        // that a scraper may ask for
}

// New returns the handler of all paths.
func New(e Exporter, opts Options) http.Handler {
	if opts.MaxTimeout == 0 {
		opts.MaxTimeout = 30 * time.Second
	}
	if opts.Ready == nil {
		opts.Ready = func() bool { return true }
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	h := newHandler(e, opts)
	h.probes = newProbes(cmp.Or(opts.MaxConnections, DefaultMaxConnections))
	h.failures, h.names, h.formats = newFailures(), collector.Names(), expfmt.DefaultOpenMetricsAcceptedFormats()
	h.scrapes = responses{now: opts.Now, logger: h.Logger, alive: map[*response]bool{}}
	h.documents = responses{now: opts.Now, alive: map[*response]bool{}}
	h.compress, _ = gzhttp.NewWrapper(gzhttp.CompressionLevel(gzip.BestSpeed)) // the level is valid
	h.compressed = make(chan struct{}, maxCompressed)
	mux := h.health()
	metrics := http.Handler(http.HandlerFunc(h.metrics))
	if !opts.NoProcessSeries {
		metrics = promhttp.InstrumentMetricHandler(e.Own, metrics)
		_ = e.Own.Register(h.failures) // fails for a second handler of one exporter
	}
	mux.Handle("GET /metrics", metrics) // each of these takes HEAD too
	mux.Handle("GET /probe", http.HandlerFunc(h.probe))
	mux.Handle("GET /sd", h.serveDocument(http.HandlerFunc(h.discover)))
	pages := ui.New(ui.Options{
		Config: e.Config, Known: &h.known, Peek: e.Peek, Unlisted: h.unlisted, History: e.History,
		Memory: e.Memory, ExternalURL: opts.ExternalURL, HideTokens: opts.HideTokens, Links: opts.Links, Refused: h.refused, Now: opts.Now, Logger: h.Logger,
	})
	for pattern, handler := range pages.Routes() {
		mux.Handle(pattern, h.serveDocument(handler))
	}
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }) // the pages have their own
	mux.HandleFunc("POST /-/reload", h.reload)
	return h.guard(under(opts.Prefix, pages.Lead(mux)))
}

func newHandler(e Exporter, opts Options) *handler {
	if opts.Logger == nil {
		opts.Logger = log.NewNopLogger()
	}
	if e.Known == nil {
		e.Known = func(targets []config.Target, labels []string) *collector.Snapshot {
			return e.Scrape(context.Background(), targets, labels)
		}
	}
	if e.Unlisted == nil {
		e.Unlisted = func(*config.Config) []discovery.AccountReport { return nil }
	}
	if e.Scan == nil {
		e.Scan = func(*config.Config) {}
	}
	if e.Refused == nil {
		e.Refused = func(int) {}
	}
	return &handler{Exporter: e, Options: opts}
}

// unlisted returns the bound domains that are not configured.
func (h *handler) unlisted(r *http.Request, cfg *config.Config) []discovery.AccountReport {
	if r.Method != http.MethodHead {
		h.Scan(cfg)
	}
	return h.Unlisted(cfg)
}

// under returns the handler of all paths that begin with prefix, which is "" or
// "/some/path". A request for the root is sent there.
func under(prefix string, handler http.Handler) http.Handler {
	if prefix == "" {
		return handler
	}
	mux := http.NewServeMux()
	mux.Handle(prefix+"/", http.StripPrefix(prefix, handler))
	mux.Handle("GET /{$}", http.RedirectHandler(prefix+"/", http.StatusFound))
	return mux
}

// NewHealth returns the handler of the two health endpoints alone, for a
// listener beside the one that wants a password.
func NewHealth(ready func() bool) http.Handler {
	h := newHandler(Exporter{}, Options{Ready: ready})
	return h.guard(h.health())
}

func (h *handler) health() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /-/healthy", h.healthy)
	mux.HandleFunc("GET /-/ready", h.ready)
	return mux
}

// healthy answers as long as the process serves at all.
func (h *handler) healthy(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "oss_cname_exporter is healthy.")
}

// ready answers 503 from the moment the process is asked to end.
func (h *handler) ready(w http.ResponseWriter, _ *http.Request) {
	if !h.Ready() {
		http.Error(w, "oss_cname_exporter is shutting down.", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "oss_cname_exporter is ready.")
}

// reload answers when the new configuration is in force, or with every reason
// why it is not.
func (h *handler) reload(w http.ResponseWriter, r *http.Request) {
	if h.Reload == nil {
		h.refuse(w, r, http.StatusForbidden, "Reloading over HTTP is off: start with --web.enable-lifecycle, or send SIGHUP.")
		return
	}
	if err := h.Reload(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, "The configuration is in force.")
}
