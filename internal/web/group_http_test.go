package web_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-kit/log"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

// crowd is a served exporter of many targets whose scrapes wait until they are let go.
type crowd struct {
	*httptest.Server
	handler   http.Handler
	config    atomic.Pointer[config.Config]
	reload    func()    // puts an equal configuration in force
	clients   []*client // without a network
	polls     atomic.Int32
	cancelled atomic.Int32
	passed    atomic.Int64  // on the exporter's clock, in nanoseconds
	polled    chan struct{} // gets an element for each poll that begins
	release   chan struct{}
}

func (c *crowd) Poll(ctx context.Context, targets []config.Target) []status.Status {
	poll := c.polls.Add(1)
	c.polled <- struct{}{}
	select {
	case <-c.release:
	case <-ctx.Done():
		if ctx.Err() == context.Canceled {
			c.cancelled.Add(1)
			return nil
		}
	}
	all := c.peek(targets)
	for i := range all {
		all[i].Probes = uint64(poll) // tells whose scrape a client got
	}
	return all
}

func (c *crowd) Errors() map[status.Reason]uint64 { return nil }

func (c *crowd) peek(targets []config.Target) []status.Status {
	all := make([]status.Status, len(targets))
	for i := range all {
		all[i] = webtest.Token(1)
	}
	return all
}

// newCrowd returns a crowd whose connections keep little that was not read.
func newCrowd(t *testing.T, n int, loggers ...log.Logger) *crowd {
	t.Helper()
	c := &crowd{polled: make(chan struct{}, 100), release: make(chan struct{})}
	c.handler = c.newHandler(t, n, web.Options{
		Logger: append(loggers, log.NewNopLogger())[0],
		Now:    func() time.Time { return webtest.Now().Add(time.Duration(c.passed.Load())) },
	})
	c.Server = httptest.NewUnstartedServer(c.handler)
	c.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		_ = conn.(*net.TCPConn).SetWriteBuffer(4096)
		return ctx
	}
	c.Start()
	t.Cleanup(c.Close)
	return c
}

func (c *crowd) newHandler(t *testing.T, n int, opts web.Options) http.Handler {
	t.Helper()
	var text strings.Builder
	text.WriteString("accounts: {main: {region: cn-hangzhou}}\ntargets:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - {bucket: abc, cname: d%d.example.com}\n", i)
	}
	c.reload = func() {
		cfg, err := config.Parse("crowd.yaml", []byte(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		c.config.Store(cfg)
	}
	c.reload()
	scrapes := collector.New(c, collector.Options{})
	return web.New(web.Exporter{
		Config: c.config.Load,
		Scrape: scrapes.Scrape,
		Known: func(targets []config.Target, labels []string) *collector.Snapshot {
			return scrapes.Known(targets, c.peek(targets), labels)
		},
		Peek:     c.peek,
		Unlisted: func(*config.Config) []discovery.AccountReport { <-c.release; return nil },
		Own:      collector.NewRegistry(),
	}, opts)
}

// ask begins a scrape and returns the status of its response and the number of samples.
func (c *crowd) ask(ctx context.Context, t *testing.T, timeout string) <-chan string {
	t.Helper()
	got := make(chan string, 1)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+"/metrics?collect[]=targets", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", timeout)
	go func() {
		resp, err := c.Client().Do(req)
		if err != nil {
			got <- "error"
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			got <- "error"
			return
		}
		got <- fmt.Sprint(resp.StatusCode, " ", strings.Count(string(body), "\noss_cname_token_exists{"))
	}()
	return got
}

// TestScrapesAreShared has more at a time than are worth their memory: the later ones share the one that ends last.
func TestScrapesAreShared(t *testing.T) {
	c := newCrowd(t, 10)
	var all []<-chan string
	for range 3 {
		all = append(all, c.ask(t.Context(), t, "20"))
		<-c.polled
	}
	impatient := c.ask(t.Context(), t, "1") // leaves at its own deadline, with the facts that are known
	leaving, leave := context.WithCancel(t.Context())
	hangsUp := c.ask(leaving, t, "20")
	for range 20 {
		all = append(all, c.ask(t.Context(), t, "20"))
	}
	if got := <-impatient; got != "200 10" {
		t.Errorf("one that grants a second got %s", got)
	}
	leave()
	<-hangsUp
	close(c.release)
	for i, got := range all {
		if got := <-got; got != "200 10" {
			t.Errorf("scrape %d got %s", i, got)
		}
	}
	if n := c.polls.Load(); n > 6 {
		t.Errorf("%d polls, want 3, and no more than those that came when these were over", n)
	}
	before := c.polls.Load()
	if got := <-c.ask(t.Context(), t, "20"); got != "200 10" || c.polls.Load() != before+1 {
		t.Errorf("a scrape after the crowd got %s with %d polls", got, c.polls.Load()-before)
	}
}

// TestHangUp has the only waiter of a scrape go: another scrape is its own.
func TestHangUp(t *testing.T) {
	c := newCrowd(t, 1)
	ctx, hangUp := context.WithCancel(t.Context())
	alone := c.ask(ctx, t, "20")
	<-c.polled
	hangUp()
	<-alone
	stays := c.ask(t.Context(), t, "20")
	<-c.polled
	close(c.release)
	if got := <-stays; got != "200 1" {
		t.Errorf("got %s", got)
	}
}

// stare begins to read the answer to a GET of path, and takes no more of it.
func (c *crowd) stare(t *testing.T, path string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", c.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
	if line, err := bufio.NewReaderSize(conn, 16).ReadString('\n'); err != nil || !strings.Contains(line, "200 OK") {
		t.Fatalf("%q, %v", line, err)
	}
}

// size is how many bytes the answer to a GET of path has, with a gzip or without.
func (c *crowd) size(t *testing.T, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %s, %v", path, resp.Status, err)
	}
	return len(body)
}

