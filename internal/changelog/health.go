package changelog

import (
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/status"
)

const (
	// maxLines is how many changes of a group have a line each. More are one
	// line about all of them.
	maxLines = 5
	// quiet is how long a group must stay as it is until its changes have a
	// line each again; and after how long one more line is allowed.
	quiet = 10 * time.Minute
	// relapse is how shortly after an incident the next one counts as the same:
	// its end is logged when it was quiet for a while.
	relapse = time.Hour
)

// health is how the questions of a group go. During an incident, in which many
// fail or some fail and work again all the time, single changes are not logged.
type health struct {
	total   int
	reasons map[status.Reason]int // how many fail for each
	failing int

	budget  float64 // lines for single changes
	refill  time.Time
	changed time.Time // when there was a change last

	open    bool // an incident
	flaps   bool // it is one of changes, not of failures
	began   time.Time
	ended   time.Time // the one before; zero if there was none
	max     int       // failing at the worst
	logged  int       // failing when that was logged last
	changes int       // since it began
}

func newHealth(now time.Time) *health {
	return &health{reasons: map[status.Reason]int{}, budget: maxLines, refill: now}
}

func (h *health) add(reason status.Reason)    { h.count(reason, 1) }
func (h *health) remove(reason status.Reason) { h.count(reason, -1) }

func (h *health) count(reason status.Reason, n int) {
	h.total += n
	if reason != "" {
		h.failing += n
		h.reasons[reason] += n
	}
}

// report logs what is to be said about the group as a whole, and reports whether
// each of changes is to be logged. errOf returns why the first target of one
// fails.
func (h *health) report(logger log.Logger, changes []*changed, errOf func(*changed) error, now time.Time) (each bool) {
	if len(changes) > 0 {
		h.changed = now
	}
	h.budget = min(maxLines, h.budget+float64(now.Sub(h.refill))/float64(quiet))
	h.refill = now
	if !h.open {
		if float64(len(changes)) <= h.budget {
			h.budget -= float64(len(changes))
			return true
		}
		h.begin(logger, changes, errOf, now)
		return false
	}
	h.goOn(logger, changes, errOf, now)
	return false
}

// begin opens an incident.
func (h *health) begin(logger log.Logger, changes []*changed, errOf func(*changed) error, now time.Time) {
	h.open, h.began, h.max, h.logged, h.changes = true, now, h.failing, h.failing, len(changes)
	h.flaps = h.failing <= maxLines && len(changes) <= maxLines
	h.budget = 0
	if h.flaps {
		level.Warn(logger).Log("msg", "some fail and work again all the time; their changes are logged at debug level until it was quiet for "+quiet.String(),
			"failing", h.failing, "targets", h.total, "reason", h.reason())
		return
	}
	level.Warn(logger).Log("msg", "many fail", "failing", h.failing, "targets", h.total, "reason", h.reason(), "err", firstError(changes, errOf))
}

// goOn logs that an incident grows, or is over.
func (h *health) goOn(logger log.Logger, changes []*changed, errOf func(*changed) error, now time.Time) {
	h.max = max(h.max, h.failing)
	h.changes += len(changes)
	if h.failing > maxLines && h.failing >= 10*h.logged {
		h.flaps, h.logged = false, h.failing
		level.Warn(logger).Log("msg", "more fail", "failing", h.failing, "targets", h.total, "reason", h.reason(), "err", firstError(changes, errOf))
	}
	isQuiet := now.Sub(h.changed) >= quiet
	relapsed := !h.ended.IsZero() && h.began.Sub(h.ended) < relapse
	over := h.failing*10 <= h.max && !relapsed
	if h.flaps {
		over = isQuiet
	}
	if over || isQuiet && h.failing*10 <= h.max {
		h.open, h.ended = false, now
		level.Info(logger).Log("msg", "most work again", "failing", h.failing, "targets", h.total, "reason", h.reason(),
			"failed", h.max, "lasted", now.Sub(h.began).Round(time.Second))
	}
}

// reason returns why most fail.
func (h *health) reason() (most status.Reason) {
	for _, reason := range status.Reasons() {
		if h.reasons[reason] > h.reasons[most] {
			most = reason
		}
	}
	return most
}

func firstError(changes []*changed, errOf func(*changed) error) error {
	for _, c := range changes {
		if c.is != "" {
			return errOf(c)
		}
	}
	return nil
}

// missed is about the scrapes that end before every target has its turn.
type missed struct {
	open   bool
	logged int
	last   time.Time // when a target had no turn
}

// log logs when that begins, when it gets ten times worse, and when it is over.
func (m *missed) log(logger log.Logger, n, targets int, now time.Time) {
	if n > 0 {
		m.last = now
	}
	switch {
	case n > 0 && (!m.open || n >= 10*m.logged):
		m.open, m.logged = true, n
		level.Warn(logger).Log("msg", "the scrape ended before every target had its turn; raise the scrape timeout, probe.concurrency or cache_ttl",
			"reason", status.ReasonNotProbed, "not_probed", n, "targets", targets)
	case m.open && now.Sub(m.last) >= quiet:
		*m = missed{}
		level.Info(logger).Log("msg", "every target has its turn again", "targets", targets)
	}
}
