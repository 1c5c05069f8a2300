package flow_test

import (
	"regexp"
	"strings"
	"testing"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// TestBindingsAsOSSWordsThem has every way in which a domain is listed in one
// list: each domain has its own words and its own failure.
func TestBindingsAsOSSWordsThem(t *testing.T) {
	const (
		ends   = "<ValidEndDate>Mon, 4 May 2048 10:14:51 GMT</ValidEndDate>"
		failed = "check_failure_reason binding bad_response 1\n"
		known  = "check_last_success_timestamp_seconds binding "
	)
	for _, test := range []struct {
		listed     string
		has, lacks []string // series of the domain, as seriesOf has them
	}{
		{"<Status>Enabled</Status>", []string{"bound 1\n", "enabled 1\n", "binding_status enabled 1\n", known}, []string{failed}},
		{"<Status>enabled</Status>", []string{"bound 1\n", "enabled 1\n", "binding_status enabled 1\n"}, []string{failed}},
		{"<Status>Disabled</Status>", []string{"bound 1\n", "enabled 0\n", "binding_status disabled 1\n", "state disabled 1\n"}, []string{failed}},
		{"<Status>Blocked</Status>", []string{"bound 1\n", "enabled 0\n", "binding_status blocked 1\n", "state disabled 1\n"}, []string{failed}},
		{"<Status>Forbidden</Status>", []string{"bound 1\n", "enabled 0\n", "binding_status forbidden 1\n"}, []string{failed}},
		{"<Status>Under Review</Status>", []string{"bound 1\n", "enabled 0\n", "binding_status other 1\n"}, []string{failed}},
		{"", []string{"bound 1\n", failed}, []string{"enabled ", "binding_status", known}},
		{"<Status>Enabled</Status><Certificate><Status>Enabled</Status></Certificate>", []string{"bound 1\n", "enabled 1\n", failed, "certificate_status enabled 1\n"}, []string{"certificate_exp", known}},
		{"<Status>Enabled</Status><Certificate><Status>Enabled</Status>" + ends + "</Certificate>", []string{"certificate_expiry_timestamp_seconds 2.472200091e+09\n"}, []string{failed}},
		{"<Status>Enabled</Status><Certificate><Status>Disabled</Status>" + ends + "</Certificate>", []string{"enabled 1\n", "certificate_status disabled 1\n", "problem not_served critical 1\n"}, []string{failed, "certificate_exp"}},
		{"<Status>Enabled</Status><IsWildCard>True</IsWildCard>", []string{"bound 0\n"}, []string{failed, "enabled "}},
		{"<Status>Enabled</Status><IsWildCard>False</IsWildCard>", []string{"bound 1\n"}, []string{failed}},
		{"<Status>Enabled</Status><IsWildCard>perhaps</IsWildCard>", []string{failed}, []string{"bound ", "enabled ", known}},
	} {
		t.Run(test.listed, func(t *testing.T) {
			c := checkUp(t, 1, 2, "binding: true")
			c.oss.Behave(domain.Name{Bucket: "bucket-0"}, osstest.Reply(200, "<ListCnameResult><Bucket>bucket-0</Bucket>"+
				"<Cname><Domain>\n  D0.b0.example.com\n</Domain>"+test.listed+"</Cname>"+
				"<Cname><Domain>d1.b0.example.com</Domain><Status>Enabled</Status></Cname></ListCnameResult>"))
			metrics := c.Fetch(t, "/metrics")
			got := seriesOf(metrics, "d0.b0.example.com")
			for _, want := range test.has {
				if !strings.Contains(got, "\n"+want) {
					t.Errorf("no %q in%s", want, got)
				}
			}
			for _, unwanted := range test.lacks {
				if strings.Contains(got, "\n"+unwanted) {
					t.Errorf("%q in%s", unwanted, got)
				}
			}
			beside := seriesOf(metrics, "d1.b0.example.com")
			for _, want := range []string{"bound 1\n", "enabled 1\n", known} {
				if !strings.Contains(beside, "\n"+want) {
					t.Errorf("the domain beside it has no %q in%s", want, beside)
				}
			}
			c.Fetch(t, "/metrics")
			if n := strings.Count(c.Stderr.String(), "check failed"); n != strings.Count(strings.Join(test.has, ""), failed) {
				t.Errorf("logged %d failed checks:\n%s", n, c.Stderr.String())
			}
		})
	}
}

// seriesOf returns the series of a domain, each on a line: the name without
// "oss_cname_", the values of its labels besides bucket and cname, and its own.
func seriesOf(metrics, cname string) string {
	label := regexp.MustCompile(`([a-z_]+)="([^"]*)"`)
	var b strings.Builder
	b.WriteString("\n")
	for line := range strings.Lines(metrics) {
		name, rest, labelled := strings.Cut(strings.TrimPrefix(line, "oss_cname_"), "{")
		labels, value, _ := strings.Cut(rest, "} ")
		if !labelled || !strings.Contains(labels, `cname="`+cname+`"`) {
			continue
		}
		b.WriteString(name + " ")
		for _, l := range label.FindAllStringSubmatch(labels, -1) {
			if l[1] != "bucket" && l[1] != "cname" {
				b.WriteString(l[2] + " ")
			}
		}
		b.WriteString(value)
	}
	return b.String()
}