// TestScrapesDoNotWaitForReaders has as many clients as are bounded stall: a
// scrape beside them shares the last of their responses, and asks again once one
// of them has stalled for long.
func TestScrapesDoNotWaitForReaders(t *testing.T) {
	c := newCrowd(t, 2000)
	close(c.release)
	for range 3 {
		c.stare(t, "/metrics?collect[]=targets")
	}
	if n := c.size(t, "/metrics?collect[]=targets"); n < 256<<10 || c.polls.Load() != 3 {
		t.Errorf("got %d bytes with %d polls, want those of the third", n, c.polls.Load())
	}
	c.passed.Add(int64(time.Second))
	if n := c.size(t, "/metrics?collect[]=targets"); n < 256<<10 || c.polls.Load() != 4 {
		t.Errorf("got %d bytes with %d polls, want a fourth", n, c.polls.Load())
	}
}

// TestReadersThatStallMakeRoom fills the room for documents with readers who take
// nothing. A reader beside them waits until one of them has stalled for a second.
func TestReadersThatStallMakeRoom(t *testing.T) {
	c := newCrowd(t, 4000)
	for range 3 {
		c.stare(t, "/sd")
	}
	got := make(chan int)
	go func() { got <- c.size(t, "/sd") }()
	c.passed.Add(int64(time.Second))
	if n := <-got; n < 256<<10 {
		t.Errorf("got %d bytes", n)
	}
}

// TestResetInTheMiddle has a client that resets the connection while it is answered: that is one line, at debug level.
func TestResetInTheMiddle(t *testing.T) {
	var lines bytes.Buffer
	c := newCrowd(t, 2000, log.NewSyncLogger(log.NewLogfmtLogger(&lines)))
	close(c.release)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", c.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, "GET /metrics?collect[]=targets HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if _, err := io.ReadFull(conn, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
	c.Close() // returns when the request is over
	if got := lines.String(); strings.Count(got, "\n") > 1 || got != "" && !strings.HasPrefix(got, `level=debug msg="response not written" path=/metrics err=`) {
		t.Errorf("logged\n%s", got)
	}
}

// TestLargeResponsesAreWhole reads responses of many chunks to their end.
func TestLargeResponsesAreWhole(t *testing.T) {
	const n = 500
	c := newCrowd(t, n)
	close(c.release)
	for range 5 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL+"/metrics?collect[]=targets", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", "identity")
		resp, err := c.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || len(body) < 256<<10 {
			t.Errorf("got %d bytes, %v", len(body), err)
		}
		for i := range n {
			if line := fmt.Sprintf("\noss_cname_token_exists{bucket=\"abc\",cname=\"d%d.example.com\"} 1\n", i); !strings.Contains(string(body), line) {
				t.Fatalf("no %q", line)
			}
		}
	}
}

// TestEndedScrapesMakeRoom has a scrape end: afterwards there is room for as many
// at a time as at the start.
func TestEndedScrapesMakeRoom(t *testing.T) {
	c := newCrowd(t, 1)
	ends := c.ask(t.Context(), t, "20")
	<-c.polled
	c.release <- struct{}{}
	<-ends
	for range 3 {
		c.ask(t.Context(), t, "20")
		<-c.polled // with a poll of its own
	}
	close(c.release)
}
