package osstest_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

func TestCalls(t *testing.T) {
	s := newServerAt(t, noon)
	other := domain.Name{Bucket: "examplebucket", Base: "example.org"}
	s.Behave(other, osstest.Raw(func(net.Conn) {}))

	askV4(t, s)
	askV4(t, s)
	exchange(t, s, "", "GET /examplebucket/?comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1") // unsigned
	unanswered := dial(t, s)
	io.WriteString(unanswered, "GET /examplebucket/?comp=token&cname=example.org HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	io.ReadAll(unanswered)
	askAbout(t, s, "examplebucket", "cname=example.com&comp=token&wildcard=true")
	create(t, s, configuration("example.com", ""), "Sun, 01 Mar 2026 12:00:00 GMT")
	exchange(t, s, "", "GET / HTTP/1.1", "Host: 127.0.0.1")
	exchange(t, s, "", "PUT / HTTP/1.1", "Host: 127.0.0.1", "Content-Length: 0")

	for _, tc := range []struct {
		what      string
		got, want int
	}{
		{"calls", s.Calls(), 8},
		{"GetCnameToken", s.CallsOf("GetCnameToken"), 5},
		{"CreateCnameToken", s.CallsOf("CreateCnameToken"), 1},
		{"ListBuckets", s.CallsOf("ListBuckets"), 1},
		{"no operation", s.CallsOf(""), 1},
		{"signed with V4", s.CallsSigned("OSS4-HMAC-SHA256"), 3},
		{"signed with V1", s.CallsSigned("OSS"), 1},
		{"not signed", s.CallsSigned(""), 4},
		{"about example.com", s.CallsAbout(example), 3},
		{"about example.org", s.CallsAbout(other), 1},
		{"about *.example.com", s.CallsAbout(domain.Name{Bucket: "examplebucket", Base: "example.com", Wildcard: true}), 1},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: counted %d, want %d", tc.what, tc.got, tc.want)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	s := newServerAt(t, noon)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 10 {
				name := fmt.Sprintf("w%d-%d.com", worker, i)
				d := domain.Name{Bucket: "examplebucket", Base: name}
				s.SetToken(d, osstest.Token{})
				s.Behave(d, osstest.Genuine)
				if a := askAbout(t, s, "examplebucket", "cname="+name+"&comp=token"); a.status != 200 {
					t.Errorf("%s: %d", name, a.status)
				}
				s.Behave(d)
				s.DeleteToken(d)
			}
		})
	}
	group.Wait()
	if got, want := s.Calls(), 80; got != want {
		t.Errorf("counted %d calls, want %d", got, want)
	}
}

func TestClose(t *testing.T) {
	s := newServerAt(t, noon)
	idle := dial(t, s)
	askV4(t, s)
	s.Close()
	s.Close()
	if n, err := idle.Read(make([]byte, 1)); err == nil {
		t.Errorf("an idle connection still delivers %d bytes", n)
	}
}

func TestAddress(t *testing.T) {
	s := newServer(t, osstest.Options{})
	address := strings.TrimPrefix(s.URL(), "http://")
	if host, _, err := net.SplitHostPort(address); err != nil || host != "127.0.0.1" {
		t.Errorf("the server is at %q, %v; want it on 127.0.0.1", address, err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a second server took the same address")
		}
	}()
	osstest.New(osstest.Options{Address: address}).Close()
}

// The server answers behind another one as well, here with TLS, until it is closed.
func TestBehindTLS(t *testing.T) {
	s := newServerAt(t, noon)
	front := httptest.NewTLSServer(s)
	defer front.Close()
	ask := func() (answer, error) {
		conn, err := tls.Dial("tcp", front.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, strings.Join([]string{"GET /examplebucket/?comp=token&cname=example.com HTTP/1.1",
			"Host: 127.0.0.1", ossDate, payload, authV4(canonicalGet), "Connection: close", "", ""}, "\r\n"))
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return answer{}, err
		}
		return read(t, resp), nil
	}

	a, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	a.checkToken(t)

	b, begun, ended := signalling(osstest.Hang)
	s.Behave(example, b)
	go func() {
		<-begun
		s.Close()
	}()
	if a, err := ask(); err == nil {
		t.Errorf("a hung answer, aborted by Close, arrived as %d", a.status)
	}
	<-ended
	if a, err := ask(); err == nil {
		t.Errorf("a closed server answered %d", a.status)
	}
}

// Garbage on the socket is no reason to fall over.
func TestGarbage(t *testing.T) {
	s := newServerAt(t, noon)
	for _, garbage := range []string{"", "\x00\x01\x02", "\x16\x03\x01\x02\x00", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
		"GET http://[::1 HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", strings.Repeat("A", 1<<20)} {
		conn := dial(t, s).(*net.TCPConn)
		io.WriteString(conn, garbage)
		conn.CloseWrite()
		io.Copy(io.Discard, conn)
	}
	askV4(t, s).checkToken(t)
}

// No request at all makes the server panic, or is answered without a signature.
func FuzzServeHTTP(f *testing.F) {
	signed := strings.Join([]string{"GET /examplebucket/?comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1",
		ossDate, payload, authV4(canonicalGet), "", ""}, "\r\n")
	f.Add([]byte(signed))
	f.Add([]byte(strings.Replace(signed, "Credential", "AdditionalHeaders=host;;HOST;x-oss-date,Credential", 1)))
	f.Add([]byte("POST /examplebucket?cname&comp=token HTTP/1.1\r\nHost: a.b\r\nDate: Sun, 01 Mar 2026 12:00:00 GMT\r\n" +
		"Authorization: OSS ak:x\r\nContent-Length: 4\r\n\r\n<a/>"))
	f.Add([]byte("OPTIONS * HTTP/1.1\r\nHost: [::1]:x\r\nAuthorization: OSS4-HMAC-SHA256 Credential=/,Signature==\r\n\r\n"))
	f.Add([]byte("CONNECT a:1 HTTP/1.1\r\nHost: .\r\nAuthorization: OSS\r\n\r\n"))
	s := newServerAt(f, noon)
	s.AddKey("ak", "a secret no fuzzer finds")
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Skip()
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code < 400 || w.Header().Get("X-Oss-Request-Id") == "" {
			t.Errorf("answered %d %v:\n%s", w.Code, w.Header(), w.Body)
		}
	})
}

func BenchmarkGetCnameToken(b *testing.B) {
	s := newServerAt(b, noon)
	raw := strings.Join([]string{"GET /examplebucket/?comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1",
		ossDate, payload, authV4(canonicalGet), "", ""}, "\r\n")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.ServeHTTP(discard{}, r)
	}
}
