package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"

	"oss_cname_exporter/collector"
)

// lateness is how much later than its own deadline a request may get the result
// of a scrape.
const lateness = 100 * time.Millisecond

// metrics is a scrape: every target's series and the exporter's own, or of the
// two what the parameters name. The exporter's own ask no target.
func (h *handler) metrics(w http.ResponseWriter, r *http.Request) {
	want, err := h.parseWanted(r.URL.Query())
	switch {
	case err != nil:
		h.refuse(w, r, http.StatusBadRequest, err.Error())
	case want.targets:
		h.scrape(w, r, want)
	default:
		h.serveDocument(h.own).ServeHTTP(w, r)
	}
}

// wanted is what a scrape asks for.
type wanted struct {
	targets, own bool
	names        []string // of series; none is all
}

// parseWanted reads collect[], which names the targets' series or the exporter's
// own, and name[], which names single series.
func (h *handler) parseWanted(query url.Values) (wanted, error) {
	const ofTargets, ofExporter = "targets", "exporter"
	collect, names := query["collect[]"], query["name[]"]
	for _, name := range collect {
		if name != ofTargets && name != ofExporter {
			return wanted{}, fmt.Errorf("collect[]: %.64q: write %s or %s", name, ofTargets, ofExporter)
		}
	}
	isOfTarget := func(name string) bool { return slices.Contains(h.names, name) }
	return wanted{
		targets: (len(collect) == 0 || slices.Contains(collect, ofTargets)) && (len(names) == 0 || slices.ContainsFunc(names, isOfTarget)),
		own:     len(collect) == 0 || slices.Contains(collect, ofExporter),
		names:   names,
	}, nil
}

// scrape answers with a scrape of all targets: of its own, unless there are too
// many.
func (h *handler) scrape(w http.ResponseWriter, r *http.Request, want wanted) {
	result := h.await(r)
	defer h.scrapes.leave(result)
	if r.Context().Err() != nil {
		return
	}
	if result.snapshot == nil {
		http.Error(w, "The scrape failed: see the log.", http.StatusInternalServerError)
		return
	}
	format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	shared := &form{format, want.own}
	if len(want.names) > 0 {
		shared = nil
	}
	h.send(w, r, &h.scrapes, result, shared, func(w http.ResponseWriter, r *http.Request) {
		h.write(w, r, result.snapshot, format, want)
	})
}

// await returns the response to a scrape when it is done, or when the client is
// gone. A request whose deadline comes before that of the scrape that it shares
// gets what is known by then. The caller leaves the response.
func (h *handler) await(r *http.Request) *response {
	cfg, timeout := h.Config(), h.timeout(r)
	end := time.Now().Add(timeout)
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.Context()), end)
	s, isMine := h.scrapes.join(cfg, end, cancel)
	if isMine {
		go h.run(s, func() *collector.Snapshot { return h.Scrape(ctx, cfg.Targets, cfg.LabelNames()) })
	} else {
		cancel()
	}
	timer := time.NewTimer(timeout + lateness)
	defer timer.Stop()
	select {
	case <-s.done:
		return s
	case <-r.Context().Done():
		return s
	case <-timer.C:
	}
	known, isMine := h.scrapes.join(cfg, end, nil)
	h.scrapes.leave(s)
	if isMine {
		h.run(known, func() *collector.Snapshot { return h.Known(cfg.Targets, cfg.LabelNames()) })
	}
	<-known.done
	return known
}

// run makes s.
func (h *handler) run(s *response, scrape func() *collector.Snapshot) {
	var snapshot *collector.Snapshot
	defer func() {
		if p := recover(); p != nil { // as net/http would for a request
			level.Error(h.Logger).Log("msg", "a scrape panicked", "err", p)
		}
		h.scrapes.complete(s, snapshot)
	}()
	snapshot = scrape()
}

// write answers with the series of a snapshot, and the exporter's own if they are
// wanted.
func (h *handler) write(w http.ResponseWriter, r *http.Request, s *collector.Snapshot, format expfmt.Format, want wanted) {
	w.Header().Set("Vary", "Accept")
	w.Header().Set("Content-Type", string(format))
	if err := s.Encode(w, format, want.names); err != nil {
		return // the client is gone
	}
	switch {
	case want.own:
		h.own.ServeHTTP(w, r)
	case format.FormatType() == expfmt.TypeOpenMetrics:
		_, _ = expfmt.FinalizeOpenMetrics(w) // fails if the client is gone
	}
}

// newOwn returns the handler of the exporter's own series, uncompressed.
func newOwn(own *prometheus.Registry, opts Options) http.Handler {
	options := promhttp.HandlerOpts{
		ErrorLog:           printer{opts.Logger},
		ErrorHandling:      promhttp.ContinueOnError, // one bad series must not cost the others
		EnableOpenMetrics:  true,
		DisableCompression: true,
	}
	if !opts.NoProcessSeries {
		options.Registry = own // counts failures
	}
	return promhttp.HandlerFor(own, options)
}

// printer lets promhttp complain to a go-kit logger.
type printer struct{ log.Logger }

// Println implements promhttp.Logger.
func (p printer) Println(v ...any) {
	level.Error(p).Log("msg", "serving metrics", "err", fmt.Sprint(v...))
}
