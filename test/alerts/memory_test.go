package alerts_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/config"
)

// scene is one from an operator's life. Each says what must fire and what must not.
type scene struct {
	name string
	play func(w *world)
}

func play(t *testing.T, scenes []scene) {
	t.Helper()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, order := range []string{"in sequence", "concurrently"} {
				t.Run(order, func(t *testing.T) {
					scenesPlayed.Add(1)
					synctest.Test(t, func(t *testing.T) { s.play(newWorld(t, order == "concurrently")) })
					if !t.Failed() {
						scenesHeld.Add(1)
					}
				})
			}
		})
	}
}

const (
	soonCritical = "TokenExpiresSoon critical www"
	soonWarning  = "TokenExpiresSoon warning www"
)

// www is the domain that most scenes are about, with a token.
func www(left time.Duration) *domain {
	return &domain{bucket: "b", cname: "www", token: start.Add(left), checks: "binding"}
}

func bound() *domain { return &domain{bucket: "b", cname: "www", bound: true, points: true} }

// sharded adds n exporters of one job with a domain each.
func (w *world) sharded(n int, left time.Duration) (shards []*exporter, domains []*domain) {
	for i, d := range crowd(n, left) {
		e := w.exporter("oss", fmt.Sprintf("pod-%d", i))
		e.shard, e.shards = i, n
		e.watch(d, "checks", "none")
		shards, domains = append(shards, e), append(domains, d)
	}
	return shards, domains
}

