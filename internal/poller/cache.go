package poller

import (
	"math/rand/v2"
	"time"

	"oss_cname_exporter/internal/clock"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
)

// cacheEntry is the memory of one cacheKey, shared by its targets.
type cacheEntry struct {
	key          cacheKey
	result       result
	lastSuccess  time.Time      // of result; zero if there is none
	lastAttempt  status.Attempt // zero if there was none
	lastStarted  time.Time      // its place in the queue
	timedOutOnce bool           // the last attempt was cut short, so that it keeps its place
	ttlFactor    float64        // the part of the ttl for which the result is used again
	probes       uint64
	errors       uint64
	request      *request  // under way; nil if there is none
	configured   bool      // a configured target has or had this key
	removedAt    time.Time // when the configuration lost its last target; zero if it has one
}

// keepRemoved is how long entries outlive the configuration of their targets, so
// that a file that was broken for a while costs no facts.
const keepRemoved = time.Hour

// sweep evicts the entries that were removed long ago and sets the time of the
// next sweep. p.mu is held.
func (p *Poller) sweep(now time.Time) {
	p.sweepAt = time.Time{}
	for key, e := range p.cache {
		due := e.removedAt.Add(keepRemoved)
		switch {
		case e.removedAt.IsZero():
		case !now.Before(due) && e.request == nil:
			delete(p.cache, key)
		case p.sweepAt.IsZero() || due.Before(p.sweepAt):
			p.sweepAt = due
		}
	}
}

// evict removes an entry that belongs to no configured target and that no other
// poll waits for, so that unlisted targets use no memory. p.mu is held.
func (p *Poller) evict(e *cacheEntry) {
	if e.request == nil && p.cache[e.key] == e {
		delete(p.cache, e.key)
	}
}

// update takes a result in. After a failure the result is used for a random part
// of its ttl only, so that targets whose requests failed together are not asked
// together from then on.
func (e *cacheEntry) update(r result, now time.Time) {
	r.facts.Confirmed = now
	r.facts = r.facts.Following(e.result.facts)
	if r.bindings != nil {
		r.bindings = r.bindings.following(e.result.bindings, now)
	}
	r.previous = e.result.previous
	if last := e.result.token; last != "" && last != r.token {
		r.previous = last
	}
	e.lastSuccess, e.result, e.ttlFactor = now, r, 1
	if !e.lastAttempt.Succeeded() {
		e.ttlFactor = rand.Float64()
	}
}

// agree updates the entry of two that OSS answered first, if the later answer is
// that their bucket does not exist: it is an answer about all of the bucket.
func agree(a, b *cacheEntry) {
	if b.result.noBucket {
		a, b = b, a
	}
	if a.result.noBucket && b.key.queue.Account != "" && b.lastSuccess.Before(a.lastSuccess) {
		b.update(nothing(), a.lastSuccess)
	}
}

// refreshBefore is how long before the end of a token its cached result is no
// longer used: only an answer after the end tells that it expired unused.
const refreshBefore = 5 * time.Minute

// fresh reports whether the result is used again. token is the entry of the
// target's token: a result from before the token disappeared is stale, because a
// token disappears when its domain is bound.
func (e *cacheEntry) fresh(ttl time.Duration, now time.Time, token *cacheEntry) bool {
	facts := &token.result.facts
	switch {
	case e.lastSuccess.Before(facts.Gone):
		return false
	case facts.Exists && !now.Before(facts.Expires.Add(-refreshBefore)):
		return false
	}
	return clock.Within(time.Duration(e.ttlFactor*float64(ttl)), e.lastSuccess, now)
}

// fill writes the entry into s. attempt is the last one as seen by the caller,
// token the entry of the target's token.
func (e *cacheEntry) fill(s *status.Status, t *config.Target, c *checkType, attempt status.Attempt, token *cacheEntry) {
	if c.name == "" {
		s.Attempt, s.Probes, s.Errors = attempt, e.probes, e.errors
	} else {
		if s.Checks == nil {
			s.Checks = map[status.Check]status.CheckStatus{}
		}
		s.Checks[c.name] = status.CheckStatus{Confirmed: e.lastSuccess, Attempt: attempt}
	}
	if !e.lastSuccess.IsZero() {
		c.fill(s, t, &e.result, &token.result)
	}
}
