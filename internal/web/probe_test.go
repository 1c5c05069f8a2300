package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

func TestProbeIsAScrapeOfOneTarget(t *testing.T) {
	f := webtest.Serve(t, web.Options{TimeoutOffset: 500 * time.Millisecond})
	asked := f.Asked()
	for query, want := range map[string]struct{ cname, series string }{
		"target=examplebucket/www.example.com":                              {"www.example.com", `{bucket="examplebucket",cname="www.example.com",team="web"}`},
		"target=examplebucket%2F*.example.org":                              {"*.example.org", `{bucket="examplebucket",cname="*.example.org",team=""}`},
		"bucket=examplebucket&cname=www.example.com&account=main":           {"www.example.com", `{bucket="examplebucket",cname="www.example.com",team="web"}`},
		"target=another-bucket/x.example.com&module=main":                   {"x.example.com", `{bucket="another-bucket",cname="x.example.com",team=""}`},
		"target=examplebucket/WWW.example.com.&region=cn-hangzhou&debug=":   {"www.example.com", `{bucket="examplebucket",cname="www.example.com",team="web"}`},
		"bucket=examplebucket&cname=x.example.com&module=main&account=main": {"x.example.com", `{bucket="examplebucket",cname="x.example.com",team=""}`},
	} {
		before := time.Now()
		resp, body := f.Get(t, "/probe?"+query, "X-Prometheus-Scrape-Timeout-Seconds", "5")
		if resp.StatusCode != http.StatusOK || asked().Cname() != want.cname {
			t.Errorf("%s: got %s, asked about %+v", query, resp.Status, asked())
		}
		if !strings.Contains(body, "\noss_cname_token_expires_in_seconds"+want.series+" 3600\n") {
			t.Errorf("%s: no series %s in\n%s", query, want.series, body)
		}
		if strings.Contains(body, "oss_cname_exporter_") || strings.Contains(body, "go_") || strings.Count(body, "\noss_cname_token_exists{") != 1 {
			t.Errorf("%s: more than the target's own series:\n%s", query, body)
		}
		if deadline, ok := f.Poller.Ctx.Deadline(); !ok || deadline.Before(before.Add(4500*time.Millisecond)) || deadline.After(time.Now().Add(4500*time.Millisecond)) {
			t.Errorf("%s: the deadline is not a scrape's", query)
		}
	}
}

// TestProbeHeaders wants the answer in the format that the scraper asks for, and
// says that it depends on that.
func TestProbeHeaders(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	f.Asked()
	for accept, want := range map[string]string{
		"":           "text/plain; version=0.0.4",
		"text/plain": "text/plain; version=0.0.4",
		"application/openmetrics-text;version=1.0.0":                                      "application/openmetrics-text; version=1.0.0",
		"application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5": "application/openmetrics-text; version=1.0.0",
	} {
		resp, body := f.Get(t, "/probe?target=examplebucket/www.example.com", "Accept", accept)
		if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(got, want) || !strings.Contains(got, "charset=utf-8") {
			t.Errorf("Accept %q: got %s, content type %q", accept, resp.Status, got)
		}
		if got := resp.Header.Values("Vary"); !slices.Contains(got, "Accept") {
			t.Errorf("Accept %q: Vary is %q", accept, got)
		}
		isOpen := strings.HasPrefix(want, "application/openmetrics-text")
		if strings.HasSuffix(body, "\n# EOF\n") != isOpen || strings.Count(body, "# EOF") > 1 || strings.Contains(body, "# UNIT oss_cname_token_expires_in_seconds seconds\n") != isOpen {
			t.Errorf("Accept %q: not in the format %s:\n%s", accept, want, body)
		}
		if samples := strings.Contains(body, "\noss_cname_token_probes_total{"); !samples {
			t.Errorf("Accept %q: no samples in\n%s", accept, body)
		}
	}
}

// TestDebugPageHeaders keeps browsers from taking remote text for a page, and
// caches from keeping it.
func TestDebugPageHeaders(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	f.Asked()
	resp, _ := f.Get(t, "/probe?target=examplebucket/www.example.com&debug=true")
	for name, want := range map[string]string{
		"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
	} {
		if got := resp.Header.Get(name); resp.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s: got %s with %q, want %q", name, resp.Status, got, want)
		}
	}
}

