package web_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

// TestEveryAnswerForbidsSniffing looks at every path, also those that are refused.
func TestEveryAnswerForbidsSniffing(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	for _, path := range []string{"/", "/metrics", "/probe", "/probe?bucket=examplebucket&cname=www.example.com", "/probe?bucket=examplebucket&cname=www.example.com&debug=true",
		"/sd", "/sd?nonsense=1", "/-/healthy", "/-/ready", "/-/reload", "/nonsense", "/%ff"} {
		if resp, _ := f.Get(t, path); resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, resp.Header)
		}
	}
}

func TestURLsAreUTF8(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	for _, path := range []string{"/%ff", "/sd?team=%ff", "/sd?%ff=x", "/probe?bucket=examplebucket&cname=%ffwww.example.com", "/probe?target=examplebucket/%c3%28", "/metrics?name[]=%ff", "/?x=%ff"} {
		if resp, body := f.Get(t, path); resp.StatusCode != http.StatusBadRequest || body != "The URL is not UTF-8.\n" {
			t.Errorf("%s: got %s %s", path, resp.Status, body)
		}
	}
}

// TestRebound sends the requests of a browser whose page has a name that was made to lead to the exporter (DNS rebinding).
func TestRebound(t *testing.T) {
	reloads := 0
	handler := web.New(web.Exporter{Own: prometheus.NewRegistry(), Reload: func() error { reloads++; return nil }}, web.Options{Host: "Monitoring.example.com"})
	for host, want := range map[string]int{
		"evil.example:19525": 403, "evil.example": 403, "127.0.0.1.evil.example": 403,
		"127.0.0.1:19525": 200, "10.1.2.3": 200, "[::1]:19525": 200, "[::1]": 200, "localhost:19525": 200, "oss-cname-exporter:19525": 200, "monitoring.example.com": 200,
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/-/reload", nil)
		req.Host = host
		req.Header.Set("Origin", "http://"+host)
		w := httptest.NewRecorder()
		before := reloads
		handler.ServeHTTP(w, req)
		if w.Code != want || (reloads > before) != (want == 200) {
			t.Errorf("%s: got %d %s", host, w.Code, w.Body)
		}
	}
}

// TestNoQuestions sends each request that needs no answer of OSS.
func TestNoQuestions(t *testing.T) {
	cfg, err := config.Parse("test.yaml", []byte(webtest.TwoTargets))
	if err != nil {
		t.Fatal(err)
	}
	scrapes, looks := 0, 0
	answers := collector.New(&webtest.Poller{Results: func([]config.Target) []status.Status { scrapes++; return nil }}, collector.Options{})
	server := httptest.NewServer(web.New(web.Exporter{
		Config: func() *config.Config { return cfg },
		Scrape: answers.Scrape,
		Peek:   func(targets []config.Target) []status.Status { return make([]status.Status, len(targets)) },
		Scan:   func(*config.Config) { looks++ },
		Own:    collector.NewRegistry(),
	}, web.Options{}))
	t.Cleanup(server.Close)
	f := &webtest.Fixture{URL: server.URL}
	for _, test := range []struct {
		method, path string
		contains     string
	}{
		{http.MethodHead, "/metrics", ""},
		{http.MethodHead, "/probe?bucket=examplebucket&cname=www.example.com", ""},
		{http.MethodHead, "/sd?configured=false", ""},
		{http.MethodHead, "/", ""},
		{http.MethodGet, "/metrics?name[]=oss_cname_exporter_build_info", "\noss_cname_exporter_build_info{"},
		{http.MethodGet, "/metrics?name[]=nonsense", ""},
		{http.MethodGet, "/metrics?collect[]=exporter", "\ngo_goroutines "},
	} {
		resp, body := f.Do(t, test.method, test.path)
		if resp.StatusCode != http.StatusOK || scrapes != 0 || looks != 0 || !strings.Contains("\n"+body, test.contains) || test.contains == "" && body != "" {
			t.Errorf("%s %s: got %s with %d scrapes and %d looks\n%s", test.method, test.path, resp.Status, scrapes, looks, body)
		}
	}
	for i, path := range []string{"/", "/sd?configured=false"} {
		if f.Get(t, path); looks != i+1 {
			t.Errorf("GET %s: %d looks, want %d", path, looks, i+1)
		}
	}
	for _, query := range []string{"name[]=oss_cname_token_exists", "name[]=oss_cname_exporter_build_info&name[]=oss_cname_token_exists", "collect[]=targets&collect[]=targets"} {
		before := scrapes
		if _, _ = f.Get(t, "/metrics?"+query); scrapes != before+1 {
			t.Errorf("%s: %d scrapes", query, scrapes-before)
		}
	}
}

