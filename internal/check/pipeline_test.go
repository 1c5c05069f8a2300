package check_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/check"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

// output returns what the command prints.
func output(t *testing.T, e check.Exporter, opts check.Options) (exit int, text string) {
	t.Helper()
	var out bytes.Buffer
	exit, err := check.Run(t.Context(), e, opts, &out)
	if err != nil {
		t.Fatal(err)
	}
	return exit, out.String()
}

// TestSelection has the domains that names and flags choose together.
func TestSelection(t *testing.T) {
	web := config.Filter{Labels: map[string][]string{"team": {"web"}}}
	for name, test := range map[string]struct {
		opts check.Options
		want []string
	}{
		"all":                   {check.Options{}, []string{"www.example.com", "*.example.org"}},
		"a domain":              {check.Options{Domains: []string{"WWW.example.com"}}, []string{"www.example.com"}},
		"a wildcard":            {check.Options{Domains: []string{"*.example.org"}}, []string{"*.example.org"}},
		"a bucket":              {check.Options{Domains: []string{"examplebucket/*"}}, []string{"www.example.com", "*.example.org"}},
		"a label":               {check.Options{Filter: web}, []string{"www.example.com"}},
		"a bucket and a label":  {check.Options{Domains: []string{"examplebucket/*"}, Filter: web}, []string{"www.example.com"}},
		"no label":              {check.Options{Filter: config.Filter{Labels: map[string][]string{"team": {""}}}}, []string{"*.example.org"}},
		"an account":            {check.Options{Filter: config.Filter{Account: []string{"main"}, Region: []string{"cn-hangzhou"}}}, []string{"www.example.com", "*.example.org"}},
		"one not configured":    {check.Options{Domains: []string{"otherbucket/other.example.com"}}, []string{"other.example.com"}},
		"twice, and one beside": {check.Options{Domains: []string{"www.example.com", "examplebucket/www.example.com", "*.example.org"}}, []string{"www.example.com", "*.example.org"}},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			_, text := output(t, recorded(exporter(t, with(disabled)), &asked, nil), test.opts)
			slices.Sort(asked)
			slices.Sort(test.want)
			if !slices.Equal(asked, test.want) {
				t.Errorf("asked about %q:\n%s", asked, text)
			}
		})
	}
}

// recorded returns e, which notes the domains and the checks of each run.
func recorded(e check.Exporter, cnames *[]string, checks *[]string) check.Exporter {
	scrape := e.Scrape
	e.Scrape = func(ctx context.Context, targets []config.Target, labels []string) *collector.Snapshot {
		for _, t := range targets {
			if cnames != nil {
				*cnames = append(*cnames, t.Cname())
			}
			if checks != nil {
				*checks = append(*checks, strings.Join(t.Checks.Names(), ","))
			}
		}
		return scrape(ctx, targets, labels)
	}
	return e
}

// TestChecks has the configuration's checks, also for a domain that is not
// configured, unless the command line chooses others.
func TestChecks(t *testing.T) {
	for name, test := range map[string]struct {
		opts check.Options
		want string
	}{
		"configured":     {check.Options{Domains: []string{"www.example.com"}}, "binding"},
		"not configured": {check.Options{Domains: []string{"examplebucket/other.example.com"}}, "binding"},
		"others":         {check.Options{Domains: []string{"www.example.com"}, Checks: []string{"dns", "http"}}, "dns,http"},
		"all":            {check.Options{Domains: []string{"examplebucket/other.example.com"}, Checks: []string{"all"}}, "binding,dns,http"},
		"none":           {check.Options{Domains: []string{"www.example.com"}, Checks: []string{"none"}}, ""},
	} {
		var asked []string
		output(t, recorded(exporter(t, with(disabled)), nil, &asked), test.opts)
		if len(asked) != 1 || asked[0] != test.want {
			t.Errorf("%s: got %q, want %q", name, asked, test.want)
		}
	}
}

// TestDidYouMean asks about a domain that is not configured, and hints at the one
// that is probably meant.
func TestDidYouMean(t *testing.T) {
	for name, meant := range map[string]string{
		"examplebucket/ww.example.com": "examplebucket/www.example.com", "otherbucket/www.example.com": "examplebucket/www.example.com", "otherbucket/other.example.com": "",
	} {
		_, text := output(t, exporter(t, with(disabled)), check.Options{Domains: []string{name}})
		if hint := name + " is not configured; did you mean " + meant + "?\n"; strings.Contains(text, "did you mean") != (meant != "") || meant != "" && !strings.Contains(text, hint) {
			t.Errorf("%s: got\n%s", name, text)
		}
	}
}

