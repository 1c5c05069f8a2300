package ui

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

// list is the page of all domains, the most urgent first. It shows what the
// scrapes learnt and asks nothing itself.
func (h *pages) list(w http.ResponseWriter, r *http.Request) {
	cfg := h.Config()
	v, err := h.parseView(r.URL.RawQuery, cfg, "q", "severity", "state", "sort", "page", "refresh")
	if err != nil {
		h.Refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	rep := h.report(cfg)
	_, all := v.choose(rep)
	v.page = min(v.page, v.pages(len(all))) // domains may be fewer than when the link was made
	shown, _ := v.choose(rep)
	title := "OSS CNAME"
	if n := rep.Counts.Critical + rep.Counts.Warning; n > 0 {
		title = fmt.Sprintf("(%d) %s", n, title)
	}
	page := listPage{
		frame: h.newFrame("./", title, v), Chips: v.chips(rep.Counts), Form: v.form(cfg), Columns: v.columns(),
		Counts: rep.Counts, Causes: rep.CauseItems(), None: rep.Counts.Total == 0, Unasked: rep.Counts.Total > 0 && !rep.IsAsked(),
		Caption: v.caption(len(shown), len(all), rep.Counts.Total), More: v.more(all), Page: v.page, Pages: v.pages(len(all)),
		Found: newFoundAccounts(h.Unlisted(r, cfg)),
	}
	page.Icon = icon(rep.Worst())
	page.JSON += v.link("refresh", "", "page", v.values.Get("page"))
	for _, d := range shown {
		page.Rows = append(page.Rows, newRow(d, rep.Now))
	}
	if v.page > 1 {
		page.Previous = v.link("page", strconv.Itoa(v.page-1))
	}
	if v.page < page.Pages {
		page.Next = v.link("page", strconv.Itoa(v.page+1))
	}
	h.show(w, r, "list", page)
}

// listPage is what the template list shows.
type listPage struct {
	frame
	Chips          []chip
	Form           form
	Columns        []column
	Rows           []listRow
	Counts         report.Counts
	Causes         []report.CauseItem
	None           bool // no domain is configured
	Unasked        bool // none was asked about yet
	Caption, More  string
	Page, Pages    int
	Previous, Next string
	Found          []foundAccount
}

// chip is a count that leads to what it counts.
type chip struct {
	Name     string
	Severity judge.Severity // "" is all
	Count    string
	Link     string
	Current  bool // is what the page shows
}

func (v *view) chips(counts report.Counts) []chip {
	chosen := v.filter.Severities
	chips := []chip{{Name: "domains", Count: thousands(counts.Total), Link: v.link("severity", ""), Current: len(chosen) == 0}}
	for _, s := range judge.Severities() {
		if n := counts.Of(s); n > 0 || s != judge.Unknown {
			chips = append(chips, chip{string(s), s, thousands(n), v.link("severity", string(s)), len(chosen) == 1 && chosen[0] == s})
		}
	}
	return chips
}

// column is a column of the table, which may be sorted by it.
type column struct{ Title, Link, Sorted string }

func (v *view) columns() []column {
	columns := []column{{Title: "Severity"}, {Title: "Domain"}, {Title: "State, and what to do"}, {Title: "Time left"}, {Title: "Last asked"}}
	for i, by := range []report.Order{report.ByUrgency, report.ByCname, report.ByState, report.ByExpiry, report.ByAsked} {
		order, sorted := string(by), ""
		if by == v.order {
			order, sorted = "-"+order, "ascending"
			if v.reverse {
				order, sorted = string(by), "descending"
			}
		}
		if order == string(report.ByUrgency) {
			order = "" // as without a word about it
		}
		columns[i].Link, columns[i].Sorted = v.link("sort", order), sorted
	}
	return columns
}

func (v *view) caption(shown, chosen, total int) string {
	if shown == 0 {
		return ""
	}
	from := (v.page - 1) * v.size
	text := fmt.Sprintf("%s to %s of %s domains", thousands(from+1), thousands(from+shown), thousands(chosen))
	if chosen < total {
		text += fmt.Sprintf(" that fit, of %s", thousands(total))
	}
	return text
}

// more says what is on the pages after this one.
func (v *view) more(all []*report.Domain) string {
	rest := all[min(v.page*v.size, len(all)):]
	counts := report.Count(rest)
	switch {
	case len(rest) == 0:
		return ""
	case counts.OK == len(rest):
		return thousands(len(rest)) + " more are well"
	}
	text := thousands(len(rest)) + " more:"
	for i, s := range judge.Severities() {
		if n := counts.Of(s); n > 0 {
			if i > 0 && text[len(text)-1] != ':' {
				text += ","
			}
			text += fmt.Sprintf(" %s %s", thousands(n), s)
		}
	}
	return text
}

// thousands writes n as people read it: 9,800.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// listRow is a domain in the list.
type listRow struct {
	ID, Bucket, Cname, Account, Labels string
	Severity                           judge.Severity
	State                              status.State
	Text, More, Action                 string // the worst finding, how many more there are, what to do
	Line                               string // the record to publish, if it is not there; "" is none
	Link                               string
	Due                                *due
	Asked                              *moment
}

// due is when the token or the certificate of a domain ends.
type due struct {
	moment
	What string
	Bar  string // how much of its life is left, of 72; "" is none
}

// Bounds of what a row shows, in characters; the page of the domain has all.
const (
	maxText   = 160
	maxLabels = 80
)

func newRow(d *report.Domain, now time.Time) listRow {
	t := d.Target
	r := listRow{
		ID: t.String(), Bucket: t.Bucket, Cname: t.Cname(), Account: plain.Printable(t.Account.Name), Labels: short(plain.Labels(t.Labels), maxLabels),
		Severity: d.Severity, State: d.State, Link: "domains/" + url.PathEscape(t.Bucket) + "/" + url.PathEscape(t.Cname()),
		Due: newDue(d, now), Asked: newMoment(d.Status.Attempt.Ended, now),
	}
	findings := d.Findings()
	if len(findings) > 0 {
		r.Text = short(findings[0].Text, maxText)
	}
	if n := len(findings); n > 1 {
		r.More = fmt.Sprintf("and %d", n-1)
	}
	if len(findings) > 0 || d.State != status.StateBound {
		r.Action = d.Action()
	}
	if record := d.Record(); record != nil && d.Status.DNSVerified != status.Yes {
		r.Line = record.Line
	}
	return r
}

// newDue returns nil if the domain has neither a token that it needs, nor a
// certificate.
func newDue(d *report.Domain, now time.Time) *due {
	s := d.Status
	switch {
	case s.Bound == status.Yes && !s.CertificateExpires.IsZero():
		return &due{*newMoment(s.CertificateExpires, now), "certificate", bar(s.CertificateExpires.Sub(now), 90*24*time.Hour)}
	case s.Bound != status.Yes && s.Facts.Exists:
		return &due{*newMoment(s.Facts.Expires, now), "token", bar(s.Facts.Expires.Sub(now), 72*time.Hour)}
	case s.Bound != status.Yes && !s.Facts.Expired.IsZero():
		return &due{moment: *newMoment(s.Facts.Expired, now), What: "token expired"}
	}
	return nil
}

// bar returns left as a part of a life of 72.
func bar(left, life time.Duration) string {
	return strconv.FormatFloat(72*min(1, max(0.02, left.Hours()/life.Hours())), 'f', 1, 64)
}

// short returns text with at most n characters.
func short(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n-1]) + "…"
}
