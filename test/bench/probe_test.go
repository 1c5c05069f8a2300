package bench_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/web"

	"golang.org/x/sync/errgroup"
)

// BenchmarkProbeBesideBareSDK compares the processor time of 1,000 probes, from
// the request to its answer, with that of 1,000 calls of the vendor's
// SDK alone, turn by turn in one run. Both have 32 under way and kept connections.
func BenchmarkProbeBesideBareSDK(b *testing.B) {
	const n, concurrency = 1000, 32
	url := startOSS(b, n, 0)
	handler := web.New(app.NewExporter(b.Context(), benchStore(b, url, n, ""), demo.Getenv, log.NewNopLogger()), web.Options{})
	call := bareSDK(b, url)
	bare := func() { each(b, n, concurrency, call) }
	probing := func() {
		each(b, n, concurrency, func(i int) error {
			probeOnce(b, handler, "/probe?target=examplebucket/"+benchDomain(i))
			return nil
		})
	}
	bare()
	probing()
	var calls, probes measured
	for b.Loop() {
		calls.add(b, bare)
		probes.add(b, probing)
	}
	calls.report(b, "sdk", b.N*n)
	probes.report(b, "probe", b.N*n)
	b.ReportMetric(float64(probes.cpu)/float64(calls.cpu), "probe/sdk")
}

// BenchmarkConcurrentProbes has 1,000 clients probe the real binary at once, each
// on a connection of its own, half of them about targets that are in no file.
// peak-MB is the most memory that the exporter ever had resident, cpu-µs/probe
// the cost of a probe with HTTP on both sides of it.
func BenchmarkConcurrentProbes(b *testing.B) {
	const n, clients, latency = 500, 1000, 20 * time.Millisecond
	url := startOSS(b, clients, latency)
	exporter := startBinary(b, benchConfig(url, n, "concurrency: 64"))
	probe := strings.TrimSuffix(exporter.metrics, "metrics") + "probe?target=examplebucket/"
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	b.Cleanup(client.CloseIdleConnections)
	before := exporter.cpu(b)
	for b.Loop() {
		var probes errgroup.Group
		for i := range clients {
			probes.Go(func() error { return probeBinary(b, client, probe+benchDomain(i)) })
		}
		if err := probes.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(exporter.peakMB(b), "peak-MB")
	b.ReportMetric(float64((exporter.cpu(b)-before).Microseconds())/float64(b.N*clients), "cpu-µs/probe")
}

// cpu is the processor time that the process has used, which Linux counts in
// hundredths of a second.
func (e binary) cpu(b *testing.B) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", e.pid))
	if err != nil {
		b.Fatal(err)
	}
	_, fields, _ := strings.Cut(string(stat), ") ") // past the name, which may have spaces
	var utime, stime int64
	if _, err := fmt.Sscan(strings.Join(strings.Fields(fields)[11:13], " "), &utime, &stime); err != nil {
		b.Fatal(err)
	}
	return time.Duration(utime+stime) * 10 * time.Millisecond
}

func probeBinary(b *testing.B, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && !strings.Contains(string(body), "\noss_cname_token_exists{") {
		err = fmt.Errorf("%s: %s: %s", url, resp.Status, body)
	}
	return err
}

// probeOnce asks h without a connection in between: the cost of HTTP is not ours.
func probeOnce(b *testing.B, h http.Handler, path string) {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, path, http.NoBody)
	if err != nil {
		b.Error(err)
		return
	}
	req.Header.Set("Accept", "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"+
		"application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1")
	req.Header.Set("Accept-Encoding", "gzip")
	var w counted
	h.ServeHTTP(&w, req)
	if w.n <= 0 {
		b.Errorf("probe: %v, %d bytes", w.header, w.n)
	}
}

// counted is a response that goes nowhere. A status other than 200 fails.
type counted struct {
	header http.Header
	n      int // bytes
}

func (c *counted) Header() http.Header {
	if c.header == nil {
		c.header = http.Header{}
	}
	return c.header
}

func (c *counted) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }
func (c *counted) WriteHeader(int)             { c.n = -1 << 30 }
