package bench_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-kit/log"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/configfile"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/ossclient"

	oss "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"golang.org/x/sync/errgroup"
)

// simulatorEnv makes the test binary play OSS instead of running tests: its
// value is how many domains have a token and how long an answer takes.
const simulatorEnv = "OSS_CNAME_EXPORTER_TEST_SIMULATOR"

// playOSS serves n domains until standard input ends.
func playOSS(n int, delay time.Duration) {
	server := osstest.New(osstest.Options{})
	defer server.Close()
	server.AddKey("demo", "demo-secret")
	server.AddBucket(osstest.Bucket{Name: "examplebucket"})
	for i := range n {
		d := domain.Name{Bucket: "examplebucket", Base: benchDomain(i)}
		server.SetToken(d, osstest.Token{})
		if delay > 0 {
			server.Behave(d, osstest.Delay(delay))
		}
	}
	fmt.Println(server.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func benchDomain(i int) string { return "d" + strconv.Itoa(i) + ".example.com" }

// startOSS runs playOSS in a process of its own, so that its work is not
// counted as ours, and returns its URL.
func startOSS(b *testing.B, n int, delay time.Duration) string {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", simulatorEnv, n, delay))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stdin.Close(); _ = cmd.Wait() })
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatalf("reading the simulator's URL: %v", err)
	}
	return strings.TrimSpace(url)
}

// benchConfig is a configuration of n targets at url, with more lines in its
// probe section.
func benchConfig(url string, n int, probe string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "probe: {%s}\naccounts:\n  main: {region: cn-hangzhou, endpoint: %q}\ntargets:\n", probe, url)
	for i := range n {
		fmt.Fprintf(&text, "  - {bucket: examplebucket, cname: %s}\n", benchDomain(i))
	}
	return text.String()
}

// benchStore returns benchConfig in force.
func benchStore(b *testing.B, url string, n int, probe string) *configfile.Store {
	b.Helper()
	text := []byte(benchConfig(url, n, probe))
	store, err := configfile.NewStore(func() (*config.Config, error) { return config.Parse("bench", text) })
	if err != nil {
		b.Fatal(err)
	}
	return store
}

// scrapeOnce asks h for /metrics as Prometheus does; encoding is gzip, or
// identity to leave the compression out.
func scrapeOnce(b *testing.B, h http.Handler, encoding string) *httptest.ResponseRecorder {
	b.Helper()
	req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5")
	req.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Code != http.StatusOK {
		b.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	return w
}

// cpu returns the processor time this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// bareSDK returns a call of GetCnameToken about one domain with the vendor's SDK
// alone, over connections that are kept as ours are.
func bareSDK(b *testing.B, url string) func(i int) error {
	b.Helper()
	client := oss.NewClient(oss.NewConfig().WithRegion("cn-hangzhou").WithEndpoint(url).
		WithHttpClient(&http.Client{Transport: ossclient.NewTransport()}).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("demo", "demo-secret")))
	return func(i int) error {
		_, err := client.GetCnameToken(b.Context(), &oss.GetCnameTokenRequest{Bucket: new("examplebucket"), Cname: new(benchDomain(i))})
		return err
	}
}

