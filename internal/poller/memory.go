package poller

import (
	"math/rand/v2"
	"time"

	"oss_cname_exporter/internal/domain"
)

// key identifies a question and whom it is put to. What makes no difference to
// a kind of question is zero.
type key struct {
	check Check
	name  domain.Name
	lane  laneKey
}

// entry is the memory of one question, shared by all targets it is about.
type entry struct {
	confirmed time.Time // when the answer was given; zero if it never was
	answer    answer
	keep      float64 // the part of the target's ttl for which the answer is not asked for again
	last      Attempt
	asked     time.Time // when the question last had its chance
	cut       bool      // the last time it was cut short and lost its chance
	landed    time.Time // when it was last answered or refused
	probes    uint64
	errors    uint64
	reported  Outcome   // what Poll last returned
	open      *question // queued or in flight; nil if none is
	listed    bool      // a configured target's: kept until Retain says otherwise
}

// remember returns the entry of k. p.mu is held.
func (p *Poller) remember(k key, listed bool) *entry {
	e := p.memory[k]
	if e == nil {
		e = &entry{}
		p.memory[k] = e
	}
	e.listed = e.listed || listed
	return e
}

// forget drops the entries of r that are no configured target's and whose
// answer nobody else waits for: strangers' questions must not fill the memory.
// p.mu is held.
func (p *Poller) forget(r *round) {
	for _, v := range r.visits {
		if v.entry.listed || v.entry.open != nil {
			continue
		}
		if k, _ := v.kind.key(&r.cfg.Targets[v.target]); p.memory[k] == v.entry {
			delete(p.memory, k)
		}
	}
}

// learn takes a definitive answer in. After a gap the answer is kept for a
// random part of its time only, so that targets that were asked together then
// are not asked together for ever.
func (e *entry) learn(a answer, now time.Time) {
	a.facts.Confirmed = now
	a.facts = a.facts.following(e.answer.facts)
	e.confirmed, e.answer, e.keep = now, a, 1
	if !e.last.Succeeded() {
		e.keep = rand.Float64()
	}
}

// cutShort gives the question its place in the queue back if q was in flight: a
// question that goes out just before a deadline had no chance. One that is
// cut short again lets the others pass, or one that hangs would stay first for
// ever.
func (e *entry) cutShort(q *question) {
	if q.cancel == nil {
		return
	}
	if e.cut = !e.cut; e.cut {
		e.asked = q.before
	}
}

// tell writes what e knows into r. attempt is the last from the point of view
// of who is told, token the entry about the target's token.
func (e *entry) tell(r *Result, k *kind, attempt Attempt, token *entry) {
	if k.check == "" {
		r.Attempt, r.Probes, r.Errors, r.Was = attempt, e.probes, e.errors, e.reported
	} else {
		if r.Checks == nil {
			r.Checks = map[Check]Status{}
		}
		r.Checks[k.check] = Status{Confirmed: e.confirmed, Attempt: attempt, Was: e.reported}
	}
	if !e.confirmed.IsZero() {
		k.tell(r, &e.answer, &token.answer)
	}
}
