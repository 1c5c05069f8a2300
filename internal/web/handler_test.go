package web_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

func TestMetrics(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour), status.Status{})
	for accept, want := range map[string]string{
		"": "text/plain; version=0.0.4",
		"application/openmetrics-text;version=1.0.0": "application/openmetrics-text; version=1.0.0",
	} {
		resp, body := f.Get(t, "/metrics", "Accept", accept)
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), want) {
			t.Errorf("Accept %q: got %s %q", accept, resp.Status, resp.Header.Get("Content-Type"))
		}
		for _, line := range []string{
			`oss_cname_token_expires_in_seconds{bucket="examplebucket",cname="www.example.com",team="web"} 3600`,
			`oss_cname_token_probe_success{bucket="examplebucket",cname="*.example.org",team=""} 0`,
			"oss_cname_exporter_build_info{",
			"go_goroutines",
			"process_cpu_seconds_total",
			"promhttp_metric_handler_requests_in_flight 1",
			`promhttp_metric_handler_errors_total{cause="gathering"} 0`,
		} {
			if !strings.Contains(body, "\n"+line) {
				t.Errorf("Accept %q: no line %q", accept, line)
			}
		}
		if isOpen := strings.HasSuffix(body, "# EOF\n"); isOpen != (accept != "") {
			t.Errorf("Accept %q: ends with # EOF: %v", accept, isOpen)
		}
		if hasUnit := strings.Contains(body, "# UNIT oss_cname_token_expires_in_seconds seconds\n"); hasUnit != (accept != "") {
			t.Errorf("Accept %q: has # UNIT: %v", accept, hasUnit)
		}
	}
}

// TestCollect wants of a scrape the series that collect[] names, and no question for the
// exporter's own series alone.
func TestCollect(t *testing.T) {
	const targets, own = "\noss_cname_token_exists{", "\noss_cname_exporter_build_info{"
	for query, want := range map[string]struct {
		status       int
		targets, own bool
	}{
		"":                                      {200, true, true},
		"?collect[]=exporter":                   {200, false, true},
		"?collect[]=targets":                    {200, true, false},
		"?collect[]=targets&collect[]=exporter": {200, true, true},
		"?collect[]=exporter&collect[]=exporters": {400, false, false},
	} {
		f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour))
		resp, body := f.Get(t, "/metrics"+query)
		if resp.StatusCode != want.status || strings.Contains(body, targets) != want.targets || strings.Contains(body, own) != want.own {
			t.Errorf("%q: got %s and %.300s", query, resp.Status, body)
		}
		if asked := f.Poller.Ctx != nil; asked != want.targets {
			t.Errorf("%q: asked about the targets: %v", query, asked)
		}
	}
}

func TestMetricsAreCompressed(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour))
	resp, body := f.Get(t, "/metrics", "Accept-Encoding", "gzip")
	if resp.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("got encoding %q", resp.Header.Get("Content-Encoding"))
	}
	unpacked, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(unpacked); err != nil || !strings.Contains(string(text), "oss_cname_token_exists") {
		t.Errorf("unpacked to %d bytes, error %v", len(text), err)
	}
}

// contradiction is a prometheus.Collector that tells the same series twice.
type contradiction struct{ prometheus.Gauge }

func (contradiction) Describe(chan<- *prometheus.Desc) {}
func (c contradiction) Collect(ch chan<- prometheus.Metric) {
	ch <- c.Gauge
	ch <- c.Gauge
}

// TestBadSeriesCostsNoOther has a collector that contradicts itself: the other
// series are served.
func TestBadSeriesCostsNoOther(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour))
	f.Own.MustRegister(contradiction{prometheus.NewGauge(prometheus.GaugeOpts{Name: "twice"})})
	resp, body := f.Get(t, "/metrics")
	for _, series := range []string{"\noss_cname_token_exists{", "\ntwice ", "\ngo_goroutines "} {
		if n := strings.Count(body, series); n != 1 || resp.StatusCode != http.StatusOK {
			t.Errorf("got %s with %d of %q", resp.Status, n, series)
		}
	}
}

func TestScrapeDeadline(t *testing.T) {
	opts := web.Options{TimeoutOffset: 500 * time.Millisecond, MaxTimeout: 20 * time.Second}
	for header, want := range map[string]time.Duration{
		"10":    9500 * time.Millisecond,
		"2.5":   2 * time.Second,
		"0.4":   200 * time.Millisecond, // at most half is left for the way back
		"3600":  20 * time.Second,
		"20.2":  19700 * time.Millisecond,
		"":      9500 * time.Millisecond, // Prometheus' default
		"-1":    9500 * time.Millisecond,
		"0":     9500 * time.Millisecond,
		"NaN":   9500 * time.Millisecond,
		"+Inf":  20 * time.Second,
		"a lot": 9500 * time.Millisecond,
	} {
		f := webtest.Serve(t, opts)
		before := time.Now()
		f.Get(t, "/metrics", "X-Prometheus-Scrape-Timeout-Seconds", header)
		after := time.Now()
		deadline, ok := f.Poller.Ctx.Deadline()
		if !ok || deadline.Before(before.Add(want)) || deadline.After(after.Add(want)) {
			t.Errorf("timeout %q: deadline is %v after the request, want %v", header, deadline.Sub(before), want)
		}
		if f.Poller.Ctx.Err() == nil {
			t.Errorf("timeout %q: the context outlives the request", header)
		}
	}
}

