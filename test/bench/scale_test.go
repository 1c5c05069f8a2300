//go:build scale

package bench_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkTenthOfAMillion runs a tenth of the plan in docs/scaling.md: one exporter, one Prometheus that finds 100,000
// targets in /sd and probes each every five minutes, and an OSS that takes 50 ms, each a process of its own. It
// reports one interval, after one in which all is asked for the first time. tokens is how many targets Prometheus
// knows a token of, missed how many a scrape missed.
func BenchmarkTenthOfAMillion(b *testing.B) {
	p := million()
	p.domains /= 10
	exporter := startBinary(b, fmt.Sprintf("probe: {concurrency: %d}\naccounts: {main: {region: cn-hangzhou, endpoint: %q}}\ntarget_files: [%q]\n",
		p.concurrency, startOSS(b, p.domains, p.latency), writeTargets(b, p.domains)))
	prom := startPrometheus(b, strings.Split(exporter.metrics, "/")[2])
	for range b.N {
		pass(b, p.interval+time.Minute)
		probes, ours, theirs := prom.value(b, `sum(oss_cname_token_probes_total)`), exporter.cpu(b), prom.cpu(b)
		pass(b, p.interval)
		seconds := p.interval.Seconds()
		b.ReportMetric((prom.value(b, `sum(oss_cname_token_probes_total)`)-probes)/seconds, "calls/s")
		b.ReportMetric((exporter.cpu(b)-ours).Seconds()/seconds, "exporter-cores")
		b.ReportMetric(exporter.peakMB(b), "exporter-MB")
		b.ReportMetric((prom.cpu(b)-theirs).Seconds()/seconds, "prometheus-cores")
		b.ReportMetric(prom.peakMB(b), "prometheus-MB")
		b.ReportMetric(prom.value(b, `count({job="oss_cname"})`)/float64(p.domains), "series/target")
		b.ReportMetric(prom.value(b, `count(oss_cname_token_exists == 1)`), "tokens")
		b.ReportMetric(prom.value(b, `count(min_over_time(up[11m]) == 0) or vector(0)`), "missed")
		b.ReportMetric(1e3*prom.value(b, `quantile(0.99, scrape_duration_seconds)`), "p99-ms")
	}
}

// pass waits for so long.
func pass(b *testing.B, long time.Duration) {
	b.Helper()
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-b.Context().Done():
		b.Fatal(b.Context().Err())
	}
}

// scraper is a Prometheus in a process of its own, measured as the exporter is.
type scraper struct {
	binary
	query string // URL
}

// startPrometheus runs deploy/prometheus/http_sd.yml for the exporter at address until the benchmark ends.
func startPrometheus(b *testing.B, address string) scraper {
	b.Helper()
	config, err := os.ReadFile("../../deploy/prometheus/http_sd.yml")
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	file := filepath.Join(dir, "prometheus.yml")
	text := strings.NewReplacer("exporter:19525", address, "scrape_interval: 4m", "scrape_interval: 5m").Replace(string(config))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), "prometheus", "--config.file="+file, "--storage.tsdb.path="+dir,
		"--web.listen-address=127.0.0.1:0", "--query.lookback-delta=6m")
	at := startListening(b, cmd)
	client := &http.Client{}
	b.Cleanup(client.CloseIdleConnections)
	return scraper{binary{pid: cmd.Process.Pid, client: client}, "http://" + at + "/api/v1/query?query="}
}

// value evaluates a PromQL expression that yields one sample.
func (p scraper) value(b *testing.B, expr string) float64 {
	b.Helper()
	body := p.get(b, p.query+url.QueryEscape(expr))
	var answer struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Data.Result) != 1 {
		b.Fatalf("%s: %v in %s", expr, err, body)
	}
	value, err := strconv.ParseFloat(fmt.Sprint(answer.Data.Result[0].Value[1]), 64)
	if err != nil {
		b.Fatalf("%s: %v", expr, err)
	}
	return value
}