func TestProbeRefusesNonsense(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	asked := f.Asked()
	for query, want := range map[string]string{
		"":                              `bucket: "": not a bucket name`,
		"target=":                       `bucket: "": not a bucket name`,
		"target=www.example.com":        `target: "www.example.com": write bucket and domain, such as "examplebucket/www.example.com"`,
		"target=examplebucket/":         `target: "examplebucket/": empty; write a domain`,
		"target=Assets/www.example.com": `target: "Assets/www.example.com": bucket names are lower case; write "assets"`,
		"target=examplebucket/https://www.example.com":           `has a scheme; write only the domain, "www.example.com"`,
		"target=examplebucket/www.example.com&cname=a.example":   `target: given beside bucket or cname`,
		"target=examplebucket/a.example&target=examplebucket/b":  `target: given 2 times`,
		"target=examplebucket/a.example&endpoint=evil.example":   `unknown parameter "endpoint"; known: account, bucket, checks, cname, debug, label, module, region, target, team, timeout`,
		"target=examplebucket/a.example&access_key_id=x":         `unknown parameter "access_key_id"`,
		"target=examplebucket/a.example&account=other":           `account: "other": no such account; known: main`,
		"target=examplebucket/a.example&module=http_2xx":         `account: "http_2xx": no such account; known: main`,
		"target=examplebucket/a.example&module=main&account=two": `account and module: they differ`,
		"target=examplebucket/a.example&region=cn-beijing":       `region: "cn-beijing": account "main" is configured for others; known: cn-hangzhou`,
		"target=examplebucket/a.example&region=@evil.example/":   `region: `,
		"target=examplebucket/a.example&debug=maybe":             `debug: "maybe": write true or false`,
		"target=%zz": `reading query: invalid URL escape "%zz"`,
		"target=" + url.QueryEscape("examplebucket/a.example\r\nX-Evil: 1"):          `target: `,
		"target=examplebucket/" + strings.Repeat("a.", 2000) + "example":             `target: `,
		"target=examplebucket/a.example&" + url.QueryEscape("<script>\n") + "=alert": `unknown parameter "<script>\n"`,
	} {
		resp, body := f.Get(t, "/probe?"+query)
		if resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, want) {
			t.Errorf("%s: got %s %q, want %q", query, resp.Status, body, want)
		}
		if strings.Count(body, "\n") != 1 || len(body) > 500 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: not one line of text: %q", query, body)
		}
	}
	if got := asked(); got != nil {
		t.Errorf("nonsense was asked: %+v", got)
	}
}

// TestProbesLeaveRoom has probes wait: those beyond the bound are refused, and
// those of configured targets find room beside those of unlisted ones.
func TestProbesLeaveRoom(t *testing.T) {
	f := webtest.Serve(t, web.Options{MaxConnections: 8}) // 6 probes, 2 of unlisted targets
	release, began := make(chan struct{}), make(chan struct{})
	f.Poller.Results = func(targets []config.Target) []status.Status {
		began <- struct{}{}
		<-release
		return make([]status.Status, len(targets))
	}
	var waiting sync.WaitGroup
	wait := func(target string, n int) {
		for range n {
			waiting.Go(func() {
				if resp, _ := f.Get(t, "/probe?target="+target); resp.StatusCode != http.StatusOK {
					t.Errorf("one that has room: %s", resp.Status)
				}
			})
			<-began
		}
	}
	refused := func(target string) {
		t.Helper()
		if resp, body := f.Get(t, "/probe?target="+target); resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "1" || body != "Too many probes are waiting: try again later.\n" {
			t.Errorf("%s: got %s %q, Retry-After %q", target, resp.Status, body, resp.Header.Get("Retry-After"))
		}
	}
	for range 2 { // the second time all have left
		wait("stranger/x.example.com", 2)
		refused("stranger/y.example.com")
		wait("examplebucket/www.example.com", 4)
		refused("examplebucket/www.example.com")
		refused("examplebucket/www.example.com&debug=true")
		if resp, _ := f.Get(t, "/sd"); resp.StatusCode != http.StatusOK {
			t.Errorf("/sd beside them: %s", resp.Status)
		}
		for range 6 {
			release <- struct{}{}
		}
		waiting.Wait()
	}
}

// TestMetricsRefusesUnknownParameters has the scrape configuration that lacks
// metrics_path: each of its targets would ask about all.
func TestMetricsRefusesUnknownParameters(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	const belongs = ": belongs to /probe; write metrics_path: /probe into the scrape configuration\n"
	for query, want := range map[string]string{
		"target=examplebucket/www.example.com":             "target" + belongs,
		"module=main&target=examplebucket/www.example.com": "target" + belongs,
		"module=main": "module" + belongs,
		"colect[]=x":  "unknown parameter \"colect[]\"; known: account, bucket, checks, cname, collect[], label, module, name[], region, target, team, timeout\n",
	} {
		if resp, body := f.Get(t, "/metrics?"+query); resp.StatusCode != http.StatusBadRequest || body != want {
			t.Errorf("%s: got %s %q, want %q", query, resp.Status, body, want)
		}
	}
}
