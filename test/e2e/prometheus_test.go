//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// prometheus is a real one, known by its HTTP API.
type prometheus struct {
	api     string
	process *process
	args    []string
}

func startPrometheus(t *testing.T, config string, args ...string) prometheus {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return runPrometheus(t, append(args, "--config.file="+file, "--storage.tsdb.path="+dir, "--web.listen-address=127.0.0.1:0"))
}

func runPrometheus(t *testing.T, args []string) prometheus {
	t.Helper()
	p := start(t, "prometheus", args...)
	return prometheus{api: "http://" + p.address(t) + "/api/v1/", process: p, args: args}
}

// restarted ends p and starts it again, with what it has stored.
func (p prometheus) restarted(t *testing.T) prometheus {
	t.Helper()
	p.process.signal(t, syscall.SIGTERM)
	p.process.wait(t)
	return runPrometheus(t, p.args)
}

// job is one entry of scrape_configs; without protocols Prometheus negotiates as it does by default.
type job struct{ name, address, protocols string }

// scraping writes the configuration of a Prometheus that scrapes as fast as the slow demo target allows.
func scraping(jobs ...job) string {
	var config strings.Builder
	config.WriteString("global: {scrape_interval: 3s, scrape_timeout: 3s}\nscrape_configs:\n")
	for _, j := range jobs {
		fmt.Fprintf(&config, "- job_name: %s\n  scrape_native_histograms: true\n  static_configs: [{targets: [%q]}]\n", j.name, j.address)
		if j.protocols != "" {
			fmt.Fprintf(&config, "  scrape_protocols: [%s]\n", j.protocols)
		}
	}
	return config.String()
}

// sample is one element of an instant vector.
type sample struct {
	labels map[string]string
	value  float64
}

// query evaluates a PromQL expression that yields an instant vector.
func (p prometheus) query(ctx context.Context, expr string) ([]sample, error) {
	var data struct {
		Result []struct {
			Metric map[string]string
			Value  [2]any // Unix seconds, then the value as a string
		}
	}
	if err := p.get(ctx, "query", url.Values{"query": {expr}}, &data); err != nil {
		return nil, err
	}
	samples := make([]sample, len(data.Result))
	for i, r := range data.Result {
		value, err := strconv.ParseFloat(fmt.Sprint(r.Value[1]), 64)
		if err != nil {
			return nil, fmt.Errorf("reading the answer to %q: %w", expr, err)
		}
		samples[i] = sample{labels: r.Metric, value: value}
	}
	return samples, nil
}

// get decodes the data of one API call.
func (p prometheus) get(ctx context.Context, call string, args url.Values, data any) error {
	body, _, err := get(ctx, p.api+call+"?"+args.Encode(), "application/json")
	if err != nil {
		return err
	}
	return json.Unmarshal(body, &struct{ Data any }{data})
}

// holds waits until each expression yields at least one sample; write it as a PromQL comparison.
func (p prometheus) holds(t *testing.T, exprs ...string) {
	t.Helper()
	eventually(t, patience, func(ctx context.Context) error {
		var untrue []string
		for _, expr := range exprs {
			samples, err := p.query(ctx, expr)
			if err != nil {
				return err
			}
			if len(samples) == 0 {
				untrue = append(untrue, expr)
			}
		}
		if len(untrue) > 0 {
			return fmt.Errorf("does not hold: %s", strings.Join(untrue, "; "))
		}
		return nil
	})
}
