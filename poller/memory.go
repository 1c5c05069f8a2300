package poller

import (
	"math/rand/v2"
	"time"

	"oss_cname_exporter/config"
)

// key identifies a target: the question, and whom it is put to.
type key struct {
	bucket, domain string
	wildcard       bool
	lane           laneKey
}

func keyOf(t config.Target) key {
	return key{t.Bucket, t.Domain, t.Wildcard, laneOf(t)}
}

// entry is the memory of one target.
type entry struct {
	facts    Facts
	keep     float64 // the part of the target's cache_ttl for which the facts are not asked for again
	last     Attempt
	asked    time.Time // when a question about it last had its chance
	cut      bool      // the last question was cut short and lost its chance
	landed   time.Time // when one was last answered or refused
	probes   uint64
	errors   uint64
	reported Outcome   // what Poll last returned
	open     *question // queued or in flight; nil if none is
	listed   bool      // a configured target's: kept until Retain says otherwise
}

// remember returns t's entry. p.mu is held.
func (p *Poller) remember(t config.Target) *entry {
	k := keyOf(t)
	e := p.memory[k]
	if e == nil {
		e = &entry{}
		p.memory[k] = e
	}
	e.listed = e.listed || !t.Unlisted
	return e
}

// forget drops v's entry if it is no configured target's and nobody else waits
// for its answer: strangers' questions must not fill the memory. p.mu is held.
func (p *Poller) forget(v visit) {
	if k := keyOf(v.target); !v.entry.listed && v.entry.open == nil && p.memory[k] == v.entry {
		delete(p.memory, k)
	}
}

// learn takes a definitive answer in. After a gap the answer is kept for a
// random part of its time only, so that targets that were asked together then
// are not asked together for ever.
func (e *entry) learn(f Facts) {
	e.facts, e.keep = f, 1
	if !e.last.Succeeded() {
		e.keep = rand.Float64()
	}
}

// cutShort gives the target its place in the queue back if q was in flight: a
// question that goes out just before a deadline had no chance. A target that
// is cut short again lets the others pass, or one that hangs would stay first
// for ever.
func (e *entry) cutShort(q *question) {
	if q.cancel == nil {
		return
	}
	if e.cut = !e.cut; e.cut {
		e.asked = q.before
	}
}

func (e *entry) result(t config.Target) Result {
	return Result{Target: t, Facts: e.facts, Attempt: e.last, Probes: e.probes, Errors: e.errors, Was: e.reported}
}
