package collector_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

// everyCheck is a target for each thing that checks can say of one, and one
// that wants none.
const everyCheck = `
checks: {binding: true, dns: true}
accounts: {main: {region: cn-hangzhou}}
targets:
  - {bucket: examplebucket, cname: bound.example.com}
  - {bucket: examplebucket, cname: ready.example.com}
  - {bucket: examplebucket, cname: denied.example.com}
  - {bucket: examplebucket, cname: plain.example.com, checks: {binding: false, dns: false}}
`

func everyChecked(t *testing.T) (*config.Config, []status.Status) {
	t.Helper()
	cfg := parse(t, everyCheck)
	ok := status.CheckStatus{Confirmed: now, Attempt: status.Attempt{Ended: now}}
	failing := func(since time.Time, reason status.Reason) status.CheckStatus {
		return status.CheckStatus{Confirmed: since, Attempt: status.Attempt{Ended: now, Reason: reason, Err: errors.New("no")}}
	}
	well := map[status.Check]status.CheckStatus{status.CheckBinding: ok, status.CheckTXT: ok, status.CheckCNAME: ok}
	none, token := status.Facts{Confirmed: now}, status.Facts{Confirmed: now, Exists: true, Expires: now.Add(time.Hour)}
	results := []status.Status{
		{Facts: none, Checks: well, Bound: status.Yes, Enabled: status.Yes, BindingWord: "Enabled", CertificateExpires: now.Add(48 * time.Hour), Destination: status.ToBucket, PointsToBucket: status.Yes},
		{Facts: token, Checks: well, Bound: status.No, DNSVerified: status.Yes, Destination: status.ToOther, PointsToBucket: status.No},
		{Facts: none, Checks: map[status.Check]status.CheckStatus{
			status.CheckBinding: failing(time.Time{}, "access_denied"),
			status.CheckTXT:     failing(now.Add(-time.Hour), "timeout"),
			status.CheckCNAME:   {},
		}},
		{Facts: none},
	}
	for i := range results {
		results[i].Attempt = status.Attempt{Ended: now}
	}
	return cfg, results
}

func TestExpositionOfChecks(t *testing.T) {
	cfg, results := everyChecked(t)
	golden, err := os.ReadFile("testdata/every_check.prom")
	if err != nil {
		t.Fatal(err)
	}
	if err := testutil.GatherAndCompare(scrape(t, cfg, results), bytes.NewReader(golden),
		"oss_cname_token_dns_verified", "oss_cname_dns_points_to_endpoint", "oss_cname_bound", "oss_cname_enabled", "oss_cname_binding_status", "oss_cname_dns_destination",
		"oss_cname_certificate_expiry_timestamp_seconds", "oss_cname_certificate_expires_in_seconds",
		"oss_cname_state", "oss_cname_check_failure_reason", "oss_cname_check_last_success_timestamp_seconds", "oss_cname_token_target_info",
	); err != nil {
		t.Error(err)
	}
	problems, err := testutil.GatherAndLint(scrape(t, cfg, results))
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v, %v", problems, err)
	}
}

// TestChecksCostNothingUnlessWanted has no target that wants any: nothing of
// them is even described.
func TestChecksCostNothingUnlessWanted(t *testing.T) {
	cfg, results := everyResult(t)
	families, err := scrape(t, cfg, results).Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "oss_cname_token_") || strings.Contains(f.GetName(), "dns") {
			t.Errorf("found %s", f.GetName())
		}
	}
}

func TestChangesOfChecksAreLoggedOnce(t *testing.T) {
	cfg, results := everyChecked(t)
	var lines bytes.Buffer
	logger := level.NewFilter(log.NewLogfmtLogger(&lines), level.AllowInfo())
	p := &fakePoller{}
	c := collector.New(p, collector.Options{Logger: logger})
	ok := status.Attempt{Ended: now}
	failed := status.Attempt{Ended: now, Reason: "access_denied", Err: errors.New("no right")}
	const check = "account=main region=cn-hangzhou bucket=examplebucket cname=bound.example.com targets=2 check=binding"
	for i, test := range []struct {
		attempt status.Attempt
		want    string
	}{
		{ok, ""},
		{ok, ""},
		{failed, "level=warn " + check + ` msg="check failed" state=bound reason=access_denied was= err="no right"`},
		{failed, ""},
		{ok, "level=info " + check + ` msg="check works again" state=bound was=access_denied`},
		{status.Attempt{Ended: now, Reason: "credentials", Err: errors.New("no key")}, ""}, // said of the tokens already
		{ok, ""},
	} {
		lines.Reset()
		one := results[0]
		one.Checks = map[status.Check]status.CheckStatus{status.CheckBinding: {Attempt: test.attempt}}
		p.results = []status.Status{one, one} // of one bucket
		c.Scrape(t.Context(), cfg.Targets[:2], nil)
		if got := strings.TrimSpace(lines.String()); got != test.want {
			t.Errorf("scrape %d: logged %q, want %q", i, got, test.want)
		}
	}
}

