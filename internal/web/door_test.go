package web_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/web"
)

// visitor is a connection that notes whether it was closed.
type visitor struct {
	net.Conn
	closed bool
}

func (v *visitor) Close() error { v.closed = true; return nil }

// visit has n connections come, a second after each other.
func visit(door *web.Door, n int) []*visitor {
	var all []*visitor
	for range n {
		v := &visitor{}
		door.Watch(v, http.StateNew)
		all = append(all, v)
		time.Sleep(time.Second) // of the bubble
	}
	return all
}

func closedOf(all []*visitor) string {
	var text strings.Builder
	for i, v := range all {
		if v.closed {
			fmt.Fprint(&text, i)
		}
	}
	return text.String()
}

// TestDoorClosesTheLongestIdle has connections whose states differ: the one that is closed waits for a request, and has
// waited longest.
func TestDoorClosesTheLongestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outcomes := map[string]int{}
		door := web.NewDoor(4, func(outcome string) { outcomes[outcome]++ })
		all := visit(door, 4)
		door.Watch(all[0], http.StateActive) // a request is under way
		door.Watch(all[1], http.StateActive)
		door.Watch(all[1], http.StateIdle) // has waited since now
		time.Sleep(time.Second)
		for i, want := range []string{"2", "23", "123"} {
			began := time.Now()
			door.Watch(&visitor{}, http.StateNew)
			if got := closedOf(all); got != want || time.Since(began) > 0 {
				t.Errorf("connection %d: closed %q after %s, want %q at once", i, got, time.Since(began), want)
			}
			time.Sleep(time.Second)
		}
		door.Watch(all[2], http.StateIdle) // too late: it has no place any more
		door.Watch(all[2], http.StateClosed)
		last := visit(door, 3)
		door.Watch(all[0], http.StateIdle)
		if all[0].closed || closedOf(last) != "" {
			t.Errorf("closed %q and %q: a connection with a request, or a new one", closedOf(all), closedOf(last))
		}
		if outcomes[web.Evicted] != 6 || outcomes[web.Refused] != 0 {
			t.Errorf("counted %v, want 6 evicted", outcomes)
		}
	})
}

// TestDoorGivesTimeToAsk has connections come all at once: none is closed before it has had 100 ms to ask.
func TestDoorGivesTimeToAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		door := web.NewDoor(2, nil)
		began := time.Now()
		came := map[*visitor]time.Time{}
		for range 20 {
			v := &visitor{}
			door.Watch(v, http.StateNew)
			came[v] = time.Now()
			for v, since := range came {
				if time.Since(since) < 100*time.Millisecond && v.closed {
					t.Errorf("closed after %s", time.Since(since))
				}
			}
		}
		if took := time.Since(began); took != 900*time.Millisecond { // two each 100 ms
			t.Errorf("20 connections came within %s, want 900ms", took)
		}
	})
}

// TestDoorRefuses has requests under way on every connection: new ones wait for a
// second, then are closed at once, until a place is free.
func TestDoorRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outcomes := map[string]int{}
		door := web.NewDoor(2, func(outcome string) { outcomes[outcome]++ })
		all := visit(door, 2)
		for _, v := range all {
			door.Watch(v, http.StateActive)
		}
		came := func() (v *visitor, took time.Duration) {
			v = &visitor{}
			began := time.Now()
			door.Watch(v, http.StateNew)
			return v, time.Since(began)
		}
		for _, want := range []time.Duration{time.Second, 0, 0} {
			if v, took := came(); !v.closed || took != want {
				t.Errorf("closed %v after %s, want true after %s", v.closed, took, want)
			}
		}
		if outcomes[web.Refused] != 3 || outcomes[web.Evicted] != 0 {
			t.Errorf("counted %v, want 3 refused", outcomes)
		}
		door.Watch(all[1], http.StateClosed)
		if v, took := came(); v.closed || took != 0 {
			t.Errorf("closed %v after %s, want a place at once", v.closed, took)
		} else {
			door.Watch(v, http.StateActive)
		}
		for state, want := range map[http.ConnState]time.Duration{http.StateClosed: 350 * time.Millisecond, http.StateHijacked: 350 * time.Millisecond,
			http.StateIdle: 500 * time.Millisecond, // it has 100 ms for another request, and that is looked at each 100 ms
		} {
			time.AfterFunc(350*time.Millisecond, func() { door.Watch(all[0], state) })
			v, took := came()
			if v.closed || took != want || all[0].closed != (state == http.StateIdle) {
				t.Errorf("%s: closed %v after %s, want a place after %s", state, v.closed, took, want)
			}
			door.Watch(v, http.StateActive)
			all[0] = v
		}
	})
}

// TestDoorOfAServer fills the places of a server, over TLS and without, with connections that ask nothing or half a request.
func TestDoorOfAServer(t *testing.T) {
	for _, isTLS := range []bool{false, true} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "answer") }))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.Config.ConnState = web.NewDoor(3, nil).Watch
		if isTLS {
			server.StartTLS()
		} else {
			server.Start()
		}
		t.Cleanup(server.Close)
		var idle []net.Conn
		for i := range 8 {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			idle = append(idle, conn)
			if isTLS && i%2 == 0 {
				conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
			}
			fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n"[:1+4*i])
			resp, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatalf("TLS %v, beside %d idle connections: %v", isTLS, i, err)
			}
			resp.Body.Close()
		}
		if _, err := bufio.NewReader(idle[0]).ReadByte(); err == nil {
			t.Errorf("TLS %v: the longest idle connection is still open", isTLS)
		}
	}
}
