package report_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

const four = `
  - {bucket: bucket-a, cname: c.example.com, account: main, labels: {team: Web}}
  - {bucket: bucket-b, cname: a.example.com, account: other, labels: {team: media}}
  - {bucket: bucket-a, cname: b.example.com, account: other}
  - {bucket: bucket-b, cname: "例子.example.com", account: main, labels: {team: Web}}
`

func fourDomains(t *testing.T) *report.Report {
	t.Helper()
	return report.New(parse(t, four).Targets, []status.Status{
		asked(live(71*time.Hour), unbound, txt(status.VerdictMissing)),
		asked(status.Facts{}, bound(90*24*time.Hour)),
		asked(live(time.Hour), fails("throttled")),
		{},
	}, report.Options{Now: now})
}

// names returns the first letters of domains; x is the one that has none.
func names(domains []*report.Domain) string {
	var b strings.Builder
	for _, d := range domains {
		b.WriteByte(d.Target.Base[0])
	}
	return b.String()
}

func TestFilter(t *testing.T) {
	r := fourDomains(t)
	for want, f := range map[string]report.Criteria{
		"bxca": {},
		"b":    {Severities: []judge.Severity{judge.Critical}},
		"bx":   {Severities: []judge.Severity{judge.Critical, judge.Unknown}},
		"ca":   {Severities: []judge.Severity{judge.OK}},
		"c":    {States: []status.State{status.StateAwaitingDNS}},
		"ba":   {Targets: config.Filter{Account: []string{"other"}}},
		"xc":   {Targets: config.Filter{Labels: map[string][]string{"team": {"Web"}}}},
		"xca":  {Targets: config.Filter{Labels: map[string][]string{"team": {"Web", "media"}}}},
		"a":    {Targets: config.Filter{Account: []string{"other"}, Labels: map[string][]string{"team": {"media", "Web"}}}},
		"bc":   {Text: "BUCKET-A "},
		"x":    {Text: "例子.example.com"},
		"":     {Text: "nothing"},
	} {
		if got := names(r.Select(f)); got != want {
			t.Errorf("%+v: got %q, want %q", f, got, want)
		}
	}
	for text, want := range map[string]string{"web": "xc", "throttled": "b", "OTHER": "ba", "b.example": "b", "xn--": "x", "bucket-b/a.": "a"} {
		if got := names(r.Select(report.Criteria{Text: text})); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestSort(t *testing.T) {
	r := fourDomains(t)
	for by, want := range map[report.Order]string{
		report.ByUrgency: "bxca", report.ByCname: "abcx", report.ByBucket: "bcax", report.ByAccount: "cxab",
		report.ByState: "cabx", report.ByExpiry: "bcax", report.ByAsked: "xbca",
	} {
		domains := slices.Clone(r.Domains)
		report.Sort(domains, by, false)
		if got := names(domains); got != want {
			t.Errorf("%s: got %s, want %s", by, got, want)
		}
		first := domains[0]
		report.Sort(domains, by, true)
		if by != report.ByAsked && domains[len(domains)-1] != first {
			t.Errorf("%s, reversed: got %s", by, names(domains))
		}
	}
	if len(report.Orders()) != 7 {
		t.Errorf("an order has no case: %v", report.Orders())
	}
}

func TestCounts(t *testing.T) {
	r := fourDomains(t)
	if want := (report.Counts{Critical: 1, Unknown: 1, OK: 2, Total: 4}); r.Counts != want {
		t.Errorf("got %+v", r.Counts)
	}
	for want, c := range map[string]report.Counts{
		"1 critical, 1 unknown, 2 ok, of 4 domains": r.Counts,
		"1 ok, of 1 domain":                         {OK: 1, Total: 1},
		"no domain is configured":                   {},
	} {
		if got := c.Text().String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
