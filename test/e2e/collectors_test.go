//go:build e2e

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// collectorBlock returns the configuration under a heading of docs/collectors.md,
// in a hurry and with the addresses of the test.
func collectorBlock(t *testing.T, heading, exporter, storage string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/collectors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## "+heading+"\n")
	_, block, opened := strings.Cut(section, "\n```yaml\n")
	text, _, closed := strings.Cut(block, "\n```\n")
	if !found || !opened || !closed {
		t.Fatalf("no block under %q", heading)
	}
	text = strings.NewReplacer("exporter:19525", exporter, "storage:8428", storage).Replace(text)
	return regexp.MustCompile(`(scrape_(?:interval|timeout)): \w+`).ReplaceAllString(text, "$1: 3s") + "\n"
}

// written writes a configuration and returns its path.
func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// victoria is a single-node VictoriaMetrics, which answers the query API of Prometheus.
func victoria(t *testing.T, args ...string) (p prometheus, address string) {
	t.Helper()
	address = "127.0.0.1:" + freePort(t)
	process := start(t, "victoria-metrics", append(args, "-storageDataPath="+t.TempDir(), "-httpListenAddr="+address, "-search.latencyOffset=1ms")...)
	process.said(t, regexp.MustCompile(`started VictoriaMetrics in`))
	return prometheus{api: "http://" + address + "/api/v1/", process: process}, address
}

// knowsTheDemo wants the facts of the demo in the collector.
func knowsTheDemo(t *testing.T, p prometheus) {
	t.Helper()
	p.holds(t,
		`oss_cname_token_exists{cname="plenty.example.com", team="web"} == 1`,
		`oss_cname_token_expires_in_seconds{cname="plenty.example.com"} > 250000`,
		`oss_cname_state{cname="bound.example.com", state="bound"} == 1`,
		`count(oss_cname_token_probe_success) > 15`,
		`oss_cname_problem{cname="disabled.example.com", problem="not_served", severity="critical"} == 1`)
}

// TestCollectors runs the blocks of docs/collectors.md, each in the collector that it is for.
func TestCollectors(t *testing.T) {
	t.Parallel()
	exporter := startExporter(t, "--demo").address
	t.Run("Prometheus 3", func(t *testing.T) {
		t.Parallel()
		knowsTheDemo(t, startPrometheus(t, collectorBlock(t, "Prometheus", exporter, "")))
	})
	t.Run("Prometheus 2", func(t *testing.T) {
		t.Parallel()
		file := written(t, "prometheus.yml", collectorBlock(t, "Prometheus", exporter, ""))
		address := "127.0.0.1:" + freePort(t)
		process := start(t, "/usr/bin/prometheus", "--config.file="+file, "--storage.tsdb.path="+t.TempDir(), "--web.listen-address="+address)
		process.said(t, regexp.MustCompile(`Server is ready to receive web requests`))
		knowsTheDemo(t, prometheus{api: "http://" + address + "/api/v1/", process: process})
	})
	t.Run("VictoriaMetrics", func(t *testing.T) {
		t.Parallel()
		p, _ := victoria(t, "-promscrape.config="+written(t, "scrape.yml", collectorBlock(t, "VictoriaMetrics", exporter, "")))
		knowsTheDemo(t, p)
	})
	t.Run("Prometheus Agent", func(t *testing.T) {
		t.Parallel()
		p, storage := victoria(t)
		file := written(t, "agent.yml", collectorBlock(t, "Prometheus Agent", exporter, storage))
		start(t, "prometheus", "--agent", "--config.file="+file, "--storage.agent.path="+t.TempDir(), "--web.listen-address=127.0.0.1:0")
		knowsTheDemo(t, p)
	})
}

// probeObject is a Probe of Prometheus Operator, as far as it becomes a scrape configuration.
type probeObject struct {
	Metadata struct{ Name, Namespace string }
	Spec     struct {
		JobName string `yaml:"jobName"`
		Module  string
		Prober  struct{ URL, Scheme, Path string }
		Targets struct {
			StaticConfig struct {
				Static []string
				Labels map[string]string
			} `yaml:"staticConfig"`
		}
	}
}

// scrapeConfig returns the configuration that the operator makes of p: the
// target becomes a parameter and the instance, and the prober the address.
func (p *probeObject) scrapeConfig(t *testing.T, exporter string) string {
	t.Helper()
	type object = map[string]any
	static := object{"targets": p.Spec.Targets.StaticConfig.Static, "labels": p.Spec.Targets.StaticConfig.Labels}
	text, err := yaml.Marshal(object{"scrape_configs": []object{{
		"job_name": fmt.Sprintf("probe/%s/%s", p.Metadata.Namespace, p.Metadata.Name), "honor_timestamps": true,
		"metrics_path": p.Spec.Prober.Path, "scheme": p.Spec.Prober.Scheme, "scrape_interval": "3s", "scrape_timeout": "3s",
		"params": object{"module": []string{p.Spec.Module}}, "static_configs": []object{static},
		"relabel_configs": []object{
			{"source_labels": []string{"job"}, "target_label": "__tmp_prometheus_job_name"},
			{"target_label": "job", "replacement": p.Spec.JobName},
			{"source_labels": []string{"__address__"}, "target_label": "__param_target"},
			{"source_labels": []string{"__param_target"}, "target_label": "instance"},
			{"target_label": "__address__", "replacement": exporter},
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestProbeObject has a Probe of Prometheus Operator ask an exporter that has no target in its file.
func TestProbeObject(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/kubernetes/operator/probe.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var probe probeObject
	first, _, _ := strings.Cut(strings.TrimPrefix(string(text), "---\n"), "\n---\n")
	if err := yaml.Unmarshal([]byte(first), &probe); err != nil || len(probe.Spec.Targets.StaticConfig.Static) != 2 {
		t.Fatalf("%v: %+v", err, probe)
	}
	file := watching(t, "examplebucket", "www.example.com", "*.assets.example.com")
	withoutTargets(t, file, collectorBlock(t, "Prometheus Operator", "", ""))
	exporter := startExporter(t, "--config.file="+file)
	prom := startPrometheus(t, probe.scrapeConfig(t, exporter.address))
	prom.holds(t,
		`oss_cname_token_exists{bucket="examplebucket", cname="www.example.com", instance="examplebucket/www.example.com", job="oss-cname-exporter", team="web"} == 1`,
		`oss_cname_token_exists{cname="*.assets.example.com", team="web"} == 1`)
}

// withoutTargets replaces what the file at path watches by the configuration that the page shows; the account stays.
func withoutTargets(t *testing.T, path, shown string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	own := regexp.MustCompile(`(?m)^target_files:.*\n`).ReplaceAllString(string(text), "")
	var page struct{ Probe map[string]string }
	if err := yaml.Unmarshal([]byte(shown), &page); err != nil || page.Probe["unlisted"] != "allow" {
		t.Fatalf("%v: the page shows no probe.unlisted: %s", err, shown)
	}
	if err := os.WriteFile(path, []byte(own+"\nprobe: {unlisted: allow}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}
