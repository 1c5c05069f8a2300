package web

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// DefaultMaxConnections is how many connections a server keeps open unless told
// otherwise.
const DefaultMaxConnections = 512

const (
	// doorGrace is how long a connection may wait for a request before it can be
	// closed for another: a client that has connected must have time to ask.
	doorGrace = 100 * time.Millisecond
	// doorPatience is how long a new connection waits for a place.
	doorPatience = time.Second
)

// Door bounds the connections of a server. Watch is the server's ConnState.
//
// A connection beyond the bound takes the place of the one that has waited
// longest for a request or in the middle of its header, if that was 100 ms or
// more, and that one is closed. Else the new one waits for a place. After a second
// in vain, new connections are closed at once until a place is free.
type Door struct {
	max    int
	closed func(outcome string)

	mu      sync.Mutex
	open    map[net.Conn]time.Time // since when each waits for a request; the zero time while one is under way
	changed chan struct{}          // closed when a place may be free; nil if no connection waits for that
	isFull  bool                   // a connection has waited for a second in vain
}

// The outcomes of a connection that is closed because there are too many.
const (
	Evicted = "evicted" // it waited for a request, and made room for another
	Refused = "refused" // it found no room
)

// NewDoor returns a Door for at most so many connections. closed is called for
// each that it closes, with an outcome; nil is not.
func NewDoor(connections int, closed func(outcome string)) *Door {
	if closed == nil {
		closed = func(string) {}
	}
	return &Door{max: connections, closed: closed, open: map[net.Conn]time.Time{}}
}

// Watch implements http.Server.ConnState. The server accepts no connection while
// it waits.
func (d *Door) Watch(conn net.Conn, state http.ConnState) {
	if state == http.StateNew {
		if changed := d.tryAdmit(conn, false); changed != nil {
			d.wait(conn, changed)
		}
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, isOpen := d.open[conn]; !isOpen {
		return
	}
	switch state {
	case http.StateActive:
		d.open[conn] = time.Time{}
		return
	case http.StateIdle:
		d.open[conn] = time.Now()
	case http.StateClosed, http.StateHijacked:
		delete(d.open, conn)
	}
	if d.changed != nil {
		close(d.changed)
		d.changed = nil
	}
}

// wait gives conn a place, or closes it, once changed is closed or later.
func (d *Door) wait(conn net.Conn, changed <-chan struct{}) {
	again := time.NewTicker(doorGrace)
	defer again.Stop()
	for began := time.Now(); changed != nil; changed = d.tryAdmit(conn, time.Since(began) >= doorPatience) {
		select {
		case <-changed:
		case <-again.C:
		}
	}
}

// tryAdmit gives conn a place, or closes it if the door is full or isLast.
// Otherwise it returns a channel that is closed when a place may be free.
func (d *Door) tryAdmit(conn net.Conn, isLast bool) (changed <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case len(d.open) < d.max || d.evict():
		d.open[conn], d.isFull = time.Now(), false
	case d.isFull || isLast:
		d.isFull = true
		d.abort(conn, Refused)
	default:
		if d.changed == nil {
			d.changed = make(chan struct{})
		}
		return d.changed
	}
	return nil
}

// evict closes the connection that has waited longest for a request, and reports
// whether one had waited for long enough. d.mu is held.
func (d *Door) evict() bool {
	var longest net.Conn
	for conn, since := range d.open {
		if !since.IsZero() && (longest == nil || since.Before(d.open[longest])) {
			longest = conn
		}
	}
	if longest == nil || time.Since(d.open[longest]) < doorGrace {
		return false
	}
	delete(d.open, longest)
	d.abort(longest, Evicted)
	return true
}

// abort closes conn without the farewell of TLS, which can block.
func (d *Door) abort(conn net.Conn, outcome string) {
	d.closed(outcome)
	if secure, isTLS := conn.(*tls.Conn); isTLS {
		conn = secure.NetConn()
	}
	_ = conn.Close() // it is of no use either way
}
