package osstest_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is when every test with an injected clock begins.
var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

var (
	example = domain.Name{Bucket: "examplebucket", Base: "example.com"}
	token   = osstest.Token{Value: "be1d49d863dea9ffeff3df7d64550001", Expires: noon.Add(time.Hour)}
)

// agentic is a bucket of the kind that takes wildcards.
const agentic = "media-1234567890123456-cn-hangzhou-ab-apsr"

// clock is a clock that stands still between two calls of Advance.
type clock struct{ seconds atomic.Int64 }

func newClock(at time.Time) *clock {
	c := new(clock)
	c.seconds.Store(at.Unix())
	return c
}

func (c *clock) Now() time.Time          { return time.Unix(c.seconds.Load(), 0) }
func (c *clock) Advance(d time.Duration) { c.seconds.Add(int64(d / time.Second)) }

// newServer is a server that permits the key pair ak/sk to read the token of example.
func newServer(t testing.TB, opts osstest.Options) *osstest.Server {
	t.Helper()
	s := osstest.New(opts)
	t.Cleanup(s.Close)
	s.AddKey("ak", "sk")
	s.AddBucket(osstest.Bucket{Name: example.Bucket})
	s.SetToken(example, token)
	return s
}

// newServerAt is newServer at noon, for requests signed at noon.
func newServerAt(t testing.TB, at time.Time) *osstest.Server {
	return newServer(t, osstest.Options{Now: newClock(at).Now})
}

type answer struct {
	status int
	header http.Header
	body   string
}

// exchange sends a request exactly as written, line by line, and reads the answer.
func exchange(t testing.TB, s *osstest.Server, body string, head ...string) answer {
	t.Helper()
	conn := dial(t, s)
	request := strings.Join(append(head, "Connection: close", "", body), "\r\n")
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, resp)
}

func dial(t testing.TB, s *osstest.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func read(t testing.TB, resp *http.Response) answer {
	t.Helper()
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

// element is the text of the only element of that name in the answer, "" if there is none.
func (a answer) element(name string) string {
	_, rest, _ := strings.Cut(a.body, "<"+name+">")
	text, _, _ := strings.Cut(rest, "</"+name+">")
	return text
}

func (a answer) check(t *testing.T, status int, code, ec string) {
	t.Helper()
	if a.status != status || a.element("Code") != code || a.element("EC") != ec {
		t.Errorf("got %d %s %q, want %d %s %q; body:\n%s",
			a.status, a.element("Code"), a.element("EC"), status, code, ec, a.body)
	}
	if got := a.header.Get("x-oss-ec"); got != ec {
		t.Errorf("x-oss-ec is %q, want %q", got, ec)
	}
}

func (a answer) checkToken(t *testing.T) {
	t.Helper()
	if a.status != http.StatusOK || a.element("Token") != token.Value {
		t.Errorf("got %d without the token; body:\n%s", a.status, a.body)
	}
}
