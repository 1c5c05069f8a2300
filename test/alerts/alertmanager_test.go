package alerts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/config"
	amconfig "github.com/prometheus/alertmanager/config/common"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"
)

const alertmanagerFile = "../../deploy/alertmanager.yml"

// oncall is what people are told of alerts that fire: for each receiver the groups, by their labels.
type oncall struct {
	config *config.Config
	route  *dispatch.Route
}

func newOncall(t testing.TB) *oncall {
	t.Helper()
	c, err := config.LoadFile(alertmanagerFile)
	if err != nil {
		t.Fatal(err)
	}
	return &oncall{c, dispatch.NewRoute(c.Route, nil)}
}

// notifications returns how many alerts each notification tells of, by receiver and what it is grouped by.
func (o *oncall) notifications(firing []model.LabelSet) map[string]int {
	groups := map[string]int{}
	for _, a := range firing {
		if o.inhibits(firing, a) {
			continue
		}
		for _, r := range o.route.Match(a) {
			key := []string{r.RouteOpts.Receiver}
			for name := range r.RouteOpts.GroupBy {
				key = append(key, fmt.Sprintf("%s=%s", name, a[name]))
			}
			slices.Sort(key[1:])
			groups[strings.Join(key, " ")]++
		}
	}
	return groups
}

// inhibits reports whether another alert silences a, as Alertmanager decides it: labels that both lack are equal.
func (o *oncall) inhibits(firing []model.LabelSet, a model.LabelSet) bool {
	for _, rule := range o.config.InhibitRules {
		if !matches(rule.TargetMatchers, a) {
			continue
		}
		for _, source := range firing {
			if !matches(rule.SourceMatchers, source) || matches(rule.TargetMatchers, source) && matches(rule.SourceMatchers, a) {
				continue
			}
			if !slices.ContainsFunc(rule.Equal, func(name string) bool { return source[model.LabelName(name)] != a[model.LabelName(name)] }) {
				return true
			}
		}
	}
	return false
}

func matches(all amconfig.Matchers, a model.LabelSet) bool { return labels.Matchers(all).Matches(a) }

// alerts returns what Alertmanager is sent.
func (w *world) alerts() []model.LabelSet {
	var all []model.LabelSet
	for _, a := range w.firing() {
		set := model.LabelSet{}
		for name, v := range a.labels.Map() {
			set[model.LabelName(name)] = model.LabelValue(v)
		}
		all = append(all, set)
	}
	return all
}

// foreign are alerts of another team's, with as little in them as may be.
func foreign() []model.LabelSet {
	return []model.LabelSet{
		{"alertname": "DiskFull", "severity": "warning"},
		{"alertname": "DiskFull", "severity": "critical"},
		{"alertname": "DiskFull", "severity": "warning", "job": "oss", "bucket": "b", "cname": "www"},
		{"alertname": "DiskFull", "severity": "critical", "job": "oss", "bucket": "b", "cname": "www"},
		{"alertname": "TokenExpiresSoon", "severity": "warning"},
	}
}

