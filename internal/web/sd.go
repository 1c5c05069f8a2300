package web

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/web/query"
)

// metaPrefix begins the labels that Prometheus drops after relabelling.
const metaPrefix = "__meta_oss_cname_"

// discover lists the targets in Prometheus' HTTP service discovery format: those
// that the parameters choose. Without a word about it a target must be configured.
func (h *handler) discover(w http.ResponseWriter, r *http.Request) {
	cfg := h.Config()
	q, err := h.known.Parse(r.URL.RawQuery, cfg, "configured")
	if err == nil {
		_, err = query.Closed("configured", q.Values["configured"], []string{"true", "false"})
	}
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	targets, err := h.targets(r, cfg, q.Values["configured"])
	if err != nil {
		h.refuse(w, r, http.StatusServiceUnavailable, err.Error())
		return
	}
	targets = q.Filter.Of(targets)
	hash := sha256.New()
	list(hash, targets)
	tag := fmt.Sprintf(`"%x"`, hash.Sum(nil))
	w.Header().Set("Cache-Control", "no-cache") // ask again, and be told if nothing changed
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	list(w, targets)
}

// list writes the targets, one at a time: all of them with their labels take ten
// times the room of the list.
func list(w io.Writer, targets []config.Target) {
	text := bufio.NewWriterSize(w, chunk)
	defer text.Flush()
	_ = text.WriteByte('[') // text keeps the error
	for i := range targets {
		if i > 0 {
			_ = text.WriteByte(',')
		}
		group, _ := json.Marshal(newTargetGroup(&targets[i])) // strings never fail
		if _, err := text.Write(group); err != nil {
			return // the client is gone
		}
	}
	_ = text.WriteByte(']')
}

// targets returns those that are configured, as configured says; none is true. A
// list without the domains that are not known yet would end their monitoring.
// After an error Prometheus keeps the list before.
func (h *handler) targets(r *http.Request, cfg *config.Config, configured []string) (targets []config.Target, err error) {
	if len(configured) == 0 || slices.Contains(configured, "true") {
		targets = slices.Clip(cfg.Targets)
	}
	if !slices.Contains(configured, "false") {
		return targets, nil
	}
	for _, found := range h.unlisted(r, cfg) {
		if !found.Known {
			return nil, fmt.Errorf("account %q: %s", found.Account.Name, found.Outcome())
		}
		targets = append(targets, found.Targets...)
	}
	return targets, nil
}

// targetGroup is one element of the list: a target with the labels that
// relabelling can use.
type targetGroup struct {
	Targets []string          `json:"targets"` // bucket/cname, the target of /probe
	Labels  map[string]string `json:"labels"`
}

func newTargetGroup(t *config.Target) targetGroup {
	labels := map[string]string{
		metaPrefix + "account": t.Account.Name, metaPrefix + "region": t.Account.Region, metaPrefix + "bucket": t.Bucket, metaPrefix + "cname": t.Cname(),
		metaPrefix + "configured": strconv.FormatBool(!t.Unlisted), metaPrefix + "wildcard": strconv.FormatBool(t.Wildcard),
	}
	for name, value := range t.Labels {
		labels[metaPrefix+"label_"+name] = value
	}
	return targetGroup{[]string{t.Bucket + "/" + t.Cname()}, labels}
}
