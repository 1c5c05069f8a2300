package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

func TestHealthListenerServesNothingElse(t *testing.T) {
	ready := true
	server := httptest.NewServer(web.NewHealth(func() bool { return ready }))
	t.Cleanup(server.Close)
	f := &webtest.Fixture{URL: server.URL}
	for _, test := range []struct {
		method, path string
		ready        bool
		want         int
	}{
		{http.MethodGet, "/-/healthy", true, 200},
		{http.MethodGet, "/-/ready", true, 200},
		{http.MethodGet, "/-/healthy", false, 200},
		{http.MethodGet, "/-/ready", false, 503},
		{http.MethodPost, "/-/healthy", true, 405},
		{http.MethodPost, "/-/reload", true, 404},
		{http.MethodGet, "/metrics", true, 404},
		{http.MethodGet, "/", true, 404},
	} {
		ready = test.ready
		if resp, _ := f.Do(t, test.method, test.path); resp.StatusCode != test.want {
			t.Errorf("%s %s, ready %v: got %s, want %d", test.method, test.path, test.ready, resp.Status, test.want)
		}
	}
}

func TestReloadIsOffByDefault(t *testing.T) {
	server := httptest.NewServer(web.New(web.Exporter{Own: prometheus.NewRegistry()}, web.Options{}))
	t.Cleanup(server.Close)
	if resp, body := (&webtest.Fixture{URL: server.URL}).Do(t, http.MethodPost, "/-/reload"); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "--web.enable-lifecycle") {
		t.Errorf("got %s %s", resp.Status, body)
	}
}

// TestOtherSitesCannotReload sends the requests of a browser that shows a page of another site.
func TestOtherSitesCannotReload(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	f.Reload = func() error { t.Error("reloaded"); return nil }
	for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL+"/-/reload", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(header[0], header[1])
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: got %s", header[0], resp.Status)
		}
	}
}

// TestRequestsCannotSteer asks /metrics and the page with everything that could name another host, key or target: the poller
// gets the configuration as it is, and the answer says nothing that was sent.
func TestRequestsCannotSteer(t *testing.T) {
	const stranger = "stranger.example"
	f := webtest.Serve(t, web.Options{})
	var asked []config.Target
	f.Poller.Results = func(targets []config.Target) []status.Status { asked = targets; return nil }
	for _, path := range []string{
		"/metrics",
		"/metrics?endpoint=http://" + stranger + "&region=" + stranger + "&account=" + stranger + "&bucket=" + stranger + "&target=" + stranger,
		"/?endpoint=" + stranger + "&q=%3Cscript%3E" + stranger,
		"/" + stranger,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = stranger
		for _, header := range []string{"X-Forwarded-Host", "X-Original-Url", "Referer", "User-Agent", "X-Forwarded-For"} {
			req.Header.Set(header, stranger)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if strings.Contains(string(body), stranger) || strings.Contains(strings.Join(resp.Header["Location"], ""), stranger) {
			t.Errorf("%s: the answer repeats the request:\n%s", path, body)
		}
	}
	if asked == nil || len(asked) != 2 || asked[0].Account.Endpoint != "" || asked[0].Bucket != "examplebucket" {
		t.Errorf("the poller was asked about %+v", asked)
	}
}
