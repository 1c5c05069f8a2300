package web

import (
	"net/http"
	"strconv"
	"time"
)

// timeoutHeader is how Prometheus says how long it waits, in seconds.
const timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"

// minTimeout is the least time for a scrape. A scraper that grants less gets no
// answer in time, and nobody else's question fails for it.
const minTimeout = 100 * time.Millisecond

// timeout returns how long the scrape may take: what the scraper grants less
// the offset, so that the answer arrives before the scraper gives up.
func (h *handler) timeout(r *http.Request) time.Duration {
	seconds, err := strconv.ParseFloat(r.Header.Get(timeoutHeader), 64)
	if err != nil || !(seconds > 0) || seconds >= h.MaxTimeout.Seconds() {
		return h.MaxTimeout
	}
	granted := time.Duration(seconds * float64(time.Second))
	return max(granted-min(h.TimeoutOffset, granted/2), minTimeout)
}
