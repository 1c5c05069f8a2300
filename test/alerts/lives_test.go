package alerts_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// promise is how soon an alert is told and ended, in a life in which exporters get answers.
type promise struct {
	alert string
	told  time.Duration // after the problem began
	ended time.Duration // after the problem ended, also if a replica that gets no answers still tells of it
	// again is how long a restart of Prometheus delays an alert that fired: its "for" begins anew.
	again time.Duration
	is    func(w *world, d *domain) bool // the truth
}

// promises has one for each kind of evidence.
func promises() []promise {
	m := time.Minute
	return []promise{
		{"TokenExpiresSoon", 5 * m, 13 * m, 5 * m, func(w *world, d *domain) bool {
			left := d.token.Sub(w.now)
			return !d.bound && left > 2*m && left < 24*time.Hour-2*m
		}},
		{"NotServed", 6 * m, 13 * m, 6 * m, func(_ *world, d *domain) bool { return d.bound && d.disabled }},
		{"CertificateExpiresSoon", 14 * m, 22 * m, 14 * m, func(w *world, d *domain) bool {
			return d.bound && !d.certificate.IsZero() && d.certificate.Sub(w.now) < 13*24*time.Hour
		}},
	}
}

// life is a world in which anything may happen, and the model that knows what is true.
type life struct {
	*world
	random    *rand.Rand
	exporters []*exporter
	domains   []*domain
	pods      int
	returns   map[*exporter]time.Time // when trouble ends
	restarted time.Time               // of Prometheus
	watched   map[*domain]bool
	states    map[string]*state
	log       []string
}

// state is what the model knows of one promise about one domain.
type state struct {
	trueFor, falseFor time.Duration // of which an exporter could see it without a break
	isTold            bool
	everTrue          bool
}

