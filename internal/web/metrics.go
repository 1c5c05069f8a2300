package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"oss_cname_exporter/collector"
)

// metrics is a scrape: every target's series and the exporter's own, or of the
// two what the parameters name. The exporter's own ask nobody.
func (h *handler) metrics(w http.ResponseWriter, r *http.Request) {
	targets, own, err := parseCollect(r.URL.Query())
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	var gathered both
	var key any = r // of the response
	if targets {
		result := h.scrapeAll(r)
		if result.Snapshot == nil && r.Context().Err() != nil {
			return
		}
		if result.Snapshot == nil {
			http.Error(w, "The scrape failed: see the log.", http.StatusInternalServerError)
			return
		}
		gathered.targets = result.Snapshot
		key = exposition{result.number, own, r.Header.Get("Accept"), r.Header.Get("Accept-Encoding"), r.URL.RawQuery}
	}
	if own {
		gathered.own = h.Own
	}
	var failures prometheus.Registerer
	if !h.NoProcessSeries {
		failures = h.Own
	}
	h.hold(w, r, key, func(w http.ResponseWriter, r *http.Request) { h.write(w, r, gathered, failures, true) })
}

// exposition identifies the response to a scrape: requests that share a scrape
// and want it in the same form share that too.
type exposition struct {
	result                  uint64
	own                     bool
	accept, encoding, query string
}

// write answers with what g gathers, in the exposition format that r wants.
// failures counts what could not be encoded; nil counts nothing.
func (h *handler) write(w http.ResponseWriter, r *http.Request, g prometheus.Gatherer, failures prometheus.Registerer, compress bool) {
	w.Header().Set("Vary", "Accept, Accept-Encoding")
	promhttp.HandlerFor(g, promhttp.HandlerOpts{
		ErrorLog:           printer{h.Logger},
		ErrorHandling:      promhttp.ContinueOnError, // one bad series must not cost the others
		Registry:           failures,
		EnableOpenMetrics:  true,
		DisableCompression: !compress,
	}).ServeHTTP(w, r)
}

// parseCollect reads what a scrape wants: collect[] names the targets' series or
// the exporter's own, and name[] single series, which promhttp picks.
func parseCollect(query url.Values) (targets, own bool, err error) {
	const ofTargets, ofExporter = "targets", "exporter"
	collect, names := query["collect[]"], query["name[]"]
	for _, name := range collect {
		if name != ofTargets && name != ofExporter {
			return false, false, fmt.Errorf("collect[]: %.64q: write %s or %s", name, ofTargets, ofExporter)
		}
	}
	known := collector.Names()
	isTargets := func(name string) bool { return slices.Contains(known, name) }
	targets = len(collect) == 0 || slices.Contains(collect, ofTargets)
	own = len(collect) == 0 || slices.Contains(collect, ofExporter)
	if len(names) > 0 {
		targets = targets && slices.ContainsFunc(names, isTargets)
	}
	return targets, own, nil
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

// printer lets promhttp complain to a go-kit logger.
type printer struct{ log.Logger }

// Println implements promhttp.Logger.
func (p printer) Println(v ...any) {
	level.Error(p).Log("msg", "serving metrics", "err", fmt.Sprint(v...))
}
