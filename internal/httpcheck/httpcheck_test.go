package httpcheck_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"oss_cname_exporter/internal/httpcheck"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	host   = "www.example.com"
	bucket = "examplebucket"
)

// site is the domain on loopback: a server each for http and https, nil refuses connections.
type site struct {
	plain, secure http.Handler
	config        *tls.Config // of https; nil is a valid certificate for host
	address       string      // the domain's address as the resolver has it; "" is 192.0.2.1
	addresses     int         // how often; 0 is once
	lookup        error
	patience      time.Duration // of the visitor; 0 is without end
}

// authority signs the certificates of a test.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	roots       *x509.CertPool
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-1000 * time.Hour), NotAfter: time.Now().Add(100000 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return authority{certificate, key, roots}
}

// issue returns a configuration that serves a certificate for names, valid from start for a time.
func (a authority) issue(t *testing.T, start time.Time, valid time.Duration, names ...string) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: start, NotAfter: start.Add(valid)}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"h2", "http/1.1"}}
}

// visit starts s, visits it, and returns what the visit found and the trace.
func visit(t *testing.T, a authority, s site, target httpcheck.Target) (status.HTTP, []trace.Step, error) {
	t.Helper()
	ports := map[string]string{}
	start := func(port string, handler http.Handler, config *tls.Config) {
		if handler == nil {
			return
		}
		server := httptest.NewUnstartedServer(handler)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		if config != nil {
			server.TLS = config
			server.EnableHTTP2 = slices.Contains(config.NextProtos, "h2")
			server.StartTLS()
		} else {
			server.Start()
		}
		t.Cleanup(server.Close)
		ports[port] = server.Listener.Addr().String()
	}
	if s.config == nil {
		s.config = a.issue(t, time.Now().Add(-time.Hour), 1000*time.Hour, host)
	}
	start("80", s.plain, nil)
	start("443", s.secure, s.config)
	began, ticks := time.Now(), new(atomic.Int64)
	client := httpcheck.New(httpcheck.Options{
		Roots: a.roots,
		Now:   func() time.Time { return began.Add(time.Duration(ticks.Add(1))) }, // no two instants are equal
		Addresses: func(context.Context, string, []string) ([]netip.Addr, error) {
			if s.address == "none" || s.lookup != nil {
				return nil, s.lookup
			}
			if s.address == "" {
				s.address = "192.0.2.1"
			}
			return slices.Repeat([]netip.Addr{netip.MustParseAddr(s.address)}, max(s.addresses, 1)), nil
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			if ports[port] == "" {
				return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
			}
			return new(net.Dialer).DialContext(ctx, network, ports[port])
		},
	})
	if target.Host == "" {
		target.Host = host
	}
	target.Bucket = bucket
	recorder := new(trace.Trace)
	ctx := t.Context()
	if s.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.patience)
		defer cancel()
	}
	got, err := client.Visit(trace.With(ctx, recorder), target)
	return got, recorder.Steps(), err
}

// oss answers as OSS does, with an error document if code is not "".
func oss(statusCode int, code, named string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", "AliyunOSS")
		w.Header().Set("X-Oss-Request-Id", "5C1B138A109F4E405B2D")
		w.WriteHeader(statusCode)
		if code != "" {
			fmt.Fprintf(w, "<?xml version=\"1.0\"?>\n<Error xmlns=\"urn:x\"><Code>%s</Code><BucketName>%s</BucketName></Error>", code, named)
		}
	}
}

func text(statusCode int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(statusCode)
		io.WriteString(w, body)
	}
}

