package ossclient_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"oss_cname_exporter/internal/credentials"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

const (
	bucket    = "examplebucket"
	cname     = "www.example.com"
	keyID     = "test-key"
	keySecret = "test-secret"
	tokenVal  = "be1d49d863dea9ffeff3df7d64550123"
)

var expires = time.Date(2022, 2, 23, 21, 39, 42, 0, time.UTC)

// fixture is a simulated OSS with one bucket and one domain that has a token,
// at a standing clock one hour before it dies.
type fixture struct {
	t    *testing.T
	oss  *osstest.Server
	opts ossclient.Options
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	now := func() time.Time { return expires.Add(-time.Hour) }
	oss := osstest.New(osstest.Options{Now: now})
	t.Cleanup(oss.Close)
	oss.AddKey(keyID, keySecret)
	oss.AddBucket(osstest.Bucket{Name: bucket})
	oss.SetToken(named(false), osstest.Token{Value: tokenVal, Expires: expires})
	transport := ossclient.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	return &fixture{t, oss, ossclient.Options{
		Region:      "cn-hangzhou",
		Endpoint:    oss.URL(),
		Credentials: key(keyID, keySecret),
		Transport:   transport,
		Now:         now,
	}}
}

func named(wildcard bool) domain.Name {
	return domain.Name{Bucket: bucket, Base: cname, Wildcard: wildcard}
}

func key(id, secret string) ossclient.KeySource {
	env := map[string]string{"OSS_ACCESS_KEY_ID": id, "OSS_ACCESS_KEY_SECRET": secret}
	return credentials.FromEnvironment(func(name string) string { return env[name] })
}

// get asks about the fixture's domain with a new client.
func (f *fixture) get(t *testing.T, d domain.Name) (ossclient.Token, error) {
	t.Helper()
	client, err := ossclient.New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	return client.GetCnameToken(context.Background(), d)
}

// failure asks and returns the *Error that must come of it.
func (f *fixture) failure(t *testing.T) *ossclient.Error {
	t.Helper()
	token, err := f.get(t, domain.Name{Bucket: bucket, Base: cname})
	var failure *ossclient.Error
	if !errors.As(err, &failure) {
		t.Fatalf("got token %+v, error %v; want an *ossclient.Error", token, err)
	}
	if text := err.Error(); strings.ContainsAny(text, "\n\r") {
		t.Errorf("error prints on several lines: %q", text)
	}
	if strings.Contains(err.Error(), keySecret) {
		t.Errorf("error shows the secret: %q", err)
	}
	return failure
}

func TestTokenIsRead(t *testing.T) {
	for name, change := range map[string]func(*fixture){
		"V4":                func(*fixture) {},
		"V1":                func(f *fixture) { f.opts.SignatureV1 = true },
		"virtual-hosted":    virtualHosted,
		"virtual-hosted V1": func(f *fixture) { virtualHosted(f); f.opts.SignatureV1 = true },
		"temporary key": func(f *fixture) {
			f.oss.AddSTSKey("sts-key", "sts-secret", "sts-token", time.Time{})
			env := map[string]string{"OSS_ACCESS_KEY_ID": "sts-key", "OSS_ACCESS_KEY_SECRET": "sts-secret", "OSS_SESSION_TOKEN": "sts-token"}
			f.opts.Credentials = credentials.FromEnvironment(func(name string) string { return env[name] })
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			change(f)
			token, err := f.get(t, domain.Name{Bucket: bucket, Base: cname})
			if want := (ossclient.Token{Value: tokenVal, Expires: expires}); err != nil || token != want {
				t.Fatalf("got %+v, %v; want %+v", token, err, want)
			}
		})
	}
}

// virtualHosted asks a region's public endpoint by name, as in real life, with
// the names leading to the simulator.
func virtualHosted(f *fixture) { hosted(f, bucket+".") }

// hosted has OSS reached only under the name of its endpoint with prefix.
func hosted(f *fixture, prefix string) {
	f.opts.Endpoint = "http://oss-cn-hangzhou.aliyuncs.com"
	f.opts.Transport = f.dialing(func(ctx context.Context, _, address string) (net.Conn, error) {
		if address != prefix+"oss-cn-hangzhou.aliyuncs.com:80" {
			return nil, fmt.Errorf("dialled %q", address)
		}
		return new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(f.oss.URL(), "http://"))
	})
}

