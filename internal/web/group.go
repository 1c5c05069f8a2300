package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
)

const (
	// maxUnderWay bounds the scrapes under way, and maxRead the responses that
	// clients read: the memory of each grows with the targets.
	maxUnderWay, maxRead = 3, 3
	// stalled is how long the readers of a response may take nothing from it
	// before it makes room for another, and old how long they may take in all.
	stalled, old = time.Second, 5 * time.Second
	// roomPatience is how long a document waits for room, and roomInterval how
	// often it looks.
	roomPatience, roomInterval = 10 * time.Second, 50 * time.Millisecond
)

var errNoRoom = errors.New("too many responses are being read: try again later")

// responses is the responses that requests share, from the start of a scrape until
// the last client has read it.
type responses struct {
	now func() time.Time

	mu    sync.Mutex // guards alive, and each response
	alive []*response
}

// response is a scrape, or a document, and who waits for it or reads it.
type response struct {
	cfg    *config.Config
	part   int                // how many targets a part of them has; 0 is all
	cancel context.CancelFunc // ends the scrape; nil without one
	end    time.Time          // when the scrape ends at the latest; once it is done, when it did

	done     chan struct{}       // closed when the scrape is over
	snapshot *collector.Snapshot // nil for a document, and if the scrape panicked

	users    int       // requests that wait for it or read it
	isDone   bool      // done is closed
	progress time.Time // when a reader took something last
	readers  map[*reader]bool
	evicted  bool
}

// join returns a response of cfg, and whether the caller makes it, by a scrape
// that cancel ends; nil is one that does not ask. If too many scrapes are under
// way it is that which ends last, and if too many responses are read the last of
// these. A scrape of a part of the targets is not shared while all parts together
// are not more than all targets; else it is a scrape of all. The caller leaves it.
func (g *responses) join(cfg *config.Config, part int, end time.Time, cancel context.CancelFunc) (r *response, isMine bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	underWay, read, parts := 0, 0, part
	for _, r := range g.alive {
		switch {
		case r.part > 0:
			parts += r.part
		case r.isDone:
			read++
		default:
			underWay++
		}
	}
	if part > 0 && parts <= len(cfg.Targets) {
		return g.add(&response{cfg: cfg, part: part, end: end, cancel: cancel}), true
	}
	isFull := cancel != nil && underWay >= maxUnderWay
	if !isFull && (read < maxRead || g.evict()) {
		return g.add(&response{cfg: cfg, end: end, cancel: cancel}), true
	}
	var last *response
	for _, other := range g.alive {
		if other.cfg == cfg && other.part == 0 && other.users > 0 && other.isDone != isFull && (last == nil || other.end.After(last.end)) {
			last = other
		}
	}
	if last == nil { // all the others are of a configuration that is no longer in force
		return g.add(&response{cfg: cfg, end: end, cancel: cancel}), true
	}
	last.users++
	return last, false
}

// open returns a new response for a document. The caller leaves it.
func (g *responses) open(ctx context.Context) (*response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, roomPatience, errNoRoom)
	defer cancel()
	again := time.NewTicker(roomInterval)
	defer again.Stop()
	for {
		if r := g.tryOpen(); r != nil {
			return r, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (g *responses) tryOpen() *response {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.alive) >= maxRead && !g.evict() {
		return nil
	}
	r := g.add(&response{})
	g.finish(r)
	return r
}

// add begins r with one user. g.mu is held.
func (g *responses) add(r *response) *response {
	r.users, r.done, r.readers = 1, make(chan struct{}), map[*reader]bool{}
	g.alive = append(g.alive, r)
	return r
}

// complete ends the scrape of r.
func (g *responses) complete(r *response, snapshot *collector.Snapshot) {
	g.mu.Lock()
	defer g.mu.Unlock()
	r.snapshot = snapshot
	g.finish(r)
	if r.users == 0 {
		g.remove(r)
	}
}

// finish says that r can be read. g.mu is held.
func (g *responses) finish(r *response) {
	r.isDone, r.end, r.progress = true, g.now(), g.now()
	close(r.done)
}

// leave is called by each user of r once; reader is nil if it never read. A scrape
// without users is cancelled.
func (g *responses) leave(r *response, reader *reader) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(r.readers, reader)
	if r.users--; r.users > 0 {
		return
	}
	if r.isDone {
		g.remove(r)
	}
	if r.cancel != nil {
		r.cancel()
	}
}

// remove forgets r. g.mu is held.
func (g *responses) remove(r *response) {
	g.alive = slices.DeleteFunc(g.alive, func(other *response) bool { return other == r })
}

// evict cuts off the readers of the response that made the least progress, if
// that is little enough. g.mu is held.
func (g *responses) evict() bool {
	now := g.now()
	var slowest *response
	for _, r := range g.alive {
		isSlow := r.part == 0 && len(r.readers) > 0 && (now.Sub(r.progress) >= stalled || now.Sub(r.end) >= old)
		if isSlow && (slowest == nil || r.progress.Before(slowest.progress)) {
			slowest = r
		}
	}
	if slowest == nil {
		return false
	}
	slowest.evicted = true
	for reader := range slowest.readers {
		reader.cut()
	}
	g.remove(slowest)
	return true
}

// serveDocument returns handler for responses that grow with the targets.
func (h *handler) serveDocument(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		document, err := h.documents.open(r.Context())
		if errors.Is(err, errNoRoom) {
			w.Header().Set("Retry-After", "1")
			h.refuse(w, r, http.StatusServiceUnavailable, err.Error())
		}
		if err != nil {
			return
		}
		to := &reader{ResponseWriter: w, group: &h.documents, of: document}
		defer h.documents.leave(document, to)
		h.send(to, r, handler)
	})
}
