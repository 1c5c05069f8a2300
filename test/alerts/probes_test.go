package alerts_test

import (
	"testing"
	"time"
)

// TestProbes is about /probe: each domain a scrape of its own, through an exporter that is scraped itself or not.
func TestProbes(t *testing.T) {
	play(t, []scene{
		{"nothing is wrong", func(w *world) {
			p := w.probing("oss_cname", true)
			for _, d := range crowd(3, 70*time.Hour) {
				p.discover("oss_cname", d)
			}
			w.never(2*time.Hour, "")
		}},
		{"nothing is wrong, and nobody scrapes the exporter itself", func(w *world) {
			p := w.probing("oss_cname", false)
			p.discover("oss_cname", www(70*time.Hour))
			w.never(2*time.Hour, "")
		}},
		{"an exporter without targets of its own, as in probe.yml", func(w *world) {
			p := w.probing("oss_cname", true)
			p.discover("oss_cname", www(70*time.Hour))
			p.unlisted = true
			w.never(2*time.Hour, "")
		}},
		{"the exporter dies", func(w *world) {
			p := w.probing("oss_cname", true)
			for _, d := range append(crowd(2, 70*time.Hour), www(5*time.Hour)) {
				p.discover("oss_cname", d)
			}
			w.after(30 * time.Minute)
			w.only(soonCritical)
			p.up = false
			w.holds(2*time.Hour, soonCritical)
			w.only(soonCritical, "ExporterDown critical exporter:19525")
		}},
		{"the exporter dies, and nobody scrapes it itself", func(w *world) {
			p := w.probing("kiosk", false) // a name that says nothing
			p.discover("kiosk", www(5*time.Hour))
			p.discover("kiosk", &domain{bucket: "b", cname: "other", bound: true})
			w.after(30 * time.Minute)
			p.up = false
			w.holds(2*time.Hour, soonCritical)
			w.only(soonCritical, "ExporterDown critical kiosk")
			w.says("ExporterDown critical kiosk", "behind job kiosk is down")
		}},
		{"one probe is refused from now on", func(w *world) {
			p := w.probing("oss_cname", true)
			d := www(5 * time.Hour)
			p.discover("oss_cname", d, "team", "web")
			p.discover("oss_cname", &domain{bucket: "b", cname: "other", bound: true})
			w.after(30 * time.Minute)
			p.refused[d] = true
			w.holds(30*time.Minute, soonCritical)
			w.only(soonCritical, "NotAsked warning oss_cname refused")
			w.says("NotAsked warning oss_cname refused", "1 targets", "(400)", "takes too long")
		}},
		{"one probe was never answered", func(w *world) {
			p := w.probing("kiosk", true)
			d := www(5 * time.Hour)
			p.discover("kiosk", d)
			p.discover("kiosk", &domain{bucket: "b", cname: "other", bound: true})
			p.refused[d] = true
			w.after(time.Hour)
			w.only("NotAsked warning kiosk refused")
		}},
		{"all probes are refused from the start", func(w *world) {
			p := w.probing("oss_cname", true)
			d := www(5 * time.Hour)
			p.discover("oss_cname", d)
			p.refused[d] = true
			w.after(time.Hour)
			w.only("NotAsked warning oss_cname refused")
		}},
		{"one probe takes too long once", func(w *world) {
			p := w.probing("oss_cname", true)
			p.discover("oss_cname", &domain{bucket: "b", cname: "www", bound: true})
			w.after(30 * time.Minute)
			w.targets[1].lose = 1
			w.never(time.Hour, "")
		}},
		{"a target leaves the list, and the exporter dies later", func(w *world) {
			p := w.probing("oss_cname", true)
			d := www(5 * time.Hour)
			p.discover("oss_cname", d)
			p.discover("oss_cname", &domain{bucket: "b", cname: "other", bound: true})
			w.after(30 * time.Minute)
			w.has(soonCritical)
			p.undiscover(d)
			w.after(14 * time.Minute)
			w.only()
			p.up = false
			w.never(2*time.Hour, "Token", "ExporterMissing", "NotAsked")
		}},
		{"the last target leaves the list", func(w *world) {
			p := w.probing("oss_cname", true)
			d := www(5 * time.Hour)
			p.discover("oss_cname", d)
			w.after(30 * time.Minute)
			p.undiscover(d)
			w.after(14 * time.Minute)
			w.hasNot("Token")
			w.never(2*time.Hour, "Token", "ExporterMissing", "ExporterMissing", "ExporterDown")
		}},
		{"Prometheus starts again while the exporter is down: its list is empty", func(w *world) {
			p := w.probing("oss_cname", true)
			d := www(5 * time.Hour)
			p.discover("oss_cname", d)
			w.after(30 * time.Minute)
			p.up = false
			w.after(10 * time.Minute)
			p.probes[d].gone = true
			w.away(2 * time.Minute)
			w.holds(4*time.Minute, soonCritical)
			w.holds(2*time.Hour, soonCritical, "ExporterDown critical exporter:19525")
			p.up = true
			p.discover("oss_cname", d)
			w.after(10 * time.Minute)
			w.only(soonCritical)
		}},
		{"one of two exporters behind a hash dies", func(w *world) {
			one, two := w.probing("oss_cname", true), w.probing("oss_cname", true)
			two.target.labels["instance"] = "exporter-1:19525"
			a, b := www(5*time.Hour), &domain{bucket: "b", cname: "api", token: start.Add(5 * time.Hour), checks: "binding"}
			one.discover("oss_cname", a)
			two.discover("oss_cname", b)
			w.after(30 * time.Minute)
			two.up = false
			w.holds(2*time.Hour, soonCritical, "TokenExpiresSoon critical api")
			w.has("ExporterDown critical exporter-1:19525")
			w.hasNot("NotAsked", "ExporterMissing") // one cause is told once
		}},
		{"OSS does not answer about one", func(w *world) {
			p := w.probing("oss_cname", true)
			p.discover("oss_cname", www(50*time.Hour))
			p.discover("oss_cname", &domain{bucket: "b", cname: "other", bound: true})
			p.unasked["www"] = true
			w.after(40 * time.Minute)
			w.only("ProbeFailing warning www")
			w.after(time.Hour)
			w.only("ProbeFailing warning www")
		}},
		{"a scrape label region or account silences nothing", func(w *world) {
			p := w.probing("oss_cname", true)
			p.discover("oss_cname", www(50*time.Hour), "region", "eu", "account", "prod")
			w.after(20 * time.Minute)
			p.blind = "throttled"
			w.after(30 * time.Minute)
			w.has("ProbeFailing warning www")
			w.says("ProbeFailing warning www", "account main in cn-hangzhou", ": throttled")
		}},
	})
}

