package poller

import (
	"math/rand/v2"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
)

// entry is the memory of one question, shared by all targets it is about.
type entry struct {
	confirmed time.Time // when the answer was given; zero if it never was
	answer    answer
	keep      float64        // the part of the target's ttl for which the answer is not asked for again
	last      status.Attempt // the last one that says something about the target
	ended     time.Time      // when the question was last answered or refused
	asked     time.Time      // when it last had its turn
	cut       bool           // it was cut short the last time
	probes    uint64
	errors    uint64
	open      *question // nil if nobody waits for an answer
	listed    bool      // it is about a configured target
	dropped   time.Time // when the configuration lost its last target; zero if it has one
}

// remember returns the entry of k. p.mu is held.
func (p *Poller) remember(k key, listed bool) *entry {
	e := p.memory[k]
	if e == nil {
		e = &entry{}
		p.memory[k] = e
	}
	if listed {
		e.listed, e.dropped = true, time.Time{}
	}
	return e
}

// forget drops the entries of r that are no configured target's and that nobody
// waits for: questions of strangers must not fill the memory. p.mu is held.
func (p *Poller) forget(r *poll) {
	for _, i := range r.interests {
		if i.entry.listed || i.entry.open != nil {
			continue
		}
		if k, _ := i.kind.key(&r.targets[i.target]); p.memory[k] == i.entry {
			delete(p.memory, k)
		}
	}
}

// learn takes a definitive answer in. After a gap the answer is kept for a
// random part of its time only, so that targets that were asked together then
// are not asked together for ever.
func (e *entry) learn(a answer, now time.Time) {
	a.facts.Confirmed = now
	a.facts = a.facts.Following(e.answer.facts)
	a.bindings = a.bindings.following(e.answer.bindings, now)
	a.previous = e.answer.previous
	if last := e.answer.token; last != "" && last != a.token {
		a.previous = last
	}
	e.confirmed, e.answer, e.keep = now, a, 1
	if !e.last.Succeeded() {
		e.keep = rand.Float64()
	}
}

// refreshBefore is how long before a token expires its cached answer is no longer
// used: whether it expires unused is seen only by who looks.
const refreshBefore = 5 * time.Minute

// fresh reports whether the answer is young enough to be used again. token is
// the entry about the token of the same target: an answer from before the token
// went is stale, because using a token means that the domain was just bound.
func (e *entry) fresh(ttl time.Duration, now time.Time, token *entry) bool {
	facts := &token.answer.facts
	switch {
	case e.confirmed.Before(facts.Gone):
		return false
	case facts.Exists && !now.Before(facts.Expires.Add(-refreshBefore)):
		return false
	}
	return now.Before(e.confirmed.Add(time.Duration(e.keep * float64(ttl))))
}

// record counts an attempt and makes it the entry's last. The total is that of
// tokens. p.mu is held.
func (p *Poller) record(q *question, a status.Attempt) {
	e := q.entry
	e.last = a
	e.probes++
	if a.Reason != "" {
		e.errors++
		if q.kind.check == "" {
			p.errors[a.Reason]++
		}
	}
}

// fill writes what e knows into s. attempt is the last one from the point of
// view of who is told, token the entry about the target's token.
func (e *entry) fill(s *status.Status, t *config.Target, k *kind, attempt status.Attempt, token *entry) {
	if k.check == "" {
		s.Attempt, s.Probes, s.Errors = attempt, e.probes, e.errors
	} else {
		if s.Checks == nil {
			s.Checks = map[status.Check]status.CheckStatus{}
		}
		s.Checks[k.check] = status.CheckStatus{Confirmed: e.confirmed, Attempt: attempt}
	}
	if !e.confirmed.IsZero() {
		k.fill(s, t, &e.answer, &token.answer)
	}
}
