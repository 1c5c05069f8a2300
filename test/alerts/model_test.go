package alerts_test

import (
	"cmp"
	"maps"
	"math"
	"strings"
	"time"
)

func float64frombits(b uint64) float64 { return math.Float64frombits(b) }

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// domain is the truth about one, which exporters ask for.
type domain struct {
	bucket, cname string
	token         time.Time // when it expires; zero is none
	bound         bool
	disabled      bool
	certificate   time.Time // zero is none
	txt           bool      // the TXT record carries the token
	points        bool      // the CNAME record leads to the bucket
	leads         string    // where it leads instead
	word          string    // what OSS says of a bound domain that it does not serve
	checks        string    // that are on, unless the target says so itself; all if empty
}

// holds reports whether OSS has a token for d.
func (d *domain) holds(now time.Time) bool { return now.Before(d.token) }

// watch is one configured target of an exporter, and what the exporter knows of it.
type watch struct {
	*domain
	labels      map[string]string
	checks      string // as in target_info
	reason      string // of the last attempt
	probes      float64
	confirmed   time.Time
	exists      bool
	expiry      time.Time
	checkReason map[string]string
	checked     map[string]time.Time
	isBound     bool
	isDisabled  bool
	certificate time.Time
	verified    bool
	destination string
	said        string // OSS's word for the binding
	cachedUntil time.Time
}

// exporter is one process. What it exposes is what the program does: see collector/metrics.go.
type exporter struct {
	w             *world
	up            bool
	watches       []*watch
	shard, shards int
	loaded        time.Time
	refused       bool
	skew          float64
	blind         string            // the reason why nobody at OSS answers it
	failing       map[string]string // the reasons why checks fail
	unasked       map[string]bool   // cnames about which OSS does not answer it
	cacheTTL      time.Duration
	account       string
	target        *target
}

// exporter adds one that is scraped every minute.
func (w *world) exporter(job, instance string, more ...string) *exporter {
	e := w.process()
	e.target = w.scrapes(job, instance, time.Minute, pairs(more), func(now time.Time) ([]sample, bool) {
		return append(e.own(), e.scrape(now, e.watches)...), e.up
	})
	return e
}

// process adds one that nobody scrapes yet.
func (w *world) process() *exporter {
	return &exporter{w: w, up: true, shards: 1, loaded: w.now, account: "main", failing: map[string]string{}, unasked: map[string]bool{}}
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
	wt := &watch{domain: d, labels: own, checks: checks, checkReason: map[string]string{}, checked: map[string]time.Time{}}
	e.watches = append(e.watches, wt)
	e.loaded = e.w.now
	return wt
}

// unwatch takes a target out of the configuration.
func (e *exporter) unwatch(d *domain) {
	for i, wt := range e.watches {
		if wt.domain == d {
			e.watches = append(e.watches[:i:i], e.watches[i+1:]...)
			break
		}
	}
	e.loaded = e.w.now
}

// restart forgets what is known.
func (e *exporter) restart() {
	for i, wt := range e.watches {
		e.watches[i] = &watch{domain: wt.domain, labels: wt.labels, checks: wt.checks, checkReason: map[string]string{}, checked: map[string]time.Time{}}
	}
	e.loaded = e.w.now
}

// leave ends it, and Prometheus no longer has it as a target: a pod that is gone.
func (e *exporter) leave() { e.target.gone = true }

// scrape asks about some targets and exposes them.
func (e *exporter) scrape(now time.Time, watches []*watch) []sample {
	var samples []sample
	if !e.up {
		return nil
	}
	for _, wt := range watches {
		e.ask(wt, now)
		samples = append(samples, e.expose(wt)...)
	}
	return samples
}

func (e *exporter) ask(wt *watch, now time.Time) {
	switch isDue := wt.reason != "" || !now.Before(wt.cachedUntil); {
	case !isDue:
	case e.blind != "" || e.unasked[wt.cname]:
		wt.probes++
		wt.reason = cmp.Or(e.blind, "timeout")
	default:
		wt.probes++
		wt.reason, wt.confirmed, wt.exists, wt.expiry = "", now, wt.holds(now), wt.token
		wt.cachedUntil = now.Add(e.cacheTTL)
		if ends := wt.expiry.Add(-2 * time.Minute); wt.exists && ends.Before(wt.cachedUntil) {
			wt.cachedUntil = ends // a token is asked for again before and after its end
		}
	}
	for _, check := range []string{"binding", "dns_txt", "dns_cname"} {
		if !wt.has(check) {
			delete(wt.checkReason, check)
			delete(wt.checked, check)
			continue
		}
		switch {
		case e.failing[check] != "":
			wt.checkReason[check] = e.failing[check]
			continue
		case check == "binding" && e.blind != "":
			wt.checkReason[check] = e.blind
			continue
		}
		delete(wt.checkReason, check)
		wt.checked[check] = now
		switch check {
		case "binding":
			wt.isBound, wt.isDisabled, wt.certificate = wt.bound, wt.disabled, wt.domain.certificate
			wt.said = "enabled"
			if wt.disabled {
				wt.said = cmp.Or(wt.word, "disabled")
			}
		case "dns_txt":
			wt.verified = wt.txt
		case "dns_cname":
			wt.destination = cmp.Or(wt.leads, map[bool]string{true: "bucket", false: "nowhere"}[wt.points])
		}
	}
}

