package ui

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"oss_cname_exporter/docs"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/web/query"
)

// domain is the page of one configured target.
func (h *pages) domain(w http.ResponseWriter, r *http.Request) {
	cfg := h.Config()
	_, err := query.Single(r.URL.RawQuery, "refresh")
	v, slip := h.parseView(r.URL.RawQuery, cfg, "refresh")
	if err = cmp.Or(err, slip); err != nil {
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
	Life           timeline
	Changes        []changeLine
	Queries        []string
}

type changeLine struct {
	At   moment
	Text string
}

// fact is a report.Fact as a page shows it.
type fact struct {
	Name, Text string
	At         *moment
}

func facts(d *report.Domain, now time.Time) []fact {
	var list []fact
	for _, f := range d.Facts() {
		list = append(list, fact{f.Name, f.Value, newMoment(f.At, now)})
	}
	return list
}

// runbook shows what to do about an alert, with the bucket and the domain in
// place of their variables if a target is named.
func (h *pages) runbook(w http.ResponseWriter, r *http.Request) {
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
	page.Icon = icon(judge.OK)
	h.show(w, r, "runbook", page)
}

type runbookPage struct {
	frame
	Alert, Text, Back string
}
