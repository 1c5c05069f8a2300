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
		{"ReadyToBind warning www", one(checked(www(60*time.Hour)), func(_ *exporter, d *domain) { d.txt = true }), 70 * time.Minute},
		{"DomainUnbound critical www", one(bound(), func(_ *exporter, d *domain) { d.bound = false }), 6 * time.Minute},
		{"NotServed critical www", one(bound(), func(_ *exporter, d *domain) { d.disabled = true }), 6 * time.Minute},
		{"NotServed warning www", one(&domain{bucket: "b", cname: "www", bound: true, leads: "elsewhere", certificate: start.Add(1000 * time.Hour)},
			func(_ *exporter, d *domain) { d.unserved = true }), 6 * time.Minute},
		{"TokenExpired warning www", func(w *world) func() {
			w.every = 5 * time.Minute
			w.load()
			d := www(14 * time.Minute)
			d.checks = "none"
			w.exporter("oss", "a").watch(d)
			return func() {}
		}, 24*time.Hour + 30*time.Minute},
		{"Dangling warning www", one(bound(), func(_ *exporter, d *domain) { d.bound = false }), 35 * time.Minute},
		{"CertificateExpiresSoon warning www", one(bound(), func(_ *exporter, d *domain) { d.certificate = start.Add(300 * time.Hour) }), 70 * time.Minute},
		{"CertificateExpiresSoon critical www", one(bound(), func(_ *exporter, d *domain) { d.certificate = start.Add(48 * time.Hour) }), 70 * time.Minute},
		{"ProbeFailing warning www", one(bound(), func(e *exporter, _ *domain) { e.unasked["www"] = true }), 20 * time.Minute},
		{"ProbeFailing critical www", one(bound(), func(e *exporter, _ *domain) { e.unasked["www"] = true }), 6*time.Hour + 20*time.Minute},
		{"CheckFailing warning www", func(w *world) func() {
			e := w.exporter("oss", "a")
			e.watch(bound())
			return func() { e.failing["dns_txt"] = "timeout" }
		}, 35 * time.Minute},
		{"AccountFailing warning oss binding", one(bound(), func(e *exporter, _ *domain) { e.failing["binding"] = "access_denied" }), 20 * time.Minute},
		{"NotReachable warning www", one(bound(), func(_ *exporter, d *domain) { d.leads = "nowhere" }), 35 * time.Minute},
		{"NotReachable critical www", one(&domain{bucket: "b", cname: "www", bound: true, checks: "binding,dns,http"}, func(_ *exporter, d *domain) { d.closed = true }), 35 * time.Minute},
		{"Dangling critical www", one(&domain{bucket: "gone", cname: "www", bound: true}, func(_ *exporter, d *domain) { d.deleted = true }), 15 * time.Minute},
		{"NotAsked warning oss_cname refused", func(w *world) func() {
			p := w.probing("oss_cname", true)
			d := &domain{bucket: "b", cname: "www", bound: true}
			p.discover("oss_cname", d)
			return func() { p.refused[d] = true }
		}, 30 * time.Minute},
		{"ExporterDown critical a", one(bound(), func(e *exporter, _ *domain) { e.up = false }), 15 * time.Minute},
		{"ExporterMissing critical absent", func(w *world) func() {
			w.scrapes("node", "n", time.Minute, nil, func(time.Time) ([]sample, bool) { return nil, true })
			return func() {}
		}, 20 * time.Minute},
		{"NotAsked warning exporter:19525 configured", func(w *world) func() {
			p := w.probing("oss_cname", true)
			return func() { p.watch(bound()) }
		}, 20 * time.Minute},
		{"RulesLate warning", func(w *world) func() {
			failures, wrong := 0., false
			w.scrapes("prometheus", "self", time.Minute, nil, func(time.Time) ([]sample, bool) {
				failures += number(wrong)
				return []sample{{"prometheus_rule_evaluation_failures_total", map[string]string{"rule_group": "/etc/prometheus/rules.yml;oss_cname"}, failures}}, true
			})
			w.exporter("oss", "a").watch(bound())
			return func() { wrong = true }
		}, 20 * time.Minute},
		{"ExporterMissing critical oss lost", func(w *world) func() {
			a := w.exporter("oss", "a")
			a.watch(bound())
			w.exporter("other", "b").watch(&domain{bucket: "c", cname: "other", bound: true})
			return func() { a.leave() }
		}, 20 * time.Minute},
		{"ExporterMissing critical oss shards", func(w *world) func() {
			shards, _ := w.sharded(3, 60*time.Hour)
			return func() { shards[1].leave() }
		}, 25 * time.Minute},
		{"NotAsked warning a empty", func(w *world) func() {
			e := w.exporter("oss", "a")
			d := bound()
			e.watch(d)
			return func() { e.unwatch(d) }
		}, 20 * time.Minute},
		{"ReloadRefused warning a", one(bound(), func(e *exporter, _ *domain) { e.refused = true }), 15 * time.Minute},
		{"ClockSkew warning a", one(bound(), func(e *exporter, _ *domain) { e.skew = 500 * time.Second }), 15 * time.Minute},
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
	for i, c := range causes() {
		scenes = append(scenes, scene{c.alert, func(w *world) {
			c := causes()[i] // with domains of its own
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
