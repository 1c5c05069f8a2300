package bench_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/demo"
)

// BenchmarkSlowTargets scrapes the real binary as Prometheus does: 10,000
// targets that take 20 ms each, 64 at a time; exporter, simulator and scraper
// are a process each. wall/least is how long a scrape takes beside the least
// that it can, peak-MB the most memory that the exporter ever had resident.
func BenchmarkSlowTargets(b *testing.B) {
	const n, latency, concurrency = 10_000, 20 * time.Millisecond, 64
	const least = n * latency / concurrency
	url := startOSS(b, n, latency)
	exporter := startBinary(b, benchConfig(url, n, fmt.Sprintf("concurrency: %d", concurrency)))
	var wall time.Duration
	var packed int
	for b.Loop() {
		began := time.Now()
		body := exporter.scrape(b)
		wall += time.Since(began)
		packed += len(body)
		if exist := countExisting(b, body); exist != n {
			b.Fatalf("the scrape knows of %d tokens, want %d", exist, n)
		}
	}
	b.ReportMetric(float64(wall)/float64(b.N)/float64(least), "wall/least")
	b.ReportMetric(exporter.peakMB(b), "peak-MB")
	b.ReportMetric(float64(packed)/1e6/float64(b.N), "response-MB")
}

// BenchmarkManyTargets has the real binary list the 100,000 targets that it is
// configured with. loaded-MB and peak-MB are the most memory that it ever had
// resident before and after, list-MB is the length of the list.
func BenchmarkManyTargets(b *testing.B) {
	exporter := startBinary(b, fmt.Sprintf("accounts: {main: {region: cn-hangzhou}}\ntarget_files: [%q]\n", writeTargets(b, 100_000)))
	loaded := exporter.peakMB(b)
	var listed int
	for b.Loop() {
		listed = len(exporter.get(b, strings.TrimSuffix(exporter.metrics, "metrics")+"sd"))
	}
	b.ReportMetric(loaded, "loaded-MB")
	b.ReportMetric(exporter.peakMB(b), "peak-MB")
	b.ReportMetric(float64(listed)/1e6, "list-MB")
}

// writeTargets returns a file of n targets.
func writeTargets(b *testing.B, n int) (file string) {
	b.Helper()
	file = filepath.Join(b.TempDir(), "targets.yml")
	text := []byte("- targets:\n")
	for i := range n {
		text = fmt.Appendf(text, "  - examplebucket/%s\n", benchDomain(i))
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}

// binary is the exporter in a process of its own.
type binary struct {
	pid     int
	metrics string // URL
	client  *http.Client
}

// startBinary builds the exporter and runs it until the benchmark ends.
func startBinary(b *testing.B, config string) binary {
	b.Helper()
	dir := b.TempDir()
	program, file := filepath.Join(dir, "exporter"), filepath.Join(dir, "config.yaml")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", program, "oss_cname_exporter").CombinedOutput(); err != nil {
		b.Fatalf("building the exporter: %v\n%s", err, out)
	}
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), program, "--config.file="+file, "--web.listen-address=127.0.0.1:0")
	for _, name := range []string{"OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"} {
		cmd.Env = append(cmd.Env, name+"="+demo.Getenv(name))
	}
	address := startListening(b, cmd)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	b.Cleanup(client.CloseIdleConnections)
	return binary{cmd.Process.Pid, "http://" + address + "/metrics", client}
}

// startListening runs a program until the benchmark ends, and returns where it listens.
func startListening(b *testing.B, cmd *exec.Cmd) (address string) {
	b.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	address = listeningAddress(b, bufio.NewReader(stderr))
	drained := make(chan struct{})
	go func() { defer close(drained); _, _ = io.Copy(io.Discard, stderr) }()
	b.Cleanup(func() { <-drained; _ = cmd.Wait() })
	return address
}

// listeningAddress reads the log up to the line that says where the exporter listens.
func listeningAddress(b *testing.B, log *bufio.Reader) string {
	b.Helper()
	listening := regexp.MustCompile(`msg="Listening on" .*address=(\S+)`)
	for {
		line, err := log.ReadString('\n')
		if match := listening.FindStringSubmatch(line); match != nil {
			return match[1]
		}
		if err != nil {
			b.Fatalf("the exporter does not listen: %v, last %q", err, line)
		}
	}
}

// scrape returns the answer, compressed as it must be.
func (e binary) scrape(b *testing.B) []byte {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, e.metrics, http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept", "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5")
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "30")
	resp, err := e.client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Encoding") != "gzip" {
		b.Fatalf("scrape: %s, encoding %q, %v", resp.Status, resp.Header.Get("Content-Encoding"), err)
	}
	return body
}

// get returns the answer to a plain GET.
func (e binary) get(b *testing.B, url string) []byte {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	resp, err := e.client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return body
}

// countExisting counts the tokens that a packed response says exist.
func countExisting(b *testing.B, packed []byte) int {
	b.Helper()
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		b.Fatal(err)
	}
	return len(regexp.MustCompile(`(?m)^oss_cname_token_exists\{.*\} 1(\.0)?$`).FindAll(text, -1))
}

// peakMB is the high-water mark of the resident memory, which Linux keeps.
func (e binary) peakMB(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", e.pid))
	if err != nil {
		b.Fatal(err)
	}
	var kB float64
	match := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(status)
	if match == nil {
		b.Fatalf("no VmHWM in %s", status)
	}
	fmt.Sscan(string(match[1]), &kB)
	return kB * 1024 / 1e6
}