func TestAnsweredBy(t *testing.T) {
	a := newAuthority(t)
	for name, test := range map[string]struct {
		site    site
		want    status.AnsweredBy
		certain bool
		says    string
	}{
		"the bucket":                      {site{plain: oss(200, "", ""), secure: oss(200, "", "")}, status.AnsweredByBucket, false, "headers of OSS"},
		"a private bucket that is named":  {site{plain: oss(403, "AccessDenied", bucket), secure: oss(403, "AccessDenied", bucket)}, status.AnsweredByBucket, true, "AccessDenied"},
		"a private bucket":                {site{secure: oss(403, "AccessDenied", "")}, status.AnsweredByBucket, false, "AccessDenied"},
		"no index page":                   {site{plain: oss(404, "NoSuchKey", "")}, status.AnsweredByBucket, false, "NoSuchKey"},
		"another bucket":                  {site{plain: oss(403, "AccessDenied", "otherbucket")}, status.AnsweredByOther, true, "otherbucket"},
		"no bucket has the domain":        {site{plain: oss(404, "NoSuchBucket", "www")}, status.AnsweredByUnbound, true, "names the bucket www"},
		"no bucket, the whole host":       {site{plain: oss(404, "NoSuchBucket", host)}, status.AnsweredByUnbound, true, host},
		"the bucket is deleted":           {site{secure: oss(404, "NoSuchBucket", bucket)}, status.AnsweredByUnbound, true, bucket},
		"no bucket of an unrelated name":  {site{plain: oss(404, "NoSuchBucket", "index.html")}, status.AnsweredByUnbound, false, "index.html"},
		"unbound on http, other on https": {site{plain: oss(404, "NoSuchBucket", "www"), secure: text(200, "hello")}, status.AnsweredByUnbound, true, "www"},
		"no ICP filing":                   {site{plain: oss(403, "NoSuchCnameInRecord", "")}, status.AnsweredByBlocked, true, "NoSuchCnameInRecord"},
		"a bill that is not paid":         {site{plain: oss(403, "UserDisable", "")}, status.AnsweredByBlocked, true, "UserDisable"},
		"another server":                  {site{plain: text(200, "hello"), secure: text(200, "hello")}, status.AnsweredByOther, false, "without the headers of OSS"},
		"a page that only mentions OSS":   {site{plain: text(404, "<Error><Code>NoSuchBucket</Code></Error>")}, status.AnsweredByOther, false, "without"},
		"the bucket behind a redirect":    {site{plain: http.RedirectHandler("https://"+host+"/", http.StatusMovedPermanently), secure: oss(200, "", "")}, status.AnsweredByBucket, false, "https"},
		"nobody":                          {site{}, status.AnsweredByNothing, true, "refused"},
		"no address":                      {site{address: "none"}, status.AnsweredByNothing, true, "no address"},
		"a thousand addresses":            {site{addresses: 1000}, status.AnsweredByNothing, true, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := visit(t, a, test.site, httpcheck.Target{})
			if err != nil {
				t.Fatal(err)
			}
			if got.AnsweredBy != test.want || got.Certain != test.certain {
				t.Errorf("got %q, certain %v (%s); want %q, %v", got.AnsweredBy, got.Certain, got.Evidence, test.want, test.certain)
			}
			if !strings.Contains(got.Evidence, test.says) {
				t.Errorf("the evidence is %q, want something with %q", got.Evidence, test.says)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	a, stranger := newAuthority(t), newAuthority(t)
	now := time.Now()
	for name, test := range map[string]struct {
		config            *tls.Config
		matches, trusted  status.Tristate
		expired, notBegun bool
	}{
		"good":            {a.issue(t, now.Add(-time.Hour), 1000*time.Hour, host), status.Yes, status.Yes, false, false},
		"wildcard":        {a.issue(t, now.Add(-time.Hour), 1000*time.Hour, "*.example.com"), status.Yes, status.Yes, false, false},
		"of OSS itself":   {a.issue(t, now.Add(-time.Hour), 1000*time.Hour, "*.oss-cn-hangzhou.aliyuncs.com"), status.No, status.Yes, false, false},
		"too wide":        {a.issue(t, now.Add(-time.Hour), 1000*time.Hour, "*.com"), status.No, status.Yes, false, false},
		"expired":         {a.issue(t, now.Add(-100*time.Hour), time.Hour, host), status.Yes, status.Yes, true, false},
		"not begun":       {a.issue(t, now.Add(time.Hour), time.Hour, host), status.Yes, status.Yes, false, true},
		"of a stranger":   {stranger.issue(t, now.Add(-time.Hour), 1000*time.Hour, host), status.Yes, status.No, false, false},
		"all of it wrong": {stranger.issue(t, now.Add(-100*time.Hour), time.Hour, "other.example"), status.No, status.No, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := visit(t, a, site{secure: oss(200, "", ""), config: test.config}, httpcheck.Target{})
			if err != nil {
				t.Fatal(err)
			}
			c := got.Certificate
			if c.Matches != test.matches || c.Trusted != test.trusted {
				t.Errorf("matches %v, trusted %v; want %v, %v", c.Matches, c.Trusted, test.matches, test.trusted)
			}
			if c.Expires.Before(now) != test.expired || c.Starts.After(now) != test.notBegun {
				t.Errorf("valid from %v to %v", c.Starts, c.Expires)
			}
			if c.Issuer != "Test Root" || len(c.SHA1) != 40 || len(c.SHA256) != 64 || len(c.Names) != 1 {
				t.Errorf("got %+v", c)
			}
			if got.AnsweredBy != status.AnsweredByBucket || got.StatusCode != http.StatusOK {
				t.Errorf("got %q, %d: a bad certificate must not hide the answer", got.AnsweredBy, got.StatusCode)
			}
			if !slices.Equal(got.Refused, []string{"http"}) {
				t.Errorf("refused %v, want http", got.Refused)
			}
		})
	}
}

// TestClientCertificate visits a server that serves only clients with a certificate.
func TestClientCertificate(t *testing.T) {
	a := newAuthority(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		config := a.issue(t, time.Now().Add(-time.Hour), time.Hour*1000, host)
		config.ClientAuth, config.MaxVersion = tls.RequireAnyClientCert, version
		got, _, err := visit(t, a, site{secure: oss(200, "", ""), config: config}, httpcheck.Target{})
		if err != nil {
			t.Fatal(err)
		}
		if !got.Certificate.AsksForClient || got.Certificate.Expires.IsZero() || got.AnsweredBy != "" {
			t.Errorf("TLS %#x: got %+v", version, got)
		}
	}
}

// raw answers each connection with handle, as a server that does not speak HTTP well.
func raw(t *testing.T, handle func(net.Conn)) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		handle(conn)
	})
}

