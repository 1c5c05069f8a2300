package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
)

// Criteria choose domains. What is empty chooses all; of several values of one
// kind a domain has one.
type Criteria struct {
	Text       string // is found in its names, its account, its labels or its reason, in any case
	Severities []judge.Severity
	States     []status.State
	Targets    config.Filter
}

// Select returns the domains that f chooses, in their order.
func (r *Report) Select(f Criteria) []*Domain {
	text := strings.ToLower(strings.TrimSpace(f.Text))
	ascii, _, err := domain.ParseCname(text)
	if err != nil {
		ascii = text
	}
	var chosen []*Domain
	for _, d := range r.Domains {
		if f.fits(d) && (text == "" || d.contains(text) || d.contains(ascii)) {
			chosen = append(chosen, d)
		}
	}
	return chosen
}

func (f *Criteria) fits(d *Domain) bool {
	return oneOf(f.Severities, d.Severity) && oneOf(f.States, d.State) && f.Targets.Matches(d.Target)
}

// oneOf reports whether value is one of wanted; nothing wanted is anything.
func oneOf[T comparable](wanted []T, value T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}

// contains reports whether text, in lower case, is found in the names of d.
func (d *Domain) contains(text string) bool {
	t := d.Target
	if strings.Contains(t.String(), text) || strings.Contains(strings.ToLower(t.Account.Name), text) ||
		strings.Contains(string(d.Status.Attempt.Reason), text) {
		return true
	}
	for value := range maps.Values(t.Labels) {
		if strings.Contains(strings.ToLower(value), text) {
			return true
		}
	}
	return false
}

// Order is a sort order of domains.
type Order string

// The orders.
const (
	ByUrgency Order = "urgency"
	ByCname   Order = "cname"
	ByBucket  Order = "bucket"
	ByAccount Order = "account"
	ByState   Order = "state"
	ByExpiry  Order = "expires" // of the token or certificate that the domain needs
	ByAsked   Order = "asked"
)

// Orders returns the whole closed set.
func Orders() []Order {
	return []Order{ByUrgency, ByCname, ByBucket, ByAccount, ByState, ByExpiry, ByAsked}
}

// Sort sorts domains, which are in the order of their urgency.
func Sort(domains []*Domain, by Order, reverse bool) {
	compare := map[Order]func(a, b *Domain) int{
		ByUrgency: byUrgency,
		ByCname:   byCname,
		ByBucket: func(a, b *Domain) int {
			return cmp.Or(strings.Compare(a.Target.Bucket, b.Target.Bucket), byCname(a, b))
		},
		ByAccount: func(a, b *Domain) int {
			return cmp.Or(strings.Compare(a.Target.Account.Name, b.Target.Account.Name), byCname(a, b))
		},
		ByState: func(a, b *Domain) int {
			return cmp.Or(strings.Compare(string(a.State), string(b.State)), byCname(a, b))
		},
		ByExpiry: func(a, b *Domain) int { return a.judged.Deadline().Compare(b.judged.Deadline()) },
		ByAsked:  func(a, b *Domain) int { return a.Status.Attempt.Ended.Compare(b.Status.Attempt.Ended) },
	}[by]
	slices.SortStableFunc(domains, func(a, b *Domain) int {
		if reverse {
			return compare(b, a)
		}
		return compare(a, b)
	})
}

// byCname sorts by the domain's name, a wildcard beside its base.
func byCname(a, b *Domain) int {
	return cmp.Or(strings.Compare(a.Target.Base, b.Target.Base), strings.Compare(a.Target.Cname(), b.Target.Cname()), strings.Compare(a.Target.Bucket, b.Target.Bucket))
}

// Counts is how many domains there are of each severity.
type Counts struct {
	Critical int `json:"critical"`
	Warning  int `json:"warning"`
	Unknown  int `json:"unknown"`
	OK       int `json:"ok"`
	Total    int `json:"total"`
}

// Count counts domains.
func Count(domains []*Domain) (c Counts) {
	c.Total = len(domains)
	for _, d := range domains {
		*c.of(d.Severity)++
	}
	return c
}

func (c *Counts) of(s judge.Severity) *int {
	switch s {
	case judge.Critical:
		return &c.Critical
	case judge.Warning:
		return &c.Warning
	case judge.Unknown:
		return &c.Unknown
	}
	return &c.OK
}

// Of returns how many domains have a severity.
func (c Counts) Of(s judge.Severity) int { return *c.of(s) }

// String lists the counts that are not zero, the worst first.
func (c Counts) String() string {
	var texts []string
	for _, s := range judge.Severities() {
		if n := c.Of(s); n > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return strings.Join(texts, ", ")
}

// Text says c in one line.
func (c Counts) Text() lang.Text {
	switch c.Total {
	case 0:
		return lang.Textf("no domain is configured")
	case 1:
		return lang.Textf("%s, of 1 domain", c)
	}
	return lang.Textf("%s, of %d domains", c, c.Total)
}
