// Package webtest serves an exporter to the tests of web and of its pages.
package webtest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
)

// Now returns the time on the exporter's clock.
func Now() time.Time { return time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC) }

// TwoTargets is the configuration of the exporter.
const TwoTargets = `
accounts:
  main: {region: cn-hangzhou}
targets:
  - {bucket: examplebucket, cname: www.example.com, labels: {team: web}}
  - {bucket: examplebucket, cname: "*.example.org"}
`

// Poller answers with Results, and keeps the last context that it was given.
type Poller struct {
	Results func([]config.Target) []status.Status
	Ctx     context.Context //nolint:containedctx // what the handler passed is what is tested
}

// Poll implements collector.Poller.
func (p *Poller) Poll(ctx context.Context, targets []config.Target) []status.Status {
	p.Ctx = ctx
	return p.Results(targets)
}

// Errors implements collector.Poller.
func (p *Poller) Errors() map[status.Reason]uint64 { return nil }

// Fixture is a served exporter whose poller says what the test wants.
type Fixture struct {
	URL      string
	Config   *config.Config
	Poller   *Poller
	Own      *prometheus.Registry
	Found    []discovery.AccountReport
	Reload   func() error
	Statuses []status.Status // what is known without asking
	History  *changelog.History
}

// Serve returns the exporter of TwoTargets, whose polls have results, until the
// test ends.
func Serve(t *testing.T, opts web.Options, results ...status.Status) *Fixture {
	t.Helper()
	cfg, err := config.Parse("test.yaml", []byte(TwoTargets))
	if err != nil {
		t.Fatal(err)
	}
	all := func([]config.Target) []status.Status { return results }
	p := &Poller{Results: all}
	opts.Now = Now
	f := &Fixture{Config: cfg, Poller: p, Own: collector.NewRegistry(), Statuses: results, History: changelog.NewHistory()}
	server := httptest.NewServer(web.New(web.Exporter{
		Reload:   func() error { return f.Reload() },
		Config:   func() *config.Config { return f.Config },
		Scrape:   collector.New(p, collector.Options{Now: Now}).Scrape,
		Peek:     func([]config.Target) []status.Status { return f.Statuses },
		History:  f.History,
		Unlisted: func(*config.Config) []discovery.AccountReport { return f.Found },
		Own:      f.Own,
	}, opts))
	t.Cleanup(server.Close)
	f.URL = server.URL
	return f
}

// Get returns the answer to a GET with pairs of header and value.
func (f *Fixture) Get(t *testing.T, path string, header ...string) (*http.Response, string) {
	t.Helper()
	return f.Do(t, http.MethodGet, path, header...)
}

// Do returns the answer to a request with pairs of header and value.
func (f *Fixture) Do(t *testing.T, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	return Send(t, method, f.URL+path, header...)
}

// Send sends a request without a body, with pairs of header and value, and
// returns the answer and its body. It keeps no connection.
func Send(t *testing.T, method, url string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// Token is the status of a domain whose token expires after left.
func Token(left time.Duration) status.Status {
	return status.Status{
		Facts:   status.Facts{Confirmed: Now(), Exists: true, Expires: Now().Add(left)},
		Attempt: status.Attempt{Ended: Now(), Duration: time.Millisecond},
		Probes:  1,
	}
}

// Failed is r after an attempt that was denied with text.
func Failed(r status.Status, text string) status.Status {
	r.Attempt = status.Attempt{Ended: Now(), Reason: "access_denied", Err: errors.New(text)}
	return r
}

// Asked returns the last target that a request asks about from now on, each of
// which has a token.
func (f *Fixture) Asked() (last func() *config.Target) {
	var target *config.Target
	f.Poller.Results = func(targets []config.Target) []status.Status {
		results := make([]status.Status, len(targets))
		for i := range targets {
			results[i], target = Token(time.Hour), &targets[i]
		}
		return results
	}
	return func() *config.Target { return target }
}

// Checked is s with every check made and answered.
func Checked(s status.Status, change func(*status.Status)) status.Status {
	s.Checks = map[status.Check]status.CheckStatus{}
	for _, check := range status.Checks() {
		s.Checks[check] = status.CheckStatus{Confirmed: Now(), Attempt: status.Attempt{Ended: Now()}}
	}
	change(&s)
	return s
}
