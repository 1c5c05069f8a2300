package alerts_test

import (
	"strings"
	"testing"
	"time"
)

// TestSentences is about texts: each must be true, also when it is read hours later.
func TestSentences(t *testing.T) {
	play(t, []scene{
		{"moments are told in full", func(w *world) {
			e := w.exporter("oss", "a")
			d := &domain{bucket: "b", cname: "www", token: start.Add(5*time.Hour + 30*time.Minute)}
			e.watch(d)
			w.after(30 * time.Minute)
			w.says(soonCritical, "expires at "+told(d.token), "before that")
			for _, a := range w.firing() {
				if text := a.annotations.Get("summary") + a.annotations.Get("description"); strings.Contains(text, "5h") || strings.Contains(text, " ago") {
					w.t.Errorf("%v tells a span of time: %s", a, text)
				}
			}
		}},
		{"one failure after an hour's silence is no outage", func(w *world) {
			e := w.exporter("oss", "a")
			e.cacheTTL = time.Hour
			e.watch(&domain{bucket: "b", cname: "www", bound: true})
			w.after(60 * time.Minute)
			e.blind = "timeout"
			w.after(2 * time.Minute)
			e.blind = ""
			w.never(40*time.Minute, "ProbeFailing", "CheckFailing")
		}},
		{"a check of which only every hundredth attempt is due fails once", func(w *world) {
			e := w.exporter("oss", "a")
			wt := e.watch(&domain{bucket: "b", cname: "www", bound: true})
			wt.bindingTTL = time.Hour
			w.after(62 * time.Minute)
			e.failing["binding"] = "throttled"
			w.after(2 * time.Minute)
			e.failing["binding"] = ""
			w.never(40*time.Minute, "CheckFailing")
		}},
		{"an outage says since when, and why most often", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(www(60 * time.Hour))
			w.after(20 * time.Minute)
			e.blind = "timeout"
			w.after(40 * time.Minute)
			w.says("ProbeFailing warning www", "does not answer about www: timeout", "from "+told(start.Add(20*time.Minute)), "account main in cn-hangzhou")
		}},
		{"failures that alternate are no outage", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(&domain{bucket: "b", cname: "www", bound: true})
			for range 30 {
				e.blind = "throttled"
				w.never(2*time.Minute, "")
				e.blind = ""
				w.never(time.Minute, "")
			}
		}},
		{"an outage whose reasons change is one alert", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(&domain{bucket: "b", cname: "www", bound: true, checks: "none"})
			w.after(5 * time.Minute)
			reasons := []string{"timeout", "connect", "server_error", "dns"}
			for i := range 40 {
				e.blind = reasons[i%len(reasons)]
				w.after(time.Minute)
			}
			w.only("ProbeFailing warning www")
			w.label("ProbeFailing warning www", "reason", "")
			for i := range 40 {
				e.blind = reasons[i/10]
				w.holds(time.Minute, "ProbeFailing warning www")
				w.only("ProbeFailing warning www")
			}
		}},
		{"renewed and used in time: nobody speaks of expiry", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(30 * time.Minute)
			d.checks = "none"
			e.watch(d)
			w.after(40 * time.Minute)
			w.has("TokenExpired critical www")
			d.token = w.now.Add(72 * time.Hour)
			w.after(10 * time.Minute)
			w.only()
			d.token = time.Time{} // used
			w.never(2*time.Hour, "Token")
		}},
		{"used a few minutes before its end, answers being cached", func(w *world) {
			e := w.exporter("oss", "a")
			e.cacheTTL = 10 * time.Minute
			d := www(time.Hour)
			d.checks = "none"
			e.watch(d)
			w.after(55 * time.Minute)
			d.token = time.Time{}
			w.after(time.Minute)
			w.never(2*time.Hour, "TokenExpired")
		}},
		{"no answer at its end: not unused", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(2 * time.Hour)
			d.checks = "none"
			e.watch(d)
			w.after(30 * time.Minute)
			e.blind = "timeout"
			w.after(100 * time.Minute)
			w.has("TokenExpired critical www") // as far as the exporter knows
			e.blind = ""
			w.after(5 * time.Minute)
			w.hasNot("TokenExpired") // it may have been used in time
		}},
		{"watched at its end: unused", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(time.Hour)
			e.watch(d)
			w.after(65 * time.Minute)
			w.says("TokenExpired critical www", "expired unused")
		}},
		{"the exporter was down at its end, and the domain is bound when it is back", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(2 * time.Hour)
			e.watch(d)
			w.after(30 * time.Minute)
			e.up = false
			w.after(100 * time.Minute)
			w.has(soonCritical, "ExporterDown critical a")
			d.token, d.bound = time.Time{}, true
			e.up = true
			w.after(5 * time.Minute)
			w.hasNot("Token")
		}},
		{"a domain was moved to another watched bucket", func(w *world) {
			e := w.exporter("oss", "a")
			old := bound()
			next := &domain{bucket: "c", cname: "www", token: start.Add(70 * time.Hour), txt: true}
			e.watch(old)
			e.watch(next)
			w.after(20 * time.Minute)
			old.bound, next.bound, next.token, next.points = false, true, time.Time{}, true
			w.never(3*time.Hour, "DomainUnbound", "TokenMissing", "Dangling", "TokenExpired")
		}},
		{"a domain was unbound", func(w *world) {
			e := w.exporter("oss", "a")
			d := bound()
			e.watch(d)
			w.after(20 * time.Minute)
			d.bound = false
			w.after(5 * time.Minute)
			w.says("DomainUnbound critical www", "no longer bound to b")
		}},
		{"a domain that OSS blocks: each word is told", func(w *world) {
			e := w.exporter("oss", "a")
			for _, word := range []string{"disabled", "blocked", "forbidden", "other"} {
				e.watch(&domain{bucket: "b", cname: word, bound: true, points: true, disabled: true, word: word})
			}
			w.after(10 * time.Minute)
			for _, word := range []string{"disabled", "blocked", "forbidden", "other"} {
				w.says("NotServed critical "+word, "OSS does not serve "+word)
			}
			e.watches[0].word = "blocked" // the same alert goes on
			w.holds(10*time.Minute, "NotServed critical disabled")
		}},
		{"a domain that can be taken over, through each name of OSS's, and others that cannot", func(w *world) {
			e := w.exporter("oss", "a")
			for _, leads := range []string{"bucket", "other_bucket", "oss", "elsewhere", "nowhere"} {
				e.watch(&domain{bucket: "b", cname: strings.ReplaceAll(leads, "_", "-"), leads: leads})
			}
			w.after(45 * time.Minute)
			w.only("Dangling warning bucket", "Dangling warning other-bucket", "Dangling warning oss")
			w.says("Dangling warning oss", "oss leads to OSS, and no watched bucket has it")
		}},
		{"a certificate that has expired", func(w *world) {
			e := w.exporter("oss", "a")
			d := bound()
			d.certificate = start.Add(90 * time.Minute)
			e.watch(d)
			w.after(2 * time.Hour)
			w.says("CertificateExpiresSoon critical www", "ends at "+told(d.certificate))
		}},
		{"a domain of which nothing is known", func(w *world) {
			e := w.exporter("oss", "a")
			e.blind = "access_denied"
			e.watch(&domain{bucket: "b", cname: "www", checks: "none"})
			w.after(65 * time.Minute)
			w.says("ProbeFailing warning www", "does not answer about www: access_denied", "are not known")
			w.only("ProbeFailing warning www")
		}},
		{"the facts of hours ago", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(&domain{bucket: "b", cname: "www", bound: true, checks: "none"})
			w.after(20 * time.Minute)
			e.blind = "server_error"
			w.after(6*time.Hour + 20*time.Minute)
			w.says("ProbeFailing critical www", "from "+told(start.Add(20*time.Minute)))
		}},
	})
}

