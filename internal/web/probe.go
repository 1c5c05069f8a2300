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
)

// probe is a scrape of one target, configured or not: its series alone. There are
// none if the target has not the labels that the parameters choose.
func (h *handler) probe(w http.ResponseWriter, r *http.Request) {
	cfg := h.Config()
	asked, err := h.parseProbe(r.URL.RawQuery, cfg)
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	var format expfmt.Format
	if asked.debug {
		describePage(w)
	} else {
		format = h.negotiate(w, r)
	}
	switch {
	case r.Method == http.MethodHead:
		return
	case len(asked.targets) == 0 && !asked.debug:
		h.write(w, nil, format, wanted{})
		return
	case !h.probes.enter(asked.target.Unlisted):
		w.Header().Set("Retry-After", "1")
		h.refuse(w, r, http.StatusServiceUnavailable, "Too many probes are waiting: try again later.")
		return
	}
	defer h.probes.leave(asked.target.Unlisted)
	ctx, cancel := context.WithTimeout(r.Context(), h.timeout(r, asked.timeout))
	defer cancel()
	if asked.debug {
		h.explain(ctx, w, asked.targets, cfg.LabelNames)
		return
	}
	// To pack a few kB takes longer than to send them: 40 % of a probe (BenchmarkProbeBesideBareSDK).
	h.write(w, h.Scrape(ctx, asked.targets, cfg.LabelNames), format, wanted{})
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

// probing is a request for one target.
type probing struct {
	target  *config.Target
	targets []config.Target // the target with the checks that are asked; none if the filter leaves it out
	debug   bool
	timeout time.Duration // 0 is not said
}

// parseProbe reads the parameters of /probe. The target is named in one or in
// two; module is the account, since Prometheus Operator's Probe can send
// nothing but target and module.
func (h *handler) parseProbe(raw string, cfg *config.Config) (p probing, err error) {
	q, err := h.known.Parse(raw, cfg, "target", "bucket", "cname", "account", "module", "region", "debug", "timeout", "checks")
	if err != nil {
		return p, err
	}
	if err := q.Single(); err != nil {
		return p, err
	}
	account, module := q.Get("account"), q.Get("module")
	if account != "" && module != "" && account != module {
		return p, errors.New("account and module: they differ and mean the same; write one of them")
	}
	if q.Get("target") != "" && (q.Get("bucket") != "" || q.Get("cname") != "") {
		return p, errors.New("target: given beside bucket or cname; write either target, or bucket and cname")
	}
	if text := q.Get("debug"); text != "" {
		if p.debug, err = strconv.ParseBool(text); err != nil {
			return p, fmt.Errorf("debug: %.64q: write true or false", text)
		}
	}
	if p.timeout, err = q.Timeout(); err != nil {
		return p, err
	}
	p.target, err = cfg.Select(config.Query{
		Target: q.Get("target"), Bucket: q.Get("bucket"), Cname: q.Get("cname"), Region: q.Get("region"), Account: cmp.Or(account, module),
	})
	if err != nil {
		return p, err
	}
	p.targets, err = q.Targets([]config.Target{*p.target})
	return p, err
}
