package config

import "slices"

// Filter chooses targets. Each field has the values that a target may have, and an empty one allows all. The zero value
// chooses every target.
type Filter struct {
	Account, Region, Bucket, Cname []string
	Labels                         map[string][]string // of the targets' own labels, by name; "" is for targets that lack the label
}

// Matches reports whether f chooses t.
func (f *Filter) Matches(t *Target) bool {
	for name, values := range f.Labels {
		if !slices.Contains(values, t.Labels[name]) {
			return false
		}
	}
	return allows(f.Account, t.Account.Name) && allows(f.Region, t.Account.Region) && allows(f.Bucket, t.Bucket) && allows(f.Cname, t.Cname())
}

// allows reports whether value is one of values; none allows all.
func allows(values []string, value string) bool {
	return len(values) == 0 || slices.Contains(values, value)
}

// IsZero reports whether f chooses every target.
func (f *Filter) IsZero() bool {
	return len(f.Account)+len(f.Region)+len(f.Bucket)+len(f.Cname)+len(f.Labels) == 0
}

// Of returns those of targets that f chooses, in their order.
func (f *Filter) Of(targets []Target) []Target {
	if f.IsZero() {
		return targets
	}
	var chosen []Target
	for i := range targets {
		if f.Matches(&targets[i]) {
			chosen = append(chosen, targets[i])
		}
	}
	return chosen
}
