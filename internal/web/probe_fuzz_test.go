package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

// FuzzProbe asks with any query: the answer is a scrape of one target at a configured account, or one line that says
// why it is refused.
func FuzzProbe(f *testing.F) {
	cfg, err := config.Parse("test.yaml", []byte(webtest.TwoTargets))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"target=examplebucket/www.example.com", "bucket=abc&cname=*.a.example&account=main&region=cn-hangzhou&debug=true",
		"target=a&target=b", "module=x&account=y", "%zz", "endpoint=http://evil.example", "target=abc/a%00.example&;",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		var asked []config.Target
		p := &webtest.Poller{Results: func(targets []config.Target) []status.Status {
			asked = targets
			return make([]status.Status, len(targets))
		}}
		handler := web.New(web.Exporter{
			Config: func() *config.Config { return cfg },
			Scrape: collector.New(p, collector.Options{}).Scrape,
			Own:    prometheus.NewRegistry(),
		}, web.Options{})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/probe", http.NoBody)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		body := w.Body.String()
		switch w.Code {
		case http.StatusOK:
			if len(asked) != 1 || *asked[0].Account != cfg.Accounts[0] || !strings.Contains(body, "\noss_cname_token_probe_success{") {
				t.Errorf("asked about %+v:\n%s", asked, body)
			}
		case http.StatusBadRequest:
			if asked != nil || strings.Count(body, "\n") != 1 || !strings.HasSuffix(body, "\n") {
				t.Errorf("refused with %q, asked %v", body, asked)
			}
		default:
			t.Errorf("got %d: %s", w.Code, body)
		}
	})
}
