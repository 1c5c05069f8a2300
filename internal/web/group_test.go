package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/web"
)

// client is a connection's other end: it takes a write when the test says so.
type client struct {
	*httptest.ResponseRecorder
	take      chan struct{} // an element for each write that is taken; closed takes all
	deadline  chan struct{} // closed when the write deadline has passed
	deadlines []time.Duration
	sizes     []int
	isCut     bool
	takesAll  bool
	leave     context.CancelFunc
	done      bool // the response is over
}

// Write implements http.ResponseWriter.
func (c *client) Write(p []byte) (int, error) {
	select {
	case <-c.take:
		c.sizes = append(c.sizes, len(p))
		return c.ResponseRecorder.Write(p)
	case <-c.deadline:
		c.isCut = true
		return 0, os.ErrDeadlineExceeded
	}
}

// SetWriteDeadline is for http.ResponseController.
func (c *client) SetWriteDeadline(at time.Time) error {
	left := time.Until(at)
	c.deadlines = append(c.deadlines, left)
	if left <= 0 {
		close(c.deadline)
	}
	return nil
}

// samples is how many targets the response has, which may be packed.
func (c *client) samples(t *testing.T) int {
	t.Helper()
	body := io.Reader(bytes.NewReader(c.Body.Bytes()))
	if c.Header().Get("Content-Encoding") == "gzip" {
		zip, err := gzip.NewReader(bytes.NewReader(c.Body.Bytes()))
		if err != nil {
			t.Error(err)
			return 0
		}
		body = zip
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Error(err)
	}
	return strings.Count(string(text), "\noss_cname_token_exists{") + strings.Count(string(text), `"targets"`)
}

// poll is the number of the scrape that the client got.
func (c *client) poll() string {
	_, text, _ := strings.Cut(c.Body.String(), "\noss_cname_token_probes_total{")
	_, text, _ = strings.Cut(text, "} ")
	text, _, _ = strings.Cut(text, "\n")
	return text
}

// bubble is a crowd in a bubble of time, without a network.
func bubble(t *testing.T, n int, test func(t *testing.T, c *crowd)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{polled: make(chan struct{}, 1000), release: make(chan struct{})}
		c.handler = c.newHandler(t, n, web.Options{Now: time.Now, NoProcessSeries: true})
		test(t, c)
		for _, one := range c.clients {
			one.leave()
			one.takeAll()
		}
		select {
		case <-c.release:
		default:
			close(c.release)
		}
	})
}

// come asks for path, and waits until the response is over or a write of it waits.
func (c *crowd) come(t *testing.T, path string, header ...string) *client {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	got := &client{ResponseRecorder: httptest.NewRecorder(), take: make(chan struct{}), deadline: make(chan struct{}), leave: cancel}
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	c.clients = append(c.clients, got)
	go func() {
		defer cancel()
		c.handler.ServeHTTP(got, req)
		got.done = true
	}()
	synctest.Wait()
	return got
}

// read has the client take n writes.
func (c *client) read(n int) {
	for range n {
		c.take <- struct{}{}
	}
	synctest.Wait()
}

// readAll has the client take the rest.
func (c *client) readAll() {
	c.takeAll()
	synctest.Wait()
}

func (c *client) takeAll() {
	if !c.takesAll {
		c.takesAll = true
		close(c.take)
	}
}

// cutOf says which of the clients were cut off.
func cutOf(clients []*client) string {
	var text strings.Builder
	for i, c := range clients {
		if c.isCut {
			fmt.Fprint(&text, i)
		}
	}
	return text.String()
}

// rooms are the two paths whose responses are bounded, and how many targets make
// one of several chunks.
var rooms = []string{"/metrics?collect[]=targets", "/sd"}

// TestEvictsTheLeastProgress has three clients read at different times: a new one
// takes the room of the one that took something longest ago.
func TestEvictsTheLeastProgress(t *testing.T) {
	for _, path := range rooms {
		bubble(t, 2000, func(t *testing.T, c *crowd) {
			close(c.release)
			clients := []*client{c.come(t, path), c.come(t, path), c.come(t, path)}
			for _, i := range []int{1, 2, 0} {
				time.Sleep(100 * time.Millisecond)
				clients[i].read(1)
			}
			time.Sleep(2 * time.Second)
			for _, want := range []string{"1", "12", "012"} {
				newcomer := c.come(t, path)
				if got := cutOf(clients); got != want {
					t.Errorf("%s: cut off %q, want %q", path, got, want)
				}
				newcomer.readAll()
				if n := newcomer.samples(t); n != 2000 || newcomer.isCut {
					t.Errorf("%s: a new client got %d of 2000 targets", path, n)
				}
				// It is gone, and so there is room for one more.
				c.come(t, path)
				if got := cutOf(clients); got != want {
					t.Errorf("%s: cut off %q for a client that had room, want %q", path, got, want)
				}
			}
		})
	}
}

