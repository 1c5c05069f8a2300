package ui

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web/query"
)

// Bounds of what a request may ask for.
const (
	pageRows       = 150 // of the list: it has at most 200 kB then, whatever the rows say (BenchmarkPageOfTrouble)
	pageSize       = 200 // domains of the JSON
	maxPageSize    = 10_000
	maxSearch      = 200 // characters
	defaultRefresh = "30"
)

// view is which domains a request wants, and in which order.
type view struct {
	filter  report.Criteria
	order   report.Order
	reverse bool
	group   string // the name of one of groupings; "" is none
	page    int    // from 1
	size    int    // domains on a page
	refresh string
	values  url.Values // the parameters, without those that say nothing
}

// refreshes returns how often a page may be refreshed, in seconds; off is never.
func refreshes() []string { return []string{"off", "10", defaultRefresh, "60", "300"} }

// parseView reads parameters: those of the page, which are named, and those that
// choose domains. Each must have a value that is known: a slip would otherwise
// hide domains. An empty value of those that the form sends says nothing.
func (h *Pages) parseView(raw string, cfg *config.Config, names ...string) (*view, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fmt.Errorf("reading query: %w", err)
	}
	for _, name := range append([]string{"account", "label"}, names...) {
		values[name] = slices.DeleteFunc(values[name], func(value string) bool { return value == "" })
	}
	q, err := h.Known.Parse(values.Encode(), cfg, names...)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(values, func(_ string, all []string) bool { return len(all) == 0 })
	v := &view{values: values, order: report.ByUrgency, page: 1, size: pageSize, refresh: defaultRefresh}
	v.filter.Targets = q.Filter
	for _, read := range []func() error{v.readFilter, v.readOrder, v.readPaging} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	if err := v.readGroup(cfg); err != nil {
		return nil, err
	}
	return v, nil
}

// readFilter reads the parameters that choose domains by their facts.
func (v *view) readFilter() (err error) {
	if v.filter.Text, err = query.Once(v.values, "q"); err != nil {
		return err
	}
	if len([]rune(v.filter.Text)) > maxSearch {
		return fmt.Errorf("q: too long; write at most %d characters", maxSearch)
	}
	if v.filter.Severities, err = query.Closed("severity", v.values["severity"], judge.Severities()); err != nil {
		return err
	}
	v.filter.States, err = query.Closed("state", v.values["state"], status.States())
	return err
}

func accountNames(cfg *config.Config) []string {
	var names []string
	for i := range cfg.Accounts {
		names = append(names, cfg.Accounts[i].Name)
	}
	return names
}

func (v *view) readOrder() error {
	text, err := query.Once(v.values, "sort")
	if err != nil || text == "" {
		return err
	}
	text, v.reverse = strings.CutPrefix(text, "-")
	orders, err := query.Closed("sort", []string{text}, report.Orders())
	if err != nil {
		return fmt.Errorf("%w, each with - in front for the other way round", err)
	}
	v.order = orders[0]
	return nil
}

func (v *view) readGroup(cfg *config.Config) (err error) {
	if v.group, err = query.Once(v.values, "group"); err != nil || v.group == "" {
		return err
	}
	_, err = query.Closed("group", []string{v.group}, groupNames(cfg))
	return err
}

func (v *view) readPaging() (err error) {
	if v.page, err = v.number("page", 1, 1<<30); err != nil {
		return err
	}
	if v.size, err = v.number("per_page", pageSize, maxPageSize); err != nil {
		return err
	}
	text, err := query.Once(v.values, "refresh")
	if err != nil || text == "" {
		return err
	}
	_, err = query.Closed("refresh", []string{text}, refreshes())
	v.refresh = text
	return err
}

// number reads a whole number from 1 to most.
func (v *view) number(name string, without, most int) (int, error) {
	text, err := query.Once(v.values, name)
	if err != nil || text == "" {
		return without, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%s: %.64q: write a whole number from 1 to %d", name, text, most)
	}
	return n, nil
}

// choose returns all domains that v chooses, in its order.
func (v *view) choose(r *report.Report) []*report.Domain {
	all := r.Select(v.filter)
	if v.order != report.ByUrgency || v.reverse {
		report.Sort(all, v.order, v.reverse)
	}
	return all
}

// cut returns the domains of the page.
func (v *view) cut(all []*report.Domain) []*report.Domain {
	from := min((v.page-1)*v.size, len(all))
	return all[from:min(from+v.size, len(all))]
}

// pages returns how many pages n domains take; at least one.
func (v *view) pages(n int) int { return max(1, (n+v.size-1)/v.size) }

// link returns the query of the same view with some parameters changed: pairs of
// name and value, "" for none. A change of anything but the page leads to the
// first.
func (v *view) link(change ...string) string {
	values := maps.Clone(v.values)
	if values == nil {
		values = url.Values{}
	}
	values.Del("page")
	for len(change) >= 2 {
		name, value := change[0], change[1]
		if values.Del(name); value != "" {
			values.Set(name, value)
		}
		change = change[2:]
	}
	return "?" + values.Encode()
}
