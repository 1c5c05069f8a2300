package web

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-kit/log/level"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
)

const (
	// maxScrapes bounds the scrapes under way: what each keeps grows with the
	// targets. Requests beyond share one of them.
	maxScrapes = 3
	// lateness is how much later than its own deadline a request may get the
	// result of a scrape.
	lateness = 100 * time.Millisecond
)

// scrapes are those under way. The zero value has none.
type scrapes struct {
	mu       sync.Mutex // guards all below, and the waiters of each
	underWay []*scrape  // the youngest last
	results  uint64     // how many there were
}

// scrape is one poll of all targets, for one request or for several.
type scrape struct {
	cfg      *config.Config
	deadline time.Time
	cancel   context.CancelFunc
	waiters  int // at 0 it is cancelled

	done   chan struct{} // closed when it has ended
	result result        // once done is closed
}

// result is what a scrape found out, with a number of its own: who keeps that
// keeps no memory.
type result struct {
	*collector.Snapshot // nil if the scrape panicked
	number              uint64
}

// scrapeAll returns the result of a scrape of all targets: of one of its own
// unless there are too many. A request whose deadline comes before that of the
// scrape that it shares gets what is known by then. Without a Snapshot there
// was a defect, or nobody is left to be told.
func (h *handler) scrapeAll(r *http.Request) result {
	timeout := h.timeout(r)
	deadline := time.Now().Add(timeout)
	s := h.join(r.Context(), h.Config(), deadline)
	defer h.leave(s)
	var late <-chan time.Time
	if s.deadline.After(deadline.Add(lateness)) {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-s.done:
		return s.result
	case <-late:
		return h.numbered(h.Known(s.cfg.Targets, s.cfg.LabelNames()))
	case <-r.Context().Done():
		return result{}
	}
}

func (h *handler) numbered(s *collector.Snapshot) result {
	h.scrapes.mu.Lock()
	defer h.scrapes.mu.Unlock()
	h.scrapes.results++
	return result{s, h.scrapes.results}
}

// join returns a new scrape or, if there are too many, the one of cfg that ends
// last. The caller leaves it.
func (h *handler) join(ctx context.Context, cfg *config.Config, deadline time.Time) *scrape {
	h.scrapes.mu.Lock()
	defer h.scrapes.mu.Unlock()
	if len(h.scrapes.underWay) >= maxScrapes {
		var last *scrape
		for _, s := range h.scrapes.underWay {
			if s.cfg == cfg && s.waiters > 0 && (last == nil || s.deadline.After(last.deadline)) {
				last = s
			}
		}
		if last != nil {
			last.waiters++
			return last
		}
	}
	s := &scrape{cfg: cfg, deadline: deadline, waiters: 1, done: make(chan struct{})}
	ctx, s.cancel = context.WithDeadline(context.WithoutCancel(ctx), deadline)
	h.scrapes.underWay = append(h.scrapes.underWay, s)
	go h.run(ctx, s)
	return s
}

func (h *handler) run(ctx context.Context, s *scrape) {
	defer close(s.done)
	defer h.end(s)
	defer func() {
		if p := recover(); p != nil { // as net/http would for a request
			level.Error(h.Logger).Log("msg", "a scrape panicked", "err", p)
		}
	}()
	s.result = h.numbered(h.Scrape(ctx, s.cfg.Targets, s.cfg.LabelNames()))
}

// end removes a scrape that has ended: nobody shares it any more.
func (h *handler) end(s *scrape) {
	h.scrapes.mu.Lock()
	defer h.scrapes.mu.Unlock()
	s.cancel()
	h.scrapes.underWay = slices.DeleteFunc(h.scrapes.underWay, func(other *scrape) bool { return other == s })
}

// leave is called by each who joined s. What nobody waits for is cancelled.
func (h *handler) leave(s *scrape) {
	h.scrapes.mu.Lock()
	defer h.scrapes.mu.Unlock()
	if s.waiters--; s.waiters == 0 {
		s.cancel()
	}
}
