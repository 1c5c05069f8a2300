package flow_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// TestSignatureVersion counts the schemes of the signatures that arrive at OSS,
// for every operation.
func TestSignatureVersion(t *testing.T) {
	const v4, v1 = "OSS4-HMAC-SHA256", "OSS"
	for setting, want := range map[string]string{"": v4, "signature_version: v4, ": v4, "signature_version: v1, ": v1} {
		t.Run(setting, func(t *testing.T) {
			server, oss := serveProbed(t, "probe: {"+patient+`}
checks: {binding: true}
accounts: {main: {`+setting+`region: cn-hangzhou, endpoint: OSS, discover: true}}
targets: [{bucket: examplebucket, cname: www.example.com}]
`)
			oss.SetToken(domain.Name{Bucket: "examplebucket", Base: "www.example.com"}, osstest.Token{})
			if body := server.Fetch(t, "/metrics"); !strings.Contains(body, `oss_cname_token_exists{bucket="examplebucket",cname="www.example.com"} 1`) {
				t.Errorf("no token in\n%s", body)
			}
			await(t, server, "/sd?configured=false", http.StatusOK, "[]")
			for _, operation := range []string{"GetCnameToken", "ListCname", "ListBuckets"} {
				if oss.CallsOf(operation) == 0 {
					t.Errorf("no %s arrived", operation)
				}
			}
			if n := oss.CallsSigned(want); n != oss.Calls() {
				t.Errorf("%d of %d calls are signed with %s", n, oss.Calls(), want)
			}
		})
	}
}

// TestReloadLiftsARateLimit has an account that may be asked once in 100
// seconds, until a reload.
func TestReloadLiftsARateLimit(t *testing.T) {
	oss := apptest.NewOSS(t, osstest.Options{}, "examplebucket")
	configuration := func(limit string) string {
		return fmt.Sprintf(`probe: {%s%s}
accounts: {main: {region: cn-hangzhou, endpoint: %q}}
targets: [{bucket: examplebucket, cname: a.example.com}, {bucket: examplebucket, cname: b.example.com}]
`, patient, limit, oss.URL())
	}
	server := apptest.Serve(t, configuration(", rate_limit: 0.01"))
	succeeded := func(body string) int {
		return strings.Count(body, "\noss_cname_token_probe_success{") - strings.Count(body, "\noss_cname_token_probe_failure_reason{")
	}
	scrape := func(timeout string) string {
		_, body := apptest.Send(t, http.MethodGet, server.URL+"/metrics", "X-Prometheus-Scrape-Timeout-Seconds", timeout)
		return body
	}
	body := scrape("5")
	if n := succeeded(body); n != 1 || oss.Calls() != 1 || !strings.Contains(body, `reason="not_probed"} 1`) {
		t.Fatalf("under the limit %d targets were answered, with %d calls:\n%s", n, oss.Calls(), body)
	}
	server.Reload(t, configuration(""))
	if body := scrape("60"); succeeded(body) != 2 || oss.Calls() != 3 {
		t.Errorf("without the limit %d targets were answered, with %d calls in all:\n%s", succeeded(body), oss.Calls(), body)
	}
}
