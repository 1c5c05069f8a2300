package ui

import (
	"cmp"
	"net/http"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/web/query"
)

// domain is the page of one configured target.
func (h *Pages) domain(w http.ResponseWriter, r *http.Request) {
	cfg := h.Config()
	_, err := query.Single(r.URL.RawQuery, "refresh")
	v, slip := h.parseView(r.URL.RawQuery, cfg, "refresh")
	if err = cmp.Or(err, slip); err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	d, rep, code, err := h.find(r, cfg, r.PathValue("bucket"), r.PathValue("cname"))
	if err != nil {
		h.refuse(w, r, code, err.Error())
		return
	}
	now := h.Now()
	page := domainPage{frame: h.newFrame(r, lang.Verbatim(d.Target.Cname()+" · "+string(d.Severity)), v), Domain: domainView{
		Item: d.Item(), Target: d.Target.String(), Labels: plain.Labels(d.Target.Labels),
		Facts: facts(d, now), Life: newLife(d, now), Links: h.Links.of(d.Target), Commands: commands(d.Target),
	}}
	page.Domain.addFindings(d, h.Links, now)
	for _, c := range d.Changes() {
		page.Domain.Changes = append(page.Domain.Changes, changeLine{*newMoment(c.At, now), c.Text()})
	}
	for _, text := range d.Queries() {
		page.Domain.Queries = append(page.Domain.Queries, link{lang.Verbatim(text), h.Links.graph(text)})
	}
	page.watch(h, rep)
	page.Icon = icon(d.Severity)
	page.JSON += "/" + d.Target.String()
	h.show(w, r, http.StatusOK, "domain", page)
}

// domainPage is the data of the template domain.
type domainPage struct {
	frame
	Domain domainView
}

type domainView struct {
	Item           report.Item
	Target, Labels string
	Findings       []finding
	Facts          []factRow
	Life           timeline
	Changes        []changeLine
	Queries, Links []link
	Commands       []command
}

// finding is a report.Finding as a page shows it.
type finding struct {
	report.Finding
	Began   *moment
	Silence string // URL; "" is none
}

func (v *domainView) addFindings(d *report.Domain, links Links, now time.Time) {
	for _, f := range v.Item.Findings {
		shown := finding{Finding: f, Silence: silence(links, d.Target, f.Alert)}
		if f.Since != nil {
			shown.Began = newMoment(*f.Since, now)
		}
		v.Findings = append(v.Findings, shown)
	}
}

func silence(links Links, t *config.Target, alert string) string {
	return links.silence(selector(t, `alertname="`+alert+`"`))
}

type changeLine struct {
	At   moment
	Text lang.Text
}

// factRow is a report.Fact as a page shows it.
type factRow struct {
	Name, Text string
	At         *moment
	IsMuted    bool // is about a check that is off
}

func facts(d *report.Domain, now time.Time) []factRow {
	var list []factRow
	for _, f := range d.Facts() {
		list = append(list, factRow{f.Name, f.Value, newMoment(f.At, now), f.IsUnchecked})
	}
	return list
}
