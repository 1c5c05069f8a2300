// Package web is how the exporter is asked. A handler sets the deadline, the
// only one there is, picks up the configuration in force, and gets out of the
// collector's way.
package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/status"
)

// Exporter is what the handlers serve.
type Exporter struct {
	// Config returns the configuration in force. A request asks once and
	// keeps to what it got.
	Config func() *config.Config
	// Scrape asks about targets and returns their metrics; labels are the
	// names of all targets' own labels.
	Scrape func(ctx context.Context, targets []config.Target, labels []string) *collector.Snapshot
	// Peek returns what is known of targets without asking.
	Peek func(targets []config.Target) []status.Status
	// Unlisted returns what accounts have bound that is not configured, without
	// asking, and starts a scan of those that were not scanned for long. nil is
	// nothing.
	Unlisted func(*config.Config) []discovery.Account
	// Own holds the exporter's own series.
	Own *prometheus.Registry
	// Reload puts the configuration as it is written now in force, or says
	// why not. nil is no /-/reload.
	Reload func() error
}

// Options configures the handlers. The zero value works.
type Options struct {
	// TimeoutOffset is what a scrape leaves of its timeout for the way back
	// to the scraper; at most half. 0 is none.
	TimeoutOffset time.Duration
	// MaxTimeout bounds every scrape, also one that names no timeout. 0 is 30s.
	MaxTimeout time.Duration
	// Ready reports whether the exporter wants requests; nil is always.
	Ready func() bool
	// Logger gets what could not be told to the client; nil is nobody.
	Logger promhttp.Logger
	// Now is the status page's clock; nil is time.Now.
	Now func() time.Time
}

// handler serves one Exporter.
type handler struct {
	Exporter
	Options
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
	if e.Unlisted == nil {
		e.Unlisted = func(*config.Config) []discovery.Account { return nil }
	}
	h := &handler{Exporter: e, Options: opts}
	mux := h.health()
	mux.Handle("GET /metrics", promhttp.InstrumentMetricHandler(e.Own, http.HandlerFunc(h.metrics)))
	mux.HandleFunc("GET /probe", h.probe)
	mux.HandleFunc("GET /sd", h.discover)
	mux.HandleFunc("GET /{$}", h.page)
	if e.Reload != nil {
		mux.HandleFunc("POST /-/reload", h.reload)
	}
	return http.NewCrossOriginProtection().Handler(mux) // no other site's page may reload
}

// NewHealth returns the handler of the two health endpoints alone, for a
// listener beside the one that wants a password.
func NewHealth(ready func() bool) http.Handler {
	h := &handler{Options: Options{Ready: ready}}
	return h.health()
}

func (h *handler) health() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /-/healthy", h.healthy)
	mux.HandleFunc("GET /-/ready", h.ready)
	return mux
}

// metrics is a scrape: every target's series and the exporter's own, or of the
// two what the parameter collect[] names. The exporter's own ask nobody.
func (h *handler) metrics(w http.ResponseWriter, r *http.Request) {
	collect, err := parseCollect(r.URL.Query()["collect[]"])
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.timeout(r))
	defer cancel()
	var gathered both
	if collect[collectTargets] {
		cfg := h.Config()
		gathered.targets = h.Scrape(ctx, cfg.Targets, cfg.LabelNames())
	}
	if collect[collectExporter] {
		gathered.own = h.Own
	}
	h.write(w, r, gathered, h.Own)
}

// The values of collect[].
const (
	collectTargets  = "targets"
	collectExporter = "exporter"
)

// parseCollect returns what to collect; no names is everything.
func parseCollect(names []string) (map[string]bool, error) {
	if len(names) == 0 {
		names = []string{collectTargets, collectExporter}
	}
	collect := map[string]bool{}
	for _, name := range names {
		if name != collectTargets && name != collectExporter {
			return nil, fmt.Errorf("collect[]: %.64q: write %s or %s", name, collectTargets, collectExporter)
		}
		collect[name] = true
	}
	return collect, nil
}

// write answers with what g gathers, in the exposition format that r wants.
// Failures are counted in own; nil is nowhere.
func (h *handler) write(w http.ResponseWriter, r *http.Request, g prometheus.Gatherer, own prometheus.Registerer) {
	w.Header().Set("Vary", "Accept, Accept-Encoding")
	promhttp.HandlerFor(g, promhttp.HandlerOpts{
		ErrorLog:          h.Logger,
		ErrorHandling:     promhttp.ContinueOnError, // one bad series must not cost the others
		Registry:          own,
		EnableOpenMetrics: true,
	}).ServeHTTP(w, r)
}

// both gathers the targets' series, and then the exporter's own, which have no
// name in common; nil is none. prometheus.Gatherers would lose the units.
type both struct{ targets, own prometheus.Gatherer }

// Gather implements prometheus.Gatherer.
func (b both) Gather() (families []*dto.MetricFamily, err error) {
	for _, g := range []prometheus.Gatherer{b.targets, b.own} {
		if g == nil {
			continue
		}
		more, gatherErr := g.Gather()
		families, err = append(families, more...), errors.Join(err, gatherErr)
	}
	slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return families, err
}

// complain logs what could not be told to the client.
func (h *handler) complain(doing string, err error) {
	if h.Logger != nil {
		h.Logger.Println(doing+":", err)
	}
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
func (h *handler) reload(w http.ResponseWriter, _ *http.Request) {
	if err := h.Reload(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, "The configuration is in force.")
}