// dialing returns the fixture's transport with another way to connect.
func (f *fixture) dialing(dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Transport {
	transport := f.opts.Transport.(*http.Transport)
	transport.DialContext = dial
	return transport
}

// unresolvable asks a name that a real DNS server says does not exist.
func unresolvable(f *fixture) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	f.t.Cleanup(func() { server.Close() })
	go func() {
		for message := make([]byte, 512); ; {
			n, from, err := server.ReadFrom(message)
			if err != nil {
				return
			}
			message[2] |= 0x80                      // an answer:
			message[3] = message[3]&0xf0 | 0x80 | 3 // NXDOMAIN
			_, _ = server.WriteTo(message[:n], from)
		}
	}()
	dialer := net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}}
	f.opts.Endpoint = "http://oss-cn-hangzhou.aliyuncs.com"
	f.opts.Transport = f.dialing(dialer.DialContext)
}

func TestWildcardIsAnotherDomain(t *testing.T) {
	f := newFixture(t)
	if _, err := f.get(t, domain.Name{Bucket: bucket, Base: cname, Wildcard: true}); !errors.Is(err, ossclient.ErrNoToken) {
		t.Fatalf("without a token for the wildcard: got %v, want ErrNoToken", err)
	}
	f.oss.SetToken(named(true), osstest.Token{Value: "wild", Expires: expires})
	token, err := f.get(t, domain.Name{Bucket: bucket, Base: cname, Wildcard: true})
	if err != nil || token.Value != "wild" {
		t.Fatalf("got %+v, %v; want the wildcard's token", token, err)
	}
}

func TestNoTokenIsAnAnswer(t *testing.T) {
	for name, change := range map[string]func(*fixture){
		"never created": func(f *fixture) { f.oss.DeleteToken(named(false)) },
		"expired": func(f *fixture) {
			f.oss.SetToken(named(false), osstest.Token{Value: "old", Expires: expires.Add(-2 * time.Hour)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			change(f)
			if _, err := f.get(t, domain.Name{Bucket: bucket, Base: cname}); !errors.Is(err, ossclient.ErrNoToken) {
				t.Fatalf("got %v, want ErrNoToken", err)
			}
			if n := f.oss.Calls(); n != 1 {
				t.Errorf("asked %d times; an answer needs no second call", n)
			}
		})
	}
}

func TestErrorNamesWhatFailed(t *testing.T) {
	f := newFixture(t)
	f.oss.AddBucket(osstest.Bucket{Name: bucket, Region: "cn-shanghai"})
	failure := f.failure(t)
	if failure.Operation != "GetCnameToken" || failure.Status != 403 || failure.Code != "AccessDenied" ||
		failure.EC != "0003-00001403" || failure.RequestID == "" || failure.Reason != status.ReasonWrongEndpoint {
		t.Errorf("got %+v", failure)
	}
	want := "GetCnameToken: 403 AccessDenied The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint; " +
		"the bucket answers at oss-cn-shanghai.aliyuncs.com: set its region (request id " + failure.RequestID + ", EC 0003-00001403)"
	if failure.Error() != want {
		t.Errorf("got  %q\nwant %q", failure.Error(), want)
	}
}

func TestErrorReason(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*fixture)
		want   status.Reason
		calls  int
	}{
		"unknown key":    {func(f *fixture) { f.opts.Credentials = key("other", keySecret) }, status.ReasonCredentials, 1},
		"wrong secret":   {func(f *fixture) { f.opts.Credentials = key(keyID, "other") }, status.ReasonCredentials, 1},
		"no key":         {func(f *fixture) { f.opts.Credentials = key("", "") }, status.ReasonCredentials, 0},
		"forbidden":      {func(f *fixture) { f.oss.AddBucket(osstest.Bucket{Name: bucket, Forbidden: true}) }, status.ReasonAccessDenied, 1},
		"our clock fast": {func(f *fixture) { f.opts.Now = shifted(f.opts.Now, 16*time.Minute) }, status.ReasonClockSkew, 1},
		"our clock slow": {func(f *fixture) { f.opts.Now = shifted(f.opts.Now, -16*time.Minute) }, status.ReasonClockSkew, 1},
		"refused":        {func(f *fixture) { f.oss.Close() }, status.ReasonConnect, 0},
		"unresolvable":   {unresolvable, status.ReasonDNS, 0},
		"not TLS":        {func(f *fixture) { f.opts.Endpoint = strings.Replace(f.oss.URL(), "http:", "https:", 1) }, status.ReasonTLS, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			test.change(f)
			if failure := f.failure(t); failure.Reason != test.want {
				t.Errorf("got reason %q (%v), want %q", failure.Reason, failure, test.want)
			}
			if n := f.oss.Calls(); n != test.calls {
				t.Errorf("OSS was asked %d times, want %d", n, test.calls)
			}
		})
	}
}

func shifted(now func() time.Time, by time.Duration) func() time.Time {
	return func() time.Time { return now().Add(by) }
}

