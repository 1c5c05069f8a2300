//go:build e2e

package e2e_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	simulation "oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/httpcheck"
	"oss_cname_exporter/internal/status"
)

// TestCurlSeesTheSame visits the demo's domains with curl and with the check http, over http and over https.
func TestCurlSeesTheSame(t *testing.T) {
	t.Parallel()
	d := simulation.Start()
	t.Cleanup(d.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, d.Sites.CA(), 0o600); err != nil {
		t.Fatal(err)
	}
	plain, secure := d.Sites.Ports()
	curl := func(url string) string {
		cmd := exec.CommandContext(t.Context(), "curl", "-sS", "-o", os.DevNull, "--cacert", ca, "-w", "%{http_code}",
			"--connect-to", fmt.Sprintf("::127.0.0.1:%d", map[bool]int{false: plain, true: secure}[strings.HasPrefix(url, "https:")]), url)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return err.Error() + " " + string(out)
		}
		return string(out)
	}
	visitor := d.Visitor()
	for host, want := range map[string]struct {
		by   status.AnsweredBy
		code string
		tls  string // part of the output of curl over https
	}{
		"bound.example.com":       {status.AnsweredByBucket, "403", "403"},
		"flattened.example.com":   {status.AnsweredByBucket, "403", "403"},
		"recommended.example.com": {status.AnsweredByBucket, "403", "SSL"},
		"cdn.example.com":         {status.AnsweredByOther, "200", "200"},
		"renewed.example.com":     {status.AnsweredByBucket, "403", "403"},
		"dangling.example.com":    {status.AnsweredByUnbound, "404", "SSL"}, // OSS has its own certificate there
		"disabled.example.com":    {status.AnsweredByBlocked, "403", "SSL"},
	} {
		got, err := visitor.Visit(t.Context(), httpcheck.Target{Host: host, Bucket: "demo-bucket", Resolvers: []string{d.DNS.Address()}})
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		if got.AnsweredBy != want.by || fmt.Sprint(got.StatusCode) != want.code {
			t.Errorf("%s: answered by %q, %d; want %q, %s", host, got.AnsweredBy, got.StatusCode, want.by, want.code)
		}
		if code := curl("http://" + host + "/"); code != want.code {
			t.Errorf("%s: curl got %s over http, want %s", host, code, want.code)
		}
		out := curl("https://" + host + "/")
		if !strings.Contains(out, want.tls) {
			t.Errorf("%s: curl got %s over https, want %s", host, out, want.tls)
		}
		if refused := !strings.HasPrefix(out, want.code); refused != (got.Certificate.Matches == status.No) {
			t.Errorf("%s: curl got %s, and the certificate matches: %v", host, out, got.Certificate.Matches)
		}
	}
}

// TestDemoIsVisited reads the ports off the text that the demo prints, and compares curl and Chromium there with the metrics.
func TestDemoIsVisited(t *testing.T) {
	t.Parallel()
	exporter := startExporter(t, "--demo")
	plain := exporter.said(t, regexp.MustCompile(`127\.0\.0\.1:(\d+) http:`))[1]
	secure := exporter.said(t, regexp.MustCompile(`127\.0\.0\.1:(\d+) https:`))[1]
	body, _ := exporter.get(t, "/metrics", "text/plain")
	value := func(series, host string) string {
		line := regexp.MustCompile(`(?m)^oss_cname_` + series + `\{[^}]*cname="` + regexp.QuoteMeta(host) + `"[^}]*\} (\S+)$`).FindSubmatch(body)
		if line == nil {
			return ""
		}
		return string(line[1])
	}
	for host, by := range map[string]status.AnsweredBy{
		"bound.example.com": status.AnsweredByBucket, "renewed.example.com": status.AnsweredByBucket, "cdn.example.com": status.AnsweredByOther,
		"recommended.example.com": status.AnsweredByBucket, "dangling.example.com": status.AnsweredByUnbound, "disabled.example.com": status.AnsweredByBlocked,
	} {
		if !regexp.MustCompile(`oss_cname_http_answered_by\{[^}]*by="` + string(by) + `",cname="` + regexp.QuoteMeta(host) + `"[^}]*\} 1\n`).Match(body) {
			t.Errorf("%s is not answered by %s", host, by)
		}
		code := outputOf(t, "curl", "-sS", "-o", os.DevNull, "-w", "%{http_code}", "--connect-to", "::127.0.0.1:"+plain, "http://"+host+"/")
		if code != value("http_status_code", host) {
			t.Errorf("%s: curl got %s, the exporter %s", host, code, value("http_status_code", host))
		}
		chain := outputOf(t, "curl", "-ksS", "-o", os.DevNull, "-w", "%{certs}", "--connect-to", "::127.0.0.1:"+secure, "https://"+host+"/")
		block, _ := pem.Decode([]byte(chain[strings.Index(chain, "-----BEGIN"):]))
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		expires, _ := strconv.ParseFloat(value("tls_certificate_expiry_timestamp_seconds", host), 64)
		matches := map[bool]string{true: "1", false: "0"}[leaf.VerifyHostname(host) == nil]
		if int64(expires) != leaf.NotAfter.Unix() || matches != value("tls_certificate_matches", host) {
			t.Errorf("%s: curl got a certificate until %v, matches %s; the exporter %v, %s", host, leaf.NotAfter, matches, expires, value("tls_certificate_matches", host))
		}
		page := outputOf(t, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--ignore-certificate-errors", "--user-data-dir="+t.TempDir(), "--dump-dom",
			fmt.Sprintf("--host-resolver-rules=MAP *:80 127.0.0.1:%s, MAP *:443 127.0.0.1:%s", plain, secure), "https://"+host+"/")
		says := map[status.AnsweredBy]string{
			status.AnsweredByBucket: "AccessDenied", status.AnsweredByUnbound: "NoSuchBucket", status.AnsweredByBlocked: "UserDisable", status.AnsweredByOther: "This is " + host,
		}[by]
		if !strings.Contains(page, says) {
			t.Errorf("%s: Chromium shows no %q:\n%s", host, says, page)
		}
	}
	for host, want := range map[string]string{"bound.example.com": "1", "renewed.example.com": "0", "cdn.example.com": "0"} {
		if got := value("tls_certificate_is_bound", host); got != want {
			t.Errorf("%s: is_bound is %q, want %s", host, got, want)
		}
	}
}

// outputOf runs a program that must succeed.
func outputOf(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}
