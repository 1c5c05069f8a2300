package alerts_test

import (
	"fmt"
	"testing"
	"time"
)

// pair adds two exporters that watch the same domains.
func (w *world) pair(domains ...*domain) (a, b *exporter) {
	a, b = w.exporter("oss", "a"), w.exporter("oss", "b")
	for _, d := range domains {
		a.watch(d)
		b.watch(d)
	}
	return a, b
}

// TestPairs is about whom to believe: the one who was answered last.
func TestPairs(t *testing.T) {
	play(t, []scene{
		{"one is cut off and keeps a token that was used", func(w *world) {
			d := www(7 * time.Hour)
			a, _ := w.pair(d)
			w.after(20 * time.Minute)
			a.blind = "connect"
			w.after(2 * time.Minute)
			d.token, d.bound = time.Time{}, true
			w.after(70 * time.Minute)
			w.only()
			w.never(time.Hour, "TokenExp", "ProbeFailing", "TokenMissing")
		}},
		{"one is cut off and keeps a binding that is gone", func(w *world) {
			d := bound()
			a, _ := w.pair(d)
			w.after(20 * time.Minute)
			a.blind = "connect"
			w.after(2 * time.Minute)
			d.bound = false
			w.after(15 * time.Minute)
			w.has("DomainUnbound critical www")
			w.holds(30*time.Minute, "DomainUnbound critical www")
		}},
		{"the blind one is left alone: what the other knew goes on", func(w *world) {
			d := www(7 * time.Hour)
			a, b := w.pair(d)
			w.after(20 * time.Minute)
			a.blind = "connect"
			w.after(2 * time.Minute)
			d.token, d.bound = time.Time{}, true
			w.after(20 * time.Minute)
			b.up = false
			w.never(2*time.Hour, "TokenExp", "TokenMissing")
			w.has("ExporterDown critical b", "ProbeFailing warning www")
		}},
		{"one restarts and knows nothing yet", func(w *world) {
			d := www(5 * time.Hour)
			a, _ := w.pair(d)
			w.after(20 * time.Minute)
			a.restart()
			a.blind = "timeout"
			w.holds(20*time.Minute, soonCritical)
			w.hasNot("ProbeFailing")
		}},
		{"a renewal that only one has seen", func(w *world) {
			d := www(90 * time.Minute)
			a, _ := w.pair(d)
			w.after(20 * time.Minute)
			w.has(soonCritical)
			a.blind = "timeout"
			w.after(time.Minute)
			d.token = start.Add(72 * time.Hour)
			w.after(10 * time.Minute)
			w.never(2*time.Hour, "TokenExp")
		}},
		{"a certificate that was replaced, and one exporter that does not see it", func(w *world) {
			d := bound()
			d.certificate = start.Add(24 * time.Hour)
			a, _ := w.pair(d)
			w.after(80 * time.Minute)
			w.has("CertificateExpiresSoon critical www")
			a.failing["binding"] = "access_denied"
			w.after(time.Minute)
			d.certificate = start.Add(2000 * time.Hour)
			w.after(18 * time.Minute)
			w.hasNot("CertificateExpiresSoon")
		}},
		{"both are blind: OSS does not answer", func(w *world) {
			d := www(50 * time.Hour)
			a, b := w.pair(d)
			w.after(20 * time.Minute)
			a.blind, b.blind = "timeout", "connect"
			w.after(40 * time.Minute)
			w.only("ProbeFailing warning www")
		}},
		{"one fails a check that works for the other", func(w *world) {
			d := bound()
			a, _ := w.pair(d)
			w.after(20 * time.Minute)
			a.failing["dns_txt"], a.failing["binding"] = "timeout", "access_denied"
			w.never(2*time.Hour, "CheckFailing", "TokenMissing", "DomainUnbound")
		}},
		{"the pair's clocks differ by a few minutes", func(w *world) {
			d := www(5 * time.Hour)
			a, _ := w.pair(d)
			a.skew = 200 * time.Second
			w.holdsAfter(20*time.Minute, time.Hour, soonCritical)
			w.only(soonCritical)
		}},
	})
}