// TestSparesReaders has clients that take something all the time: they are spared
// for five seconds, and cut off for one that waits then.
func TestSparesReaders(t *testing.T) {
	bubble(t, 4000, func(t *testing.T, c *crowd) {
		close(c.release)
		var clients []*client
		for range 3 {
			clients = append(clients, c.come(t, rooms[0]))
			time.Sleep(time.Millisecond)
		}
		for range 5 {
			time.Sleep(990 * time.Millisecond)
			for _, one := range []int{2, 0, 1} {
				clients[one].read(1)
				time.Sleep(time.Millisecond)
			}
			shares := c.come(t, rooms[0])
			shares.readAll()
			if n := shares.samples(t); n != 4000 || cutOf(clients) != "" || c.polls.Load() != 3 || shares.poll() != "3" {
				t.Errorf("a new client got %d of 4000 targets of scrape %s with %d polls, and cut off %q, want the third and none", n, shares.poll(), c.polls.Load(), cutOf(clients))
			}
		}
		time.Sleep(40 * time.Millisecond) // more than 5 s in all
		c.come(t, rooms[0]).readAll()
		if cutOf(clients) != "0" || c.polls.Load() != 4 { // that of 2 had other readers since
			t.Errorf("after five seconds cut off %q with %d polls, want the one with the least progress", cutOf(clients), c.polls.Load())
		}
		for _, one := range clients[1:] {
			one.readAll()
			if n := one.samples(t); n != 4000 {
				t.Errorf("a client that reads got %d of 4000 targets", n)
			}
		}
	})
}

// TestDocumentsWaitForRoom has three clients that read all the time, in less than
// a second each: a document waits ten seconds for room, and is refused then.
func TestDocumentsWaitForRoom(t *testing.T) {
	bubble(t, 2000, func(t *testing.T, c *crowd) {
		held := func() (all []*client) {
			for range 3 {
				all = append(all, c.come(t, "/sd"))
			}
			return all
		}
		clients := held()
		waits := c.come(t, "/sd")
		if waits.done || len(waits.sizes) > 0 || cutOf(clients) != "" {
			t.Error("a fourth does not wait for room")
		}
		clients[0].readAll()
		time.Sleep(50 * time.Millisecond)
		waits.readAll()
		if n := waits.samples(t); n != 2000 {
			t.Errorf("got %d of 2000 targets", n)
		}
		c.come(t, "/sd") // in the place of clients[0]
		gone := c.come(t, "/sd")
		gone.leave()
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		if !gone.done || gone.Code != http.StatusOK || gone.Body.Len() > 0 {
			t.Errorf("one that hung up got %d %s", gone.Code, gone.Body)
		}
	})
}

// TestDocumentsAreRefused has three documents that are not written for ten
// seconds: a fourth is refused then.
func TestDocumentsAreRefused(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *crowd) {
		var waiting []*client
		for range 3 {
			waiting = append(waiting, c.come(t, "/sd?configured=false"))
		}
		began := time.Now()
		refused := c.come(t, "/sd")
		refused.take <- struct{}{}
		synctest.Wait()
		if took := time.Since(began); !refused.done || took != 10*time.Second {
			t.Errorf("refused %v after %s, want true after 10s", refused.done, took)
		}
		if refused.Code != http.StatusServiceUnavailable || refused.Header().Get("Retry-After") != "1" || !strings.Contains(refused.Body.String(), "too many responses") {
			t.Errorf("got %d %s, Retry-After %q", refused.Code, refused.Body, refused.Header().Get("Retry-After"))
		}
		close(c.release)
		for _, one := range waiting {
			one.readAll()
			if one.Code != http.StatusOK || !one.done {
				t.Errorf("one that had room got %d %s", one.Code, one.Body)
			}
		}
	})
}

