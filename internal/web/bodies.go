package web

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/s2"
)

const (
	// maxBodies bounds the responses that are kept in memory while clients
	// read them.
	maxBodies = 3
	// stalled is how long the readers of a response may take nothing from it
	// before it makes room for another, and old how long they may take in all.
	stalled = time.Second
	old     = 5 * time.Second
	// chunkPatience is how long a reader may take for one chunk in any case.
	chunkPatience = 10 * time.Second
	// bodyPatience is how long a request waits for room.
	bodyPatience = 10 * time.Second
	// chunk is how much of a response is compressed, and written, at once, in
	// bytes.
	chunk = 16 << 10
)

var errTooSlow = errors.New("the reader took too long, and made room for another")

var errNoRoom = errors.New("too many responses are being read: try again later")

// bodies are the responses in memory. The zero value has none.
type bodies struct {
	making sync.Mutex // one is made at a time: that takes ten times the memory of the outcome

	mu    sync.Mutex // guards all below, and the users, readers and progress of each
	open  []*body
	freed chan struct{} // is closed when there is room, if somebody waits
}

// body is a whole response. Requests that want the same share it. It is kept
// compressed, since a text of metrics is a tenth then.
type body struct {
	key   any
	users int

	ready    chan struct{} // closed when it is made, or cannot be
	complete bool
	code     int
	header   http.Header
	chunks   [][]byte // each compressed by itself
	last     []byte   // not compressed yet
	scratch  []byte   // room for one chunk
	size     int

	made     time.Time // zero until ready is closed
	progress time.Time // when a reader took something last
	readers  map[*http.ResponseController]bool
	gone     bool // it made room for another
}

// Header, WriteHeader and Write implement http.ResponseWriter, for whoever makes
// the body.
func (b *body) Header() http.Header { return b.header }

func (b *body) WriteHeader(code int) {
	if b.code == 0 {
		b.code = code
	}
}

func (b *body) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	b.size += len(p)
	for rest := p; len(rest) > 0; {
		if b.last == nil {
			b.last, b.scratch = make([]byte, 0, chunk), make([]byte, s2.MaxEncodedLen(chunk))
		}
		n := min(len(rest), chunk-len(b.last))
		b.last = append(b.last, rest[:n]...)
		if rest = rest[n:]; len(b.last) == chunk {
			b.scratch = s2.Encode(b.scratch[:cap(b.scratch)], b.last)
			b.chunks = append(b.chunks, bytes.Clone(b.scratch))
			b.last = b.last[:0]
		}
	}
	return len(p), nil
}

// serve answers with the body of key, which produce writes unless another
// request has it made already.
func (bs *bodies) serve(w http.ResponseWriter, r *http.Request, key any, produce http.HandlerFunc) error {
	b, mine, err := bs.acquire(r.Context(), key)
	if err != nil {
		return err
	}
	defer bs.release(b)
	if mine {
		func() {
			bs.making.Lock()
			defer bs.making.Unlock()
			defer bs.finish(b)
			defer func() {
				if !b.complete {
					b.code, b.chunks, b.last, b.size = http.StatusInternalServerError, nil, nil, 0 // produce panics
				}
			}()
			produce(b, r)
			b.WriteHeader(http.StatusOK)
			b.complete = true
		}()
	}
	select {
	case <-b.ready:
	case <-r.Context().Done():
		return r.Context().Err()
	}
	return bs.write(w, b)
}

