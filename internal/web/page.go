package web

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"

	"github.com/prometheus/common/version"
)

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// page is what a person sees: every target, the most urgent first. It shows
// what the scrapes learnt and asks nothing itself.
func (h *handler) page(w http.ResponseWriter, r *http.Request) {
	now := h.Now()
	cfg := h.Config()
	statuses := h.Peek(cfg.Targets)
	order := make([]int, len(statuses))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(urgency(&statuses[a], now), urgency(&statuses[b], now)) })
	rows := make([]row, len(order))
	for i, at := range order {
		rows[i] = newRow(&cfg.Targets[at], &statuses[at], now)
	}
	for name, value := range map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff",
		"X-Frame-Options":         "DENY",
		"Referrer-Policy":         "no-referrer",
		"Cache-Control":           "no-store",
	} {
		w.Header().Set(name, value)
	}
	if err := pageTemplate.Execute(w, map[string]any{"Rows": rows, "Checked": slices.ContainsFunc(rows, func(w row) bool { return w.Checked != nil }), "Found": newFoundAccounts(h.Unlisted(cfg)), "Version": version.Info(), "Now": stamp(now)}); err != nil {
		h.failed(r, err)
	}
}

// urgency orders the page: domains that can be taken over, then tokens and
// certificates that die soonest, then targets that could not be asked, then
// those that nothing is to be said of.
func urgency(s *status.Status, now time.Time) time.Duration {
	const never = time.Duration(1<<63 - 1)
	switch {
	case s.Dangling():
		return -never
	case s.Facts.Exists && s.Bound != status.Yes:
		return s.Facts.Expires.Sub(now)
	case !s.CertificateExpires.IsZero():
		return s.CertificateExpires.Sub(now)
	case s.Attempt.Reason != "":
		return never - 1
	}
	return never
}

// row is one target in words.
type row struct {
	Bucket, Cname, Account, Region, Labels string
	Level                                  string   // CSS class of the token: none, ok, warning or critical
	Token                                  string   // what the last definitive answer was
	Expires, Confirmed, Asked              string   // instants, "" if there is none
	Reason, Error                          string   // why the last attempt failed; "" if it did not
	Checked                                *checked // nil if the target wants no checks
}

func newRow(t *config.Target, s *status.Status, now time.Time) row {
	w := row{
		Bucket: t.Bucket, Cname: t.Cname(), Labels: labels(t.Labels),
		Account: t.Account.Name, Region: t.Account.Region,
		Level: "none", Token: "unknown",
		Confirmed: stamp(s.Facts.Confirmed), Asked: stamp(s.Attempt.Ended), Reason: string(s.Attempt.Reason),
	}
	switch {
	case s.Facts.Exists:
		w.Expires = stamp(s.Facts.Expires)
		w.Token, w.Level = countdown(s.Facts.Expires.Sub(now))
	case !s.Facts.Expired.IsZero():
		w.Token, w.Expires = "no token: it expired", stamp(s.Facts.Expired)
	case !s.Facts.Confirmed.IsZero():
		w.Token = "no token"
	}
	if s.Attempt.Err != nil {
		w.Error = s.Attempt.Err.Error()
	}
	if t.Checks.Any() {
		w.Checked = newChecked(s, now)
	}
	return w
}

// countdown words what is left of a token and grades it: less than a day is a
// warning, less than six hours critical, since a token lives only three days.
func countdown(left time.Duration) (text, level string) {
	switch {
	case left <= 0:
		return "expired " + left.Abs().Round(time.Second).String() + " ago", "critical"
	case left < 6*time.Hour:
		level = "critical"
	case left < 24*time.Hour:
		level = "warning"
	default:
		level = "ok"
	}
	return "expires in " + left.Truncate(time.Second).String(), level
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func labels(of map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(of)) {
		fmt.Fprintf(&b, "%s=%q ", name, of[name])
	}
	return b.String()
}
