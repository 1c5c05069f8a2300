package web

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/web/query"
)

// metaPrefix begins the labels that Prometheus drops after relabelling.
const metaPrefix = "__meta_oss_cname_"

// discover lists the targets in Prometheus' HTTP service discovery format. Each
// parameter is a label and the value that a target must have; a label given more
// than once may have any of the values. Without a word about it a target must be
// configured.
func (h *handler) discover(w http.ResponseWriter, r *http.Request) {
	cfg := h.Config()
	wanted, err := h.labels.parseFilter(r.URL.RawQuery, cfg)
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	targets, err := h.targets(cfg, wanted)
	if err != nil {
		h.refuse(w, r, http.StatusServiceUnavailable, err.Error())
		return
	}
	hash := sha256.New()
	list(hash, targets, wanted)
	tag := fmt.Sprintf(`"%x"`, hash.Sum(nil))
	w.Header().Set("Cache-Control", "no-cache") // ask again, and be told if nothing changed
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	list(w, targets, wanted)
}

// list writes the targets that have the labels that are wanted, one at a time:
// all of them with their labels take ten times the room of the list.
func list(w io.Writer, targets []config.Target, wanted url.Values) {
	text := bufio.NewWriterSize(w, chunk)
	defer text.Flush()
	before := byte('[')
	for i := range targets {
		t := &targets[i]
		if !matches(t, wanted) {
			continue
		}
		_ = text.WriteByte(before)                  // text keeps the error
		group, _ := json.Marshal(newTargetGroup(t)) // strings never fail
		if _, err := text.Write(group); err != nil {
			return // the client is gone
		}
		before = ','
	}
	if before == '[' {
		_ = text.WriteByte(before)
	}
	_ = text.WriteByte(']')
}

// targets returns those that may be listed. A list without the domains that are
// not known yet would end their monitoring. After an error Prometheus keeps the
// list before.
func (h *handler) targets(cfg *config.Config, wanted url.Values) ([]config.Target, error) {
	if !wanted.Has("configured") {
		wanted.Set("configured", "true")
	}
	if !slices.Contains(wanted["configured"], "false") {
		return cfg.Targets, nil
	}
	targets := slices.Clip(cfg.Targets)
	for _, found := range h.Unlisted(cfg) {
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
	labels := map[string]string{}
	for _, name := range ownLabels() {
		labels[metaPrefix+name] = labelOf(t, name)
	}
	labels[metaPrefix+"wildcard"] = strconv.FormatBool(t.Wildcard)
	for name, value := range t.Labels {
		labels[metaPrefix+"label_"+name] = value
	}
	return targetGroup{[]string{t.Bucket + "/" + t.Cname()}, labels}
}

// ownLabels are those that every target has, whatever its own are called.
func ownLabels() []string { return []string{"account", "bucket", "cname", "configured", "region"} }

// labelOf returns the value of a label as the target's series have it.
func labelOf(t *config.Target, name string) string {
	switch name {
	case "account":
		return t.Account.Name
	case "bucket":
		return t.Bucket
	case "cname":
		return t.Cname()
	case "configured":
		return strconv.FormatBool(!t.Unlisted)
	case "region":
		return t.Account.Region
	}
	return t.Labels[name]
}

// knownLabels are the labels that a target has, or had under a configuration
// before: a list that has become empty is an answer, and a slip is none.
type knownLabels struct {
	mu     sync.Mutex
	names  map[string]bool            // own labels
	values map[string]map[string]bool // of the labels with a closed set of values, by name
}

// parseFilter refuses labels and values that no target ever had: a slip would
// otherwise empty the list, and with it all monitoring.
func (k *knownLabels) parseFilter(raw string, cfg *config.Config) (url.Values, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(cfg)
	wanted, err := query.Parse(raw, "label", slices.Concat(ownLabels(), slices.Sorted(maps.Keys(k.names)))...)
	if err != nil {
		return nil, err
	}
	for name, known := range k.values {
		if err := query.Closed(wanted, name, slices.Sorted(maps.Keys(known))...); err != nil {
			return nil, err
		}
	}
	return wanted, query.Closed(wanted, "configured", "true", "false")
}

// add notes the labels of cfg.
func (k *knownLabels) add(cfg *config.Config) {
	if k.names == nil {
		k.names, k.values = map[string]bool{}, map[string]map[string]bool{"account": {}, "region": {}}
	}
	for _, name := range cfg.LabelNames {
		k.names[name] = true
	}
	for i := range cfg.Accounts {
		k.values["account"][cfg.Accounts[i].Name] = true
		k.values["region"][cfg.Accounts[i].Region] = true
	}
	for i := range cfg.Targets {
		k.values["region"][cfg.Targets[i].Account.Region] = true
	}
}

func matches(t *config.Target, wanted url.Values) bool {
	for name, values := range wanted {
		if !slices.Contains(values, labelOf(t, name)) {
			return false
		}
	}
	return true
}
