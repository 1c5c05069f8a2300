//go:build unix

package app_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/app/apptest"
)

// TestClientsThatDoNotRead has 200 of them beside a scraper that reads: it loses no sample, and the process needs little more memory than for one scrape.
// TestTenThousandTargets of test/attack has them beside 10,000 targets.
func TestClientsThatDoNotRead(t *testing.T) {
	const targets = 1000
	config := manyTargets(t, targets)
	alone, url := startMany(t, config)
	scrapeWhole(t, url, targets)
	one := alone.peakMB(t)
	alone.ends(t)

	crowded, url := startMany(t, config)
	scrapeWhole(t, url, targets)
	for round := range 4 {
		for range 50 {
			stare(t, strings.TrimPrefix(url, "http://"))
		}
		scrapeWhole(t, url, targets)
		if _, page := apptest.Get(t, url+"/-/healthy"); !strings.Contains(page, "healthy") {
			t.Errorf("round %d: %s", round, page)
		}
	}
	peak := crowded.peakMB(t)
	t.Logf("peak memory of one scrape %.0f MB, with 200 clients that do not read %.0f MB", one, peak)
	// On a machine with time for the garbage collector it is less than 1.5 times one scrape, and 64 MB; on a busy one that runs late.
	if limit := 2*one + 96; peak > limit {
		t.Errorf("peak memory %.0f MB, want at most %.0f", peak, limit)
	}
}

// stare asks for all metrics and reads nothing, until the test ends.
func stare(t *testing.T, address string) {
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

// manyTargets writes a configuration of n targets on an OSS that has a token for each.
func manyTargets(t *testing.T, n int) (path string) {
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

func startMany(t *testing.T, config string) (p *process, url string) {
	t.Helper()
	p, stderr := start(t, nil, "--config.file="+config, "--web.listen-address=127.0.0.1:0", "--scrape.max-timeout=10m")
	p.follow(stderr)
	return p, "http://" + p.stderr.Wait(t, `Listening on.* address=(\S+)`)
}

// peakMB is the most memory that the process ever had resident.
func (p *process) peakMB(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Skip("no /proc")
	}
	kB, err := strconv.ParseFloat(regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindStringSubmatch(string(text))[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return kB / 1024
}
