package alerts_test

import (
	"testing"
	"time"
)

// cause brings an alert about.
type cause struct {
	alert string
	// begin sets the scene, in which nothing is wrong for ten minutes; then the returned function is called.
	begin func(w *world) (wrong func())
	until time.Duration // by when it fires, after wrong
}

// causes has one for each alert and severity.
func causes() []cause {
	one := func(d *domain, wrong func(e *exporter, d *domain)) func(*world) func() {
		return func(w *world) func() {
			e := w.exporter("oss", "a")
			e.watch(d)
			e.watch(&domain{bucket: "b", cname: "other", bound: true})
			return func() { wrong(e, d) }
		}
	}
	nothing := func(*exporter, *domain) {}
	checked := func(d *domain) *domain { d.checks = ""; return d }
	return []cause{
		{"TokenExpiresSoon warning www", one(www(24*time.Hour+10*time.Minute), nothing), 5 * time.Minute},
		{"TokenExpiresSoon critical www", one(www(6*time.Hour+10*time.Minute), nothing), 5 * time.Minute},
		{"TokenExpired critical www", one(www(13*time.Minute), nothing), 6 * time.Minute},
		{"TokenMissing warning www", one(bound(), func(_ *exporter, d *domain) { d.bound = false }), 70 * time.Minute},
		{"TXTMissing warning www", one(checked(www(24*time.Hour+10*time.Minute)), nothing), 20 * time.Minute},
		{"ReadyToBind warning www", one(checked(www(60*time.Hour)), func(_ *exporter, d *domain) { d.txt = true }), 70 * time.Minute},
		{"DomainUnbound critical www", one(bound(), func(_ *exporter, d *domain) { d.bound = false }), 6 * time.Minute},
		{"DomainDisabled critical www", one(bound(), func(_ *exporter, d *domain) { d.disabled = true }), 6 * time.Minute},
		{"Dangling warning www", one(bound(), func(_ *exporter, d *domain) { d.bound = false }), 35 * time.Minute},
		{"CertificateExpiresSoon warning www", one(bound(), func(_ *exporter, d *domain) { d.certificate = start.Add(300 * time.Hour) }), 70 * time.Minute},
		{"CertificateExpiresSoon critical www", one(bound(), func(_ *exporter, d *domain) { d.certificate = start.Add(48 * time.Hour) }), 70 * time.Minute},
		{"ProbeFailing warning www", one(bound(), func(e *exporter, _ *domain) { e.unasked["www"] = true }), 20 * time.Minute},
		{"TargetNeverAnswered warning new", one(bound(), func(e *exporter, _ *domain) {
			e.unasked["new"] = true
			e.watch(&domain{bucket: "b", cname: "new"})
		}), 65 * time.Minute},
		{"FactsStale warning www", one(bound(), func(e *exporter, _ *domain) { e.unasked["www"] = true }), 6*time.Hour + 10*time.Minute},
		{"CheckFailing warning www dns_txt", one(bound(), func(e *exporter, _ *domain) { e.failing["dns_txt"] = "timeout" }), 35 * time.Minute},
		{"ReplicaBlind warning a", func(w *world) func() {
			a, _ := w.pair(bound())
			return func() { a.blind = "connect" }
		}, 40 * time.Minute},
		{"ProbeUnanswered warning b/www", func(w *world) func() {
			p := w.probing("oss_cname", true)
			d := &domain{bucket: "b", cname: "www", bound: true}
			p.discover("oss_cname", d)
			return func() { p.refused[d] = true }
		}, 20 * time.Minute},
		{"ExporterDown critical a", one(bound(), func(e *exporter, _ *domain) { e.up = false }), 15 * time.Minute},
		{"ExporterAbsent critical", one(bound(), func(e *exporter, _ *domain) { e.leave() }), 20 * time.Minute},
		{"ExporterLost critical oss", func(w *world) func() {
			a := w.exporter("oss", "a")
			a.watch(bound())
			w.exporter("other", "b").watch(&domain{bucket: "c", cname: "other", bound: true})
			return func() { a.leave() }
		}, 20 * time.Minute},
		{"ShardMissing critical oss", func(w *world) func() {
			shards, _ := w.sharded(3, 60*time.Hour)
			return func() { shards[1].leave() }
		}, 25 * time.Minute},
		{"NoTargets warning a", func(w *world) func() {
			e := w.exporter("oss", "a")
			d := bound()
			e.watch(d)
			return func() { e.unwatch(d) }
		}, 20 * time.Minute},
		{"ReloadRefused warning a", one(bound(), func(e *exporter, _ *domain) { e.refused = true }), 15 * time.Minute},
		{"ClockSkew warning a", one(bound(), func(e *exporter, _ *domain) { e.skew = 500 }), 15 * time.Minute},
	}
}

// loseOne has every target's next scrape fail.
func (w *world) loseOne() {
	for _, t := range w.targets {
		t.lose = 1
	}
}

// TestLostScrape has each alert brought about, with a scrape lost before it fires and another one after: it fires in
// time, and does not end.
func TestLostScrape(t *testing.T) {
	var scenes []scene
	for _, c := range causes() {
		scenes = append(scenes, scene{c.alert, func(w *world) {
			wrong := c.begin(w)
			w.never(10*time.Minute, c.alert)
			wrong()
			w.after(c.until / 2)
			w.loseOne()
			w.after(c.until - c.until/2)
			w.has(c.alert)
			w.loseOne()
			w.holds(15*time.Minute, c.alert)
		}})
	}
	play(t, scenes)
}

// TestLostScrapeOfTheHealthy has a scrape lost again and again while nothing is wrong.
func TestLostScrapeOfTheHealthy(t *testing.T) {
	play(t, []scene{
		{"every tenth scrape is lost", func(w *world) {
			w.pair(bound(), &domain{bucket: "b", cname: "new", token: start.Add(70 * time.Hour)})
			p := w.probing("oss_cname", true)
			p.discover("oss_cname", &domain{bucket: "c", cname: "api", bound: true})
			for range 12 {
				w.never(9*time.Minute, "")
				w.loseOne()
				w.never(time.Minute, "")
			}
		}},
	})
}
