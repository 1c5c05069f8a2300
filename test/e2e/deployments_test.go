//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestShownScrapeConfigsWork runs each of deploy/prometheus/ for one exporter, in a hurry: each finds the same two tokens, by
// the names that operators know them by. sharded.yml has a test of its own.
func TestShownScrapeConfigsWork(t *testing.T) {
	t.Parallel()
	want := map[string]int{"www.example.com": 1, "*.assets.example.com": 1}
	for _, name := range []string{"static.yml", "probe.yml", "http_sd.yml"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exporter := startExporter(t, "--config.file="+watching(t, "examplebucket", "www.example.com", "*.assets.example.com"))
			prom := startPrometheus(t, hurried(t, filepath.Join("../../deploy/prometheus", name), exporter.address))
			eventually(t, patience, func(ctx context.Context) error {
				samples, err := prom.query(ctx, `oss_cname_token_exists == 1`)
				if err != nil {
					return err
				}
				got := map[string]int{}
				for _, s := range samples {
					got[s.labels["cname"]]++
				}
				if !maps.Equal(got, want) {
					return fmt.Errorf("tokens known: %v, want %v", got, want)
				}
				return nil
			})
		})
	}
}

// hurried reads a scrape configuration, with the exporter's address in place of the one that is shown and shorter intervals.
func hurried(t *testing.T, file, address string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []struct{ pattern, with string }{
		{`\bexporter:19525\b`, address},
		{`scrape_interval: \w+`, "scrape_interval: 2s"},
		{`scrape_timeout: \w+`, "scrape_timeout: 2s"},
		{`refresh_interval: \w+`, "refresh_interval: 2s"},
	} {
		text = regexp.MustCompile(change.pattern).ReplaceAll(text, []byte(change.with))
	}
	return string(text)
}