// TestVerdictsAreLoggedOnce has the TXT record of two domains of a bucket change.
func TestVerdictsAreLoggedOnce(t *testing.T) {
	cfg, results := everyChecked(t)
	var lines bytes.Buffer
	p := &fakePoller{}
	c := collector.New(p, collector.Options{Logger: level.NewFilter(log.NewLogfmtLogger(&lines), level.AllowInfo())})
	whom := func(says string) string {
		const of = "level=info account=main region=cn-hangzhou bucket=examplebucket cname="
		return of + "bound.example.com" + says + "\n" + of + "ready.example.com" + says
	}
	for i, test := range []struct {
		proof status.Proof
		want  string
	}{
		{status.Proof{}, ""},
		{status.Proof{Verdict: status.VerdictMissing}, ""},
		{status.Proof{Verdict: status.VerdictQuoted, Values: []string{`"t0ken"`}},
			whom(` proof=quotes was=missing msg="the TXT record does not carry the token" why="the value of the TXT record is the token in quotation marks: enter it without them"`)},
		{status.Proof{Verdict: status.VerdictQuoted}, ""},
		{status.Proof{}, ""},
		{status.Proof{Verdict: status.VerdictValid}, whom(` proof=valid was=quotes msg="the TXT record carries the token"`)},
		{status.Proof{Verdict: status.VerdictMissing}, whom(` proof=missing was=valid msg="the TXT record does not carry the token" why="there is no TXT record of that name"`)},
	} {
		lines.Reset()
		one := results[0]
		one.Proof = test.proof
		p.results = []status.Status{one, one}
		c.Scrape(t.Context(), cfg.Targets[:2], nil)
		if got := strings.TrimSpace(lines.String()); got != test.want {
			t.Errorf("scrape %d: logged %q, want %q", i, got, test.want)
		}
	}
}

// TestChangesAreRemembered has the history told of what the log tells, domain by
// domain, and not of what a target begins with.
func TestChangesAreRemembered(t *testing.T) {
	cfg, results := everyChecked(t)
	p, history := &fakePoller{}, report.NewHistory()
	c := collector.New(p, collector.Options{History: history, Now: func() time.Time { return now }})
	failed := results[0]
	failed.Attempt = status.Attempt{Ended: now, Reason: status.ReasonCredentials, Err: errors.New("no key")}
	for _, s := range []status.Status{results[0], results[0], failed, failed, results[0]} {
		p.results = []status.Status{s, s}
		c.Scrape(t.Context(), cfg.Targets[:2], nil)
	}
	want := []report.Change{{At: now, Was: "credentials", Is: "bound"}, {At: now, Was: "bound", Is: "credentials"}}
	for i := range 2 {
		if got := history.Of(cfg.Targets[i].Name); !slices.Equal(got, want) {
			t.Errorf("of target %d it remembers %+v", i, got)
		}
	}
}

// TestWordsOfBindingAndDestination has every word of the closed sets, and those
// of the vendor's that are none.
func TestWordsOfBindingAndDestination(t *testing.T) {
	cfg := parse(t, "accounts: {main: {region: cn-hangzhou}}\nchecks: {binding: true}\ntargets: [{bucket: examplebucket, cname: www.example.com}]\n")
	for word, want := range map[string]string{
		"Enabled": "enabled", "enabled": "enabled", "Disabled": "disabled", "Blocked": "blocked", "Forbidden": "forbidden", "Under Review\"": "other", "": "",
	} {
		text := exposition(t, scrape(t, cfg, []status.Status{{Bound: status.Yes, BindingWord: word}}))
		line := `oss_cname_binding_status{bucket="examplebucket",cname="www.example.com",status="` + want + `"} 1`
		if n := strings.Count(text, "oss_cname_binding_status{"); want == "" && n != 0 || want != "" && (n != 1 || !strings.Contains(text, line)) {
			t.Errorf("%q: %d series, want %s in\n%s", word, n, line, text)
		}
	}
	for _, destination := range status.Destinations() {
		text := exposition(t, scrape(t, cfg, []status.Status{{Destination: destination}}))
		if line := `oss_cname_dns_destination{bucket="examplebucket",cname="www.example.com",destination="` + string(destination) + `"} 1`; !strings.Contains(text, line) {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
}

// TestWordOfABindingIsLoggedOnce has OSS change its word for why it does not
// serve a domain, which it did not from the beginning.
func TestWordOfABindingIsLoggedOnce(t *testing.T) {
	cfg := parse(t, "accounts: {main: {region: cn-hangzhou}}\nchecks: {binding: true}\ntargets: [{bucket: examplebucket, cname: www.example.com}]\n")
	var logged bytes.Buffer
	p := &fakePoller{}
	c := collector.New(p, collector.Options{Now: func() time.Time { return now }, Logger: level.NewFilter(log.NewLogfmtLogger(&logged), level.AllowInfo())})
	for _, word := range []string{"Blocked", "Blocked", "Under Review", "Under Review"} {
		p.results = []status.Status{{Facts: status.Facts{Confirmed: now}, Attempt: status.Attempt{Ended: now},
			Bound: status.Yes, Enabled: status.No, BindingWord: word}}
		c.Scrape(t.Context(), cfg.Targets, nil)
	}
	lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "level=warn") || !strings.Contains(lines[0], "cname=www.example.com status=Blocked") ||
		!strings.Contains(lines[1], `status="Under Review"`) {
		t.Errorf("logged\n%s", logged.String())
	}
}

// exposition is what Prometheus reads.
func exposition(t *testing.T, g prometheus.Gatherer) string {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&b, family); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}
