package ui

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/report"
)

// grouping is a way to put domains into groups.
type grouping struct {
	name   string // as the parameter group has it
	of     func(*report.Domain) string
	filter func(value string) (parameter, text string) // what chooses one group alone
}

// groupings returns every way: by account, by bucket, and by each label of the
// targets.
func groupings(cfg *config.Config) []grouping {
	list := []grouping{
		{"account", func(d *report.Domain) string { return d.Target.Account.Name }, func(value string) (string, string) { return "account", value }},
		{"bucket", func(d *report.Domain) string { return d.Target.Bucket }, func(value string) (string, string) { return "bucket", value }},
	}
	for _, label := range cfg.LabelNames {
		list = append(list, grouping{
			label, func(d *report.Domain) string { return d.Target.Labels[label] },
			func(value string) (string, string) { return "label", label + "=" + value },
		})
	}
	return list
}

// groupNames returns the values of the parameter group.
func groupNames(cfg *config.Config) (names []string) {
	for _, g := range groupings(cfg) {
		names = append(names, g.name)
	}
	return names
}

// section is the domains that are alike in one thing.
type section struct {
	ID, Name string // of the page, of the grouping
	Value    lang.Text
	Severity judge.Severity // of the worst domain
	Counts   report.Counts
	Link     string // to these domains alone

	domains []*report.Domain
}

// grouped puts domains that v chose into its groups, the worst group first, and
// keeps their order in each. It returns the group of each domain; nil without
// groups.
func (v *view) grouped(cfg *config.Config, all []*report.Domain) map[*report.Domain]*section {
	at := slices.IndexFunc(groupings(cfg), func(g grouping) bool { return g.name == v.group })
	if at < 0 {
		return nil
	}
	by := groupings(cfg)[at]
	groups := map[string]*section{}
	of := make(map[*report.Domain]*section, len(all))
	for _, d := range all {
		value := by.of(d)
		if groups[value] == nil {
			parameter, text := by.filter(value)
			shown := lang.Verbatim(value)
			if value == "" {
				shown = lang.Textf("none")
			}
			groups[value] = &section{ID: plain.Printable(value), Name: by.name, Value: shown, Severity: d.Severity, Link: v.link(parameter, text, "group", "")}
		}
		g := groups[value]
		g.domains = append(g.domains, d)
		if d.Severity.Compare(g.Severity) < 0 {
			g.Severity = d.Severity
		}
		of[d] = g
	}
	all = all[:0]
	for _, g := range slices.SortedFunc(maps.Values(groups), worstFirst) {
		g.Counts = report.Count(g.domains)
		all = append(all, g.domains...)
	}
	return of
}

func worstFirst(a, b *section) int {
	return cmp.Or(a.Severity.Compare(b.Severity), strings.Compare(a.ID, b.ID))
}

// newRows returns the rows of domains. The first of each group has the group.
func newRows(domains []*report.Domain, grouped map[*report.Domain]*section, now time.Time) []listRow {
	rows := make([]listRow, len(domains))
	var last *section
	for i, d := range domains {
		rows[i] = newRow(d, now)
		if g := grouped[d]; g != last {
			rows[i].Group, last = g, g
		}
	}
	return rows
}