// TestPrefix has the paths below one, as Prometheus has it.
func TestPrefix(t *testing.T) {
	f := webtest.Serve(t, web.Options{Prefix: "/oss/cname"})
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]string{
		"/oss/cname/": "200", "/oss/cname/metrics": "200", "/oss/cname/-/healthy": "200", "/oss/cname/sd": "200",
		"/metrics": "404", "/-/healthy": "404", "/": "302 /oss/cname/", "/oss/cname": "307 /oss/cname/",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if got := strings.TrimSpace(resp.Status[:3] + " " + resp.Header.Get("Location")); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestLargeAnswersAreGzipped(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(1), webtest.Token(1))
	for _, path := range []string{"/", "/metrics"} {
		resp, _ := f.Get(t, path, "Accept-Encoding", "gzip")
		if resp.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(strings.Join(resp.Header.Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%s: %v", path, resp.Header)
		}
		if resp, _ := f.Get(t, path, "Accept-Encoding", "identity"); resp.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %v", path, resp.Header)
		}
	}
}

func TestProcessSeriesCanBeLeftOut(t *testing.T) {
	own := collector.NewRegistryWithoutProcess()
	server := httptest.NewServer(web.New(web.Exporter{Config: func() *config.Config { return new(config.Config) }, Own: own}, web.Options{NoProcessSeries: true}))
	t.Cleanup(server.Close)
	_, body := (&webtest.Fixture{URL: server.URL}).Get(t, "/metrics?collect[]=exporter")
	names := slices.DeleteFunc(strings.Split(body, "\n"), func(line string) bool { return line == "" || line[0] == '#' })
	if len(names) == 0 || slices.ContainsFunc(names, func(line string) bool { return !strings.HasPrefix(line, "oss_cname_exporter_") }) {
		t.Errorf("got\n%s", body)
	}
}

// TestRefusalsAreCountedAndLogged has one of each kind.
func TestRefusalsAreCountedAndLogged(t *testing.T) {
	cfg, err := config.Parse("test.yaml", []byte(webtest.TwoTargets))
	if err != nil {
		t.Fatal(err)
	}
	refused, lines := collector.NewRefused(), &bytes.Buffer{}
	handler := web.New(web.Exporter{Config: func() *config.Config { return cfg }, Refused: refused.Count, Own: collector.NewRegistry(refused)},
		web.Options{Logger: log.NewSyncLogger(log.NewLogfmtLogger(lines))})
	for i, test := range []struct{ method, path, code string }{
		{http.MethodGet, "/probe?bucket=examplebucket&cname=www.example.com&account=other", "400"},
		{http.MethodGet, "/probe", "400"},
		{http.MethodGet, "/sd?nonsense=1", "400"},
		{http.MethodGet, "/metrics?collect[]=nonsense", "400"},
		{http.MethodGet, "/%ff", "400"},
		{http.MethodPost, "/-/reload", "403"},
	} {
		lines.Reset()
		w := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), test.method, test.path, nil)
		req.Host = "localhost"
		handler.ServeHTTP(w, req)
		if strconv.Itoa(w.Code) != test.code || !strings.HasPrefix(lines.String(), `level=debug msg="request refused" path=`) || strings.Count(lines.String(), "\n") != 1 {
			t.Errorf("%s: got %d, logged %s", test.path, w.Code, lines)
		}
		if got := testutil.ToFloat64(refused.WithLabelValues(test.code)); test.code == "400" && got != float64(i+1) || test.code == "403" && got != 1 {
			t.Errorf("%s: counted %v", test.path, got)
		}
	}
}