// acquire returns the body of key, and whether the caller is to make it.
func (bs *bodies) acquire(ctx context.Context, key any) (b *body, mine bool, err error) {
	patience := time.NewTimer(bodyPatience)
	defer patience.Stop()
	again := time.NewTicker(stalled / 4)
	defer again.Stop()
	for {
		b, mine, freed := bs.try(key)
		if b != nil {
			return b, mine, nil
		}
		select {
		case <-freed:
		case <-again.C:
		case <-patience.C:
			return nil, false, errNoRoom
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

// try is acquire for once: without room it returns what is closed when there is.
func (bs *bodies) try(key any) (b *body, mine bool, freed <-chan struct{}) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	for _, b := range bs.open {
		if b.key == key {
			b.users++
			return b, false, nil
		}
	}
	if len(bs.open) >= maxBodies && !bs.makeRoom(time.Now()) {
		if bs.freed == nil {
			bs.freed = make(chan struct{})
		}
		return nil, false, bs.freed
	}
	b = &body{key: key, users: 1, ready: make(chan struct{}), header: http.Header{}, readers: map[*http.ResponseController]bool{}}
	bs.open = append(bs.open, b)
	return b, true, nil
}

// makeRoom hangs up on the readers of the body that made the least progress, if
// that is little enough.
func (bs *bodies) makeRoom(now time.Time) bool {
	var slowest *body
	for _, b := range bs.open {
		slow := !b.made.IsZero() && (now.Sub(b.progress) >= stalled || now.Sub(b.made) >= old)
		if slow && (slowest == nil || b.progress.Before(slowest.progress)) {
			slowest = b
		}
	}
	if slowest == nil {
		return false
	}
	slowest.gone = true
	for reader := range slowest.readers {
		_ = reader.SetWriteDeadline(now)
	}
	bs.remove(slowest)
	return true
}

// remove drops b from those in memory. bs.mu is held.
func (bs *bodies) remove(b *body) {
	bs.open = slices.DeleteFunc(bs.open, func(other *body) bool { return other == b })
	if bs.freed != nil {
		close(bs.freed)
		bs.freed = nil
	}
}

// finish tells that b is made.
func (bs *bodies) finish(b *body) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if b.made.IsZero() {
		b.made = time.Now()
		b.progress = b.made
		close(b.ready)
	}
}

// release gives up a body that acquire returned.
func (bs *bodies) release(b *body) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if b.users--; b.users == 0 && !b.gone {
		bs.remove(b)
	}
}

// write sends b, in chunks so that a reader who takes them is told from one who
// does not.
func (bs *bodies) write(w http.ResponseWriter, b *body) error {
	reader := http.NewResponseController(w)
	if !bs.reads(b, reader) {
		return errNoRoom
	}
	defer bs.left(b, reader)
	maps.Copy(w.Header(), b.header)
	if b.code == http.StatusOK {
		w.Header().Set("Content-Length", strconv.Itoa(b.size))
	}
	w.WriteHeader(b.code)
	text := make([]byte, chunk)
	for _, compressed := range b.chunks {
		part, err := s2.Decode(text, compressed)
		if err != nil {
			return err
		}
		if err := bs.writeChunk(w, b, reader, part); err != nil {
			return err
		}
	}
	return bs.writeChunk(w, b, reader, b.last)
}

func (bs *bodies) writeChunk(w http.ResponseWriter, b *body, reader *http.ResponseController, part []byte) error {
	if len(part) == 0 {
		return nil
	}
	if !bs.goesOn(b, reader) {
		return errTooSlow
	}
	_, err := w.Write(part)
	return err
}

// goesOn tells that a reader takes the next chunk, unless b made room for
// another.
func (bs *bodies) goesOn(b *body, reader *http.ResponseController) bool {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if b.gone {
		return false
	}
	b.progress = time.Now()
	_ = reader.SetWriteDeadline(b.progress.Add(chunkPatience))
	return true
}

// reads adds a reader, unless b made room for another.
func (bs *bodies) reads(b *body, reader *http.ResponseController) bool {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if !b.gone {
		b.readers[reader] = true
	}
	return !b.gone
}

func (bs *bodies) left(b *body, reader *http.ResponseController) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	delete(b.readers, reader)
}

// held returns handler for responses that grow with the targets: each is made as
// a whole, and kept as long as its reader takes it.
func (h *handler) held(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.hold(w, r, r, handler.ServeHTTP)
	})
}

// hold answers with the body of key, which produce makes.
func (h *handler) hold(w http.ResponseWriter, r *http.Request, key any, produce http.HandlerFunc) {
	switch err := h.bodies.serve(w, r, key, produce); {
	case errors.Is(err, errNoRoom):
		h.refuse(w, r, http.StatusServiceUnavailable, errNoRoom.Error())
	case err != nil:
		h.failed(r, err)
	}
}