func TestHostileServers(t *testing.T) {
	a := newAuthority(t)
	drip := func(conn net.Conn) { // until the client has gone
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
		for {
			if _, err := conn.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	}
	got, _, err := visit(t, a, site{plain: raw(t, drip)}, httpcheck.Target{})
	if err != nil || got.AnsweredBy != status.AnsweredByOther || got.StatusCode != http.StatusOK {
		t.Errorf("a gigabyte: got %+v, %v", got, err)
	}

	redirect := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://127.0.0.1/\t\u202e"+strings.Repeat("x", 1000))
		w.WriteHeader(http.StatusFound)
	}
	got, _, err = visit(t, a, site{plain: http.HandlerFunc(redirect)}, httpcheck.Target{})
	if err != nil || got.RedirectsTo == "" || strings.ContainsAny(got.RedirectsTo, "\t\u202e") || len([]rune(got.RedirectsTo)) > 201 {
		t.Errorf("a redirect: got %+v, %v", got, err)
	}

	upgrade := func(conn net.Conn) { // and says no more
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
		io.Copy(io.Discard, conn)
	}
	got, _, err = visit(t, a, site{plain: raw(t, upgrade), patience: time.Second}, httpcheck.Target{})
	if failure, late := errors.AsType[*httpcheck.Error](err); got.StatusCode != http.StatusSwitchingProtocols && (!late || failure.Reason != status.ReasonTimeout) {
		t.Errorf("an upgrade: got %+v, %v", got, err)
	}

	garbage := func(conn net.Conn) { io.WriteString(conn, "SSH-2.0-OpenSSH\r\n\r\n") }
	_, _, err = visit(t, a, site{plain: raw(t, garbage)}, httpcheck.Target{})
	if failure, ok := errors.AsType[*httpcheck.Error](err); !ok || failure.Reason != status.ReasonBadResponse {
		t.Errorf("no HTTP: got %v", err)
	}

	reset := func(conn net.Conn) { conn.(*net.TCPConn).SetLinger(0) }
	_, _, err = visit(t, a, site{plain: raw(t, reset)}, httpcheck.Target{})
	if failure, ok := errors.AsType[*httpcheck.Error](err); !ok || failure.Reason != status.ReasonConnect || strings.Contains(err.Error(), "\n") {
		t.Errorf("a reset: got %v", err)
	}

	got, _, err = visit(t, a, site{plain: raw(t, reset), secure: oss(200, "", "")}, httpcheck.Target{})
	if err != nil || got.AnsweredBy != status.AnsweredByBucket || got.Failed["http"] == "" {
		t.Errorf("one scheme of two fails: got %+v, %v", got, err)
	}
}

