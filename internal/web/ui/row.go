package ui

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

// column is a column of the table of domains.
type column struct {
	title lang.Text
	order report.Order // of the domains, by this column
	cell  string       // the name of the template that shows a listRow
}

// columns returns every column, from left to right.
func columns() []column {
	return []column{
		{lang.Textf("Severity"), report.ByUrgency, "severity"},
		{lang.Textf("Domain"), report.ByCname, "names"},
		{lang.Textf("State, and what to do"), report.ByState, "advice"},
		{lang.Textf("Time left"), report.ByExpiry, "left"},
		{lang.Textf("Last asked"), report.ByAsked, "asked"},
	}
}

// rowHTML returns the template of a row: the cell of each column.
func rowHTML() string {
	var b strings.Builder
	b.WriteString(`{{define "row"}}<tr id="{{.ID}}" class="{{.Severity}}">`)
	for _, c := range columns() {
		fmt.Fprintf(&b, `{{template %q .}}`, c.cell)
	}
	b.WriteString("</tr>\n{{end}}")
	return b.String()
}

// heading is the head of a column, which sorts by it.
type heading struct {
	Title        lang.Text
	Link, Sorted string
}

func (v *view) headings() (list []heading) {
	for _, c := range columns() {
		order, sorted := string(c.order), ""
		if c.order == v.order {
			order, sorted = "-"+order, "ascending"
			if v.reverse {
				order, sorted = string(c.order), "descending"
			}
		}
		if order == string(report.ByUrgency) {
			order = "" // as without a word about it
		}
		list = append(list, heading{c.title, v.link("sort", order), sorted})
	}
	return list
}

// listRow is a domain in the list.
type listRow struct {
	ID, Bucket, Cname, Account, Labels string
	Severity                           judge.Severity
	State                              status.State
	Text, Action                       string    // the worst finding, what to do
	More                               lang.Text // how many more findings there are
	Line                               string    // the record to publish, if it is not there; "" is none
	NotChecked                         string    // the names of the checks that are off; "" is none
	Link                               string
	Due                                *due
	Asked                              *moment
	IsLong                             bool     // the name may need two lines
	Group                              *section // that begins with this row; nil is none
}

// due is when the token or the certificate of a domain ends.
type due struct {
	moment
	What lang.Text
	Bar  string // how much of its life is left, of 72; "" is none
}

// Bounds of what a row shows, in characters; the page of the domain has all.
const (
	maxText   = 160
	maxLabels = 80
	maxName   = 30 // in one line
)

func newRow(d *report.Domain, now time.Time) listRow {
	t := d.Target
	r := listRow{
		ID: t.String(), Bucket: t.Bucket, Cname: t.Cname(), Account: plain.Printable(t.Account.Name), Labels: short(plain.Labels(t.Labels), maxLabels),
		Severity: d.Severity, State: d.State, Link: "domains/" + url.PathEscape(t.Bucket) + "/" + url.PathEscape(t.Cname()),
		Due: newDue(d, now), IsLong: len(t.Cname()) > maxName, Asked: newMoment(d.Status.Attempt.Ended, now),
	}
	for i, u := range d.Unchecked() {
		if i > 0 {
			r.NotChecked += ", "
		}
		r.NotChecked += u.Check
	}
	findings := d.Findings()
	if len(findings) > 0 {
		r.Text = short(findings[0].Text, maxText)
	}
	if n := len(findings); n > 1 {
		r.More = lang.Textf("and %d more", n-1)
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
		return &due{*newMoment(s.CertificateExpires, now), lang.Textf("certificate"), bar(s.CertificateExpires.Sub(now), 90*24*time.Hour)}
	case s.Bound != status.Yes && s.Facts.Exists:
		return &due{*newMoment(s.Facts.Expires, now), lang.Textf("token"), bar(s.Facts.Expires.Sub(now), 72*time.Hour)}
	case s.Bound != status.Yes && !s.Facts.Expired.IsZero():
		return &due{moment: *newMoment(s.Facts.Expired, now), What: lang.Textf("token expired")}
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