// TestLastWaiterKeepsTheScrape has two clients share a scrape, which ends as soon
// as the last of them hangs up, and no sooner.
func TestLastWaiterKeepsTheScrape(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *crowd) {
		var owners []*client
		for range 3 {
			owners = append(owners, c.come(t, rooms[0], "X-Prometheus-Scrape-Timeout-Seconds", "20"))
			time.Sleep(time.Millisecond)
		}
		second := c.come(t, rooms[0], "X-Prometheus-Scrape-Timeout-Seconds", "20") // shares the one that ends last
		if c.polls.Load() != 3 {
			t.Errorf("%d polls, want 3", c.polls.Load())
		}
		owners[2].leave()
		synctest.Wait()
		if !owners[2].done || c.cancelled.Load() != 0 {
			t.Errorf("one of two hung up: over %v, %d scrapes cancelled", owners[2].done, c.cancelled.Load())
		}
		third := c.come(t, rooms[0], "X-Prometheus-Scrape-Timeout-Seconds", "20")
		second.leave()
		synctest.Wait()
		if c.cancelled.Load() != 0 || c.polls.Load() != 3 {
			t.Errorf("two of three hung up: %d scrapes cancelled, %d polls", c.cancelled.Load(), c.polls.Load())
		}
		third.leave()
		synctest.Wait()
		if c.cancelled.Load() != 1 {
			t.Errorf("all hung up: %d scrapes cancelled, want 1", c.cancelled.Load())
		}
		fresh := c.come(t, rooms[0])
		if c.polls.Load() != 4 {
			t.Errorf("%d polls, want a new one in the place of the cancelled one", c.polls.Load())
		}
		close(c.release)
		for _, one := range append(owners[:2], fresh) {
			one.readAll()
			if n := one.samples(t); n != 1 {
				t.Errorf("one that stayed got %d samples", n)
			}
		}
		if c.cancelled.Load() != 1 {
			t.Errorf("%d scrapes cancelled, want 1", c.cancelled.Load())
		}
	})
}

// TestSharesTheScrapeThatEndsLast has scrapes of different timeouts under way.
func TestSharesTheScrapeThatEndsLast(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *crowd) {
		for _, timeout := range []string{"5", "20", "10"} {
			c.come(t, rooms[0], "X-Prometheus-Scrape-Timeout-Seconds", timeout)
		}
		shares := c.come(t, rooms[0], "X-Prometheus-Scrape-Timeout-Seconds", "25")
		began := time.Now()
		shares.take <- struct{}{} // when its response is there
		if took := time.Since(began); took != 20*time.Second || c.polls.Load() != 3 {
			t.Errorf("got the scrape that ends after %s with %d polls, want 20s and 3", took, c.polls.Load())
		}
	})
}

// TestImpatientScrape shares a scrape that ends later than it can wait: it gets
// the known facts at its own deadline.
func TestImpatientScrape(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *crowd) {
		for range 3 {
			c.come(t, rooms[0], "X-Prometheus-Scrape-Timeout-Seconds", "20")
		}
		impatient := []*client{c.come(t, rooms[0], "X-Prometheus-Scrape-Timeout-Seconds", "3"), c.come(t, rooms[0], "X-Prometheus-Scrape-Timeout-Seconds", "3")}
		began := time.Now()
		for _, one := range impatient {
			one.take <- struct{}{}
			if took := time.Since(began); took != 3*time.Second+100*time.Millisecond {
				t.Errorf("got something after %s, want 3.1s", took)
			}
			one.readAll()
			if one.samples(t) != 1 || c.polls.Load() != 3 {
				t.Errorf("got %d samples with %d polls", one.samples(t), c.polls.Load())
			}
		}
	})
}

// TestHungUpScrapesLeaveRoom has three scrapes whose clients hang up: they take no
// room for responses, so that the scrapes after them are their own.
func TestHungUpScrapesLeaveRoom(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *crowd) {
		for range 3 {
			c.come(t, rooms[0]).leave()
			synctest.Wait()
		}
		close(c.release)
		for i := range 3 {
			c.come(t, rooms[0])
			if n := c.polls.Load(); n != int32(4+i) || c.cancelled.Load() != 3 {
				t.Errorf("%d polls, %d cancelled, want %d and 3", n, c.cancelled.Load(), 4+i)
			}
		}
	})
}