// TestResolved is about ends: an alert ends because the matter did.
func TestResolved(t *testing.T) {
	play(t, []scene{
		{"from expiring to expired without a gap", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(40*time.Minute + 30*time.Second)
			e.watch(d)
			w.after(20 * time.Minute)
			w.during(time.Hour, func() {
				if names := strings.Join(w.names(), ","); !strings.Contains(names, "TokenExpired critical") && !strings.Contains(names, soonCritical) {
					w.t.Errorf("after %v: nobody is told; firing %s", w.now.Sub(start), names)
				}
			})
			w.has("TokenExpired critical www")
		}},
		{"the same in an outage of OSS", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(www(40 * time.Minute))
			w.after(20 * time.Minute)
			e.blind = "timeout"
			w.during(time.Hour, func() {
				if names := strings.Join(w.names(), ","); !strings.Contains(names, "TokenExpired critical") && !strings.Contains(names, soonCritical) {
					w.t.Errorf("after %v: nobody is told; firing %s", w.now.Sub(start), names)
				}
			})
		}},
		{"expired until there is a new token", func(w *world) {
			w.every = 2 * time.Minute
			w.load()
			e := w.exporter("oss", "a")
			d := www(30 * time.Minute)
			e.watch(d)
			w.after(32 * time.Minute)
			w.holds(30*time.Hour, "TokenExpired critical www")
			d.token = w.now.Add(72 * time.Hour)
			w.after(4 * time.Minute)
			w.only()
		}},
		{"expired until it is bound", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(30 * time.Minute)
			e.watch(d)
			w.after(40 * time.Minute)
			w.has("TokenExpired critical www")
			d.bound = true
			w.after(2 * time.Minute)
			w.only()
		}},
		{"expired, and the binding is not checked: a warning after a day", func(w *world) {
			w.every = 2 * time.Minute
			w.load()
			e := w.exporter("oss", "a")
			d := www(30 * time.Minute)
			d.checks = "none"
			e.watch(d)
			w.after(32 * time.Minute)
			w.holds(23*time.Hour, "TokenExpired critical www")
			w.after(2 * time.Hour)
			w.only("TokenExpired warning www") // it may have been used after all
		}},
		{"unbound for days", func(w *world) {
			w.every = 2 * time.Minute
			w.load()
			e := w.exporter("oss", "a")
			d := bound()
			e.watch(d)
			w.after(20 * time.Minute)
			d.bound, d.points = false, false
			w.after(10 * time.Minute)
			w.holds(30*time.Hour, "DomainUnbound critical www")
			d.bound = true
			w.after(4 * time.Minute)
			w.only()
		}},
		{"used in time: expiring ends, and nothing follows", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(5 * time.Hour)
			e.watch(d)
			w.after(20 * time.Minute)
			d.token, d.bound = time.Time{}, true
			w.after(4 * time.Minute)
			w.only()
			w.never(time.Hour, "")
		}},
		{"bound though the token lives on: silent", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(5 * time.Hour)
			d.bound = true
			e.watch(d)
			w.never(time.Hour, "")
		}},
		{"an outage ends: its alert takes a quarter of an hour more and ends", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(&domain{bucket: "b", cname: "www", bound: true})
			w.after(20 * time.Minute)
			e.blind = "timeout"
			w.after(45 * time.Minute)
			e.blind = ""
			w.holds(14*time.Minute, "ProbeFailing warning www")
			w.after(3 * time.Minute)
			w.only()
		}},
	})
}