// TestSteps reads the trace of a visit: each step has the time that it took.
func TestSteps(t *testing.T) {
	a := newAuthority(t)
	_, steps, err := visit(t, a, site{plain: oss(200, "", ""), secure: oss(403, "AccessDenied", bucket)}, httpcheck.Target{})
	if err != nil {
		t.Fatal(err)
	}
	texts := wantSteps(t, steps,
		"visit www.example.com has the addresses [192.0.2.1]",
		"visit connected to 192.0.2.1:80", "visit http: first byte of the answer (HTTP/1.1)", "visit http answered 200, Server: AliyunOSS",
		"visit connected to 192.0.2.1:443", "visit TLS 1.3 handshake, certificate by Test Root for [www.example.com]",
		"visit https: first byte of the answer (HTTP/2.0)", "visit https answered 403, Server: AliyunOSS")
	if !strings.HasPrefix(texts, "visit www.example.com has") {
		t.Errorf("the look-up is not the first step:\n%s", texts)
	}
	_, steps, _ = visit(t, a, site{plain: raw(t, func(net.Conn) {})}, httpcheck.Target{})
	wantSteps(t, steps, "visit connection to 192.0.2.1:443 failed: ", "visit https failed: ", "visit http failed: ")
	_, steps, _ = visit(t, a, site{lookup: errors.New("SERV\x1bFAIL")}, httpcheck.Target{})
	wantSteps(t, steps, "visit failed: looking up addresses of www.example.com: SERV")
}

// wantSteps wants a step that begins with each text, and returns all of them.
func wantSteps(t *testing.T, steps []trace.Step, want ...string) string {
	t.Helper()
	var texts strings.Builder
	for _, step := range steps {
		fmt.Fprintln(&texts, step.Text)
		if step.Took <= 0 || strings.ContainsRune(step.Text, '\x1b') {
			t.Errorf("step %+v", step)
		}
	}
	for _, text := range want {
		if !slices.ContainsFunc(steps, func(s trace.Step) bool { return strings.HasPrefix(s.Text, text) }) {
			t.Errorf("no step %q in\n%s", text, &texts)
		}
	}
	return texts.String()
}

// TestDeadline visits a server that never answers.
func TestDeadline(t *testing.T) {
	a := newAuthority(t)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	client := httpcheck.New(httpcheck.Options{Roots: a.roots, Addresses: func(context.Context, string, []string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}})
	_, err := client.Visit(ctx, httpcheck.Target{Host: host})
	if failure, ok := errors.AsType[*httpcheck.Error](err); !ok || failure.Reason != status.ReasonTimeout {
		t.Errorf("got %v, want a timeout", err)
	}
}

