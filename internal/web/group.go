package web

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

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
	now    func() time.Time
	logger log.Logger // gets the panics of scrapes

	mu    sync.Mutex // guards alive, and each response
	alive map[*response]bool
}

// response is a scrape, or a document, and who waits for it or reads it.
type response struct {
	cfg    *config.Config
	part   int                // how many targets a part of them has; 0 is all
	cancel context.CancelFunc // ends the scrape; nil without one
	end    time.Time          // when the scrape ends at the latest; once it is done, when it did

	done     chan struct{}       // closed when the scrape is over
	snapshot *collector.Snapshot // set before done is closed; nil for a document, and if the scrape panicked

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
	for r := range g.alive {
		switch {
		case r.part > 0:
			parts += r.part
		case r.isDone:
			read++
		default:
			underWay++
		}
	}
	if parts > len(cfg.Targets) {
		part = 0
	}
	isFull := cancel != nil && underWay >= maxUnderWay
	if part == 0 && (isFull || read >= maxRead && !g.evict()) {
		for other := range g.alive {
			if other.cfg == cfg && other.part == 0 && other.users > 0 && other.isDone != isFull && (r == nil || other.end.After(r.end)) {
				r = other
			}
		}
	}
	if r != nil {
		r.users++
		return r, false
	} // else there is room, or all the others are of a configuration that is no longer in force
	r = &response{cfg: cfg, part: part, end: end, cancel: cancel, users: 1, done: make(chan struct{}), readers: map[*reader]bool{}}
	g.alive[r] = true
	return r, true
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
	r := &response{users: 1, isDone: true, end: g.now(), progress: g.now(), readers: map[*reader]bool{}}
	g.alive[r] = true
	return r
}

// run makes the scrape of r, and ends it. A panic is logged, as net/http would for
// a request.
func (g *responses) run(r *response, scrape func() *collector.Snapshot) {
	defer func() {
		if p := recover(); p != nil {
			level.Error(g.logger).Log("msg", "a scrape panicked", "err", p)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		r.isDone, r.end, r.progress = true, g.now(), g.now()
		close(r.done)
		if r.users == 0 {
			delete(g.alive, r)
		}
	}()
	r.snapshot = scrape()
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
		delete(g.alive, r)
	}
	if r.cancel != nil {
		r.cancel()
	}
}

// evict cuts off the readers of the response that made the least progress, if
// that is little enough. g.mu is held.
func (g *responses) evict() bool {
	now := g.now()
	var slowest *response
	for r := range g.alive {
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
	delete(g.alive, slowest)
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
