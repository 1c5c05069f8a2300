package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/common/expfmt"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/web/query"
)

// probe is a scrape of one target, configured or not: its series alone.
func (h *handler) probe(w http.ResponseWriter, r *http.Request) {
	asked, err := parseProbe(r.URL.RawQuery)
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	cfg := h.Config()
	target, err := cfg.Select(asked.Query)
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	if r.Method == http.MethodHead {
		if !asked.debug {
			describe(w, expfmt.NegotiateAccept(r.Header, h.formats...))
		}
		return
	}
	if !h.probes.enter(target.Unlisted) {
		w.Header().Set("Retry-After", "1")
		h.refuse(w, r, http.StatusServiceUnavailable, "Too many probes are waiting: try again later.")
		return
	}
	defer h.probes.leave(target.Unlisted)
	ctx, cancel := context.WithTimeout(r.Context(), h.timeout(r, asked.timeout))
	defer cancel()
	if asked.debug {
		h.explain(ctx, w, target, cfg.LabelNames)
		return
	}
	snapshot := h.Scrape(ctx, []config.Target{*target}, cfg.LabelNames)
	// To pack a few kB takes longer than to send them: 40 % of a probe (BenchmarkProbeBesideBareSDK).
	h.write(w, snapshot, expfmt.NegotiateAccept(r.Header, h.formats...), wanted{})
}

// probes counts the probes under way, so that they leave connections to others:
// all of them take at most three quarters, and those of unlisted targets a
// quarter.
type probes struct {
	maxAll, maxUnlisted int

	mu            sync.Mutex
	all, unlisted int
}

func newProbes(connections int) *probes {
	return &probes{maxAll: max(1, connections*3/4), maxUnlisted: max(1, connections/4)}
}

// enter counts one more probe, or reports that there are too many.
func (p *probes) enter(isUnlisted bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all >= p.maxAll || isUnlisted && p.unlisted >= p.maxUnlisted {
		return false
	}
	p.all++
	if isUnlisted {
		p.unlisted++
	}
	return true
}

// leave counts one probe less.
func (p *probes) leave(isUnlisted bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all--
	if isUnlisted {
		p.unlisted--
	}
}

// probing is a question of /probe.
type probing struct {
	config.Query
	debug   bool
	timeout time.Duration // 0 is not said
}

// parseProbe reads the parameters of /probe. The target is named in one or in
// two; module is the account, since Prometheus Operator's Probe can send
// nothing but target and module.
func parseProbe(raw string) (p probing, err error) {
	values, err := query.Single(raw, "target", "bucket", "cname", "account", "module", "region", "debug", "timeout")
	if err != nil {
		return p, err
	}
	p.Query = config.Query{
		Target: values.Get("target"), Bucket: values.Get("bucket"), Cname: values.Get("cname"), Region: values.Get("region"),
		Account: cmp.Or(values.Get("account"), values.Get("module")),
	}
	if module := values.Get("module"); module != "" && module != p.Account {
		return p, errors.New("account and module: they differ and mean the same; write one of them")
	}
	if p.Target != "" && (p.Bucket != "" || p.Cname != "") {
		return p, errors.New("target: given beside bucket or cname; write either target, or bucket and cname")
	}
	if text := values.Get("debug"); text != "" {
		if p.debug, err = strconv.ParseBool(text); err != nil {
			return p, fmt.Errorf("debug: %.64q: write true or false", text)
		}
	}
	p.timeout, err = parseTimeout(values)
	return p, err
}