// each calls do for each of n domains, at most concurrency at a time.
func each(b *testing.B, n, concurrency int, do func(i int) error) {
	b.Helper()
	var calls errgroup.Group
	calls.SetLimit(concurrency)
	for i := range n {
		calls.Go(func() error { return do(i) })
	}
	if err := calls.Wait(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkScrapeBesideBareSDK compares the processor time of a whole scrape
// of 1,000 targets (poll, metrics, exposition; then with compression too) with
// that of 1,000 calls of the vendor's SDK alone, turn by turn in one run. The
// bare calls have the advantages of ours: as many at a time, and our kept
// connections.
func BenchmarkScrapeBesideBareSDK(b *testing.B) {
	const n = 1000
	url := startOSS(b, n, 0)
	store := benchStore(b, url, n, "")
	handler := web.New(app.NewExporter(b.Context(), store, demo.Getenv, log.NewNopLogger()), web.Options{})
	call := bareSDK(b, url)
	bare := func() { each(b, n, store.Config().Probe.Concurrency, call) }
	bare()
	scrapeOnce(b, handler, "gzip") // both have their connections now
	var calls, scrapes, compressed measured
	for b.Loop() {
		calls.add(b, bare)
		scrapes.add(b, func() { scrapeOnce(b, handler, "identity") })
		compressed.add(b, func() { scrapeOnce(b, handler, "gzip") })
	}
	calls.report(b, "sdk", b.N*n)
	scrapes.report(b, "scrape", b.N*n)
	b.ReportMetric(float64(scrapes.cpu)/float64(calls.cpu), "scrape/sdk")
	b.ReportMetric(float64(compressed.cpu)/float64(calls.cpu), "gzip-scrape/sdk")
}

// BenchmarkCachedScrapeBesideStaticRegistry compares a scrape of 10,000
// targets whose answers are all cached with the encoding of the same series
// from a registry of plain gauges and counters, turn by turn in one run.
func BenchmarkCachedScrapeBesideStaticRegistry(b *testing.B) {
	const n = 10_000
	url := startOSS(b, n, 0)
	store := benchStore(b, url, n, "cache_ttl: 1h")
	exporter := app.NewExporter(b.Context(), store, demo.Getenv, log.NewNopLogger())
	handler := web.New(exporter, web.Options{})
	scrapeOnce(b, handler, "gzip") // asks
	scrapeOnce(b, handler, "gzip") // is answered from the cache
	static := promhttp.HandlerFor(staticRegistry(b, exporter.Scrape(b.Context(), store.Config().Targets, store.Config().LabelNames)), promhttp.HandlerOpts{EnableOpenMetrics: true})
	var cached, encoded measured
	for b.Loop() {
		cached.add(b, func() { scrapeOnce(b, handler, "gzip") })
		encoded.add(b, func() { scrapeOnce(b, static, "gzip") })
	}
	cached.report(b, "scrape", b.N*n)
	encoded.report(b, "static", b.N*n)
	b.ReportMetric(float64(cached.cpu)/float64(encoded.cpu), "scrape/static")
}

// staticRegistry returns a registry of plain metrics with the samples that g gathers.
func staticRegistry(b *testing.B, g prometheus.Gatherer) *prometheus.Registry {
	b.Helper()
	families, err := g.Gather()
	if err != nil {
		b.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	for _, f := range families {
		var names []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			names = append(names, l.GetName())
		}
		gauges := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: f.GetName(), Help: f.GetHelp(), Unit: f.GetUnit()}, names)
		counters := prometheus.NewCounterVec(prometheus.CounterOpts{Name: f.GetName(), Help: f.GetHelp(), Unit: f.GetUnit()}, names)
		for _, m := range f.GetMetric() {
			var values []string
			for _, l := range m.GetLabel() {
				values = append(values, l.GetValue())
			}
			if m.GetCounter() != nil {
				counters.WithLabelValues(values...).Add(m.GetCounter().GetValue())
			} else {
				gauges.WithLabelValues(values...).Set(m.GetGauge().GetValue())
			}
		}
		if f.GetType() == dto.MetricType_COUNTER {
			registry.MustRegister(counters)
		} else {
			registry.MustRegister(gauges)
		}
	}
	return registry
}

// measured sums up the cost of several runs.
type measured struct {
	cpu    time.Duration
	allocs uint64
}

func (m *measured) add(b *testing.B, run func()) {
	b.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := cpu(b)
	run()
	m.cpu += cpu(b) - start
	runtime.ReadMemStats(&after)
	m.allocs += after.Mallocs - before.Mallocs
}

func (m *measured) report(b *testing.B, name string, targets int) {
	b.Helper()
	b.ReportMetric(float64(m.cpu.Nanoseconds())/1e3/float64(targets), name+"-cpu-µs/target")
	b.ReportMetric(float64(m.allocs)/float64(targets), name+"-allocs/target")
}
