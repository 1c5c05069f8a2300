package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

// TestDebugPage shows each step of the call once, with its length if it has one.
func TestDebugPage(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	const (
		none    = "no call was made for this page"
		first   = "ms  GetCnameToken: sent\n"
		second  = "ms  GetCnameToken: answered in 1.5s\n"
		metrics = "\noss_cname_token_exists{"
	)
	isTraced := true
	f.Poller.Results = func(targets []config.Target) []status.Status {
		if steps := trace.Of(f.Poller.Ctx); isTraced {
			steps.Add(trace.Step{At: time.Now(), Text: "GetCnameToken: sent"})
			steps.Add(trace.Step{At: time.Now().Add(time.Second), Took: 1500 * time.Millisecond, Text: "GetCnameToken: answered"})
		}
		all := make([]status.Status, len(targets))
		for i := range all {
			all[i] = webtest.Token(time.Hour)
		}
		return all
	}
	_, body := f.Get(t, "/probe?debug=1&target=examplebucket/www.example.com")
	for _, want := range []string{first, second, metrics, "  configured  yes\n", "  endpoint    the region's, public\n", "\nWhat is known now\n"} {
		if strings.Count(body, want) != 1 || strings.Contains(body, none) {
			t.Errorf("not once %q in\n%s", want, body)
		}
	}
	isTraced = false
	if _, body := f.Get(t, "/probe?debug=1&target=other-bucket/www.example.com"); !strings.Contains(body, none) || !strings.Contains(body, "  configured  no: ") {
		t.Errorf("an unlisted target without a call:\n%s", body)
	}
	if _, body := f.Get(t, "/probe?debug=1&target=examplebucket/www.example.com&team=shop"); strings.Contains(body, metrics) || strings.Contains(body, "  bucket ") {
		t.Errorf("a target that the filter leaves out:\n%s", body)
	}
}

// TestScrapeThatPanics costs its own client the samples, and is logged once.
func TestScrapeThatPanics(t *testing.T) {
	var lines strings.Builder
	cfg, err := config.Parse("test.yaml", []byte(webtest.TwoTargets))
	if err != nil {
		t.Fatal(err)
	}
	panics := true
	scrapes := collector.New(&webtest.Poller{Results: func(targets []config.Target) []status.Status {
		if panics {
			panic("a fault")
		}
		return make([]status.Status, len(targets))
	}}, collector.Options{})
	handler := web.New(web.Exporter{Config: func() *config.Config { return cfg }, Scrape: scrapes.Scrape, Own: collector.NewRegistry()},
		web.Options{Logger: log.NewSyncLogger(log.NewLogfmtLogger(&lines))})
	get := func(to http.ResponseWriter) {
		handler.ServeHTTP(to, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	}
	for range 4 { // more than are under way at a time
		w := httptest.NewRecorder()
		get(w)
		if w.Code != http.StatusInternalServerError || w.Body.String() != "The scrape failed: see the log.\n" {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	}
	if strings.Count(lines.String(), "\n") != 4 || strings.Count(lines.String(), `level=error msg="a scrape panicked" err="a fault"`) != 4 {
		t.Errorf("logged\n%s", &lines)
	}
	panics = false
	lines.Reset()
	w := httptest.NewRecorder()
	if get(w); w.Code != http.StatusOK || lines.Len() > 0 {
		t.Errorf("a scrape after them: got %d, logged %s", w.Code, &lines)
	}
	if get(deaf{httptest.NewRecorder()}); strings.Count(lines.String(), "\n") != 1 || !strings.HasPrefix(lines.String(), `level=debug msg="response not written" path=/metrics err="the client is gone"`) {
		t.Errorf("for a client that is gone, logged %s", &lines)
	}
}

// deaf is a client that takes nothing.
type deaf struct{ *httptest.ResponseRecorder }

func (deaf) Write([]byte) (int, error) { return 0, errors.New("the client is gone") }
