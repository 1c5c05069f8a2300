package ossclient_test

import (
	"crypto/x509"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"regexp"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/trace"
	"oss_cname_exporter/ossclient"
)

// traced asks about the fixture's domain and returns the text of the trace, one
// step a line.
func (f *fixture) traced(t *testing.T, client *ossclient.Client) string {
	t.Helper()
	recorded := new(trace.Trace)
	_, _ = client.GetCnameToken(trace.With(t.Context(), recorded), domain.Name{Bucket: bucket, Base: cname})
	var text strings.Builder
	for _, s := range recorded.Steps() {
		if strings.ContainsAny(s.Text, "\n\r") || s.At.IsZero() || s.Took < 0 {
			t.Errorf("not a step: %+v", s)
		}
		text.WriteString(s.Text + "\n")
	}
	for _, hidden := range []string{keySecret, tokenVal, "Signature", "OSS4-HMAC"} {
		if strings.Contains(text.String(), hidden) {
			t.Errorf("shows %q:\n%s", hidden, text.String())
		}
	}
	return text.String()
}

func TestTraceTellsEachPhase(t *testing.T) {
	f := newFixture(t)
	server := httptest.NewTLSServer(f.oss)
	defer server.Close()
	transport := ossclient.NewTransport()
	defer transport.CloseIdleConnections()
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	f.opts.Endpoint, f.opts.Transport = server.URL, transport
	client, err := ossclient.New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	const asked, answered = `GetCnameToken: GET https://127\.0\.0\.1:\d+/examplebucket/\?\S+\n`,
		`GetCnameToken: first byte of the answer\nGetCnameToken: 200 \(request id [0-9A-F]{24}\)\n`
	for _, want := range []string{
		asked + `GetCnameToken: connected to 127\.0\.0\.1:\d+\nGetCnameToken: TLS 1\.3 handshake, resumed: false\n` + answered,
		asked + `GetCnameToken: took an open connection to 127\.0\.0\.1:\d+, idle for \S+\n` + answered,
	} {
		if got := f.traced(t, client); !regexp.MustCompile(`^` + want + `$`).MatchString(got) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestTraceTellsFailures(t *testing.T) {
	f := newFixture(t)
	for name, tt := range map[string]struct{ endpoint, want string }{
		"refused":   {"http://127.0.0.1:1", `(?s)connect: connection refused\nGetCnameToken: .*GET .*connection refused`},
		"not TLS":   {strings.Replace(f.oss.URL(), "http:", "https:", 1), `GetCnameToken: .*HTTP`},
		"not there": {f.oss.URL(), `GetCnameToken: 404 CnameTokenNotFound`},
	} {
		t.Run(name, func(t *testing.T) {
			f.oss.DeleteToken(named(false))
			f.opts.Endpoint = tt.endpoint
			client, err := ossclient.New(f.opts)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.traced(t, client); !regexp.MustCompile(tt.want).MatchString(got) {
				t.Errorf("got\n%s\nwant %s", got, tt.want)
			}
		})
	}
}

// roundTrip is an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestTraceKeepsExchangesApart asks a second question while the first waits for
// its answer: each is told how long its own took.
func TestTraceKeepsExchangesApart(t *testing.T) {
	f := newFixture(t)
	now := time.Unix(1e9, 0)
	f.opts.Now = func() time.Time { return now }
	f.opts.Attempts = 1
	recorded := new(trace.Trace)
	ctx := trace.With(t.Context(), recorded)
	var client *ossclient.Client
	f.opts.Transport = roundTrip(func(req *http.Request) (*http.Response, error) {
		hooks := httptrace.ContextClientTrace(req.Context())
		hooks.WroteRequest(httptrace.WroteRequestInfo{})
		now = now.Add(time.Second)
		if req.URL.Query().Has("comp") {
			_, _ = client.ListCname(ctx, bucket)
		}
		hooks.GotFirstResponseByte()
		return nil, io.EOF
	})
	var err error
	if client, err = ossclient.New(f.opts); err != nil {
		t.Fatal(err)
	}
	_, _ = client.GetCnameToken(ctx, domain.Name{Bucket: bucket, Base: cname})
	took := map[string]time.Duration{}
	for _, s := range recorded.Steps() {
		if operation, ok := strings.CutSuffix(s.Text, ": first byte of the answer"); ok {
			took[operation] = s.Took
		}
	}
	if want := map[string]time.Duration{"GetCnameToken": 2 * time.Second, "ListCname": time.Second}; !maps.Equal(took, want) {
		t.Errorf("took %v, want %v", took, want)
	}
}
