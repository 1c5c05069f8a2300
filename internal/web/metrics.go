package web

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/web/query"
)

// lateness is how much later than its own deadline a request may get the result
// of a scrape.
const lateness = 100 * time.Millisecond

// metrics is a scrape: every target's series and the exporter's own, or the part
// of both that the parameters name. The exporter's own ask no target.
func (h *handler) metrics(w http.ResponseWriter, r *http.Request) {
	want, err := h.parseWanted(r.URL.RawQuery)
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	format := expfmt.NegotiateAccept(r.Header, h.formats...)
	if r.Method == http.MethodHead {
		if want.targets {
			w.Header().Add("Vary", "Accept-Encoding")
		}
		describe(w, format)
		return
	}
	if !want.targets {
		h.write(w, nil, format, want)
		return
	}
	result := h.await(r, want.timeout)
	defer h.scrapes.leave(result)
	switch {
	case r.Context().Err() != nil:
		return
	case result.snapshot == nil:
		http.Error(w, "The scrape failed: see the log.", http.StatusInternalServerError)
		return
	}
	shared := &encoding{format, want.own}
	if len(want.names) > 0 {
		shared = nil
	}
	h.send(w, r, &h.scrapes, result, shared, func(w http.ResponseWriter, _ *http.Request) {
		h.write(w, result.snapshot, format, want)
	})
}

// wanted is the series that a scrape asks for.
type wanted struct {
	targets, own bool
	names        []string      // of series; none is all
	timeout      time.Duration // of the scrape; 0 is not said
}

// parseWanted reads collect[], which names the targets' series or the exporter's
// own, and name[], which names single series. A target is refused with the word
// that its scrape configuration lacks: each such scrape would ask about all.
func (h *handler) parseWanted(raw string) (wanted, error) {
	const ofTargets, ofExporter = "targets", "exporter"
	values, err := query.Parse(raw, "parameter", "collect[]", "name[]", "timeout", "target", "module")
	if err != nil {
		return wanted{}, err
	}
	for _, name := range []string{"target", "module"} {
		if values.Has(name) {
			return wanted{}, fmt.Errorf("%s: belongs to /probe; write metrics_path: /probe into the scrape configuration", name)
		}
	}
	timeout, err := parseTimeout(values)
	if err != nil {
		return wanted{}, err
	}
	collect, names := values["collect[]"], values["name[]"]
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
		timeout: timeout,
	}, nil
}

// await returns the response to a scrape when it is done, or when the client is
// gone. A request whose deadline comes before that of the scrape that it shares
// gets the known facts then. The caller leaves the response.
func (h *handler) await(r *http.Request, timeout time.Duration) *response {
	cfg, timeout := h.Config(), h.timeout(r, timeout)
	end := time.Now().Add(timeout)
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.Context()), end)
	s, isMine := h.scrapes.join(cfg, end, cancel)
	if isMine {
		go h.run(s, func() *collector.Snapshot { return h.Scrape(ctx, cfg.Targets, cfg.LabelNames) })
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
		h.run(known, func() *collector.Snapshot { return h.Known(cfg.Targets, cfg.LabelNames) })
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

// parseTimeout reads the parameter timeout; 0 is none.
func parseTimeout(values url.Values) (time.Duration, error) {
	text, err := query.Once(values, "timeout")
	if err != nil || text == "" {
		return 0, err
	}
	timeout, err := time.ParseDuration(text)
	if err != nil || timeout <= 0 {
		return 0, fmt.Errorf("timeout: %.64q: write a duration, such as 5s", text)
	}
	return timeout, nil
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
// wanted. No snapshot is no series of targets.
func (h *handler) write(w http.ResponseWriter, s *collector.Snapshot, format expfmt.Format, want wanted) {
	describe(w, format)
	var rest bytes.Buffer
	if want.own {
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

// describe sets the headers of series. It is the answer to HEAD, which asks OSS
// nothing.
func describe(w http.ResponseWriter, format expfmt.Format) {
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Content-Type", string(format))
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
