package web

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/common/expfmt"
)

const (
	// chunk is how much of a response is written at once, in bytes, and
	// chunkPatience how long a client may take for it in any case.
	chunk         = 16 << 10
	chunkPatience = 10 * time.Second
	// maxPacked bounds the packed forms that a response keeps, in bytes: a form
	// beyond is written unpacked.
	maxPacked = 1 << 20
)

var errTooSlow = errors.New("the reader took too long, and made room for another")

// encoding is how a scrape is written: requests that want the same share the result.
type encoding struct {
	format expfmt.Format
	own    bool // with the exporter's own series
}

// reader writes a response to one client, a chunk at a time, so that a client
// that takes them is told from one that does not.
type reader struct {
	http.ResponseWriter
	group *responses
	of    *response
	err   error
}

// Write implements io.Writer.
func (r *reader) Write(p []byte) (n int, err error) {
	for r.err == nil && n < len(p) {
		if r.err = r.group.advance(r); r.err == nil {
			var written int
			written, r.err = r.ResponseWriter.Write(p[n:min(n+chunk, len(p))])
			n += written
		}
	}
	return n, r.err
}

// cut ends the write that r waits for.
func (r *reader) cut() { _ = http.NewResponseController(r.ResponseWriter).SetWriteDeadline(time.Now()) }

// advance notes that r takes another chunk.
func (g *responses) advance(r *reader) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.of.evicted {
		return errTooSlow
	}
	r.of.progress = g.now()
	r.of.readers[r] = true
	_ = http.NewResponseController(r.ResponseWriter).SetWriteDeadline(time.Now().Add(chunkPatience)) // fails without a connection
	return nil
}

// stop notes that r takes nothing more.
func (g *responses) stop(r *reader) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(r.of.readers, r)
}

// send writes of to a client. A client that takes gzip shares the packed form
// with others; nil has none. For any other, render writes while it reads.
func (h *handler) send(w http.ResponseWriter, r *http.Request, g *responses, of *response, f *encoding, render http.HandlerFunc) {
	to := &reader{ResponseWriter: w, group: g, of: of}
	defer g.stop(to)
	w.Header().Add("Vary", "Accept-Encoding")
	var shared *packed
	if f != nil && acceptsGzip(r.Header) {
		shared = g.pack(of, *f, r, render)
	}
	if shared != nil {
		vary := append(w.Header().Values("Vary"), shared.header.Values("Vary")...)
		maps.Copy(w.Header(), shared.header)
		w.Header()["Vary"] = vary
		w.WriteHeader(shared.code)
		_, _ = to.Write(shared.body.Bytes()) // to keeps the error
	} else {
		render(to, r)
	}
	if to.err != nil {
		h.failed(r, to.err)
	}
}

// pack returns the form f of a response, which render writes unless another
// request had it written; nil if the response keeps enough forms.
func (g *responses) pack(of *response, f encoding, r *http.Request, render http.HandlerFunc) *packed {
	g.packing.Lock()
	defer g.packing.Unlock()
	if p := of.forms[f]; p != nil {
		return p
	}
	if of.packed >= maxPacked {
		return nil
	}
	p := &packed{next: http.Header{}}
	if g.zip == nil {
		g.zip, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	}
	g.zip.Reset(&p.body)
	p.zip = g.zip
	render(p, r)
	if p.WriteHeader(http.StatusOK); p.code == http.StatusOK {
		_ = p.zip.Close() // a buffer takes everything
		p.header.Set("Content-Encoding", "gzip")
		p.header.Del("Content-Length")
	}
	g.zip.Reset(io.Discard)
	p.zip = nil
	of.forms[f] = p
	of.packed += p.body.Cap()
	return p
}

// packed is a whole response: compressed, unless it is an error.
type packed struct {
	next   http.Header // until WriteHeader
	header http.Header
	code   int
	body   bytes.Buffer
	zip    *gzip.Writer // nil once it is whole
}

// Header implements http.ResponseWriter.
func (p *packed) Header() http.Header { return p.next }

// WriteHeader implements http.ResponseWriter.
func (p *packed) WriteHeader(code int) {
	if p.code == 0 {
		p.code, p.header = code, p.next.Clone()
	}
}

// Write implements http.ResponseWriter.
func (p *packed) Write(b []byte) (int, error) {
	if p.WriteHeader(http.StatusOK); p.code == http.StatusOK {
		return p.zip.Write(b)
	}
	return p.body.Write(b)
}

// acceptsGzip reports whether a client takes a compressed response.
func acceptsGzip(header http.Header) bool {
	for offer := range strings.SplitSeq(strings.Join(header.Values("Accept-Encoding"), ","), ",") {
		name, quality, _ := strings.Cut(strings.ReplaceAll(offer, " ", ""), ";q=")
		if q, err := strconv.ParseFloat(quality, 64); name == "gzip" && (err != nil || q > 0) {
			return true
		}
	}
	return false
}
