//go:build e2e

package collectors_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/influxdata/telegraf"
	"github.com/influxdata/telegraf/plugins/parsers/openmetrics"
	"github.com/influxdata/telegraf/plugins/parsers/prometheus"
)

// demo starts the exporter's demo and returns its address.
func demo(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "oss_cname_exporter")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithCancel(t.Context())
	program := exec.CommandContext(ctx, binary, "--demo", "--web.listen-address=127.0.0.1:0")
	log, err := program.StderrPipe()
	if err == nil {
		err = program.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = program.Wait() })
	listening := regexp.MustCompile(`Listening on.* address=(\S+)`)
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			go io.Copy(io.Discard, log)
			return m[1]
		}
	}
	t.Fatal("the demo does not listen")
	return ""
}

// scrape returns the metrics in the format that accept asks for, with the answer's header.
func scrape(t *testing.T, address, accept string) ([]byte, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	req.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "600")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v, %s", err, resp.Status)
	}
	return body, resp.Header
}

// samples counts the lines of an exposition that are samples of a domain. Text
// formats alone have such lines.
func samples(body []byte) int { return strings.Count("\n"+string(body), "\noss_cname_token_exists{") }

// TestTelegraf reads all formats with the parsers that inputs.prometheus uses.
// Of each domain it keeps the value, under the metric's name as field.
func TestTelegraf(t *testing.T) {
	address := demo(t)
	for name, test := range map[string]struct {
		accept string
		parse  func(header http.Header, body []byte) ([]telegraf.Metric, error)
	}{
		"text": {"text/plain;version=0.0.4", func(header http.Header, body []byte) ([]telegraf.Metric, error) {
			return (&prometheus.Parser{Header: header, MetricVersion: 2}).Parse(body)
		}},
		"protobuf": {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", func(header http.Header, body []byte) ([]telegraf.Metric, error) {
			return (&prometheus.Parser{Header: header, MetricVersion: 2}).Parse(body)
		}},
		"openmetrics": {"application/openmetrics-text;version=1.0.0", func(header http.Header, body []byte) ([]telegraf.Metric, error) {
			return (&openmetrics.Parser{Header: header, MetricVersion: 2}).Parse(body)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			body, header := scrape(t, address, test.accept)
			metrics, err := test.parse(header, body)
			if err != nil {
				t.Fatal(err)
			}
			known, expiring := 0, false
			for _, m := range metrics {
				if _, has := m.GetField("oss_cname_token_exists"); has {
					known++
				}
				cname, _ := m.GetTag("cname")
				_, has := m.GetField("oss_cname_token_expiry_timestamp_seconds")
				expiring = expiring || has && cname == "plenty.example.com"
			}
			if want := samples(body); known < 10 || want > 0 && known != want || !expiring {
				t.Errorf("%d of %d domains are known; plenty.example.com has an expiry: %v", known, want, expiring)
			}
		})
	}
}