// TestFailOn has the exit status of the least severity that is to fail.
func TestFailOn(t *testing.T) {
	unknown := func(s *status.Status) { s.Bound = status.Unknown }
	for name, test := range map[string]struct {
		change func(*status.Status)
		want   map[string]int
	}{
		"critical":  {disabled, map[string]int{"": 2, "unknown": 2, "warning": 2, "critical": 2, "never": 0}},
		"warning":   {pending(20 * time.Hour), map[string]int{"": 1, "unknown": 1, "warning": 1, "critical": 0, "never": 0}},
		"unknown":   {unknown, map[string]int{"": 3, "unknown": 3, "warning": 0, "critical": 0, "never": 0}},
		"not asked": {fails, map[string]int{"": 2, "critical": 2, "never": 0}},
		"well":      {func(*status.Status) {}, map[string]int{"": 0, "never": 0}},
	} {
		for failOn, want := range test.want {
			opts := check.Options{FailOn: failOn, Quiet: true}
			exit, text := output(t, exporter(t, with(test.change)), opts)
			if exit != want || (text == "") != (want == 0) || strings.Contains(text, "example.org") {
				t.Errorf("%s, --fail-on=%s: got %d, want %d:\n%s", name, failOn, exit, want, text)
			}
		}
	}
}

// TestOneWrongKey has 2,000 domains that share a cause.
func TestOneWrongKey(t *testing.T) {
	var b strings.Builder
	b.WriteString("checks: {binding: true}\naccounts: {main: {region: cn-hangzhou}}\ntargets:\n")
	p := &fakePoller{answers: map[string]status.Status{}}
	for i := range 2000 {
		name := fmt.Sprintf("d%d.example.com", i)
		fmt.Fprintf(&b, "  - {bucket: examplebucket, cname: %s}\n", name)
		failed := status.Attempt{Ended: time.Now(), Reason: status.ReasonCredentials, Err: errors.New("wrong key")}
		p.answers[name] = status.Status{Attempt: failed, Checks: map[status.Check]status.CheckStatus{status.CheckBinding: {Attempt: failed}}}
	}
	cfg, err := config.Parse("test.yaml", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	memory := judge.NewMemory()
	e := check.Exporter{Config: cfg, Scrape: collector.New(p, collector.Options{Memory: memory}).Scrape, Peek: p.peek, Memory: memory}
	for _, format := range []string{"text", "github"} {
		exit, text := output(t, e, check.Options{Format: format})
		first, _, _ := strings.Cut(text, "\n")
		if exit != check.Critical || strings.Count(text, "\n") >= 20 || !strings.HasPrefix(first, "CRITICAL: 2000 of 2000 domains of account main in cn-hangzhou cannot be asked (token): credentials: wrong key") {
			t.Errorf("%s: got %d, %d lines:\n%.2000s", format, exit, strings.Count(text, "\n"), text)
		}
	}
}

// TestWidth breaks lines at the width of a terminal, and no record that is to be
// copied.
func TestWidth(t *testing.T) {
	e := exporter(t, with(pending(2*time.Hour+time.Minute/2)))
	_, text := output(t, e, check.Options{Width: 60})
	_, body, _ := strings.Cut(text, "\n\n")
	for line := range strings.Lines(body) {
		if len(line) > 61 {
			t.Errorf("too wide: %q", line)
		}
	}
	const row = `critical  www.example.com
          examplebucket  unknown  token expires in 2 h
          the token expires in 2 h, and the domain is not
          bound (token_critical: 6h)
`
	if !strings.Contains(text, row) {
		t.Errorf("got\n%s", text)
	}
	_, narrow := output(t, e, check.Options{Width: 25})
	if !strings.Contains(narrow, "_dnsauth.www.example.com.  TXT  \"t0ken\"\n") {
		t.Errorf("the record is broken:\n%s", narrow)
	}
}

// TestGitHub escapes a text for a workflow command.
func TestGitHub(t *testing.T) {
	change := func(s *status.Status) {
		s.Attempt.Reason, s.Attempt.Err = status.ReasonServerError, errors.New("100% wrong")
	}
	exit, text := output(t, exporter(t, with(change)), check.Options{Format: "github", Domains: []string{"www.example.com", "examplebucket/ww.example.com"}})
	for _, want := range []string{
		"::error title=www.example.com::", "server_error: 100%25 wrong", "%0Anext: ",
		"::notice::examplebucket/ww.example.com is not configured; did you mean examplebucket/www.example.com?\n",
	} {
		if exit != 2 || !strings.Contains(text, want) {
			t.Errorf("got %d, no %q in\n%s", exit, want, text)
		}
	}
}

// TestJUnit reads the document as a CI system does.
func TestJUnit(t *testing.T) {
	type result struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
	}
	for failOn, failures := range map[string]int{"": 1, "critical": 1, "never": 0} {
		_, text := output(t, exporter(t, with(disabled)), check.Options{Format: "junit", FailOn: failOn})
		var doc struct {
			XMLName xml.Name `xml:"testsuites"`
			Suite   struct {
				Tests    int `xml:"tests,attr"`
				Failures int `xml:"failures,attr"`
				Cases    []struct {
					Class   string  `xml:"classname,attr"`
					Name    string  `xml:"name,attr"`
					Failure *result `xml:"failure"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		s := doc.Suite
		if s.Tests != 2 || s.Failures != failures || len(s.Cases) != 2 || s.Cases[0].Class != "examplebucket" || s.Cases[0].Name != "www.example.com" || (s.Cases[0].Failure != nil) != (failures == 1) {
			t.Errorf("%q: got %+v\n%s", failOn, s, text)
		}
		if failures == 1 && *s.Cases[0].Failure != (result{"critical", "OSS does not serve the domain: its visitors get errors"}) {
			t.Errorf("got %+v", *s.Cases[0].Failure)
		}
	}
}
