package web

import (
	"errors"
	"net/http"
	"time"
)

const (
	// chunk is how much of a response is written at once, in bytes, and
	// chunkPatience how long a client may take for it in any case.
	chunk         = 16 << 10
	chunkPatience = 10 * time.Second
	// maxCompressed bounds the responses that are compressed at a time: each takes
	// memory until its client has read it. Those beyond are written as they are.
	maxCompressed = 8
)

var errTooSlow = errors.New("the reader took too long, and made room for another")

// reader writes a response to one client, a chunk at a time, so that a client
// that takes them is told from one that does not.
type reader struct {
	http.ResponseWriter
	group *responses
	of    *response
	err   error
}

// Write implements io.Writer. Each chunk is progress, and has its own deadline.
func (r *reader) Write(p []byte) (n int, err error) {
	g := r.group
	for r.err == nil && n < len(p) {
		g.mu.Lock()
		isEvicted := r.of.evicted
		if !isEvicted {
			r.of.progress, r.of.readers[r] = g.now(), true
			_ = http.NewResponseController(r.ResponseWriter).SetWriteDeadline(time.Now().Add(chunkPatience)) // fails without a connection
		}
		g.mu.Unlock()
		if isEvicted {
			r.err = errTooSlow
			break
		}
		var written int
		written, r.err = r.ResponseWriter.Write(p[n:min(n+chunk, len(p))])
		n += written
	}
	return n, r.err
}

// cut ends the write that r waits for.
func (r *reader) cut() { _ = http.NewResponseController(r.ResponseWriter).SetWriteDeadline(time.Now()) }

// send has content write to a client, compressed if the client takes that.
func (h *handler) send(to *reader, r *http.Request, content http.Handler) {
	var places chan<- struct{}
	if r.Header.Get("Accept-Encoding") != "" {
		places = h.compressed
	}
	select {
	case places <- struct{}{}:
		defer func() { <-h.compressed }()
		content = h.compress(content)
	default:
		to.Header().Add("Vary", "Accept-Encoding")
	}
	content.ServeHTTP(to, r)
	if to.err != nil {
		h.failed(r, to.err)
	}
}