// TestFacts is about what is remembered together.
func TestFacts(t *testing.T) {
	play(t, []scene{
		{"an outage invents nothing: a bound domain stays bound", func(w *world) {
			e := w.exporter("oss", "a")
			d := &domain{bucket: "b", cname: "www", bound: true, token: start.Add(30 * time.Hour), txt: true, points: true}
			e.watch(d)
			w.after(30 * time.Minute)
			e.up = false
			w.after(10 * time.Minute)
			e.blind = "timeout"
			e.restart()
			e.up = true
			w.never(9*time.Hour, "Token", "TXT", "ReadyToBind", "Domain", "Dangling")
		}},
		{"a disabled domain stays told through an outage of hours", func(w *world) {
			e := w.exporter("oss", "a")
			d := bound()
			d.disabled = true
			e.watch(d)
			w.after(30 * time.Minute)
			w.has("NotServed critical www")
			e.blind = "timeout"
			e.restart()
			w.holds(8*time.Hour, "NotServed critical www")
		}},
		{"the exporter restarts in an outage: its last word counts", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(10 * time.Hour)
			d.checks = ""
			e.watch(d)
			w.after(30 * time.Minute)
			w.has(soonWarning)
			e.blind = "server_error"
			e.failing["dns_txt"], e.failing["dns_cname"] = "timeout", "timeout"
			e.restart()
			w.holds(5*time.Hour, soonWarning) // the new process does not know when the token expires; the text does
			w.has("ProbeFailing warning www")
			w.says(soonWarning, "expires at "+told(d.token))
		}},
		{"a check that is switched off is forgotten, its alert with it", func(w *world) {
			e := w.exporter("oss", "a")
			d := bound()
			wt := e.watch(d)
			e.failing["dns_cname"] = "timeout"
			w.after(40 * time.Minute)
			w.only("CheckFailing warning www")
			d.bound = false
			w.after(10 * time.Minute)
			w.has("DomainUnbound critical www")
			wt.checks = "none"
			e.edited()
			w.after(15 * time.Minute)
			w.only()
		}},
		{"a token that ended is not remembered again when the exporter goes down", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(5 * time.Hour)
			e.watch(d)
			w.after(20 * time.Minute)
			d.token, d.bound = time.Time{}, true
			w.after(10 * time.Minute)
			w.only()
			e.up = false
			w.never(2*time.Hour, "Token")
		}},
		{"the bucket is deleted, and the record still leads there", func(w *world) {
			e := w.exporter("oss", "a")
			d := bound()
			d.bound = false
			e.watch(d, "checks", "dns")
			w.after(10 * time.Minute)
			e.blind = "bucket_not_found"
			w.after(45 * time.Minute)
			w.has("Dangling critical www")
			e.up = false
			w.holds(time.Hour, "Dangling critical www")
		}},
		{"the exporter is down for longer than a day: still told", func(w *world) {
			w.every = 2 * time.Minute
			w.load()
			e := w.exporter("oss", "a")
			e.watch(bound())
			w.after(20 * time.Minute)
			e.up = false
			w.after(10 * time.Minute)
			w.holds(80*time.Hour, "ExporterDown critical a")
		}},
	})
}

// holdsAfter lets time go by and then wants these to fire without a break.
func (w *world) holdsAfter(first, then time.Duration, want ...string) {
	w.t.Helper()
	w.after(first)
	w.holds(then, want...)
}

