//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	acceptText        = "text/plain;version=0.0.4"
	acceptOpenMetrics = "application/openmetrics-text;version=1.0.0"
	acceptProtobuf    = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)

func TestPromtoolFindsNothingToSay(t *testing.T) {
	t.Parallel()
	exporter := startExporter(t, "--demo")
	text, _ := exporter.get(t, "/metrics", acceptText)
	check := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	check.Stdin = bytes.NewReader(text)
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

func TestContentNegotiation(t *testing.T) {
	t.Parallel()
	exporter := startExporter(t, "--demo")
	for _, tt := range []struct{ accept, contentType, contains string }{
		{accept: "", contentType: "text/plain; version=0.0.4", contains: "# TYPE oss_cname_token_exists gauge\n"},
		{accept: acceptText, contentType: "text/plain; version=0.0.4", contains: "# TYPE oss_cname_token_exists gauge\n"},
		{accept: acceptOpenMetrics, contentType: "application/openmetrics-text; version=1.0.0", contains: "# UNIT oss_cname_token_expires_in_seconds seconds\n"},
		{accept: acceptOpenMetrics, contentType: "application/openmetrics-text; version=1.0.0", contains: "# EOF\n"},
		{accept: acceptProtobuf, contentType: "application/vnd.google.protobuf", contains: "oss_cname_token_exists"},
	} {
		t.Run(tt.accept, func(t *testing.T) {
			t.Parallel()
			body, contentType := exporter.get(t, "/metrics", tt.accept)
			if !strings.HasPrefix(contentType, tt.contentType) || !bytes.Contains(body, []byte(tt.contains)) {
				t.Errorf("got %q, want %q with %q in it:\n%.2000s", contentType, tt.contentType, tt.contains, body)
			}
		})
	}
}

// TestStrictParserReadsOpenMetrics has Python's client read the whole page: it refuses what Prometheus lets through.
func TestStrictParserReadsOpenMetrics(t *testing.T) {
	t.Parallel()
	exporter := startExporter(t, "--demo")
	body, _ := exporter.get(t, "/metrics", acceptOpenMetrics)
	const program = "import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as f; print(len(list(f(sys.stdin.read()))))"
	parse := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", program) // Debian's, which has the module
	parse.Stdin = bytes.NewReader(body)
	out, err := parse.CombinedOutput()
	if families, _ := strconv.Atoi(strings.TrimSpace(string(out))); err != nil || families < 50 {
		t.Errorf("%v: %s", err, out)
	}
}

// TestPrometheusReadsEveryFormat leaves the parsing to the only parser that counts.
func TestPrometheusReadsEveryFormat(t *testing.T) {
	t.Parallel()
	address := startExporter(t, "--demo").address
	prom := startPrometheus(t, scraping(
		job{name: "text", address: address, protocols: "PrometheusText0.0.4"},
		job{name: "openmetrics", address: address, protocols: "OpenMetricsText1.0.0"},
		job{name: "proto", address: address, protocols: "PrometheusProto"},
	))
	for _, expr := range []string{
		`count(up == 1) == 3`,
		`count(count by (job) (oss_cname_token_exists)) == 3`,
		// every format carries the same targets
		`count(count by (bucket, cname) (oss_cname_token_probe_success) == 3) == scalar(max(oss_cname_exporter_targets))`,
		// a text carries the classic histogram, protobuf the native one
		`count(count by (job) (oss_cname_exporter_api_request_duration_seconds_count{job=~"text|openmetrics"})) == 2`,
		`histogram_count(oss_cname_exporter_api_request_duration_seconds{job="proto", operation="GetCnameToken"}) > 0`,
	} {
		t.Run(expr, func(t *testing.T) {
			t.Parallel()
			prom.holds(t, expr)
		})
	}
	t.Run("unit", func(t *testing.T) {
		t.Parallel()
		eventually(t, patience, func(ctx context.Context) error {
			var metadata []struct{ Type, Unit string }
			args := url.Values{"metric": {"oss_cname_token_expires_in_seconds"}, "match_target": {`{job="openmetrics"}`}}
			if err := prom.get(ctx, "targets/metadata", args, &metadata); err != nil {
				return err
			}
			if len(metadata) != 1 || metadata[0].Unit != "seconds" || metadata[0].Type != "gauge" {
				return fmt.Errorf("metadata %+v, want one gauge in seconds", metadata)
			}
			return nil
		})
	})
}

// TestShownScrapeConfigsAreValid checks the files that operators copy.
func TestShownScrapeConfigsAreValid(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../deploy/prometheus/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		if out, err := exec.CommandContext(t.Context(), "promtool", "check", "config", file).CombinedOutput(); err != nil {
			t.Errorf("promtool check config %s: %v\n%s", file, err, out)
		}
	}
}
