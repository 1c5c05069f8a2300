//go:build attack

package attack_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"oss_cname_exporter/internal/fake/dnstest"
)

// visited is a life of the check http: the servers that the hostile domains lead to, and what the exporter says of them.
type visited struct {
	plain   func(net.Conn)            // serves port 80; nil refuses connections
	secure  func(net.Conn)            // serves port 443 after the handshake; nil refuses connections
	config  *tls.Config               // of port 443; nil is a certificate that nobody trusts
	raw     bool                      // secure gets the connection before the handshake
	records func(own string) []string // of the DNS for a hostile name, without the name; nil is its address
	dns     dnstest.Behaviour         // of the DNS for a hostile name; nil is genuine
	says    string                    // series of every hostile domain, as a regular expression from its name on
	self    bool                      // the exporter itself listens on port 80 of the hostile address
}

// received collects every byte that the exporter sends to a server.
type received struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// reader keeps what is read from a connection.
type reader struct {
	net.Conn
	of *received
}

func (r reader) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	r.of.text.Write(p[:n])
	return n, err
}

// secrets is what must never reach a visited server.
var secrets = regexp.MustCompile(`(?i)authorization|cookie|security-token|x-oss-|OSS4-HMAC|` + keyID + `|` + keySecret)

// islands numbers the loopback networks of the lives.
var islands atomic.Int64

// listenOn serves each connection to a port until the test ends.
func listenOn(t *testing.T, address string, config *tls.Config, got *received, handle func(net.Conn)) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("a visited server needs its port: %v; run it as root, or with sysctl net.ipv4.ip_unprivileged_port_start=80", err)
	}
	var open sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() { cancel(); l.Close(); open.Wait() })
	open.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			stop := context.AfterFunc(ctx, func() { conn.Close() })
			open.Go(func() {
				defer stop()
				defer conn.Close()
				if config == nil {
					handle(reader{conn, got})
					return
				}
				secure := tls.Server(conn, config)
				if secure.HandshakeContext(ctx) == nil {
					handle(reader{secure, got})
				}
			})
		}
	})
}

// head reads the head of a request.
func head(c net.Conn) {
	var got []byte
	for p := make([]byte, 1024); !bytes.Contains(got, []byte("\r\n\r\n")); {
		n, err := c.Read(p)
		if err != nil {
			return
		}
		got = append(got, p[:n]...)
	}
}

// says answers a request with text and then goes on with then.
func says(text string, then func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		head(c)
		_, _ = io.WriteString(c, text)
		if then != nil {
			then(c)
		}
	}
}

