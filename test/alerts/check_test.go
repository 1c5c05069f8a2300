package alerts_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
)

// alert is one that fires.
type alert struct {
	labels      labels.Labels
	annotations labels.Labels
}

// inShort writes domains and buckets as scenes do.
func inShort(text string) string {
	return strings.NewReplacer(".example.com", "", "bucket-", "").Replace(text)
}

// String is how scenes name it: alert without its prefix, severity, and whom it is about.
func (a alert) String() string {
	who := a.labels.Get("cname")
	for _, label := range []string{"instance", "job"} {
		if who == "" {
			who = a.labels.Get(label)
		}
	}
	words := []string{strings.TrimPrefix(a.labels.Get("alertname"), "OSSCname"), a.labels.Get("severity"), inShort(who), a.labels.Get("check"), a.labels.Get("cause")}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// firing returns the alerts that fire now.
func (w *world) firing() []alert {
	var all []alert
	for _, g := range w.groups {
		for _, r := range g.AlertingRules() {
			for _, active := range r.ActiveAlerts() {
				if active.State == rules.StateFiring {
					all = append(all, alert{active.Labels, active.Annotations})
				}
			}
		}
	}
	return all
}

func (w *world) names() []string {
	var names []string
	for _, a := range w.firing() {
		names = append(names, a.String())
	}
	slices.Sort(names)
	return names
}

// only wants these alerts to fire now and no other. "a|b" is either.
func (w *world) only(want ...string) {
	w.t.Helper()
	slices.Sort(want)
	if got := w.names(); !slices.Equal(got, want) {
		w.t.Errorf("after %v: firing\n  %s\nwant\n  %s", w.now.Sub(start), strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// has wants these to fire now, whatever else does.
func (w *world) has(want ...string) {
	w.t.Helper()
	got := w.names()
	for _, name := range want {
		if !slices.Contains(got, name) {
			w.t.Errorf("after %v: %q does not fire; firing are\n  %s", w.now.Sub(start), name, strings.Join(got, "\n  "))
		}
	}
}

// hasNot wants none to fire now whose name begins so.
func (w *world) hasNot(prefixes ...string) {
	w.t.Helper()
	for _, name := range w.names() {
		for _, prefix := range prefixes {
			if strings.HasPrefix(name, prefix) {
				w.t.Errorf("after %v: %q fires", w.now.Sub(start), name)
			}
		}
	}
}

// holds wants these to fire without a break for d, whatever else does.
func (w *world) holds(d time.Duration, want ...string) {
	w.t.Helper()
	broken := map[string]bool{}
	w.during(d, func() {
		got := w.names()
		for _, name := range want {
			if !slices.Contains(got, name) && !broken[name] {
				broken[name] = true
				w.t.Errorf("after %v: %q does not fire; firing are\n  %s", w.now.Sub(start), name, strings.Join(got, "\n  "))
			}
		}
	})
}

// never wants none to fire for d whose name begins so.
func (w *world) never(d time.Duration, prefixes ...string) {
	w.t.Helper()
	said := map[string]bool{}
	w.during(d, func() {
		for _, name := range w.names() {
			for _, prefix := range prefixes {
				if strings.HasPrefix(name, prefix) && !said[name] {
					said[name] = true
					w.t.Errorf("after %v: %q fires", w.now.Sub(start), name)
				}
			}
		}
	})
}

// says wants the alert to fire and its texts to contain each of these.
func (w *world) says(name string, texts ...string) {
	w.t.Helper()
	for _, a := range w.firing() {
		if a.String() != name {
			continue
		}
		text := inShort(a.annotations.Get("summary") + "\n" + a.annotations.Get("description"))
		for _, want := range texts {
			if !strings.Contains(text, want) {
				w.t.Errorf("%s says %q, want %q", name, text, want)
			}
		}
		for _, broken := range []string{"error expanding", "<no value>", "%!"} {
			if strings.Contains(text, broken) {
				w.t.Errorf("%s says %q", name, text)
			}
		}
		return
	}
	w.has(name)
}

// label wants the alert to have this label.
func (w *world) label(name, label, want string) {
	w.t.Helper()
	for _, a := range w.firing() {
		if a.String() == name {
			if got := a.labels.Get(label); got != want {
				w.t.Errorf("%s has %s=%q, want %q, of %v", name, label, got, want, a.labels)
			}
			return
		}
	}
	w.has(name)
}

// told writes a moment as the texts do.
func told(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

// crowd makes domains with a token each.
func crowd(n int, left time.Duration) []*domain {
	var all []*domain
	for i := range n {
		all = append(all, &domain{bucket: "b", cname: fmt.Sprintf("d%02d", i), token: start.Add(left), checks: "binding"})
	}
	return all
}
