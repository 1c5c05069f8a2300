package web

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/web/query"
)

// lateness is how much later than its own deadline a request may get the result
// of a scrape.
const lateness = 100 * time.Millisecond

// metrics is a scrape: the series of the targets that the parameters choose, and
// the exporter's own, which ask no target. HEAD asks none either.
func (h *handler) metrics(w http.ResponseWriter, r *http.Request) {
	cfg := h.Config()
	want, err := h.parseWanted(r.URL.RawQuery, cfg)
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	format := h.negotiate(w, r)
	switch {
	case r.Method == http.MethodHead && want.hasTargets:
		w.Header().Add("Vary", "Accept-Encoding")
		return
	case r.Method == http.MethodHead:
		return
	case !want.hasTargets:
		h.write(w, nil, format, want)
		return
	}
	result := h.await(r, cfg, want)
	to := &reader{ResponseWriter: w, group: &h.scrapes, of: result}
	defer h.scrapes.leave(result, to)
	if r.Context().Err() != nil {
		return // the scrape may still run
	}
	snapshot := result.snapshot
	switch {
	case snapshot == nil:
		http.Error(w, "The scrape failed: see the log.", http.StatusInternalServerError)
		return
	case want.query.IsPart && result.part == 0:
		snapshot = snapshot.Only(want.query.Filter.Matches)
	}
	h.send(to, r, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { h.write(w, snapshot, format, want) }))
}

// wanted is the series that a scrape asks for.
type wanted struct {
	hasTargets, hasOwn bool
	names              []string        // of series; none is all
	targets            []config.Target // whose series are wanted
	query              *query.Parameters
	timeout            time.Duration // of the scrape; 0 is not said
}

// parseWanted reads collect[], which names the targets' series or the exporter's
// own, and name[], which names single series. A target is refused with the word
// that its scrape configuration lacks: each such scrape would ask about all.
func (h *handler) parseWanted(raw string, cfg *config.Config) (want wanted, err error) {
	const ofTargets, ofExporter = "targets", "exporter"
	q, err := h.known.Parse(raw, cfg, "collect[]", "name[]", "checks", "timeout", "target", "module")
	if err != nil {
		return want, err
	}
	for _, name := range []string{"target", "module"} {
		if q.Has(name) {
			return want, fmt.Errorf("%s: belongs to /probe; write metrics_path: /probe into the scrape configuration", name)
		}
	}
	collect, names := q.Values["collect[]"], q.Values["name[]"]
	for _, name := range collect {
		if name != ofTargets && name != ofExporter {
			return want, fmt.Errorf("collect[]: %.64q: write %s or %s", name, ofTargets, ofExporter)
		}
	}
	isOfTarget := func(name string) bool { return slices.Contains(h.names, name) }
	want = wanted{
		hasTargets: (len(collect) == 0 || slices.Contains(collect, ofTargets)) && (len(names) == 0 || slices.ContainsFunc(names, isOfTarget)),
		hasOwn:     len(collect) == 0 || slices.Contains(collect, ofExporter),
		names:      names,
		query:      q,
		targets:    cfg.Targets,
	}
	if q.IsPart {
		if want.targets, err = q.Targets(cfg.Targets); err != nil {
			return want, err
		}
	}
	if q.Has("timeout") {
		want.timeout, err = q.Timeout()
	}
	return want, err
}

// await returns the response to a scrape when it is done, or when the client is
// gone. A request whose deadline comes before that of the scrape that it shares
// gets the known facts then. The caller leaves the response.
func (h *handler) await(r *http.Request, cfg *config.Config, want wanted) *response {
	timeout := h.timeout(r, want.timeout)
	end := time.Now().Add(timeout)
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.Context()), end)
	part := 0
	if want.query.IsPart {
		part = max(1, len(want.targets))
	}
	s, isMine := h.scrapes.join(cfg, part, end, cancel)
	switch {
	case !isMine:
		cancel()
	case s.part > 0:
		go h.scrapes.run(s, func() *collector.Snapshot { return h.Scrape(ctx, want.targets, cfg.LabelNames) })
	default:
		go h.scrapes.run(s, func() *collector.Snapshot { return h.Scrape(ctx, cfg.Targets, cfg.LabelNames) })
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
	known, isMine := h.scrapes.join(cfg, 0, end, nil)
	h.scrapes.leave(s, nil)
	if isMine {
		h.scrapes.run(known, func() *collector.Snapshot { return h.Known(cfg.Targets, cfg.LabelNames) })
	}
	<-known.done
	return known
}

// timeoutHeader is how Prometheus says how long it waits, in seconds.
const timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"

// minTimeout is the least time for a scrape. A scraper that grants less gets no
// answer in time, and the question that it shares with others does not fail for it.
const minTimeout = 100 * time.Millisecond

// usualTimeout is how long a scraper waits that does not say so: Prometheus'
// default.
const usualTimeout = 10 * time.Second

// timeout returns how long the scrape may take: the time that the scraper grants
// less the offset, so that the answer arrives before the scraper gives up. The
// parameter timeout goes before the header; neither is usualTimeout.
func (h *handler) timeout(r *http.Request, parameter time.Duration) time.Duration {
	granted := cmp.Or(parameter, usualTimeout)
	if seconds, err := strconv.ParseFloat(r.Header.Get(timeoutHeader), 64); parameter == 0 && err == nil && seconds > 0 {
		granted = time.Duration(min(seconds, h.MaxTimeout.Seconds()*2) * float64(time.Second))
	}
	return min(max(granted-min(h.TimeoutOffset, granted/2), minTimeout), h.MaxTimeout)
}

// write answers with the series of a snapshot, and the exporter's own if they are
// wanted. No snapshot is no series of targets.
func (h *handler) write(w io.Writer, s *collector.Snapshot, format expfmt.Format, want wanted) {
	var rest bytes.Buffer
	if want.hasOwn {
		families, err := h.Own.Gather()
		if err != nil {
			h.countFailure("gathering", err)
		}
		encoder := expfmt.NewEncoder(&rest, format)
		for _, family := range families { // one that is bad does not cost the others
			if len(want.names) > 0 && !slices.Contains(want.names, family.GetName()) {
				continue
			}
			if err := encoder.Encode(family); err != nil {
				h.countFailure("encoding", err)
			}
		}
	}
	if format.FormatType() == expfmt.TypeOpenMetrics {
		_, _ = expfmt.FinalizeOpenMetrics(&rest) // a buffer takes everything
	}
	if s != nil && s.Encode(w, format, want.names) != nil {
		return // the client is gone
	}
	_, _ = w.Write(rest.Bytes())
}

// negotiate returns the format of series that a client asks for, and sets the
// headers that say so.
func (h *handler) negotiate(w http.ResponseWriter, r *http.Request) expfmt.Format {
	format := expfmt.NegotiateAccept(r.Header, h.formats...)
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Content-Type", string(format))
	return format
}

func (h *handler) countFailure(cause string, err error) {
	h.failures.WithLabelValues(cause).Inc()
	level.Error(h.Logger).Log("msg", "serving metrics", "cause", cause, "err", err)
}

// newFailures returns the counter that promhttp has for failures of /metrics.
func newFailures() *prometheus.CounterVec {
	failures := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "promhttp_metric_handler_errors_total", Help: "Total number of internal errors encountered by the promhttp metric handler.",
	}, []string{"cause"})
	failures.WithLabelValues("gathering")
	failures.WithLabelValues("encoding")
	return failures
}
