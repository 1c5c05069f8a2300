package collector_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/poller"
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

func everyChecked(t *testing.T) (*config.Config, []poller.Result) {
	t.Helper()
	cfg := parse(t, everyCheck)
	ok := poller.Status{Confirmed: now, Attempt: poller.Attempt{Ended: now}}
	failing := func(since time.Time, reason poller.Reason) poller.Status {
		return poller.Status{Confirmed: since, Attempt: poller.Attempt{Ended: now, Reason: reason, Err: errors.New("no")}}
	}
	well := map[poller.Check]poller.Status{poller.CheckBinding: ok, poller.CheckTXT: ok, poller.CheckCNAME: ok}
	none, token := poller.Facts{Confirmed: now}, poller.Facts{Confirmed: now, Exists: true, Expires: now.Add(time.Hour)}
	results := []poller.Result{
		{Facts: none, Checks: well, Bound: poller.Yes, Enabled: poller.Yes, CertificateExpires: now.Add(48 * time.Hour), PointsToBucket: poller.Yes},
		{Facts: token, Checks: well, Bound: poller.No, DNSVerified: poller.Yes, PointsToBucket: poller.No},
		{Facts: none, Checks: map[poller.Check]poller.Status{
			poller.CheckBinding: failing(time.Time{}, "access_denied"),
			poller.CheckTXT:     failing(now.Add(-time.Hour), "timeout"),
			poller.CheckCNAME:   {},
		}},
		{Facts: none},
	}
	for i := range results {
		results[i].Target = &cfg.Targets[i]
		results[i].Attempt = poller.Attempt{Ended: now}
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
		"oss_cname_token_dns_verified", "oss_cname_dns_points_to_endpoint", "oss_cname_bound", "oss_cname_enabled",
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
	failed := poller.Attempt{Ended: now, Reason: "access_denied", Err: errors.New("no right")}
	for _, test := range []struct {
		was     poller.Outcome
		attempt poller.Attempt
		want    string
	}{
		{"", poller.Attempt{Ended: now}, ""},
		{"answered", poller.Attempt{Ended: now}, ""},
		{"", failed, `level=warn bucket=examplebucket cname=bound.example.com check=binding state=access_denied was= msg="check failed" err="no right"`},
		{"access_denied", failed, ""},
		{"access_denied", poller.Attempt{Ended: now}, `level=info bucket=examplebucket cname=bound.example.com check=binding state=answered was=access_denied msg="check works again"`},
		{"answered", poller.Attempt{Ended: now, Reason: "credentials", Err: errors.New("no key")}, ""},
	} {
		lines.Reset()
		r := results[0]
		r.Was = r.Outcome()
		r.Checks = map[poller.Check]poller.Status{poller.CheckBinding: {Attempt: test.attempt, Was: test.was}}
		p.results = []poller.Result{r}
		c.Scrape(t.Context(), cfg)
		if got := strings.TrimSpace(lines.String()); got != test.want {
			t.Errorf("from %q: logged %q, want %q", test.was, got, test.want)
		}
	}
}