// TestReloadEndsSharing has scrapes of the configuration before under way, or read:
// a scrape of the one in force does not share them.
func TestReloadEndsSharing(t *testing.T) {
	bubble(t, 1, func(t *testing.T, c *crowd) {
		for range 3 {
			c.come(t, rooms[0])
		}
		c.reload()
		late := c.come(t, rooms[0])
		if n := c.polls.Load(); n != 4 {
			t.Errorf("%d polls, want a fourth of the configuration in force", n)
		}
		close(c.release)
		late.readAll()
		c.reload()
		later := c.come(t, rooms[0])
		later.readAll()
		if late.poll() != "4" || later.poll() != "5" {
			t.Errorf("got scrapes %s and %s, want 4 and 5", late.poll(), later.poll())
		}
	})
}

// TestRollingDeadline has a client take a long response: each chunk is of 16 KiB
// at most, and has ten seconds of its own.
func TestRollingDeadline(t *testing.T) {
	bubble(t, 1000, func(t *testing.T, c *crowd) {
		close(c.release)
		slow := c.come(t, rooms[0])
		for !slow.done {
			time.Sleep(9 * time.Second)
			slow.read(1)
		}
		if n := slow.samples(t); n != 1000 {
			t.Errorf("got %d of 1000 targets", n)
		}
		if len(slow.sizes) < 10 || slices.Max(slow.sizes) > 16<<10 || len(slow.deadlines) != len(slow.sizes) {
			t.Errorf("%d deadlines for chunks of %v bytes", len(slow.deadlines), slow.sizes)
		}
		for _, left := range slow.deadlines {
			if left != 10*time.Second {
				t.Errorf("a chunk has %s", left)
			}
		}
	})
}

// TestCompressionIsBounded has clients that stall in the middle of a compressed
// response: those beyond the bound get theirs uncompressed, and those that come
// once the stalled ones have read it are compressed again.
func TestCompressionIsBounded(t *testing.T) {
	const n = 2000
	bubble(t, n, func(t *testing.T, c *crowd) {
		close(c.release)
		var stalled []*client
		for range 8 {
			stalled = append(stalled, c.come(t, rooms[0], "Accept-Encoding", "gzip"))
		}
		for _, want := range []string{"", "gzip"} {
			one := c.come(t, rooms[0], "Accept-Encoding", "gzip")
			one.readAll()
			if got := one.Header().Get("Content-Encoding"); got != want || one.samples(t) != n {
				t.Errorf("got %d of %d targets, encoded as %q, want %q", one.samples(t), n, got, want)
			}
			if got := one.Header().Get("Vary"); !strings.Contains(strings.Join(one.Header().Values("Vary"), ","), "Accept-Encoding") {
				t.Errorf("Vary is %q", got)
			}
			for _, other := range stalled {
				other.readAll()
			}
		}
		for i, one := range stalled {
			if one.samples(t) != n || one.Header().Get("Content-Encoding") != "gzip" {
				t.Errorf("client %d got %d of %d targets, encoded as %q", i, one.samples(t), n, one.Header().Get("Content-Encoding"))
			}
		}
	})
}

// TestPartsAreBounded has scrapes of parts of the targets under way: while all
// parts together are not more than all targets each is its own scrape. One beyond
// takes its part of a scrape of all.
func TestPartsAreBounded(t *testing.T) {
	bubble(t, 4, func(t *testing.T, c *crowd) {
		part := func(names ...int) string {
			path := rooms[0]
			for _, n := range names {
				path += fmt.Sprintf("&cname=d%d.example.com", n)
			}
			return path
		}
		parts := []*client{c.come(t, part(0, 1)), c.come(t, part(2)), c.come(t, part(2))}
		beyond := c.come(t, part(0, 3))
		nothing := c.come(t, part(7))
		if n := c.polls.Load(); n != 5 {
			t.Errorf("%d polls, want 5", n)
		}
		close(c.release)
		for i, one := range append(parts, beyond, nothing) {
			one.readAll()
			if got, want := one.samples(t), []int{2, 1, 1, 2, 0}[i]; got != want || one.Code != http.StatusOK {
				t.Errorf("client %d got %d %d targets, want %d", i, one.Code, got, want)
			}
		}
		again := c.come(t, part(1, 2, 3))
		again.readAll()
		if got := again.samples(t); got != 3 || again.poll() != "6" {
			t.Errorf("once the others are gone: got %d targets of scrape %s", got, again.poll())
		}
	})
}