// waits reads until the exporter hangs up.
func waits(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// drips writes text again and again, ten times a second.
func drips(text string) func(net.Conn) {
	return func(c net.Conn) {
		for tick := time.NewTicker(100 * time.Millisecond); ; <-tick.C {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

func reset(c net.Conn) {
	inner := c.(reader).Conn
	if secure, ok := inner.(*tls.Conn); ok {
		inner = secure.NetConn()
	}
	_ = inner.(*net.TCPConn).SetLinger(0)
}

// served returns a TLS configuration with a certificate that its own key signs, after change.
func served(change func(*x509.Certificate)) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Attack"}, DNSNames: []string{"*.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS10}
}

const ossHead = "Server: AliyunOSS\r\nX-Oss-Request-Id: 5C1B138A109F4E405B2D\r\nConnection: close\r\n"

// ossAnswer is how OSS answers visitors of a private bucket.
const ossAnswer = "HTTP/1.1 403 Forbidden\r\n" + ossHead + "Content-Type: application/xml\r\n\r\n<Error><Code>AccessDenied</Code></Error>"

// play visits hostile domains beside healthy ones.
func (v visited) play(t *testing.T, name string) {
	t.Helper()
	island := islands.Add(1)
	own, good := fmt.Sprintf("127.77.%d.1", island), fmt.Sprintf("127.77.%d.2", island)
	got := new(received)
	for _, port := range []struct {
		number string
		handle func(net.Conn)
		config *tls.Config
	}{{"80", v.plain, nil}, {"443", v.secure, v.config}} {
		if port.handle == nil {
			continue
		}
		if port.number == "443" && port.config == nil && !v.raw {
			port.config = served(nil)
		}
		listenOn(t, net.JoinHostPort(own, port.number), port.config, got, port.handle)
	}
	listenOn(t, net.JoinHostPort(good, "80"), nil, got, says(ossAnswer, nil))
	listenOn(t, net.JoinHostPort(good, "443"), served(nil), got, says(ossAnswer, nil))

	resolver := dnstest.New(dnstest.Zone("example.com")...)
	t.Cleanup(resolver.Close)
	for i := range healthyCount {
		resolver.Add(fmt.Sprintf("d%d.example.com. 60 A %s", i, good))
	}
	const hostiles = 10
	for i := range hostiles {
		name := hostileName(i).Base
		if v.dns != nil {
			resolver.Behave(name, v.dns)
		}
		records := []string{"60 A " + own}
		if v.records != nil {
			records = v.records(own)
		}
		for _, record := range records {
			resolver.Add(name + ". " + record)
		}
	}
	listen := ""
	if v.self {
		listen = net.JoinHostPort(own, "80")
	}
	play(t, attack{
		name: "a domain " + name, listen: listen, accounts: one("other"),
		checks:  fmt.Sprintf("{http: true, resolvers: [%q]}", resolver.Address()),
		targets: func(*arena) []string { return hostileTargets("other", hostiles) },
		after: func(a *arena) {
			_, body := a.get("/metrics", "X-Prometheus-Scrape-Timeout-Seconds", fmt.Sprint(scrapeTimeout.Seconds()))
			if n := strings.Count(body, `oss_cname_http_answered_by{bucket="healthy",by="bucket",`); n != healthyCount {
				a.Errorf("%d of %d healthy domains are visited", n, healthyCount)
			}
			if n := len(regexp.MustCompile(`(?m)^oss_cname_`+v.says+`$`).FindAllString(body, -1)); n != hostiles {
				a.Errorf("%d of %d hostile domains have %s:\n%s", n, hostiles, v.says, lines(body, hostileName(1).Base))
			}
			got.mu.Lock()
			defer got.mu.Unlock()
			if secret := secrets.Find(got.text.Bytes()); secret != nil {
				a.Errorf("a visited server got %q", secret)
			}
		},
	})
}

// lines returns the lines of text that contain part.
func lines(text, part string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// fails is the series of a visit that learnt nothing, for a reason.
func fails(reason string) string {
	return `check_failure_reason\{bucket="hostile",check="http",cname=".*",reason="` + reason + `"\} 1`
}

// by is the series of an answer.
func by(who string) string {
	return `http_answered_by\{bucket="hostile",by="` + who + `",cname=".*"\} 1`
}

// certificate is a series about the certificate that visitors get.
func certificate(series, value string) string {
	return `tls_certificate_` + series + `\{bucket="hostile",cname=".*"\} ` + value
}

// TestVisitedServers has domains whose servers are hostile or broken.
func TestVisitedServers(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	both := func(handle func(net.Conn), says string) visited {
		return visited{plain: handle, secure: handle, says: says}
	}
	h2 := served(nil)
	h2.NextProtos = []string{"h2"}
	for name, v := range map[string]visited{
		"whose server hangs":                           both(waits, fails("timeout")),
		"whose server hangs in the handshake":          {secure: waits, raw: true, says: fails("timeout")},
		"whose server drips a head":                    both(says(ok, drips("X-A: b\r\n")), fails("timeout")),
		"whose server drips a line":                    both(says("HTTP/1.1 200 ", drips("O")), fails("timeout")),
		"whose server drips a body":                    both(says(ok+"\r\n", drips("x")), by("other")),
		"whose server sends a gigabyte":                both(says(ok+"Content-Length: 1073741824\r\n\r\n", forever(strings.Repeat("x", 4096))), by("other")),
		"whose server sends an endless head":           both(says(ok, forever("X-A: b\r\n")), fails("bad_response")),
		"whose server sends an endless line":           both(says("HTTP/1.1 200 ", forever("OK")), fails("bad_response")),
		"whose server sends endless chunks":            both(says(ok+"Transfer-Encoding: chunked\r\n\r\n", forever("1000\r\n"+strings.Repeat("x", 4096)+"\r\n")), by("other")),
		"whose server sends early hints for ever":      both(says("", forever("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")), fails("bad_response")),
		"whose server sends a packed bomb":             both(says(ok+"Content-Encoding: gzip\r\nConnection: close\r\n\r\n"+bomb(), nil), by("other")),
		"whose server redirects to itself":             both(says("HTTP/1.1 302 Found\r\nLocation: /\r\nConnection: close\r\n\r\n", nil), by("other")),
		"whose server redirects to a metadata service": both(says("HTTP/1.1 302 Found\r\nLocation: http://100.100.100.200/latest/meta-data/\r\nConnection: close\r\n\r\n", nil), by("other")),
		"whose server forges a place to go":            both(says("HTTP/1.1 302 Found\r\nLocation: http://x/\x1b]0;owned\x07"+strings.Repeat("y", 9000)+"\r\nConnection: close\r\n\r\n", nil), fails("bad_response")),
		"whose server speaks HTTP/2 only":              {secure: h2Server(), config: h2, says: by("bucket")},
		"whose server speaks HTTP/2 badly":             {secure: func(c net.Conn) { forever("\x00\x00\x00\x04\x00\x00\x00\x00\x00")(c) }, config: h2, says: fails("(timeout|bad_response|connect)")},
		"whose server speaks SSH":                      both(says("SSH-2.0-OpenSSH_9.2\r\n", nil), fails("bad_response")),
		"whose server upgrades":                        both(says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", waits), by("other")),
		"whose server sends back what it got":          both(echoes, by("other")),
		"whose server resets the connection":           both(reset, fails("connect")),
		"whose server resets after the request":        both(says("", reset), fails("connect")),
		"whose server resets in the body":              both(says(ok+"Content-Length: 100000\r\n\r\nhello", reset), by("other")),
		"whose server says that OSS has no bucket":     both(says("HTTP/1.1 404 Not Found\r\n"+ossHead+"\r\n<Error><Code>NoSuchBucket</Code><BucketName>h1</BucketName></Error>", nil), by("oss_unbound")),
		"whose server sends deep XML":                  both(says("HTTP/1.1 404 Not Found\r\n"+ossHead+"\r\n<Error>"+strings.Repeat("<a>", 30_000), nil), by("bucket")),
		"whose server sends XML entities":              both(says("HTTP/1.1 404 Not Found\r\n"+ossHead+"\r\n<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><Error><Code>&b;</Code></Error>", nil), by("bucket")),
	} {
		t.Run(name, func(t *testing.T) { v.play(t, name) })
	}
}

// echoes sends back the head of the request as a header and as the body.
func echoes(c net.Conn) {
	p := make([]byte, 4096)
	n, _ := c.Read(p)
	fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nServer: %s\r\nConnection: close\r\n\r\n%s", strings.NewReplacer("\r", " ", "\n", " ").Replace(string(p[:n])), p[:n])
}

// h2Server answers as OSS does, over HTTP/2 alone.
func h2Server() func(net.Conn) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", "AliyunOSS")
		w.Header().Set("X-Oss-Request-Id", "5C1B138A109F4E405B2D")
		w.WriteHeader(http.StatusForbidden)
	})
	return func(c net.Conn) {
		protocols := new(http.Protocols)
		protocols.SetUnencryptedHTTP2(true)
		one := &oneConn{conn: c, done: make(chan struct{})}
		_ = (&http.Server{Handler: handler, Protocols: protocols, ReadHeaderTimeout: time.Minute, ConnState: one.state}).Serve(one)
	}
}

// oneConn is a listener with one connection.
type oneConn struct {
	conn net.Conn
	once sync.Once
	done chan struct{}
}

func (o *oneConn) Accept() (conn net.Conn, err error) {
	o.once.Do(func() { conn = o.conn })
	if conn != nil {
		return conn, nil
	}
	<-o.done
	return nil, net.ErrClosed
}

func (o *oneConn) Close() error   { return nil }
func (o *oneConn) Addr() net.Addr { return o.conn.LocalAddr() }

func (o *oneConn) state(_ net.Conn, s http.ConnState) {
	if s == http.StateClosed {
		close(o.done)
	}
}

// TestVisitedCertificates has domains whose certificates are wrong.
func TestVisitedCertificates(t *testing.T) {
	answer := says(ossAnswer, nil)
	old := served(nil)
	old.MaxVersion = tls.VersionTLS11
	client := served(nil)
	client.ClientAuth = tls.RequireAnyClientCert
	chain := served(nil)
	for range 99 {
		chain.Certificates[0].Certificate = append(chain.Certificates[0].Certificate, chain.Certificates[0].Certificate[0])
	}
	garbled := served(nil)
	garbled.Certificates[0].Certificate = [][]byte{[]byte("no certificate")}
	names := func(n int, name string) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.DNSNames = nil
			for i := range n {
				c.DNSNames = append(c.DNSNames, fmt.Sprintf(name, i))
			}
		}
	}
	for name, v := range map[string]visited{
		"whose certificate no authority signed": {config: served(nil), says: certificate("trusted", "0")},
		"whose certificate has expired": {says: certificate("matches", "1"), config: served(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-3*time.Hour), time.Now().Add(-time.Hour)
		})},
		"whose certificate has not begun": {says: certificate("matches", "1"), config: served(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) })},
		"whose certificate ends in the year 9999": {says: certificate("expiry_timestamp_seconds", "2.53402300799e.11"), config: served(func(c *x509.Certificate) {
			c.NotAfter = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
		})},
		"whose certificate is for other names":     {config: served(names(1, "x%d.aliyuncs.com")), says: certificate("matches", "0")},
		"whose certificate has no name":            {config: served(names(0, "")), says: certificate("matches", "0")},
		"whose certificate has 5,000 names":        {config: served(names(5000, "x%d.example.org")), says: certificate("matches", "0")},
		"whose certificate has control characters": {says: certificate("trusted", "0"), config: served(func(c *x509.Certificate) { c.Subject.CommonName = "a\x1b]0;owned\x07\r\nlevel=error" })},
		"whose issuer has a name of 10 kB":         {says: certificate("trusted", "0"), config: served(func(c *x509.Certificate) { c.Subject.CommonName = strings.Repeat("n", 10_000) })},
		"whose certificate comes 100 times":        {config: chain, says: certificate("trusted", "0")},
		"whose certificate is garbage":             {config: garbled, says: fails("tls")},
		"whose server wants a client certificate":  {config: client, says: certificate("matches", "1")},
		"whose server speaks TLS 1.1":              {config: old, says: fails("tls")},
		"whose port 443 speaks HTTP":               {raw: true, secure: func(c net.Conn) { _, _ = io.WriteString(c, ossAnswer) }, says: fails("tls")},
		"whose port 443 sends garbage":             {raw: true, secure: forever(strings.Repeat("\xff", 4096)), says: fails("tls")},
		"whose port 443 sends handshakes for ever": {raw: true, secure: forever("\x16\x03\x03\x00\x04\x00\x00\x00\x00"), says: fails("tls")},
	} {
		if v.secure == nil {
			v.secure = answer
		}
		t.Run(name, func(t *testing.T) { v.play(t, name) })
	}
}