// TestExporter is about the exporter itself.
func TestExporter(t *testing.T) {
	play(t, []scene{
		{"down, and up again", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(bound())
			w.after(20 * time.Minute)
			e.up = false
			w.never(5*time.Minute, "")
			w.after(5 * time.Minute)
			w.only("ExporterDown critical a")
			w.says("ExporterDown critical a", "oss_cname_exporter a is down", "counts for 1d")
			e.up = true
			w.after(2 * time.Minute)
			w.only()
		}},
		{"down from the very start, known by its job's name", func(w *world) {
			w.exporter("monitoring/oss-cname-exporter", "a").up = false
			w.after(20 * time.Minute)
			w.only("ExporterDown critical a")
		}},
		{"none is scraped", func(w *world) {
			w.scrapes("node", "n", time.Minute, nil, func(time.Time) ([]sample, bool) { return nil, true })
			w.after(20 * time.Minute)
			w.only("ExporterMissing critical absent")
			w.holds(time.Hour, "ExporterMissing critical absent")
		}},
		{"others are down, and nobody's business", func(w *world) {
			w.exporter("kubernetes-pods", "a").watch(bound())
			for _, target := range [][2]string{{"node", "n"}, {"kubernetes-pods", "other:8080"}, {"blackbox", "https://example.com/"}} {
				w.scrapes(target[0], target[1], time.Minute, nil, func(time.Time) ([]sample, bool) { return nil, false })
			}
			w.never(time.Hour, "")
		}},
		{"no targets after a reload", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(5 * time.Hour)
			e.watch(d)
			w.after(20 * time.Minute)
			e.unwatch(d)
			w.after(30 * time.Minute)
			w.only("NotAsked warning a empty")
		}},
		{"an empty shard is no fault, empty shards are", func(w *world) {
			shards, domains := w.sharded(3, 60*time.Hour)
			shards[1].unwatch(domains[1])
			w.never(time.Hour, "")
			shards[0].unwatch(domains[0])
			shards[2].unwatch(domains[2])
			w.after(30 * time.Minute)
			w.only("NotAsked warning oss empty")
		}},
		{"a configuration is refused, and mended", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(bound())
			e.refused = true
			w.after(15 * time.Minute)
			w.only("ReloadRefused warning a")
			e.refused = false
			w.after(2 * time.Minute)
			w.only()
		}},
		{"the exporter's clock is off: the countdowns are right", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(20 * time.Hour)
			e.watch(d)
			e.skew = -400 * time.Second
			w.after(20 * time.Minute)
			w.only("ClockSkew warning a", soonWarning)
			w.says("ClockSkew warning a", "6m 40s off", "Countdowns that the exporter decides are off")
			w.says(soonWarning, told(d.token))
		}},
	})
}
