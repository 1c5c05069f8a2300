package alerts_test

import (
	"testing"
	"time"
)

// TestVisits is about problems that the check http alone shows.
func TestVisits(t *testing.T) {
	const unreachable = "NotReachable critical www"
	visited := func(checks string) *domain {
		return &domain{bucket: "b", cname: "www", bound: true, closed: true, checks: checks}
	}
	play(t, []scene{
		{"visits alone fail after a restart: nothing that rests on them is resolved", func(w *world) {
			e := w.exporter("oss", "a")
			d := visited("binding,dns,http")
			e.watch(d)
			w.after(35 * time.Minute)
			e.failing["http"] = "timeout"
			e.restart()
			w.holds(3*time.Hour, unreachable)
			e.failing["http"] = ""
			w.holds(20*time.Minute, unreachable)
			d.closed = false
			w.after(35 * time.Minute)
			w.hasNot("NotReachable")
		}},
		{"no visit and no DNS is waited for where these checks are off", func(w *world) {
			e := w.exporter("oss", "a")
			d, disabled := visited("binding,http"), &domain{bucket: "b", cname: "api", bound: true, disabled: true, checks: "binding"}
			e.watch(d)
			e.watch(disabled)
			w.after(35 * time.Minute)
			w.only(unreachable, "NotServed critical api")
			e.restart()
			d.closed, disabled.disabled = false, false
			w.after(35 * time.Minute)
			w.only()
		}},
		{"a renewed certificate never arrives: told is the end of the one that visitors get", func(w *world) {
			d := &domain{bucket: "b", cname: "www", bound: true, certificate: start.Add(2000 * time.Hour), served: start.Add(48 * time.Hour), checks: "binding,http"}
			w.exporter("oss", "a").watch(d)
			w.after(15 * time.Minute)
			w.says("CertificateExpiresSoon critical www", "ends at "+told(d.served))
		}},
	})
}