// TestVisitedNames has domains that lead to addresses that must not be visited, to many, and to none.
func TestVisitedNames(t *testing.T) {
	to := func(addresses ...string) func(string) []string {
		return func(string) (records []string) {
			for _, address := range addresses {
				kind := "60 A "
				if strings.Contains(address, ":") {
					kind = "60 AAAA "
				}
				records = append(records, kind+address)
			}
			return records
		}
	}
	var thousand []string
	for i := range 1000 {
		thousand = append(thousand, fmt.Sprintf("127.78.%d.%d", i/250, i%250+1))
	}
	for name, v := range map[string]visited{
		"that leads to 169.254.169.254":                {records: to("169.254.169.254"), says: fails("invalid_argument")},
		"that leads to 100.100.100.200":                {records: to("100.100.100.200"), says: fails("invalid_argument")},
		"that leads to a metadata service over IPv6":   {records: to("fd00:ec2::254", "::ffff:100.100.100.200", "64:ff9b::a9fe:a9fe"), says: fails("invalid_argument")},
		"that leads to 0.0.0.0 and to multicast":       {records: to("0.0.0.0", "224.0.0.1"), says: fails("invalid_argument")},
		"that leads to the exporter itself":            {self: true, says: by("other")},
		"that leads to a thousand addresses":           {records: to(thousand...), says: by("nobody")},
		"that leads to nothing":                        {records: func(string) []string { return nil }, says: by("nobody")},
		"whose servers refuse connections":             {says: by("nobody")},
		"that leads to itself":                         {dns: dnstest.Forge("h.example.com. 60 CNAME h.example.com."), says: by("nobody")},
		"about which the DNS is silent":                {dns: dnstest.Silent, says: fails("timeout")},
		"about which the DNS sends garbage":            {dns: dnstest.Garble, says: fails("(dns|timeout)")},
		"about which the DNS answers another question": {dns: dnstest.Lie, says: fails("(dns|timeout)")},
		"about which the DNS refuses to say":           {dns: dnstest.Refuse(5), says: fails("dns")},
	} {
		t.Run(name, func(t *testing.T) { v.play(t, name) })
	}
}
