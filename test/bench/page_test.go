package bench_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-kit/log"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/check"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
)

// maxPage is how large the status page may be, in bytes, uncompressed.
const maxPage = 200_000

// view asks h for path in a language and returns the body.
func view(b *testing.B, h http.Handler, path, language string) []byte {
	b.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
	r.Header.Set("Accept-Language", language)
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// BenchmarkPage views the status page, and the JSON of all domains, of an
// exporter with 10,000 targets that it asked about.
func BenchmarkPage(b *testing.B) {
	const n = 10_000
	url := startOSS(b, n, 0)
	store := benchStore(b, url, n, "cache_ttl: 1h")
	exporter := app.NewExporter(b.Context(), store, demo.Getenv, log.NewNopLogger())
	handler := web.New(exporter, web.Options{})
	scrapeOnce(b, handler, "identity")
	for name, path := range map[string]string{
		"list": "/", "search": "/?q=d99&sort=cname&state=unknown", "domain": "/domains/examplebucket/d5000.example.com",
		"json": "/api/v1/domains?per_page=10000",
	} {
		for _, language := range []string{"en", "zh"} {
			b.Run(name+"/"+language, func(b *testing.B) { benchView(b, handler, path, language) })
		}
	}
}

func benchView(b *testing.B, handler http.Handler, path, language string) {
	var views measured
	var size int
	for b.Loop() {
		views.add(b, func() { size = len(view(b, handler, path, language)) })
	}
	b.ReportMetric(float64(views.cpu.Microseconds())/1e3/float64(b.N), "cpu-ms/view")
	b.ReportMetric(float64(size)/1e3, "kB")
	if path == "/" && size > maxPage {
		b.Errorf("the page has %d bytes", size)
	}
}

// BenchmarkPageOfTrouble views the page while each of 10,000 domains has all
// that a row can show: a failure, a token with hours left, a record to publish,
// long names and labels.
func BenchmarkPageOfTrouble(b *testing.B) {
	const n = 10_000
	store := benchStore(b, "http://127.0.0.1:1", n, "")
	cfg := store.Config()
	now := time.Now()
	statuses := make([]status.Status, n)
	for i := range statuses {
		cfg.Targets[i].Labels = map[string]string{"team": "web-operations-europe", "environment": "production", "owner": "someone@example.com"}
		cfg.Targets[i].Checks = config.Checks{Binding: true, DNS: true}
		statuses[i] = troubled(now)
	}
	handler := web.New(web.Exporter{
		Config: store.Config, Peek: func([]config.Target) []status.Status { return statuses },
		Own: collector.NewRegistry(), History: changelog.NewHistory(),
	}, web.Options{})
	for _, language := range []string{"en", "zh"} {
		b.Run("list/"+language, func(b *testing.B) { benchView(b, handler, "/", language) })
		b.Run("json/"+language, func(b *testing.B) { benchView(b, handler, "/api/v1/domains?per_page=10000", language) })
	}
}

func troubled(now time.Time) status.Status {
	failed := status.Attempt{Ended: now, Duration: time.Second, Reason: status.ReasonServerError, Err: errors.New("GetCnameToken: 500 InternalError We encountered an internal error. Please try again. (request id 6B073283C56E1A98FCE6D736, EC 0002-00000001)")}
	s := status.Status{
		Facts: status.Facts{Confirmed: now, Exists: true, Expires: now.Add(5 * time.Hour)}, Token: "be1d49d863dea9ffeff3df7d6455a0b1", Attempt: failed,
		Checks: map[status.Check]status.CheckStatus{}, Bound: status.No, DNSVerified: status.No, Destination: status.ToBucket, PointsToBucket: status.Yes, LeadsTo: "examplebucket.oss-cn-hangzhou.aliyuncs.com",
		Proof: status.Proof{Verdict: status.VerdictMissing},
	}
	for _, c := range status.Checks() {
		s.Checks[c] = status.CheckStatus{Confirmed: now, Attempt: failed}
	}
	return s
}

// BenchmarkCheckBesideScrape compares the processor time of the command check
// over 1,000 targets with that of a scrape of them, turn by turn in one run.
func BenchmarkCheckBesideScrape(b *testing.B) {
	const n = 1000
	url := startOSS(b, n, 0)
	store := benchStore(b, url, n, "")
	exporter := app.NewExporter(b.Context(), store, demo.Getenv, log.NewNopLogger())
	handler := web.New(exporter, web.Options{})
	asked := check.Exporter{Config: store.Config(), Scrape: exporter.Scrape, Peek: exporter.Peek}
	scrapeOnce(b, handler, "identity") // both have their connections now
	var scrapes, checks measured
	for b.Loop() {
		scrapes.add(b, func() { scrapeOnce(b, handler, "identity") })
		checks.add(b, func() {
			var out bytes.Buffer
			if exit, err := check.Run(b.Context(), asked, check.Options{}, &out); exit != check.OK || err != nil {
				b.Fatalf("%d, %v, %.300s", exit, err, &out)
			}
		})
	}
	scrapes.report(b, "scrape", b.N*n)
	checks.report(b, "check", b.N*n)
	b.ReportMetric(float64(checks.cpu)/float64(scrapes.cpu), "check/scrape")
}