func TestForeignAnswers(t *testing.T) {
	html := []string{"Content-Type", "text/html"}
	for name, test := range map[string]struct {
		status int
		body   string
		header []string
		want   status.Reason
	}{
		"hotel Wi-Fi":         {200, "<html>Welcome</html>", html, status.ReasonBadResponse},
		"empty 200":           {200, "", nil, status.ReasonBadResponse},
		"204":                 {204, "", nil, status.ReasonBadResponse},
		"proxy forbids":       {403, "<html>Blocked</html>", html, status.ReasonBadResponse},
		"proxy wants a login": {407, "", nil, status.ReasonBadResponse},
		"page not found":      {404, "<html>404</html>", html, status.ReasonBadResponse},
		"bad gateway":         {502, "<html>502</html>", html, status.ReasonServerError},
		"busy gateway":        {429, "slow down", nil, status.ReasonThrottled},
		"redirect":            {302, "", []string{"Location", "http://127.0.0.1:1/"}, status.ReasonBadResponse},
		"too long":            {200, strings.Repeat("x", 2<<20), nil, status.ReasonBadResponse},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.oss.Behave(named(false), osstest.Reply(test.status, test.body, test.header...))
			if failure := f.failure(t); failure.Reason != test.want || failure.Code != "" {
				t.Errorf("got %+v, want reason %q and no code", failure, test.want)
			}
		})
	}
}

func TestReplyMustAnswerTheQuestion(t *testing.T) {
	reply := func(root, bucket, cname, token, expires string) string {
		return "<" + root + "><Bucket>" + bucket + "</Bucket><Cname>" + cname + "</Cname><Token>" + token +
			"</Token><ExpireTime>" + expires + "</ExpireTime></" + root + ">"
	}
	const date = "Wed, 23 Feb 2022 21:39:42 GMT"
	for name, test := range map[string]struct {
		body string
		want string // of the error; "" is a token
	}{
		"as documented":    {reply("CnameToken", bucket, cname, tokenVal, date), ""},
		"other case":       {reply("CnameToken", bucket, "WWW.Example.com", tokenVal, date), ""},
		"one-digit day":    {reply("CnameToken", bucket, cname, tokenVal, "Wed, 2 Feb 2022 21:39:42 GMT"), ""},
		"month first":      {reply("CnameToken", bucket, cname, tokenVal, "Feb 23 21:39:42 2022 GMT"), ""},
		"RFC 3339":         {reply("CnameToken", bucket, cname, tokenVal, "2022-02-23T21:39:42.000Z"), ""},
		"another root":     {reply("CnameTokens", bucket, cname, tokenVal, date), "expected element type"},
		"another bucket":   {reply("CnameToken", "other", cname, tokenVal, date), `reply is about bucket "other"`},
		"another cname":    {reply("CnameToken", bucket, "example.org", tokenVal, date), `reply is about cname "example.org"`},
		"unasked wildcard": {reply("CnameToken", bucket, "*."+cname, tokenVal, date), "reply is about cname"},
		"no token":         {reply("CnameToken", bucket, cname, "", date), "no Token"},
		"no date":          {reply("CnameToken", bucket, cname, tokenVal, ""), "ExpireTime"},
		"word as date":     {reply("CnameToken", bucket, cname, tokenVal, "tomorrow"), "ExpireTime"},
		"number as date":   {reply("CnameToken", bucket, cname, tokenVal, "1645652382"), "ExpireTime"},
		"foreign zone":     {reply("CnameToken", bucket, cname, tokenVal, "Wed, 23 Feb 2022 21:39:42 CST"), "ExpireTime"},
		"impossible day":   {reply("CnameToken", bucket, cname, tokenVal, "Wed, 31 Feb 2022 21:39:42 GMT"), "ExpireTime"},
		"truncated":        {reply("CnameToken", bucket, cname, tokenVal, date)[:60], "reading reply"},
		"foreign charset":  {`<?xml version="1.0" encoding="GBK"?>` + reply("CnameToken", bucket, cname, tokenVal, date), "reading reply"},
		"deeply nested":    {strings.Repeat("<CnameToken>", 50_000), "reading reply"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.oss.Behave(named(false), osstest.Reply(200, test.body))
			if test.want == "" {
				if _, err := f.get(t, domain.Name{Bucket: bucket, Base: cname}); err != nil {
					t.Errorf("got %v, want a token", err)
				}
				return
			}
			if failure := f.failure(t); failure.Reason != status.ReasonBadResponse || !strings.Contains(failure.Error(), test.want) {
				t.Errorf("got reason %q: %v; want bad_response with %q", failure.Reason, failure, test.want)
			}
		})
	}
}

func TestNoTokenMustBeAboutTheQuestion(t *testing.T) {
	f := newFixture(t)
	f.oss.Behave(named(false), osstest.Reply(404,
		"<Error><Code>CnameTokenNotFound</Code><Bucket>examplebucket</Bucket><Cname>example.org</Cname></Error>"))
	if failure := f.failure(t); failure.Reason != status.ReasonBadResponse {
		t.Errorf("got %q, want bad_response", failure.Reason)
	}
}

