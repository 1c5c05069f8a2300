package collector_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"oss_cname_exporter/internal/config"
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
		{Facts: none, Checks: well, Bound: status.Yes, Enabled: status.Yes, BindingWord: "Enabled", CertificateExpires: now.Add(48 * time.Hour), Destination: status.ToBucket, PointsToBucket: status.Yes,
			Certificate: status.Certificate{Status: "Enabled", Fingerprint: "de:01:cf:ec:7c:a7:98:cb:d8:6e:fb:1d:97:eb:a9:64:1d:4e:00:01"},
			HTTP: status.HTTP{AnsweredBy: status.AnsweredByBucket, StatusCode: 403, FirstByte: 250 * time.Millisecond, Certificate: status.ServedCertificate{
				Expires: now.Add(24 * time.Hour), Matches: status.Yes, Trusted: status.No, SHA1: "DE01CFEC7CA798CBD86EFB1D97EBA9641D4E0001",
			}}},
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

// TestExpositionOfVisits has one domain that was visited. The others have no sample.
func TestExpositionOfVisits(t *testing.T) {
	cfg, results := everyChecked(t)
	golden, err := os.ReadFile("testdata/http.prom")
	if err != nil {
		t.Fatal(err)
	}
	if err := testutil.GatherAndCompare(scrape(t, cfg, results), bytes.NewReader(golden),
		"oss_cname_http_answered_by", "oss_cname_http_status_code", "oss_cname_http_first_byte_seconds", "oss_cname_tls_certificate_expiry_timestamp_seconds",
		"oss_cname_tls_certificate_matches", "oss_cname_tls_certificate_trusted", "oss_cname_tls_certificate_is_bound",
	); err != nil {
		t.Error(err)
	}
}

func TestExpositionOfChecks(t *testing.T) {
	cfg, results := everyChecked(t)
	golden, err := os.ReadFile("testdata/every_check.prom")
	if err != nil {
		t.Fatal(err)
	}
	if err := testutil.GatherAndCompare(scrape(t, cfg, results), bytes.NewReader(golden),
		"oss_cname_token_dns_verified", "oss_cname_dns_points_to_endpoint", "oss_cname_bound", "oss_cname_enabled", "oss_cname_binding_status", "oss_cname_dns_destination",
		"oss_cname_certificate_expiry_timestamp_seconds", "oss_cname_certificate_expires_in_seconds", "oss_cname_certificate_status",
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
		if !strings.HasPrefix(f.GetName(), "oss_cname_token_") && f.GetName() != "oss_cname_problem" || strings.Contains(f.GetName(), "dns") {
			t.Errorf("found %s", f.GetName())
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
