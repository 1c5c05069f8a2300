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
	pageSize       = 200
	maxPageSize    = 10_000
	maxSearch      = 200 // characters
	defaultRefresh = "30"
)

// view is which domains a request wants, and in which order.
type view struct {
	filter  report.Filter
	order   report.Order
	reverse bool
	page    int // from 1
	size    int // domains on a page
	refresh string
	values  url.Values // the parameters, without those that say nothing
}

// refreshes returns how often a page may be refreshed, in seconds; off is never.
func refreshes() []string { return []string{"off", "10", defaultRefresh, "60", "300"} }

// parseView reads parameters. Each must be one of known, and have a value that
// cfg, or the report, knows: a slip would otherwise hide domains. An empty value
// says nothing, as a form sends it.
func parseView(raw string, cfg *config.Config, known ...string) (*view, error) {
	values, err := query.Parse(raw, "parameter", known...)
	if err != nil {
		return nil, err
	}
	for name := range values {
		values[name] = slices.DeleteFunc(values[name], func(value string) bool { return value == "" })
		if len(values[name]) == 0 {
			delete(values, name)
		}
	}
	v := &view{values: values, order: report.ByUrgency, page: 1, size: pageSize, refresh: defaultRefresh}
	for _, read := range []func(*config.Config) error{v.readFilter, v.readLabels, v.readOrder, v.readPaging} {
		if err := read(cfg); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// readFilter reads what chooses domains, but for their labels.
func (v *view) readFilter(cfg *config.Config) (err error) {
	if v.filter.Text, err = query.Once(v.values, "q"); err != nil {
		return err
	}
	if len([]rune(v.filter.Text)) > maxSearch {
		return fmt.Errorf("q: too long; write at most %d characters", maxSearch)
	}
	if v.filter.Severities, err = closed("severity", v.values["severity"], judge.Severities()); err != nil {
		return err
	}
	if v.filter.States, err = closed("state", v.values["state"], status.States()); err != nil {
		return err
	}
	v.filter.Accounts, err = closed("account", v.values["account"], accountNames(cfg))
	return err
}

func accountNames(cfg *config.Config) []string {
	var names []string
	for i := range cfg.Accounts {
		names = append(names, cfg.Accounts[i].Name)
	}
	return names
}

// closed returns values, each of which must be known.
func closed[T ~string](name string, values []string, known []T) ([]T, error) {
	var read []T
	for _, value := range values {
		if !slices.Contains(known, T(value)) {
			return nil, fmt.Errorf("%s: %.64q: unknown; known: %s", name, value, joined(known))
		}
		read = append(read, T(value))
	}
	return read, nil
}

func joined[T ~string](texts []T) string {
	var b strings.Builder
	for i, text := range texts {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(text))
	}
	return b.String()
}

// readLabels reads name=value.
func (v *view) readLabels(cfg *config.Config) error {
	for _, text := range v.values["label"] {
		name, value, whole := strings.Cut(text, "=")
		if !whole {
			return fmt.Errorf("label: %.64q: write name=value, such as team=web", text)
		}
		if !slices.Contains(cfg.LabelNames, name) {
			return fmt.Errorf("label: %.64q: no target has that label; known: %s", name, strings.Join(cfg.LabelNames, ", "))
		}
		if v.filter.Labels == nil {
			v.filter.Labels = map[string][]string{}
		}
		v.filter.Labels[name] = append(v.filter.Labels[name], value)
	}
	return nil
}

func (v *view) readOrder(*config.Config) error {
	text, err := query.Once(v.values, "sort")
	if err != nil || text == "" {
		return err
	}
	text, v.reverse = strings.CutPrefix(text, "-")
	orders, err := closed("sort", []string{text}, report.Orders())
	if err != nil {
		return fmt.Errorf("%w, each with - in front for the other way round", err)
	}
	v.order = orders[0]
	return nil
}

func (v *view) readPaging(*config.Config) (err error) {
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
	_, err = closed("refresh", []string{text}, refreshes())
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

// choose returns the domains of the page, and all that the filter chose.
func (v *view) choose(r *report.Report) (page, all []*report.Domain) {
	all = r.Select(v.filter)
	if v.order != report.ByUrgency || v.reverse {
		report.Sort(all, v.order, v.reverse)
	}
	from := min((v.page-1)*v.size, len(all))
	return all[from:min(from+v.size, len(all))], all
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
