package ui

import (
	"maps"
	"slices"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

// form is the search and the filters.
type form struct {
	Text    string
	Selects []selectList
	IsUsed  bool        // a value of Selects is chosen
	Hidden  [][2]string // parameters that the form keeps
}

// selectList is one of the form's lists to choose from.
type selectList struct {
	Title   lang.Text
	Name    string
	Options []choice
}

type choice struct {
	Value    string
	Text     lang.Text
	Selected bool
}

// maxOptions is how many labels the form offers.
const maxOptions = 100

func (v *view) form(cfg *config.Config) form {
	f := form{Text: v.filter.Text}
	add(&f, v, lang.Textf("Severity"), "severity", lang.Textf("any"), judge.Severities())
	add(&f, v, lang.Textf("State"), "state", lang.Textf("any"), status.States())
	if accounts := accountNames(cfg); len(accounts) > 1 {
		add(&f, v, lang.Textf("Account"), "account", lang.Textf("any"), accounts)
	}
	if labels := v.labels(cfg); len(labels) > 0 {
		add(&f, v, lang.Textf("Label"), "label", lang.Textf("any"), labels)
	}
	add(&f, v, lang.Textf("Sort by"), "sort", lang.Verbatim(string(report.ByUrgency)), report.Orders()[1:])
	add(&f, v, lang.Textf("Group by"), "group", lang.Textf("nothing"), groupNames(cfg))
	if refresh := v.values.Get("refresh"); refresh != "" {
		f.Hidden = append(f.Hidden, [2]string{"refresh", refresh})
	}
	return f
}

// add appends to f a list of values, with one in front that says nothing.
func add[T ~string](f *form, v *view, title lang.Text, name string, nothing lang.Text, values []T) {
	s := selectList{Title: title, Name: name, Options: []choice{{Text: nothing}}}
	for _, value := range values {
		s.Options = append(s.Options, choice{string(value), lang.Verbatim(string(value)), string(value) == v.values.Get(name)})
	}
	if chosen := v.values.Get(name); chosen != "" && !slices.ContainsFunc(s.Options, func(o choice) bool { return o.Selected }) {
		s.Options = append(s.Options, choice{chosen, lang.Verbatim(chosen), true}) // such as the other way round
	}
	f.Selects = append(f.Selects, s)
	f.IsUsed = f.IsUsed || v.values.Get(name) != ""
}

// labels returns the labels of the targets, if they are few enough to choose from.
func (v *view) labels(cfg *config.Config) []string {
	seen := map[string]bool{}
	for i := range cfg.Targets {
		for name, value := range cfg.Targets[i].Labels {
			if seen[name+"="+value] = true; len(seen) > maxOptions {
				return v.values["label"]
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