// fromEnvironment returns a number that may be set outside.
func fromEnvironment(name string, otherwise int64) int64 {
	if n, err := strconv.ParseInt(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// TestRandomLives has lives of two hours with tokens, bindings, outages, lost scrapes, restarts, pods that come and go, and
// pauses of Prometheus. Whatever is true and could be seen is told in the promised time and stays told; nothing else is.
// ALERTS_LIVES says how many lives there are, ALERTS_SEED which is the first.
func TestRandomLives(t *testing.T) {
	lives, seed := fromEnvironment("ALERTS_LIVES", 60), fromEnvironment("ALERTS_SEED", 1)
	t.Logf("ALERTS_SEED=%d ALERTS_LIVES=%d", seed, lives)
	const workers = 4
	for worker := range int64(workers) {
		t.Run(fmt.Sprint(worker), func(t *testing.T) {
			t.Parallel()
			for i := seed + worker; i < seed+lives && !t.Failed(); i += workers {
				synctest.Test(t, func(t *testing.T) { live(t, i) })
			}
		})
	}
}

func live(t *testing.T, seed int64) {
	l := &life{
		world: newWorld(t, seed%2 == 0), random: rand.New(rand.NewPCG(uint64(seed), 0)),
		returns: map[*exporter]time.Time{}, watched: map[*domain]bool{}, states: map[string]*state{},
	}
	for i := range 1 + l.random.IntN(3) {
		d := &domain{bucket: "b", cname: fmt.Sprintf("d%d", i), bound: l.random.IntN(2) == 0}
		l.domains = append(l.domains, d)
		l.watched[d] = true
	}
	for range 1 + l.random.IntN(2) {
		l.exporters = append(l.exporters, l.pod())
	}
	l.after(5 * time.Minute)
	for l.now.Sub(start) < 2*time.Hour && !t.Failed() {
		if l.random.IntN(4) == 0 {
			l.happen()
		}
		l.after(time.Minute)
		l.check()
	}
	if t.Failed() {
		t.Logf("ALERTS_LIVES=1 ALERTS_SEED=%d repeats this life:\n  %s", seed, strings.Join(l.log, "\n  "))
	}
}

// pod adds an exporter that watches all domains that are watched.
func (l *life) pod() *exporter {
	l.pods++
	e := l.exporter("oss", fmt.Sprintf("10.0.0.%d:19525", l.pods), "pod", fmt.Sprintf("oss-%d", l.pods))
	for _, d := range l.domains {
		if l.watched[d] {
			e.watch(d)
		}
	}
	return e
}

func (l *life) note(format string, args ...any) {
	l.log = append(l.log, fmt.Sprintf("%v: ", l.now.Sub(start))+fmt.Sprintf(format, args...))
}

// happen has one thing happen.
func (l *life) happen() {
	d := l.domains[l.random.IntN(len(l.domains))]
	e := l.exporters[l.random.IntN(len(l.exporters))]
	some := time.Duration(2+l.random.IntN(30)) * time.Minute
	switch l.random.IntN(12) {
	case 0:
		d.bound, d.token = false, l.now.Add(some*40)
		l.note("%s has a token for %v", d.cname, some*40)
	case 1:
		d.bound, d.token = true, time.Time{}
		l.note("%s is bound", d.cname)
	case 2:
		d.disabled = !d.disabled
		l.note("%s disabled: %t", d.cname, d.disabled)
	case 3:
		days := 2 + l.random.IntN(2)*40
		d.certificate = l.now.Add(time.Duration(days) * 24 * time.Hour)
		l.note("%s has a certificate for %d days", d.cname, days)
	case 4:
		e.blind, l.returns[e] = "timeout", l.now.Add(some)
		l.note("%s gets no answers for %v", e.target.labels["instance"], some)
	case 5:
		e.failing["binding"], l.returns[e] = "access_denied", l.now.Add(some)
		l.note("%s lists no bindings for %v", e.target.labels["instance"], some)
	case 6:
		e.target.lose = 1 + l.random.IntN(2)
		l.note("%s loses %d scrapes", e.target.labels["instance"], e.target.lose)
	case 7:
		e.restart()
		l.note("%s restarts", e.target.labels["instance"])
	case 8:
		e.up, l.returns[e] = false, l.now.Add(some)
		e.restart()
		l.note("%s is down for %v", e.target.labels["instance"], some)
	case 9:
		l.note("%s is replaced", e.target.labels["instance"])
		l.replace(e)
	case 10:
		l.note("Prometheus is away for %v", some)
		l.away(some)
		l.restarted = l.now
	case 11:
		l.watched[d] = !l.watched[d]
		byRestart := l.random.IntN(2) == 0
		l.note("%s is watched: %t, by a restart: %t", d.cname, l.watched[d], byRestart)
		for _, e := range l.exporters {
			if l.watched[d] {
				e.watch(d)
			} else {
				e.unwatch(d)
			}
			if byRestart {
				e.restart()
			}
		}
	}
}

// replace has a new pod take the place of e, with the same troubles of the network.
func (l *life) replace(e *exporter) {
	next := l.pod()
	next.blind, next.failing = e.blind, e.failing
	if until, isTroubled := l.returns[e]; isTroubled && e.up {
		l.returns[next] = until
	}
	e.leave()
	delete(l.returns, e)
	for i := range l.exporters {
		if l.exporters[i] == e {
			l.exporters[i] = next
		}
	}
}

// check ends troubles, and holds what fires to what is true.
func (l *life) check() {
	l.t.Helper()
	firing := map[string]bool{}
	for _, name := range l.names() {
		words := strings.Fields(name)
		firing[words[0]+" "+words[len(words)-1]] = true
	}
	anySees, allSeen := false, true
	for _, e := range l.exporters {
		isSeen := e.up && e.target.lose == 0 && !l.wasLost(e)
		anySees = anySees || isSeen && e.blind == "" && e.failing["binding"] == ""
		allSeen = allSeen && isSeen
	}
	for _, p := range promises() {
		for _, d := range l.domains {
			l.hold(p, d, firing[p.alert+" "+d.cname], anySees, allSeen)
		}
	}
	for e, until := range l.returns {
		if !l.now.Before(until) {
			e.up, e.blind, e.failing = true, "", map[string]string{}
			delete(l.returns, e)
			l.note("%s is well", e.target.labels["instance"])
		}
	}
}

// wasLost reports whether the scrape of e that was just made failed.
func (l *life) wasLost(e *exporter) bool { return len(e.target.present) <= 1 }

// hold holds one promise about one domain.
func (l *life) hold(p promise, d *domain, fires, anySees, allSeen bool) {
	l.t.Helper()
	key := p.alert + " " + d.cname
	s := l.states[key]
	if s == nil {
		s = &state{}
		l.states[key] = s
	}
	is := l.watched[d] && p.is(l.world, d)
	s.everTrue = s.everTrue || is
	switch {
	case is && anySees:
		s.trueFor, s.falseFor = s.trueFor+l.every, 0
	case is:
		s.falseFor = 0
		if !s.isTold {
			s.trueFor = 0
		}
	case l.watched[d] && anySees, !l.watched[d] && allSeen:
		s.trueFor, s.isTold, s.falseFor = 0, false, s.falseFor+l.every
	default:
		s.trueFor, s.isTold, s.falseFor = 0, false, 0
	}
	s.isTold = is && (s.isTold || s.trueFor >= p.told)
	switch {
	case s.isTold && !fires && l.now.Sub(l.restarted) > p.again:
		l.t.Errorf("after %v: %s is true, was seen for %v, and is not told", l.now.Sub(start), key, s.trueFor)
	case fires && !s.everTrue:
		l.t.Errorf("after %v: %s is told, and was never true", l.now.Sub(start), key)
	case fires && s.falseFor > p.ended && l.now.Sub(l.restarted) > p.again:
		l.t.Errorf("after %v: %s is told, and was seen to be over for %v", l.now.Sub(start), key, s.falseFor)
	}
}