// TestTimeoutParameter goes before the header, and never beyond the longest that
// is allowed.
func TestTimeoutParameter(t *testing.T) {
	f := webtest.Serve(t, web.Options{TimeoutOffset: 500 * time.Millisecond, MaxTimeout: 20 * time.Second})
	for parameter, want := range map[string]time.Duration{"5s": 4500 * time.Millisecond, "1h": 20 * time.Second, "400ms": 200 * time.Millisecond} {
		for _, path := range []string{"/metrics?timeout=", "/probe?target=examplebucket/www.example.com&timeout="} {
			before := time.Now()
			f.Get(t, path+parameter, "X-Prometheus-Scrape-Timeout-Seconds", "8")
			after := time.Now()
			if deadline, ok := f.Poller.Ctx.Deadline(); !ok || deadline.Before(before.Add(want)) || deadline.After(after.Add(want)) {
				t.Errorf("%s%s: deadline is %v after the request, want %v", path, parameter, deadline.Sub(before), want)
			}
		}
	}
	for query, want := range map[string]string{
		"timeout=5":             "timeout: \"5\": write a duration, such as 5s\n",
		"timeout=-1s":           "timeout: \"-1s\": write a duration, such as 5s\n",
		"timeout=1s&timeout=2s": "timeout: given 2 times; write it once\n",
	} {
		for _, path := range []string{"/metrics?", "/probe?target=examplebucket/www.example.com&"} {
			if resp, body := f.Get(t, path+query); resp.StatusCode != http.StatusBadRequest || body != want {
				t.Errorf("%s%s: got %s %q", path, query, resp.Status, body)
			}
		}
	}
}

func TestClientHangsUp(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	polling, cancelled := make(chan struct{}), make(chan struct{})
	f.Poller.Results = func([]config.Target) []status.Status {
		close(polling)
		<-f.Poller.Ctx.Done()
		close(cancelled)
		return nil
	}
	ctx, hangUp := context.WithCancel(t.Context())
	go func() {
		<-polling
		hangUp()
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.DefaultClient.Do(req); err == nil {
		resp.Body.Close()
		t.Error("got an answer after hanging up")
	}
	<-cancelled
}

func TestProbes(t *testing.T) {
	ready := true
	f := webtest.Serve(t, web.Options{Ready: func() bool { return ready }})
	for _, path := range []string{"/-/healthy", "/-/ready"} {
		if resp, body := f.Get(t, path); resp.StatusCode != http.StatusOK || strings.Count(body, "\n") != 1 {
			t.Errorf("%s: got %s, %q", path, resp.Status, body)
		}
	}
	ready = false
	if resp, _ := f.Get(t, "/-/healthy"); resp.StatusCode != http.StatusOK {
		t.Errorf("while draining: healthy is %s", resp.Status)
	}
	if resp, _ := f.Get(t, "/-/ready"); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("while draining: ready is %s", resp.Status)
	}
}

func TestPathsAndMethods(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/", 200},
		{http.MethodHead, "/metrics", 200},
		{http.MethodPost, "/metrics", 405},
		{http.MethodDelete, "/", 405},
		{http.MethodGet, "/debug/pprof/", 404},
		{http.MethodGet, "/metrics/", 404},
		{http.MethodGet, "/etc/passwd", 404},
	} {
		if resp, _ := f.Do(t, test.method, test.path); resp.StatusCode != test.want {
			t.Errorf("%s %s: got %s, want %d", test.method, test.path, resp.Status, test.want)
		}
	}
}

func TestReload(t *testing.T) {
	var refused error
	f := webtest.Serve(t, web.Options{})
	f.Reload = func() error { return refused }
	if resp, _ := f.Do(t, http.MethodPost, "/-/reload"); resp.StatusCode != http.StatusOK {
		t.Errorf("got %s", resp.Status)
	}
	if resp, _ := f.Get(t, "/-/reload"); resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "POST" {
		t.Errorf("GET: got %s, Allow %q", resp.Status, resp.Header.Get("Allow"))
	}
	refused = config.Faults{{File: "c.yaml", Line: 3, Text: "no"}, {File: "c.yaml", Line: 4, Text: "neither"}}
	if resp, body := f.Do(t, http.MethodPost, "/-/reload"); resp.StatusCode != http.StatusInternalServerError || body != "c.yaml:3: no\nc.yaml:4: neither\n" {
		t.Errorf("refused: got %s %q", resp.Status, body)
	}
}

// TestNothingIsRegisteredTwice scrapes over and over: the handler's own
// counters must survive that.
func TestNothingIsRegisteredTwice(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour))
	for range 3 {
		if resp, body := f.Get(t, "/metrics"); resp.StatusCode != http.StatusOK {
			t.Fatalf("got %s: %s", resp.Status, body)
		}
	}
	if _, body := f.Get(t, "/metrics"); !strings.Contains(body, `promhttp_metric_handler_requests_total{code="200"} 3`) {
		t.Error("three scrapes are not counted as three")
	}
}
