package ui

import (
	"fmt"
	"net/http"
	"strconv"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/report"
)

// list is the page of all domains, the most urgent first. It shows what the
// scrapes learnt and asks nothing itself.
func (h *Pages) list(w http.ResponseWriter, r *http.Request) {
	cfg := h.Config()
	v, err := h.parseView(r.URL.RawQuery, cfg, "q", "severity", "state", "sort", "group", "page", "refresh")
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	rep := h.report(cfg)
	all := v.choose(rep)
	grouped := v.grouped(cfg, all)
	v.page = min(v.page, v.pages(len(all))) // domains may be fewer than when the link was made
	title := "OSS CNAME"
	if n := rep.Counts.Critical + rep.Counts.Warning; n > 0 {
		title = fmt.Sprintf("(%d) %s", n, title)
	}
	page := listPage{
		frame: h.newFrame(r, title, v), Chips: v.chips(rep.Counts), Form: v.form(cfg), Columns: v.headings(),
		Counts: rep.Counts, Causes: newCauses(rep), None: rep.Counts.Total == 0, Unasked: rep.Counts.Total > 0 && !rep.IsAsked(),
		More: v.more(all), Page: v.page, Pages: v.pages(len(all)), Found: newFoundAccounts(h.Unlisted(r, cfg)),
	}
	page.watch(h, rep)
	page.Icon = icon(rep.Worst())
	page.JSON += v.link("refresh", "", "group", "", "page", v.values.Get("page"))
	shown := v.cut(all)
	page.Caption = v.caption(len(shown), len(all), rep.Counts.Total)
	page.Rows = newRows(shown, grouped, rep.Now)
	if v.page > 1 {
		page.Previous = v.link("page", strconv.Itoa(v.page-1))
	}
	if v.page < page.Pages {
		page.Next = v.link("page", strconv.Itoa(v.page+1))
	}
	h.show(w, r, http.StatusOK, "list", page)
}

// listPage is what the template list shows.
type listPage struct {
	frame
	Chips          []chip
	Form           form
	Columns        []heading
	Rows           []listRow
	Counts         report.Counts
	Causes         []cause
	None           bool // no domain is configured
	Unasked        bool // none was asked about yet
	Caption, More  string
	Page, Pages    int
	Previous, Next string
	Found          []foundAccount
}

// cause is a failure that domains share.
type cause struct {
	report.CauseItem
	Began *moment
}

func newCauses(rep *report.Report) (causes []cause) {
	for _, item := range rep.CauseItems() {
		c := cause{CauseItem: item}
		if item.Since != nil {
			c.Began = newMoment(*item.Since, rep.Now)
		}
		causes = append(causes, c)
	}
	return causes
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