// TestAlertmanager is about what people are told.
func TestAlertmanager(t *testing.T) {
	one := func(w *world, groups map[string]int, receiver, alert string, n int) {
		w.t.Helper()
		var got []string
		for key, count := range groups {
			if strings.HasPrefix(key, receiver+" ") && strings.Contains(key, "alertname=OSSCname"+alert+" ") {
				got = append(got, fmt.Sprintf("%s: %d", key, count))
				if count != n {
					w.t.Errorf("%s tells of %d, want %d", key, count, n)
				}
			}
		}
		if want := min(n, 1); len(got) != want {
			w.t.Errorf("%d notifications of %s to %s, want %d: %q, of %v", len(got), alert, receiver, want, got, groups)
		}
	}
	play(t, []scene{
		{"an outage of sixty domains, with reasons that change, is one notification", func(w *world) {
			e := w.exporter("oss", "a")
			for i, d := range crowd(60, 50*time.Hour) {
				e.watch(d, "team", []string{"web", "media"}[i%2])
			}
			w.after(5 * time.Minute)
			for i := range 50 {
				e.blind = []string{"timeout", "connect", "server_error"}[i%3]
				w.after(time.Minute)
			}
			groups := newOncall(w.t).notifications(w.alerts())
			one(w, groups, "oss-cname-team", "AccountFailing", 1)
			if len(groups) != 1 {
				w.t.Errorf("%d notifications: %v", len(groups), groups)
			}
		}},
		{"sixty tokens that expire are one notification for each severity", func(w *world) {
			e := w.exporter("oss", "a")
			for _, d := range crowd(60, 5*time.Hour) {
				e.watch(d)
			}
			w.after(10 * time.Minute)
			groups := newOncall(w.t).notifications(w.alerts())
			one(w, groups, "oss-cname-pager", "TokenExpiresSoon", 60)
			one(w, groups, "oss-cname-team", "TokenExpiresSoon", 0) // six hours left is also a day left
		}},
		{"a domain that was unbound is told once", func(w *world) {
			e := w.exporter("oss", "a")
			d := bound()
			e.watch(d)
			w.after(20 * time.Minute)
			d.bound = false
			w.after(70 * time.Minute)
			w.only("DomainUnbound critical www", "Dangling warning www", "TokenMissing warning www")
			groups := newOncall(w.t).notifications(w.alerts())
			one(w, groups, "oss-cname-pager", "DomainUnbound", 1)
			if len(groups) != 1 {
				w.t.Errorf("%d notifications: %v", len(groups), groups)
			}
		}},
		{"other teams' alerts are told, whatever fires here", func(w *world) {
			var firing []model.LabelSet
			for _, c := range causes() {
				name, rest, _ := strings.Cut(c.alert, " ")
				severity, who, _ := strings.Cut(rest, " ")
				firing = append(firing, model.LabelSet{"alertname": model.LabelValue("OSSCname" + name), "severity": model.LabelValue(severity)},
					model.LabelSet{"alertname": model.LabelValue("OSSCname" + name), "severity": model.LabelValue(severity), "job": "oss", "bucket": "b", "cname": model.LabelValue(who)})
			}
			o := newOncall(w.t)
			for _, a := range foreign() {
				if o.inhibits(append(firing, foreign()...), a) {
					w.t.Errorf("%v is suppressed", a)
				}
				for _, r := range o.route.Match(a) {
					if strings.Contains(r.RouteOpts.Receiver, "oss") {
						w.t.Errorf("%v goes to %s", a, r.RouteOpts.Receiver)
					}
				}
			}
			for _, a := range firing {
				for _, r := range o.route.Match(a) {
					if !strings.HasPrefix(r.RouteOpts.Receiver, "oss-cname-") {
						w.t.Errorf("%v goes to %s", a, r.RouteOpts.Receiver)
					}
				}
			}
		}},
		{"no tenant's alerts hide another's", func(w *world) {
			firing := []model.LabelSet{
				{"alertname": "OSSCnameDangling", "severity": "critical", "namespace": "a", "job": "oss", "bucket": "b", "cname": "www"},
				{"alertname": "OSSCnameDangling", "severity": "warning", "namespace": "b", "job": "oss", "bucket": "b", "cname": "www"},
				{"alertname": "OSSCnameExporterDown", "severity": "critical", "cluster": "one", "job": "oss", "instance": "a"},
				{"alertname": "OSSCnameExporterMissing", "severity": "critical", "cluster": "two"},
				{"alertname": "OSSCnameTokenExpiresSoon", "severity": "critical", "cluster": "one", "job": "oss", "bucket": "b", "cname": "www"},
				{"alertname": "OSSCnameTokenExpiresSoon", "severity": "warning", "cluster": "two", "job": "oss", "bucket": "b", "cname": "www"},
				{"alertname": "OSSCnameExporterMissing", "severity": "critical"},
			}
			o := newOncall(w.t)
			for _, a := range firing {
				if o.inhibits(firing, a) {
					w.t.Errorf("%v is suppressed", a)
				}
			}
		}},
		{"every route and every inhibition names this exporter's alerts, by labels that these have", func(w *world) {
			o := newOncall(w.t)
			isOurs := func(all amconfig.Matchers) bool {
				return slices.ContainsFunc(all, func(m *labels.Matcher) bool {
					return m.Name == "alertname" && strings.HasPrefix(m.Value, "OSSCname")
				})
			}
			var walk func(routes []*config.Route)
			walk = func(routes []*config.Route) {
				for _, r := range routes {
					if !isOurs(r.Matchers) {
						w.t.Errorf("the route to %s names no alert", r.Receiver)
					}
					walk(r.Routes)
				}
			}
			walk(o.config.Route.Routes)
			for _, rule := range o.config.InhibitRules {
				if !isOurs(rule.SourceMatchers) || !isOurs(rule.TargetMatchers) {
					w.t.Errorf("%v inhibits %v", rule.SourceMatchers, rule.TargetMatchers)
				}
				for _, label := range []string{"cluster", "namespace", "job", "bucket", "cname"} {
					if !slices.Contains(rule.Equal, label) {
						w.t.Errorf("%v inhibits %v whatever the %s", rule.SourceMatchers, rule.TargetMatchers, label)
					}
				}
				for _, c := range causes() {
					name, _, _ := strings.Cut(c.alert, " ")
					a := model.LabelSet{"alertname": model.LabelValue("OSSCname" + name), "severity": "critical", "check": "binding"}
					if matches(rule.TargetMatchers, a) && (strings.HasPrefix(name, "Exporter") || name == "NotAsked" || name == "AccountFailing") {
						w.t.Errorf("%v has no domain and can be inhibited by %v", a, rule.SourceMatchers)
					}
				}
			}
		}},
		{"a silence on a domain covers an outage whatever its reasons", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(&domain{bucket: "b", cname: "www", bound: true, checks: "none"}, "team", "web")
			w.after(5 * time.Minute)
			e.blind = "timeout"
			w.after(20 * time.Minute)
			before := w.alerts()
			e.blind = "connect"
			w.after(40 * time.Minute)
			if after := w.alerts(); len(before) != 1 || len(after) != 1 || !before[0].Equal(after[0]) {
				w.t.Errorf("the alert %v became %v", before, after)
			}
		}},
	})
}