func (wt *watch) has(check string) bool {
	return strings.Contains(wt.checks, strings.TrimSuffix(strings.TrimSuffix(check, "_txt"), "_cname"))
}

// expose tells what is known of a target.
func (e *exporter) expose(wt *watch) []sample {
	var samples []sample
	tell := func(name string, v float64, more ...string) {
		l := map[string]string{"bucket": wt.bucket, "cname": wt.cname}
		maps.Copy(l, wt.labels)
		maps.Copy(l, pairs(more))
		samples = append(samples, sample{name, l, v})
	}
	tell("oss_cname_token_probe_success", number(wt.reason == ""))
	tell("oss_cname_token_probes_total", wt.probes)
	tell("oss_cname_token_target_info", 1, "account", e.account, "region", "cn-hangzhou", "checks", wt.checks)
	if wt.reason != "" {
		tell("oss_cname_token_probe_failure_reason", 1, "reason", wt.reason)
	}
	if !wt.confirmed.IsZero() {
		tell("oss_cname_token_exists", number(wt.exists))
		tell("oss_cname_token_last_success_timestamp_seconds", unix(wt.confirmed))
		if wt.exists {
			tell("oss_cname_token_expiry_timestamp_seconds", unix(wt.expiry))
		}
	}
	for check, reason := range wt.checkReason {
		tell("oss_cname_check_failure_reason", 1, "check", check, "reason", reason)
	}
	for check, at := range wt.checked {
		tell("oss_cname_check_last_success_timestamp_seconds", unix(at), "check", check)
	}
	if _, known := wt.checked["binding"]; known {
		tell("oss_cname_bound", number(wt.isBound))
		if wt.isBound {
			tell("oss_cname_enabled", number(!wt.isDisabled))
			tell("oss_cname_binding_status", 1, "status", wt.said)
			if !wt.certificate.IsZero() {
				tell("oss_cname_certificate_expiry_timestamp_seconds", unix(wt.certificate))
			}
		}
	}
	if _, known := wt.checked["dns_txt"]; known && wt.exists {
		tell("oss_cname_token_dns_verified", number(wt.verified))
	}
	if _, known := wt.checked["dns_cname"]; known {
		tell("oss_cname_dns_destination", 1, "destination", wt.destination)
		switch wt.destination {
		case "bucket", "other_bucket", "nowhere":
			tell("oss_cname_dns_points_to_endpoint", number(wt.destination == "bucket"))
		}
	}
	return samples
}

// own is what the exporter says of itself.
func (e *exporter) own() []sample {
	return []sample{
		{"oss_cname_exporter_build_info", map[string]string{"version": "1.0.0"}, 1},
		{"oss_cname_exporter_targets", nil, float64(len(e.watches))},
		{"oss_cname_exporter_shard", nil, float64(e.shard)},
		{"oss_cname_exporter_shards", nil, float64(e.shards)},
		{"oss_cname_exporter_config_last_reload_successful", nil, number(!e.refused)},
		{"oss_cname_exporter_config_last_reload_success_timestamp_seconds", nil, unix(e.loaded)},
		{"oss_cname_exporter_clock_skew_seconds", nil, e.skew},
	}
}

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
			samples := p.own()
			if p.unlisted {
				samples[1].value = 0
			}
			return samples, p.up
		})
	}
	return p
}

// discover has Prometheus probe d.
func (p *probing) discover(job string, d *domain, more ...string) {
	wt := p.watch(d)
	p.probes[d] = p.w.scrapes(job, d.bucket+"/"+d.cname, 4*time.Minute, pairs(more), func(now time.Time) ([]sample, bool) {
		return p.scrape(now, []*watch{wt}), p.up && !p.refused[d]
	})
}

// undiscover takes d out of the list of targets.
func (p *probing) undiscover(d *domain) {
	p.unwatch(d)
	p.probes[d].gone = true
}
