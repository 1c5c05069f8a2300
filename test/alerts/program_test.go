package alerts_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-kit/log"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	name "oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/web"
)

func newSecret(text string) secret.Value { return secret.Value(text) }

// program is one process of the exporter, wired as internal/app does, on the simulated OSS.
type program struct {
	handler http.Handler
	poller  *poller.Poller
	changes *changelog.Log
	api     *collector.API
	inForce *config.Config
	loaded  time.Time
	refused error
	memory  *judge.Memory
}

// newProgram starts a process whose clock is ahead of the world's.
func newProgram(on oss, cfg *config.Config, now func() time.Time) *program {
	p := &program{inForce: cfg, memory: judge.NewMemory(), loaded: now(), api: collector.NewAPI()}
	p.poller = poller.New(on, poller.Options{Bindings: on, DNS: on, Visitor: on, Now: now, Scheduler: schedule.New(now)})
	history := changelog.NewHistory()
	p.changes = changelog.New(changelog.Options{Logger: log.NewNopLogger(), History: history})
	scrapes := collector.New(p.poller, collector.Options{Log: p.changes, Memory: p.memory, Now: now})
	p.poller.Apply(cfg)
	p.handler = web.New(web.Exporter{
		Config: p.Config,
		Scrape: scrapes.Scrape,
		Peek:   p.poller.Peek,
		Memory: p.memory,
		Own:    collector.NewRegistryWithoutProcess(p.api, collector.NewTotals(p, p.poller, p.memory, now)),
	}, web.Options{NoProcessSeries: true, Now: now})
	return p
}

// Config implements collector.Configuration.
func (p *program) Config() *config.Config { return p.inForce }

// Loaded implements collector.Configuration.
func (p *program) Loaded() (time.Time, error) { return p.loaded, p.refused }

// reload puts cfg in force.
func (p *program) reload(cfg *config.Config, now time.Time) {
	p.inForce, p.loaded = cfg, now
	p.poller.Apply(cfg)
	p.changes.Retain(cfg)
	p.memory.Retain(now, func(n name.Name) bool {
		return slices.ContainsFunc(cfg.Targets, func(t config.Target) bool { return t.Name == n })
	})
}

// get scrapes a path and returns the samples of the answer; ok is false unless it is 200.
func (p *program) get(path string) (samples []sample, ok bool) {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "10")
	reply := httptest.NewRecorder()
	p.handler.ServeHTTP(reply, request)
	if reply.Code != http.StatusOK {
		return nil, false
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(reply.Body.Bytes()))
	if err != nil {
		panic(fmt.Errorf("reading the exposition: %w", err))
	}
	for name, family := range families {
		for _, m := range family.Metric {
			if family.GetType() == dto.MetricType_HISTOGRAM {
				continue
			}
			l := map[string]string{}
			for _, pair := range m.Label {
				l[pair.GetName()] = pair.GetValue()
			}
			samples = append(samples, sample{name, l, m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue()})
		}
	}
	return samples, true
}

// configuration is what the operator of e wrote.
func (e *exporter) configuration() *config.Config {
	document := map[string]any{
		"probe":    map[string]any{"cache_ttl": e.cacheTTL.String(), "unlisted": "allow"},
		"accounts": map[string]any{e.account: map[string]any{"region": "cn-hangzhou"}},
	}
	targets := []any{}
	for _, wt := range e.watches {
		checks := map[string]any{"binding": strings.Contains(wt.checks, "binding"), "dns": strings.Contains(wt.checks, "dns"), "http": strings.Contains(wt.checks, "http")}
		if wt.bindingTTL > 0 {
			checks["binding_ttl"] = wt.bindingTTL.String()
		}
		targets = append(targets, map[string]any{"bucket": wt.bucketName(), "cname": wt.host(), "labels": wt.labels, "checks": checks})
	}
	empty := len(targets) == 0
	if empty { // the file reader wants one
		targets = append(targets, map[string]any{"bucket": "bucket-none", "cname": "none.example.com"})
	}
	document["targets"] = targets
	text, err := json.Marshal(document) // YAML too
	if err != nil {
		panic(err)
	}
	cfg, err := config.Parse("config.yaml", text)
	if err != nil {
		e.w.t.Fatal(err)
	}
	if empty {
		cfg.Targets = nil
	}
	cfg.Part = config.Shard{Ordinal: e.shard, Total: e.shards}
	return cfg
}

var errRefused = errors.New("refused")

// probePath is what Prometheus asks about d, as in deploy/prometheus.
func probePath(d *domain) string {
	return "/probe?" + url.Values{"target": {d.bucketName() + "/" + d.host()}}.Encode()
}
