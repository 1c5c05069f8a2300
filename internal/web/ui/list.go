package ui

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
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
	rep := h.report(r, cfg)
	v.size = pageRows
	all := v.choose(rep)
	grouped := v.grouped(cfg, all)
	v.page = min(v.page, v.pages(len(all))) // domains may be fewer than when the link was made
	title := lang.Verbatim("OSS CNAME")
	if n := rep.Counts.Critical + rep.Counts.Warning; n > 0 {
		title = lang.Textf("(%d) %s", n, title)
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
	page.Unchecked = report.UncheckedOf(shown)
	page.Rows = newRows(shown, grouped, rep.Now)
	if v.page > 1 {
		page.Previous = v.link("page", strconv.Itoa(v.page-1))
	}
	if v.page < page.Pages {
		page.Next = v.link("page", strconv.Itoa(v.page+1))
	}
	h.show(w, r, http.StatusOK, "list", page)
}

// listPage is the data of the template list.
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
	Caption, More  lang.Text
	Unchecked      []report.Unchecked // the checks that are off for a domain of the page
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
	Name     lang.Text
	Severity judge.Severity // "" is all
	Count    string
	Link     string
	Current  bool // is what the page shows
}

func (v *view) chips(counts report.Counts) []chip {
	chosen := v.filter.Severities
	chips := []chip{{Name: lang.Textf("domains"), Count: thousands(counts.Total), Link: v.link("severity", ""), Current: len(chosen) == 0}}
	for _, s := range judge.Severities() {
		if n := counts.Of(s); n > 0 || s != judge.Unknown {
			chips = append(chips, chip{lang.Verbatim(string(s)), s, thousands(n), v.link("severity", string(s)), len(chosen) == 1 && chosen[0] == s})
		}
	}
	return chips
}

func (v *view) caption(shown, chosen, total int) lang.Text {
	if shown == 0 {
		return lang.Text{}
	}
	from := (v.page - 1) * v.size
	text := lang.Textf("%s to %s of %s domains", thousands(from+1), thousands(from+shown), thousands(chosen))
	if chosen < total {
		text = lang.Textf("%s that fit, of %s", text, thousands(total))
	}
	return text
}

// more says what is on the pages after this one.
func (v *view) more(all []*report.Domain) lang.Text {
	rest := all[min(v.page*v.size, len(all)):]
	counts := report.Count(rest)
	switch {
	case len(rest) == 0:
		return lang.Text{}
	case counts.OK == len(rest):
		return lang.Textf("%s more are well", thousands(len(rest)))
	}
	var texts []string
	for _, s := range judge.Severities() {
		if n := counts.Of(s); n > 0 {
			texts = append(texts, fmt.Sprintf("%s %s", thousands(n), s))
		}
	}
	return lang.Textf("%s more: %s", thousands(len(rest)), strings.Join(texts, ", "))
}

// thousands writes n as people read it: 9,800.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