// TestRefusedAddresses looks through the dialer: no connection is made to an address that is refused.
func TestRefusedAddresses(t *testing.T) {
	for address, private := range map[string]bool{
		"169.254.169.254": false, "100.100.100.200": false, "::ffff:100.100.100.200": false, "64:ff9b::a9fe:a9fe": false,
		"2002:6464:64c8::1": false, "fd00:ec2::254": false, "0.0.0.0": false, "224.0.0.1": false,
		"10.1.2.3": true, "127.0.0.1": true, "::1": true, "fe80::1": true, "100.64.0.1": true, "192.168.0.1": true,
	} {
		var dialled atomic.Int64
		client := httpcheck.New(httpcheck.Options{
			Addresses: func(context.Context, string, []string) ([]netip.Addr, error) {
				return []netip.Addr{netip.MustParseAddr(address)}, nil
			},
			Dial: func(context.Context, string, string) (net.Conn, error) {
				dialled.Add(1)
				return nil, syscall.ECONNREFUSED
			},
		})
		_, err := client.Visit(t.Context(), httpcheck.Target{Host: host, RefusePrivate: private})
		failure, ok := errors.AsType[*httpcheck.Error](err)
		if !ok || failure.Reason != status.ReasonInvalidArgument || dialled.Load() != 0 {
			t.Errorf("%s: got %v, %d connections", address, err, dialled.Load())
		}
		if private {
			if _, err := client.Visit(t.Context(), httpcheck.Target{Host: host}); err != nil || dialled.Load() != 2 {
				t.Errorf("%s without the setting: got %v, %d connections", address, err, dialled.Load())
			}
		}
	}
}

// TestRequest looks at the request that a visit sends.
func TestRequest(t *testing.T) {
	a := newAuthority(t)
	requests := make(chan *http.Request, 2)
	record := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		oss(http.StatusOK, "", "")(w, r)
	})
	if _, _, err := visit(t, a, site{plain: record, secure: record}, httpcheck.Target{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r := <-requests
		if r.Host != host || r.Method != http.MethodGet || r.URL.Path != "/" || r.Header.Get("Authorization")+r.Header.Get("Cookie") != "" {
			t.Errorf("got %s %s %s %v", r.Method, r.Host, r.URL, r.Header)
		}
		if r.TLS != nil && (r.TLS.ServerName != host || r.ProtoMajor != 2) {
			t.Errorf("over TLS: server name %q, HTTP/%d", r.TLS.ServerName, r.ProtoMajor)
		}
	}
}

// TestLookupFails has a resolver that fails.
func TestLookupFails(t *testing.T) {
	_, _, err := visit(t, newAuthority(t), site{lookup: errors.New("SERVFAIL")}, httpcheck.Target{})
	if failure, ok := errors.AsType[*httpcheck.Error](err); !ok || failure.Reason != status.ReasonDNS || !strings.Contains(err.Error(), "SERVFAIL") {
		t.Errorf("got %v", err)
	}
}

// TestNotTLS has a server on port 443 that speaks no TLS.
func TestNotTLS(t *testing.T) {
	a := newAuthority(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		bufio.NewReader(conn).ReadByte()
		io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
	}()
	defer func() { listener.Close(); <-done }()
	client := httpcheck.New(httpcheck.Options{
		Roots: a.roots,
		Addresses: func(context.Context, string, []string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasSuffix(address, ":80") {
				return nil, syscall.ECONNREFUSED
			}
			return new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
		},
	})
	_, err = client.Visit(t.Context(), httpcheck.Target{Host: host})
	if failure, ok := errors.AsType[*httpcheck.Error](err); !ok || failure.Reason != status.ReasonTLS {
		t.Errorf("got %v, want tls", err)
	}
}
