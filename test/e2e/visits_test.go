//go:build e2e

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
		"dangling.example.com":    {status.AnsweredByUnbound, "404", "404"},
		"disabled.example.com":    {status.AnsweredByBlocked, "403", "403"},
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
