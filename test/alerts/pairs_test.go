package alerts_test

import (
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
