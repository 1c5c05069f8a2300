package flow_test

import (
	"crypto/tls"
	"encoding/base64"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/app/apptest"
)

// webConfig is the one of docs/web-config.md: TLS, and a password whose hash this is.
const webConfig = `
tls_server_config: {cert_file: server.crt, key_file: server.key}
basic_auth_users: {prometheus: "$2a$04$rJbSneVNpUhQXqRETZ5Ir.lW8Nlp0SH0G5.5C8ZDHOW9LpBQkmvE2"}
`

const password = "correct horse"

func TestTLSPasswordAndHealth(t *testing.T) {
	dir := t.TempDir()
	trust := apptest.WriteCertificate(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "web.yml"), []byte(webConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	p := apptest.Start(t, nil, "--demo", "--web.listen-address=127.0.0.1:0", "--web.config.file="+filepath.Join(dir, "web.yml"),
		"--web.health-listen-address=127.0.0.1:0", "--web.enable-lifecycle")
	health := "http://" + p.Stderr.Wait(t, `msg="health endpoints" address=(\S+)`)
	main := p.Address(t)
	status := func(url, password string, version uint16) int {
		transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: trust, MaxVersion: version}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if password != "" {
			req.SetBasicAuth("prometheus", password)
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return 0
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for _, test := range []struct {
		url, password string
		version       uint16
		want          int // 0 is no answer
	}{
		{"https://" + main + "/metrics", password, 0, 200},
		{"https://" + main + "/metrics", "wrong", 0, 401},
		{"https://" + main + "/metrics", "", 0, 401},
		{"https://" + main + "/", "", 0, 401},
		{"https://" + main + "/-/healthy", "", 0, 401},
		{"https://" + main + "/-/reload", password, 0, 405},
		{"http://" + main + "/metrics", password, 0, 400},
		{"https://" + main + "/metrics", password, tls.VersionTLS11, 0},
		{health + "/-/healthy", "", 0, 200},
		{health + "/-/ready", "", 0, 200},
		{health + "/metrics", password, 0, 404},
	} {
		if got := status(test.url, test.password, test.version); got != test.want {
			t.Errorf("%s with password %q, TLS %x: got %d, want %d", test.url, test.password, test.version, got, test.want)
		}
	}
}

// TestEmptiedWebConfiguration takes the password out of the web configuration while
// the exporter runs: nothing opens, and once it is back all is as before.
func TestEmptiedWebConfiguration(t *testing.T) {
	const locked = `basic_auth_users: {prometheus: "$2a$04$rJbSneVNpUhQXqRETZ5Ir.lW8Nlp0SH0G5.5C8ZDHOW9LpBQkmvE2"}`
	path := filepath.Join(t.TempDir(), "web.yml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(locked)
	p := apptest.Start(t, nil, "--demo", "--web.listen-address=127.0.0.1:0", "--web.config.file="+path)
	secret := "Basic " + base64.StdEncoding.EncodeToString([]byte("prometheus:"+password))
	for _, test := range []struct {
		web                  string
		stranger, prometheus int
	}{{locked, 401, 200}, {"", 503, 503}, {"basic_auth_users: [", 500, 500}, {"http_server_config: {http2: false}", 503, 503}, {locked, 401, 200}} {
		write(test.web)
		for authorization, want := range map[string]int{"": test.stranger, "Basic eDp5": test.stranger, secret: test.prometheus} {
			for _, path := range []string{"/metrics?collect[]=exporter", "/", "/sd", "/-/healthy"} {
				if resp, body := apptest.Send(t, http.MethodGet, "http://"+p.Address(t)+path, "Authorization", authorization); resp.StatusCode != want {
					t.Errorf("%q: %s with %q: got %s %s, want %d", test.web, path, authorization, resp.Status, body, want)
				}
			}
		}
	}
	if n := strings.Count(p.Stderr.String(), "requests are refused: the web configuration has lost its passwords"); n != 1 {
		t.Errorf("logged %d times that nothing is served", n)
	}
}

// TestHTTP2IsByChoice asks over TLS with a client that prefers HTTP/2.
func TestHTTP2IsByChoice(t *testing.T) {
	for more, want := range map[string]string{
		"":                                     "HTTP/1.1",
		"http_server_config: {http2: false}\n": "HTTP/1.1",
		"http_server_config: {http2: true}\n":  "HTTP/2.0",
		"http_server_config: {headers: {}}\n":  "HTTP/1.1",
	} {
		dir := t.TempDir()
		trust := apptest.WriteCertificate(t, dir)
		if err := os.WriteFile(filepath.Join(dir, "web.yml"), []byte("tls_server_config: {cert_file: server.crt, key_file: server.key}\n"+more), 0o600); err != nil {
			t.Fatal(err)
		}
		p := apptest.Start(t, nil, "--demo", "--web.listen-address=127.0.0.1:0", "--web.config.file="+filepath.Join(dir, "web.yml"))
		transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: trust}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+p.Address(t)+"/-/healthy", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		transport.CloseIdleConnections()
		if resp.Proto != want {
			t.Errorf("%q: got %s, want %s", more, resp.Proto, want)
		}
		if strings.Contains(p.Stderr.String(), "http2=") {
			t.Errorf("the log names the toolkit's default:\n%s", p.Stderr)
		}
	}
}

// TestMaxConnections has more idle clients than connections: the first one is closed, and a new one is answered.
func TestMaxConnections(t *testing.T) {
	p := apptest.Start(t, nil, "--demo", "--web.listen-address=127.0.0.1:0", "--web.max-connections=4")
	var idle []net.Conn
	for range 6 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Address(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		idle = append(idle, conn)
	}
	if n, err := idle[0].Read(make([]byte, 1)); err == nil {
		t.Errorf("the first idle client got %d bytes, want its connection closed", n)
	}
	if status, _ := apptest.Get(t, "http://"+p.Address(t)+"/-/healthy"); status != http.StatusOK {
		t.Errorf("a client beside them got %d", status)
	}
	if _, body := apptest.Get(t, "http://"+p.Address(t)+"/metrics?collect[]=exporter"); !regexp.MustCompile(`(?m)^oss_cname_exporter_closed_connections_total\{outcome="evicted"\} [1-9]`).MatchString(body) ||
		!strings.Contains(body, "\noss_cname_exporter_closed_connections_total{outcome=\"refused\"} 0\n") {
		t.Errorf("the closed connections are not counted:\n%s", body)
	}
}

func TestHealthAddressTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = app.Run(t.Context(), []string{"--demo", "--web.listen-address=127.0.0.1:0", "--web.health-listen-address=" + taken.Addr().String()}, os.Getenv, apptest.NewOutput(), apptest.NewOutput())
	if want := "listening for health checks: another program uses this address; choose another one, such as --web.health-listen-address=127.0.0.1:19526: listen tcp " + taken.Addr().String() + ": bind: address already in use"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestLargeHeadersAreRefused sends more than a scraper would.
func TestLargeHeadersAreRefused(t *testing.T) {
	p := apptest.Start(t, nil, "--demo", "--web.listen-address=127.0.0.1:0")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.Address(t)+"/-/healthy", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", strings.Repeat("x", 24<<10))
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %s", resp.Status)
	}
}