func TestDeadline(t *testing.T) {
	f := newFixture(t)
	arrived := make(chan struct{})
	f.oss.Behave(named(false), func(genuine http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(arrived)
			osstest.Hang(genuine).ServeHTTP(w, r)
		})
	})
	client, err := ossclient.New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-arrived
		cancel()
	}()
	_, err = client.GetCnameToken(ctx, domain.Name{Bucket: bucket, Base: cname})
	var failure *ossclient.Error
	if !errors.As(err, &failure) || failure.Reason != status.ReasonTimeout || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a timeout that is context.Canceled", err)
	}
}

func TestRetryAfter(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, "": 0, "-1": 0, "soon": 0, "999999": time.Hour,
	} {
		f := newFixture(t)
		f.oss.Behave(named(false), osstest.Reply(503, "<Error><Code>QpsLimitExceeded</Code></Error>", "Retry-After", header))
		if failure := f.failure(t); failure.RetryAfter != want {
			t.Errorf("Retry-After %q: got %v, want %v", header, failure.RetryAfter, want)
		}
	}
}

func TestRemoteTextIsTamed(t *testing.T) {
	f := newFixture(t)
	f.oss.Behave(named(false), osstest.Reply(403,
		"<Error><Code>AccessDenied</Code><Message>a\nb\u202ec "+strings.Repeat("long ", 100)+"</Message></Error>"))
	failure := f.failure(t)
	if text := failure.Err.Error(); len(text) > 210 || !strings.HasPrefix(text, "a b c long") {
		t.Errorf("got %d bytes: %q", len(text), text)
	}
}

// recorder is an Observer that remembers.
type recorder struct {
	mu       sync.Mutex
	requests []string
	skews    []time.Duration
}

func (r *recorder) APIRequest(_, operation, _ string, _ time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, operation)
}

func (r *recorder) ClockSkew(skew time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.skews = append(r.skews, skew)
}

func TestObserver(t *testing.T) {
	f := newFixture(t)
	var seen recorder
	f.opts.Observer = &seen
	f.opts.Now = shifted(f.opts.Now, 5*time.Minute)
	f.oss.Behave(named(false), osstest.Fail(500, "InternalError", ""), osstest.Genuine)
	if _, err := f.get(t, domain.Name{Bucket: bucket, Base: cname}); err != nil {
		t.Fatalf("the second call would have succeeded: %v", err)
	}
	if len(seen.requests) != 2 || seen.requests[0] != "GetCnameToken" {
		t.Errorf("told of %q, want two GetCnameToken", seen.requests)
	}
	if len(seen.skews) != 2 || seen.skews[0] != 5*time.Minute {
		t.Errorf("told of skews %v, want 5m twice", seen.skews)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, opts := range map[string]ossclient.Options{
		"no credentials": {Region: "cn-hangzhou"},
		"no region":      {Credentials: key(keyID, keySecret)},
		"bad endpoint":   {Credentials: key(keyID, keySecret), Region: "cn-hangzhou", Endpoint: "http://a b"},
		"user in URL":    {Credentials: key(keyID, keySecret), Region: "cn-hangzhou", Endpoint: "http://me:secret@example.com"},
	} {
		if _, err := ossclient.New(opts); err == nil || strings.Contains(err.Error(), keySecret) {
			t.Errorf("%s: got %v, want an error without secrets", name, err)
		}
	}
}

// TestUserAgent has who asks told beside the SDK, in every kind of call.
func TestUserAgent(t *testing.T) {
	f := newFixture(t)
	f.opts.UserAgent = "oss_cname_exporter/1.2.3"
	var agents []string
	watch := func(genuine http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			agents = append(agents, r.UserAgent())
			genuine.ServeHTTP(w, r)
		})
	}
	for _, asked := range []domain.Name{named(false), {Bucket: bucket}, {}} {
		f.oss.Behave(asked, watch)
	}
	client, err := ossclient.New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, ask := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := client.GetCnameToken(ctx, named(false)); return err },
		func(ctx context.Context) error { _, err := client.ListCname(ctx, bucket); return err },
		func(ctx context.Context) error { _, err := client.ListBuckets(ctx, ""); return err },
	} {
		if err := ask(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, agent := range agents {
		if !strings.HasPrefix(agent, "alibabacloud-go-sdk-v2/") || !strings.HasSuffix(agent, "oss_cname_exporter/1.2.3") {
			t.Errorf("OSS was told %q", agent)
		}
	}
	if len(agents) != 3 {
		t.Errorf("asked as %q, want three", agents)
	}
}