// TestLives has ordinary situations in which rules that remember were wrong.
func TestLives(t *testing.T) {
	taken := func() *domain { return &domain{bucket: "b", cname: "www", bound: true, leads: "bucket"} }
	play(t, []scene{
		{"a bucket is deleted under its domain, and a stranger creates it again", func(w *world) {
			e := w.exporter("oss", "a")
			d := taken()
			e.watch(d)
			w.after(20 * time.Minute)
			w.only()
			d.deleted = true
			w.after(12 * time.Minute)
			w.has("Dangling critical www")
			d.deleted, d.stranger = false, true
			w.holds(time.Hour, "Dangling critical www")
		}},
		{"bound, and the name does not exist", func(w *world) {
			e := w.exporter("oss", "a")
			d := taken()
			e.watch(d)
			w.after(20 * time.Minute)
			d.leads = "nowhere"
			w.after(35 * time.Minute)
			w.has("NotReachable warning www")
		}},
		{"a certificate that is bound and not served", func(w *world) {
			e := w.exporter("oss", "a")
			d := taken()
			d.certificate, d.unserved = start.Add(1000*time.Hour), true
			e.watch(d)
			w.after(5 * time.Minute)
			w.only("NotServed critical www")
		}},
		{"two shards that are relabelled to one instance: a lost scrape ends nothing", func(w *world) {
			shards, domains := w.sharded(2, 5*time.Hour)
			for i, s := range shards {
				s.target.labels["instance"], s.target.labels["shard"] = "exporter", fmt.Sprint(i)
			}
			w.after(20 * time.Minute)
			want := []string{"TokenExpiresSoon critical d00", "TokenExpiresSoon critical d01"}
			w.has(want...)
			for range 5 {
				shards[0].target.lose = 1
				w.holds(3*time.Minute, want...)
				shards[1].target.lose = 2
				w.holds(3*time.Minute, want...)
			}
			domains[0].token, domains[0].bound = time.Time{}, true
			w.after(10 * time.Minute)
			w.hasNot("TokenExpiresSoon critical d00")
		}},
		{"the last scrape of an old pod fails in a rollout that goes well", func(w *world) {
			old := w.exporter("oss", "10.0.0.1:19525", "pod", "oss-1")
			old.watch(bound())
			w.after(20 * time.Minute)
			next := w.exporter("oss", "10.0.0.2:19525", "pod", "oss-2")
			next.watch(old.watches[0].domain)
			w.after(time.Minute)
			old.up = false
			w.after(time.Minute)
			old.leave()
			w.never(time.Hour, "")
		}},
		{"Prometheus is away for six minutes: what ended does not come back", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(5 * time.Hour)
			e.watch(d)
			w.after(30 * time.Minute)
			d.token, d.bound = time.Time{}, true
			e.blind = "timeout"
			w.after(20 * time.Minute)
			e.blind = ""
			w.after(20 * time.Minute)
			w.only()
			w.away(6 * time.Minute)
			w.never(2*time.Hour, "")
		}},
		{"a token ended before Prometheus ever ran", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(10 * time.Minute)
			e.watch(d)
			for range 16 { // another Prometheus scrapes it
				w.pass(time.Minute)
				_, _ = e.scrape("/metrics")
			}
			w.away(time.Minute)
			w.after(3 * time.Minute)
			w.only("TokenExpired critical www")
		}},
		{"an exporter's clock is eight hours ahead for a while", func(w *world) {
			d := bound()
			a, _ := w.pair(d)
			w.after(20 * time.Minute)
			a.skew = 8 * time.Hour
			w.after(20 * time.Minute)
			d.disabled = true
			w.after(5 * time.Minute)
			w.has("NotServed critical www")
			a.skew = 0
			a.restart() // a clock that jumps within a process is a matter of the poller's tests
			w.after(10 * time.Minute)
			w.has("NotServed critical www")
			d.disabled = false
			w.after(10 * time.Minute)
			w.hasNot("NotServed")
		}},
		{"new labels of the pods, own labels known to the scrape alone", func(w *world) {
			d := bound()
			d.disabled = true
			old := w.exporter("oss", "10.0.0.1:19525", "app_version", "1")
			old.watch(d)
			w.after(20 * time.Minute)
			next := w.exporter("oss", "10.0.0.2:19525", "app_version", "2")
			next.watch(d)
			w.after(time.Minute)
			old.leave()
			w.holds(30*time.Minute, "NotServed critical www")
			w.only("NotServed critical www")
		}},
		{"Prometheus asks about none of the targets", func(w *world) {
			p := w.probing("oss_cname", true)
			for _, d := range crowd(3, 70*time.Hour) {
				p.watch(d)
			}
			w.after(40 * time.Minute)
			w.only("NotAsked warning exporter:19525 configured")
			w.says("NotAsked warning exporter:19525 configured", "3 targets")
		}},
		{"the exporter behind three hundred probes dies: one alert", func(w *world) {
			p := w.probing("oss_cname", true)
			for i := range 300 {
				p.discover("oss_cname", &domain{bucket: "b", cname: fmt.Sprintf("p%d", i), bound: true, checks: "none"})
			}
			w.after(20 * time.Minute)
			p.up = false
			w.after(40 * time.Minute)
			w.only("ExporterDown critical exporter:19525")
		}},
		{"ListCname alone is refused after a restart: nothing that rests on it is resolved", func(w *world) {
			e := w.exporter("oss", "a")
			d := bound()
			d.disabled = true
			e.watch(d)
			w.after(20 * time.Minute)
			e.failing["binding"] = "access_denied"
			e.restart()
			w.holds(3*time.Hour, "NotServed critical www")
			e.failing["binding"] = ""
			d.disabled = false
			w.after(5 * time.Minute)
			w.hasNot("NotServed")
		}},
		{"one wrong key over many domains is one alert", func(w *world) {
			e := w.exporter("oss", "a")
			for _, d := range crowd(100, 70*time.Hour) {
				e.watch(d)
			}
			w.after(10 * time.Minute)
			e.blind = "credentials"
			w.after(40 * time.Minute)
			w.only("AccountFailing warning oss token")
			w.says("AccountFailing warning oss token", "account main in cn-hangzhou", "credentials")
		}},
	})
}
