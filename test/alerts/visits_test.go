package alerts_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
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

// TestTakeover plays the life of a bucket that is deleted under a bound domain, and that a stranger creates again. It
// prints what OSS, the DNS and the domain say, and what page and pager say.
func TestTakeover(t *testing.T) {
	play(t, []scene{{"a bucket is deleted, and created again by a stranger", func(w *world) {
		e := w.exporter("oss", "a")
		d := bound()
		d.checks = "binding,dns,http"
		e.watch(d)
		var story strings.Builder
		for _, step := range []struct {
			name   string
			change func()
			page   string
			pager  []string
		}{
			{"all is well", func() {}, "", nil},
			{"the bucket is deleted", func() { d.deleted = true }, "anyone can create a bucket of that name", []string{"Dangling critical www"}},
			{"a stranger creates a bucket of that name", func() { d.deleted, d.stranger = false, true }, "the domain may have been taken over", []string{"Dangling critical www"}},
			{"the stranger binds the domain", func() { d.taken = true }, "the domain has been taken over", []string{"Dangling critical www"}},
			{"the bucket is ours again", func() { d.stranger, d.taken = false, false }, "", nil},
		} {
			step.change()
			w.after(25 * time.Minute)
			page := e.page("/api/v1/domains?cname=www.example.com")
			if !strings.Contains(page, step.page) {
				w.t.Errorf("%s: the page does not say %q:\n%s", step.name, step.page, page)
			}
			if got := w.names(); !slices.Equal(got, step.pager) {
				w.t.Errorf("%s: the pager says %q, want %q", step.name, got, step.pager)
			}
			fmt.Fprintf(&story, "%s\n", step.name)
			for _, told := range []string{`"state":"[^"]*"`, `"error":"[^"]*"`, `"leads_to":"[^"]*"`, `"answered_by":"[^"]*","evidence":"[^"]*"`, `"text":"[^"]*"`} {
				for _, text := range regexp.MustCompile(told).FindAllString(page, -1) {
					fmt.Fprintf(&story, "  %s\n", text)
				}
			}
			fmt.Fprintf(&story, "  pager: %s\n", strings.Join(w.names(), ", "))
		}
		w.t.Log("\n" + story.String())
	}}})
}

// page returns the body of a page or of the JSON.
func (p *program) page(path string) string {
	reply := httptest.NewRecorder()
	p.handler.ServeHTTP(reply, httptest.NewRequest(http.MethodGet, path, nil))
	return reply.Body.String()
}
