package osstest_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// begin sends the question after example and leaves the answer unread.
func begin(t testing.TB, s *osstest.Server) net.Conn {
	t.Helper()
	conn := dial(t, s)
	_, err := io.WriteString(conn, strings.Join([]string{"GET /examplebucket/?comp=token&cname=example.com HTTP/1.1",
		"Host: 127.0.0.1", ossDate, payload, authV4(canonicalGet), "", ""}, "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// signalling closes begun when the behaviour starts, and ended when it has ended.
func signalling(b osstest.Behaviour) (_ osstest.Behaviour, begun, ended chan struct{}) {
	begun, ended = make(chan struct{}), make(chan struct{})
	return func(genuine http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			close(begun)
			b(genuine).ServeHTTP(w, r)
		})
	}, begun, ended
}

func TestBehaviourCycles(t *testing.T) {
	s := newServerAt(t, noon)
	s.Behave(example, osstest.Fail(503, "ServiceUnavailable", "0004-00000001"), osstest.Genuine, osstest.Delay(0))
	for range 2 {
		askV4(t, s).check(t, 503, "ServiceUnavailable", "0004-00000001")
		askV4(t, s).checkToken(t)
		askV4(t, s).checkToken(t)
	}
	askV4(t, s).check(t, 503, "ServiceUnavailable", "0004-00000001")

	s.Behave(example, osstest.Fail(429, "QpsLimitExceeded", ""))
	askV4(t, s).check(t, 429, "QpsLimitExceeded", "")
	s.Behave(example)
	askV4(t, s).checkToken(t)
}

// Only the scripted domain misbehaves, and only when it is asked about.
func TestBehaviourIsOfOneDomain(t *testing.T) {
	s := newServerAt(t, noon)
	s.Behave(domain.Name{Bucket: "examplebucket", Base: "example.com", Wildcard: true}, osstest.Fail(500, "InternalError", ""))
	askV4(t, s).checkToken(t)
	askAbout(t, s, "examplebucket", "cname=example.com&comp=token&wildcard=true").check(t, 500, "InternalError", "")

	s.Behave(example, osstest.Fail(500, "InternalError", ""))
	exchange(t, s, "", "POST /examplebucket/?comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1").
		check(t, 403, "AccessDenied", "0003-00000001")
}

// A behaviour may change the request; the genuine answer is to the changed request.
func TestBehaviourMayChangeTheRequest(t *testing.T) {
	s := newServerAt(t, noon)
	s.Behave(example, func(genuine http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Authorization")
			genuine.ServeHTTP(w, r)
		})
	})
	askV4(t, s).check(t, 403, "AccessDenied", "0003-00000001")
}

func TestReply(t *testing.T) {
	s := newServerAt(t, noon)
	s.Behave(example, osstest.Reply(502, "<html>bad gateway", "Content-Type", "text/html", "Server", "proxy"))
	a := askV4(t, s)
	if a.status != 502 || a.body != "<html>bad gateway" {
		t.Errorf("got %d %q", a.status, a.body)
	}
	if a.header.Get("Content-Type") != "text/html" || a.header.Get("Server") != "proxy" {
		t.Errorf("the headers are %v", a.header)
	}
	if a.header.Get("x-oss-request-id") == "" {
		t.Error("the other common headers are gone")
	}
}

func TestRaw(t *testing.T) {
	s := newServerAt(t, noon)
	for _, tc := range []struct {
		name  string
		fault func(net.Conn)
		want  string // everything the client receives
	}{
		{"closes", func(net.Conn) {}, ""},
		{"half a header", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le") }, "HTTP/1.1 200 OK\r\nContent-Le"},
		{"not HTTP", func(c net.Conn) { io.WriteString(c, "\x15\x03\x01") }, "\x15\x03\x01"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.Behave(example, osstest.Raw(tc.fault))
			if got, err := io.ReadAll(begin(t, s)); err != nil || string(got) != tc.want {
				t.Errorf("got %q, %v; want %q", got, err, tc.want)
			}
		})
	}
	t.Run("resets", func(t *testing.T) {
		s.Behave(example, osstest.Raw(func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }))
		if got, err := io.ReadAll(begin(t, s)); err == nil {
			t.Errorf("got %q and an orderly end, want a reset", got)
		}
	})
}

// Whatever an answer is waiting for, it ends when the client leaves, and when the server closes.
func TestWaitingEnds(t *testing.T) {
	for name, waiting := range map[string]osstest.Behaviour{
		"hang":  osstest.Hang,
		"delay": osstest.Delay(time.Hour),
	} {
		t.Run(name+", client leaves", func(t *testing.T) {
			s := newServerAt(t, noon)
			b, begun, ended := signalling(waiting)
			s.Behave(example, b)
			conn := begin(t, s)
			<-begun
			conn.Close()
			<-ended
		})
		t.Run(name+", server closes", func(t *testing.T) {
			s := newServerAt(t, noon)
			b, begun, ended := signalling(waiting)
			s.Behave(example, b)
			conn := begin(t, s)
			<-begun
			s.Close()
			checkClosed(t, ended)
			if got, err := io.ReadAll(conn); len(got) > 0 {
				t.Errorf("the client received %q, %v; want nothing", got, err)
			}
		})
	}
	t.Run("raw, server closes", func(t *testing.T) {
		s := newServerAt(t, noon)
		begun, ended := make(chan struct{}), make(chan struct{})
		s.Behave(example, osstest.Raw(func(c net.Conn) {
			defer close(ended)
			close(begun)
			io.Copy(io.Discard, c)
		}))
		begin(t, s)
		<-begun
		s.Close()
		checkClosed(t, ended)
	})
}

// checkClosed wants ended closed by now: Close has waited.
func checkClosed(t *testing.T, ended <-chan struct{}) {
	t.Helper()
	select {
	case <-ended:
	default:
		t.Error("Close returned before the answer had ended")
	}
}

// A connection that cannot be taken over is broken off, rather than answered with nothing.
func TestRawNeedsAConnection(t *testing.T) {
	s := newServerAt(t, noon)
	s.Behave(example, osstest.Raw(func(net.Conn) { t.Error("there is no connection") }))
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("panicked with %v, want http.ErrAbortHandler", err)
		}
	}()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET /examplebucket/?comp=token&cname=example.com HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	s.ServeHTTP(struct{ http.ResponseWriter }{discard{}}, r)
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) WriteHeader(int)             {}
func (discard) Write(p []byte) (int, error) { return len(p), nil }
