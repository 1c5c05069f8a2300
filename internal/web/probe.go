package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/web/query"
)

// probe is a scrape of one target, configured or not: its series alone.
func (h *handler) probe(w http.ResponseWriter, r *http.Request) {
	query, debug, err := parseProbe(r.URL.RawQuery)
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	cfg := h.Config()
	target, err := cfg.Select(query)
	switch {
	case err != nil:
		h.refuse(w, r, http.StatusBadRequest, err.Error())
	case debug:
		h.explain(w, r, target, cfg.LabelNames())
	default:
		ctx, cancel := context.WithTimeout(r.Context(), h.timeout(r))
		defer cancel()
		snapshot := h.Scrape(ctx, []config.Target{*target}, cfg.LabelNames())
		// To pack a few kB takes longer than to send them: 40 % of a probe (BenchmarkProbeBesideBareSDK).
		h.write(w, snapshot, h.negotiate(r), wanted{})
	}
}

// parseProbe reads the parameters of /probe. The target is named in one or in
// two; module is the account, since Prometheus Operator's Probe can send
// nothing but target and module.
func parseProbe(raw string) (q config.Query, debug bool, err error) {
	values, err := query.Single(raw, "target", "bucket", "cname", "account", "module", "region", "debug")
	if err != nil {
		return q, false, err
	}
	q = config.Query{
		Bucket: values.Get("bucket"), Cname: values.Get("cname"), Region: values.Get("region"),
		Account: cmp.Or(values.Get("account"), values.Get("module")),
	}
	if module := values.Get("module"); module != "" && module != q.Account {
		return q, false, errors.New("account and module: they differ and mean the same; write one of them")
	}
	if target := values.Get("target"); target != "" {
		if q.Bucket != "" || q.Cname != "" {
			return q, false, errors.New("target: given beside bucket or cname; write either target, or bucket and cname")
		}
		var whole bool
		if q.Bucket, q.Cname, whole = strings.Cut(target, "/"); !whole {
			return q, false, fmt.Errorf("target: %.64q: write it as bucket/cname, such as examplebucket/www.example.com", target)
		}
	}
	if text := values.Get("debug"); text != "" {
		if debug, err = strconv.ParseBool(text); err != nil {
			return q, false, fmt.Errorf("debug: %.64q: write true or false", text)
		}
	}
	return q, debug, nil
}
