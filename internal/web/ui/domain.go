package ui

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"oss_cname_exporter/docs"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web/query"
)

// domain is the page of one configured target.
func (h *handler) domain(w http.ResponseWriter, r *http.Request) {
	cfg := h.Config()
	v, err := parseView(r.URL.RawQuery, cfg, "refresh")
	if err != nil {
		h.Refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	d, code, err := h.find(cfg, r.PathValue("bucket"), r.PathValue("cname"))
	if err != nil {
		h.Refuse(w, r, code, err.Error())
		return
	}
	now := h.Now()
	page := domainPage{frame: h.newFrame("../../", d.Target.Cname()+" · "+string(d.Severity), v), Domain: domainView{
		Item: d.Item(), Target: d.Target.String(), Labels: plain.Labels(d.Target.Labels),
		Facts: facts(d, now), Life: newLife(d, now), Queries: d.Queries(),
	}}
	for _, c := range d.Changes() {
		page.Domain.Changes = append(page.Domain.Changes, changeLine{*newMoment(c.At, now), c.Text()})
	}
	page.Icon = icon(d.Severity)
	page.JSON += "/" + d.Target.String()
	h.show(w, r, "domain", page)
}

// domainPage is what the template domain shows.
type domainPage struct {
	frame
	Domain domainView
}

type domainView struct {
	Item           report.Item
	Target, Labels string
	Facts          []fact
	Life           life
	Changes        []changeLine
	Queries        []string
}

type changeLine struct {
	At   moment
	Text string
}

// fact is something that is known of a domain, and since when or until when.
type fact struct {
	Name, Text string
	At         *moment
}

func facts(d *report.Domain, now time.Time) []fact {
	s := d.Status
	list := []fact{
		{"State", string(d.State), nil},
		tokenFact(d, now),
		{"Token confirmed", unless(s.Facts.Confirmed.IsZero(), "never", ""), newMoment(s.Facts.Confirmed, now)},
		attemptFact("Token asked for", s.Attempt, now),
	}
	if s.Bound != status.Unknown {
		list = append(list, fact{"Binding", bindingText(s), nil})
	}
	if text := d.CertificateText(); text != "" {
		list = append(list, fact{"Certificate", text, nil})
	}
	for _, check := range status.Checks() {
		if c, made := s.Checks[check]; made {
			list = append(list, attemptFact("Check "+string(check), c.Attempt, now))
		}
	}
	return list
}

func tokenFact(d *report.Domain, now time.Time) fact {
	f := d.Status.Facts
	switch {
	case f.Exists && now.Before(f.Expires):
		return fact{"Token", "expires", newMoment(f.Expires, now)}
	case f.Exists:
		return fact{"Token", "expired", newMoment(f.Expires, now)}
	case !f.Expired.IsZero():
		return fact{"Token", "expired unused", newMoment(f.Expired, now)}
	}
	return fact{"Token", d.TokenText(), nil}
}

func unless(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

func bindingText(s *status.Status) string {
	switch {
	case s.Bound == status.No:
		return "not bound to the bucket"
	case s.Enabled == status.No && s.BindingWord != "":
		return "bound, and not served: OSS calls it " + plain.Printable(s.BindingWord)
	case s.Enabled == status.No:
		return "bound, and not served"
	case s.Enabled == status.Yes:
		return "bound and served"
	}
	return "bound"
}

// attemptFact tells how the last attempt of a question went.
func attemptFact(name string, a status.Attempt, now time.Time) fact {
	f := fact{Name: name, Text: "not yet", At: newMoment(a.Ended, now)}
	switch {
	case a.Reason != "":
		f.Text = fmt.Sprintf("%s: %v,", a.Reason, a.Err)
	case !a.Ended.IsZero():
		f.Text = "succeeded in " + a.Duration.Round(time.Millisecond/10).String() + ","
	}
	f.Text = plain.Printable(f.Text)
	return f
}

// runbook shows what to do about an alert, with the bucket and the domain in
// place of their variables if a target is named.
func (h *handler) runbook(w http.ResponseWriter, r *http.Request) {
	values, err := query.Single(r.URL.RawQuery, "target")
	if err != nil {
		h.Refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	alert := r.PathValue("alert")
	page := runbookPage{frame: h.newFrame("../", alert, &view{refresh: "off"}), Alert: alert, Text: docs.Runbook(alert)}
	if page.Text == "" {
		h.Refuse(w, r, http.StatusNotFound, fmt.Sprintf("no runbook %.64q", alert))
		return
	}
	if target := values.Get("target"); target != "" {
		name, err := domain.Parse(target)
		if err != nil {
			h.Refuse(w, r, http.StatusBadRequest, fmt.Sprintf("target: %.64q: %v", target, err))
			return
		}
		page.Back = "domains/" + name.String()
		page.Text = strings.NewReplacer("$BUCKET", name.Bucket, "$CNAME", name.Base).Replace(page.Text)
	}
	page.Icon = icon(report.OK)
	h.show(w, r, "runbook", page)
}

type runbookPage struct {
	frame
	Alert, Text, Back string
}