// TestWatched is about whose domains there are: removed, lost or unreachable.
func TestWatched(t *testing.T) {
	play(t, []scene{
		{"nothing is wrong", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(&domain{bucket: "b", cname: "www", bound: true, certificate: start.Add(1000 * time.Hour)})
			e.watch(&domain{bucket: "b", cname: "new", token: start.Add(70 * time.Hour)})
			w.never(2*time.Hour, "")
		}},
		{"a shard's pod disappears: its domains go on, and the loss is told", func(w *world) {
			shards, _ := w.sharded(2, 5*time.Hour)
			w.after(20 * time.Minute)
			w.only("TokenExpiresSoon critical d00", "TokenExpiresSoon critical d01")
			shards[1].leave()
			w.holds(40*time.Minute, "TokenExpiresSoon critical d01")
			w.has("ExporterMissing critical oss shards")
			w.hasNot("ExporterDown", "NotAsked")
			w.says("ExporterMissing critical oss shards", "1 shards of job oss are missing")
		}},
		{"a shard never starts", func(w *world) {
			shards, _ := w.sharded(3, 60*time.Hour)
			w.targets = w.targets[:2]
			_ = shards
			w.after(30 * time.Minute)
			w.only("ExporterMissing critical oss shards")
		}},
		{"two pods say that they are the same shard", func(w *world) {
			shards, _ := w.sharded(2, 60*time.Hour)
			shards[1].shard = 0
			w.after(30 * time.Minute)
			w.only("ExporterMissing critical oss shards")
		}},
		{"from two shards to three: what moves is not forgotten on the way", func(w *world) {
			shards, domains := w.sharded(2, 5*time.Hour)
			w.after(20 * time.Minute)
			for _, s := range shards {
				s.shards = 3
			}
			shards[1].unwatch(domains[1]) // the third shard gets it
			shards[1].restart()
			w.holds(8*time.Minute, "TokenExpiresSoon critical d01")
			third := w.exporter("oss", "pod-2")
			third.shard, third.shards = 2, 3
			third.watch(domains[1], "checks", "none")
			w.holds(30*time.Minute, "TokenExpiresSoon critical d01")
			w.hasNot("ExporterMissing", "ExporterMissing")
		}},
		{"from three shards to two: the last pod leaves, the others take its domain", func(w *world) {
			shards, domains := w.sharded(3, 5*time.Hour)
			w.after(20 * time.Minute)
			shards[2].leave()
			for _, s := range shards[:2] {
				s.shards = 2
			}
			shards[0].watch(domains[2], "checks", "none")
			w.holds(40*time.Minute, "TokenExpiresSoon critical d02")
			w.hasNot("ExporterMissing", "ExporterMissing")
		}},
		{"a rolling restart of the shards tells nobody", func(w *world) {
			shards, _ := w.sharded(3, 60*time.Hour)
			w.after(20 * time.Minute)
			for _, s := range shards {
				s.up = false
				w.never(3*time.Minute, "")
				s.up = true
				s.restart()
				w.never(3*time.Minute, "")
			}
			w.never(20*time.Minute, "")
		}},
		{"a removed domain is silent at once, also when its exporter goes down later", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(5 * time.Hour)
			e.watch(d)
			e.watch(&domain{bucket: "b", cname: "other", bound: true})
			w.after(20 * time.Minute)
			w.has(soonCritical)
			e.unwatch(d)
			w.after(4 * time.Minute)
			w.only()
			w.never(time.Hour, "")
			e.up = false
			w.never(10*time.Minute, "TokenExpires", "ExporterMissing")
			w.after(time.Hour)
			w.only("ExporterDown critical a")
		}},
		{"removed while its exporter was down: gone when that is back", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(5 * time.Hour)
			e.watch(d)
			e.watch(&domain{bucket: "b", cname: "other", bound: true})
			w.after(20 * time.Minute)
			e.up = false
			w.holds(2*time.Hour, soonCritical)
			e.unwatch(d)
			e.restart()
			e.up = true
			w.after(15 * time.Minute)
			w.only()
		}},
		{"removed by a rollout: a new pod without it takes the old one's place", func(w *world) {
			d, other := www(5*time.Hour), &domain{bucket: "b", cname: "other", bound: true}
			old := w.exporter("oss", "10.0.0.1:19525", "pod", "oss-1")
			old.watch(d)
			old.watch(other)
			w.after(20 * time.Minute)
			next := w.exporter("oss", "10.0.0.2:19525", "pod", "oss-2")
			next.watch(other)
			w.after(2 * time.Minute)
			old.leave()
			w.after(15 * time.Minute)
			w.only()
			w.never(time.Hour, "")
		}},
		{"a rollout that changes nothing: the new pod goes on", func(w *world) {
			d := www(5 * time.Hour)
			old := w.exporter("oss", "10.0.0.1:19525", "pod", "oss-1", "node", "n1", "pod_template_hash", "x")
			old.watch(d)
			w.after(20 * time.Minute)
			old.leave()
			next := w.exporter("oss", "10.0.0.2:19525", "pod", "oss-2", "node", "n2", "pod_template_hash", "y")
			next.watch(d)
			w.holds(time.Hour, soonCritical)
			w.only(soonCritical)
		}},
		{"the only exporter's pod disappears: lost, and its last word counts", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(www(5 * time.Hour))
			w.after(20 * time.Minute)
			e.leave()
			w.holds(time.Hour, soonCritical)
			w.has("ExporterMissing critical oss lost")
			w.hasNot("ExporterDown", "NotAsked")
			w.every = 5 * time.Minute
			w.load()
			w.after(26 * time.Hour)
			w.only("ExporterMissing critical absent")
		}},
		{"one of two jobs disappears: lost, while the other lives", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(www(5 * time.Hour))
			w.exporter("oss-other", "b").watch(&domain{bucket: "c", cname: "other", bound: true})
			w.after(20 * time.Minute)
			e.leave()
			w.holds(time.Hour, soonCritical)
			w.has("ExporterMissing critical oss lost")
			w.says("ExporterMissing critical oss lost", "no scrape targets any more", "counts for 1d")
			w.hasNot("ExporterMissing critical absent", "ExporterDown")
		}},
		{"two exporters of one job with targets of their own: one down, one fine", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(www(5 * time.Hour))
			w.exporter("oss", "b").watch(&domain{bucket: "c", cname: "other", bound: true})
			w.after(20 * time.Minute)
			e.up = false
			w.holds(3*time.Hour, soonCritical)
			w.only(soonCritical, "ExporterDown critical a")
		}},
		{"what a lost exporter said is remembered for a day and no longer", func(w *world) {
			w.every = 2 * time.Minute
			w.load()
			e := w.exporter("oss", "a")
			e.watch(&domain{bucket: "b", cname: "www", bound: true, certificate: start.Add(48 * time.Hour)})
			w.exporter("other", "b").watch(&domain{bucket: "c", cname: "other", bound: true})
			w.after(2 * time.Hour)
			e.leave()
			w.holds(23*time.Hour, "CertificateExpiresSoon critical www")
			w.after(2 * time.Hour)
			w.only()
		}},
		{"a domain moves between exporters of one job", func(w *world) {
			a, b := w.exporter("oss", "a"), w.exporter("oss", "b")
			d := www(5 * time.Hour)
			a.watch(d)
			b.watch(&domain{bucket: "c", cname: "other", bound: true})
			w.after(20 * time.Minute)
			b.watch(d)
			w.holds(2*time.Minute, soonCritical)
			a.unwatch(d)
			w.holds(time.Hour, soonCritical)
		}},
		{"scrape labels of Kubernetes make no second alert", func(w *world) {
			d := www(5 * time.Hour)
			for i, name := range []string{"a", "b"} {
				w.exporter("oss", name, "pod", name, "node", "n"+name, "pod_template_hash", name, "container", "exporter", "rack", fmt.Sprint(i)).watch(d, "team", "web")
			}
			w.after(20 * time.Minute)
			for range 30 {
				w.after(time.Minute)
				w.only(soonCritical)
			}
			w.label(soonCritical, "team", "web")
		}},
		{"scrape labels that clash with the exporter's", func(w *world) {
			e := w.exporter("oss", "a", "account", "prod", "region", "eu", "team", "platform")
			e.watch(www(50*time.Hour), "team", "web")
			w.after(20 * time.Minute)
			e.blind = "timeout"
			w.after(25 * time.Minute)
			w.only("ProbeFailing warning www")
			w.says("ProbeFailing warning www", "account main in cn-hangzhou", ": timeout")
			w.label("ProbeFailing warning www", "exported_team", "web")
		}},
		{"two clusters watch the same domain each for itself", func(w *world) {
			d := www(5 * time.Hour)
			w.cluster = "one"
			a := w.exporter("oss", "a")
			a.watch(d)
			w.cluster = "two"
			w.exporter("oss", "a").watch(d)
			w.after(20 * time.Minute)
			w.only(soonCritical, soonCritical)
			a.leave()
			w.after(30 * time.Minute)
			w.has("ExporterMissing critical oss lost")
			w.label("ExporterMissing critical oss lost", "cluster", "one")
		}},
		{"Prometheus is away for two minutes: no countdown begins anew", func(w *world) {
			p := w.probing("oss", true)
			p.discover("oss", www(5*time.Hour))
			p.blind = ""
			w.after(40 * time.Minute)
			w.has(soonCritical)
			w.away(2 * time.Minute)
			w.holds(30*time.Minute, soonCritical)
		}},
		{"Prometheus is away for half an hour", func(w *world) {
			p := w.probing("oss", true)
			d := &domain{bucket: "b", cname: "www", bound: true}
			p.discover("oss", d)
			w.after(40 * time.Minute)
			d.bound = false
			w.after(20 * time.Minute)
			w.has("DomainUnbound critical www")
			w.away(30 * time.Minute)
			w.after(6 * time.Minute)
			w.holds(30*time.Minute, "DomainUnbound critical www")
		}},
		{"Prometheus is away while a lost exporter is remembered", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(www(5 * time.Hour))
			w.exporter("other", "b").watch(&domain{bucket: "c", cname: "other", bound: true})
			w.after(30 * time.Minute)
			e.leave()
			w.after(30 * time.Minute)
			w.away(45 * time.Minute)
			w.after(2 * time.Minute)
			w.holds(time.Hour, soonCritical)
		}},
		{"the job gets another name: the domains are the other's, and nothing is lost", func(w *world) {
			e := w.exporter("oss", "a")
			e.watch(www(5 * time.Hour))
			w.after(20 * time.Minute)
			e.leave()
			next := w.exporter("oss-cname-exporter", "a")
			next.watch(e.watches[0].domain)
			w.after(5 * time.Minute)
			w.only(soonCritical)
			w.label(soonCritical, "job", "oss-cname-exporter")
			w.never(time.Hour, "ExporterMissing", "ExporterMissing", "ExporterDown")
		}},
		{"from /metrics to /probe", func(w *world) {
			e := w.exporter("oss", "a")
			d := www(5 * time.Hour)
			e.watch(d)
			w.after(20 * time.Minute)
			e.leave()
			p := w.probing("oss_cname", true)
			p.discover("oss_cname", d)
			w.after(10 * time.Minute)
			w.only(soonCritical)
			w.never(time.Hour, "ExporterMissing", "ExporterMissing", "ExporterDown")
		}},
		{"a domain's own labels that a scrape would rename, or an alert would lose, are refused", func(w *world) {
			for _, label := range []string{"endpoint", "service", "namespace", "cluster", "host", "node", "replica", "instance", "job", "pod", "problem", "severity"} {
				text := fmt.Sprintf("accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: examplebucket, cname: www.example.com, labels: {%s: x}}]\n", label)
				if _, err := config.Parse("config.yaml", []byte(text)); err == nil {
					w.t.Errorf("the label %s is accepted", label)
				}
			}
		}},
		{"a domain's team changes: its critical goes on under the new name", func(w *world) {
			e := w.exporter("oss", "a")
			d := bound()
			wt := e.watch(d, "team", "web")
			w.after(20 * time.Minute)
			d.bound, d.points = false, false
			w.after(20 * time.Minute)
			w.label("DomainUnbound critical www", "team", "web")
			wt.labels = map[string]string{"team": "media"}
			e.edited()
			w.after(10 * time.Minute)
			w.label("DomainUnbound critical www", "team", "media")
			w.only("DomainUnbound critical www")
		}},
	})
}
