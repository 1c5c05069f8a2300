package alerts_test

import (
	"cmp"
	"math"
	"slices"
	"time"

	"oss_cname_exporter/internal/config"
)

func float64frombits(b uint64) float64 { return math.Float64frombits(b) }

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// watch is one configured target of an exporter.
type watch struct {
	*domain
	labels     map[string]string
	checks     string // as in target_info
	bindingTTL time.Duration
}

// exporter is one process and what an operator does with it.
type exporter struct {
	*program
	w             *world
	up            bool
	watches       []*watch
	shard, shards int
	refused       bool
	skew          time.Duration     // its clock minus the world's
	blind         string            // the reason why OSS does not answer it
	failing       map[string]string // the reasons why checks fail
	unasked       map[string]bool   // cnames about which OSS does not answer it
	cacheTTL      time.Duration
	account       string
	target        *target
	written       string // the configuration that is in force, for noticing changes
}

// exporter adds one that is scraped every minute.
func (w *world) exporter(job, instance string, more ...string) *exporter {
	e := w.process()
	e.target = w.scrapes(job, instance, time.Minute, pairs(more), func(time.Time) ([]sample, bool) { return e.scrape("/metrics") })
	return e
}

// process adds one that Prometheus does not scrape yet.
func (w *world) process() *exporter {
	e := &exporter{w: w, up: true, shards: 1, account: "main", failing: map[string]string{}, unasked: map[string]bool{}}
	return e
}

// clock is the exporter's.
func (e *exporter) clock() time.Time { return time.Now().Add(e.skew) }

// scrape asks the process, which starts and reloads as the operator left it.
func (e *exporter) scrape(path string) ([]sample, bool) {
	if !e.up {
		return nil, false
	}
	e.apply()
	return e.get(path)
}

// apply starts the process, or has it load what changed.
func (e *exporter) apply() {
	if e.program == nil {
		e.program = newProgram(oss{e}, e.configuration(), e.clock)
		e.written = ""
	} else if e.written != "" || e.inForce.Part != (config.Shard{Ordinal: e.shard, Total: e.shards}) {
		e.reload(e.configuration(), e.clock())
		e.written = ""
	}
	e.program.refused = nil
	if e.refused {
		e.program.refused = errRefused
	}
	e.api.ClockSkew(e.skew)
}

func pairs(kv []string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i]] = kv[i+1]
	}
	return m
}

// watch configures a target, with its own labels.
func (e *exporter) watch(d *domain, more ...string) *watch {
	own := pairs(more)
	checks := cmp.Or(d.checks, "binding,dns")
	if c, ok := own["checks"]; ok {
		checks = c
		delete(own, "checks")
	}
	if !slices.Contains(e.w.domains, d) {
		e.w.domains = append(e.w.domains, d)
	}
	wt := &watch{domain: d, labels: own, checks: checks}
	e.watches = append(e.watches, wt)
	e.edited()
	return wt
}

// edited has the configuration loaded before the next scrape.
func (e *exporter) edited() { e.written = "edited" }

// unwatch takes a target out of the configuration.
func (e *exporter) unwatch(d *domain) {
	e.watches = slices.DeleteFunc(e.watches, func(wt *watch) bool { return wt.domain == d })
	e.edited()
}

// restart forgets everything that the process knew.
func (e *exporter) restart() { e.program = nil }

// leave ends it, and Prometheus no longer has it as a target: a pod that is gone.
func (e *exporter) leave() { e.target.gone = true }

// probing is a job that probes targets through an exporter, as deploy/prometheus/http_sd.yml does, and may scrape the
// exporter's own series.
type probing struct {
	*exporter
	w        *world
	probes   map[*domain]*target
	refused  map[*domain]bool // 400, or too late
	unlisted bool             // the exporter is configured with none of them
}

func (w *world) probing(job string, own bool) *probing {
	p := &probing{exporter: w.process(), w: w, probes: map[*domain]*target{}, refused: map[*domain]bool{}}
	if own {
		p.target = w.scrapes(job+"_exporter", "exporter:19525", time.Minute, nil, func(time.Time) ([]sample, bool) {
			return p.scrape("/metrics?collect[]=exporter")
		})
	}
	return p
}

// discover has Prometheus probe d.
func (p *probing) discover(job string, d *domain, more ...string) {
	switch {
	case slices.ContainsFunc(p.watches, func(wt *watch) bool { return wt.domain == d }): // it was in the list before
	case !p.unlisted:
		p.watch(d)
	default:
		p.w.domains = append(p.w.domains, d)
	}
	p.probes[d] = p.w.scrapes(job, d.bucketName()+"/"+d.host(), 4*time.Minute, pairs(more), func(time.Time) ([]sample, bool) {
		path := probePath(d)
		if p.refused[d] {
			path += "&slip=1"
		}
		return p.scrape(path)
	})
}

// undiscover takes d out of the list of targets.
func (p *probing) undiscover(d *domain) {
	p.unwatch(d)
	p.probes[d].gone = true
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
