//go:build attack

package attack_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/app/apptest"
)

// TestClientsThatDoNotRead has 200 of them beside a scraper that reads 10,000 targets: it loses no sample, and the
// process needs little more memory than for one scrape. internal/app has the same test with 1,000 targets.
func TestClientsThatDoNotRead(t *testing.T) {
	const targets = 10_000
	config := readableTargets(t, targets)
	alone, url := startAlone(t, config)
	scrapeWhole(t, url, targets)
	one := peakMB(t, alone)
	_ = alone.Process.Kill()

	crowded, url := startAlone(t, config)
	scrapeWhole(t, url, targets)
	for range 4 {
		for range 50 {
			ignore(t, strings.TrimPrefix(url, "http://"))
		}
		scrapeWhole(t, url, targets)
	}
	peak := peakMB(t, crowded)
	t.Logf("peak memory of one scrape %.0f MB, with 200 clients that do not read %.0f MB", one, peak)
	if limit := 2*one + 96; peak > limit {
		t.Errorf("peak memory %.0f MB, want at most %.0f", peak, limit)
	}
}

// ignore asks for all metrics and reads nothing, until the test ends.
func ignore(t *testing.T, address string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprintf(conn, "GET /metrics HTTP/1.1\r\nHost: %s\r\n\r\n", address)
}

// scrapeWhole scrapes as Prometheus does, and wants a sample of each target.
func scrapeWhole(t *testing.T, url string, n int) {
	t.Helper()
	status, body := apptest.Get(t, url+"/metrics")
	got := len(regexp.MustCompile(`(?m)^oss_cname_token_exists\{.* 1$`).FindAllString(body, -1))
	if status != http.StatusOK || got != n {
		t.Errorf("status %d, %d of %d samples", status, got, n)
	}
}

// readableTargets writes a configuration of n targets on an OSS that has a token for each.
func readableTargets(t *testing.T, n int) (path string) {
	t.Helper()
	expires := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	oss := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		fmt.Fprintf(w, "<CnameToken><Bucket>abc</Bucket><Cname>%s</Cname><Token>t</Token><ExpireTime>%s</ExpireTime></CnameToken>", r.URL.Query().Get("cname"), expires)
	}))
	t.Cleanup(oss.Close)
	var b strings.Builder
	fmt.Fprintf(&b, "probe: {timeout: 5m, cache_ttl: 1h}\naccounts: {main: {region: cn-hangzhou, endpoint: %q}}\ntargets:\n", oss.URL)
	for i := range n {
		fmt.Fprintf(&b, "  - {bucket: abc, cname: d%d.example.com}\n", i)
	}
	path = filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// startAlone starts the exporter with a configuration and returns its address once it listens.
func startAlone(t *testing.T, config string) (cmd *exec.Cmd, url string) {
	t.Helper()
	stderr := apptest.NewOutput()
	cmd = exec.CommandContext(t.Context(), binary, "--config.file="+config, "--web.listen-address=127.0.0.1:0", "--scrape.max-timeout=10m")
	cmd.Env = append(os.Environ(), "OSS_ACCESS_KEY_ID="+keyID, "OSS_ACCESS_KEY_SECRET="+keySecret)
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, "http://" + stderr.Wait(t, `Listening on.* address=(\S+)`)
}

// peakMB is the most memory that the process ever had resident.
func peakMB(t *testing.T, cmd *exec.Cmd) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	kB, err := strconv.ParseFloat(regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindStringSubmatch(string(text))[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return kB / 1024
}
