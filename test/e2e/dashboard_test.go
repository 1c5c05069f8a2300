//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// panel is one of the dashboard's.
type panel struct {
	Type, Title string
	Targets     []struct{ Expr string }
}

func dashboard(t *testing.T) []panel {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d struct{ Panels []panel }
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d.Panels
}

// queries are the panel's, as Grafana sends them when nothing is narrowed down.
func (p panel) queries() []string {
	all := strings.NewReplacer("$bucket", ".*", "$account", ".*", "$region", ".*", "$__rate_interval", "15s")
	var queries []string
	for _, target := range p.Targets {
		queries = append(queries, all.Replace(target.Expr))
	}
	return queries
}

// TestDashboardShowsTheDemo has every query of every panel return data.
func TestDashboardShowsTheDemo(t *testing.T) {
	t.Parallel()
	prom := startPrometheus(t, scraping(job{name: "demo", address: startExporter(t, "--demo").address}))
	queries := 0
	for _, panel := range dashboard(t) {
		for _, query := range panel.queries() {
			queries++
			t.Run(panel.Title, func(t *testing.T) {
				t.Parallel()
				prom.holds(t, query)
			})
		}
	}
	if queries < 20 {
		t.Errorf("only %d queries", queries)
	}
}

// TestDashboardWithoutData has a Prometheus that scrapes nobody: no query fails, and the counts say 0.
func TestDashboardWithoutData(t *testing.T) {
	t.Parallel()
	prom := startPrometheus(t, scraping())
	for _, panel := range dashboard(t) {
		for _, query := range panel.queries() {
			t.Run(panel.Title, func(t *testing.T) {
				counts := strings.HasSuffix(query, "or vector(0)")
				eventually(t, patience, func(ctx context.Context) error {
					samples, err := prom.query(ctx, query)
					if err == nil && counts && (len(samples) != 1 || samples[0].value != 0) {
						err = fmt.Errorf("%s: %v, want 0", query, samples)
					}
					return err
				})
			})
		}
	}
}

// TestDashboardOfACrowd has ten thousand domains that all need something: no panel grows with them.
func TestDashboardOfACrowd(t *testing.T) {
	const most = 100
	oss := newCrowd(t, 10_000)
	slowly := edited(t, everyTwoSeconds(startExporter(t, "--config.file="+oss.config(t)).address), `\b2s`, "15s")
	prom := startPrometheus(t, slowly)
	prom.holds(t, `count(oss_cname_token_exists) == 10000`)
	for _, panel := range dashboard(t) {
		for _, query := range panel.queries() {
			samples, err := prom.query(t.Context(), query)
			if err == nil && len(samples) > most {
				err = errors.New("too many series")
			}
			if err != nil {
				t.Errorf("%s: %d series of %s: %v", panel.Title, len(samples), query, err)
			}
		}
	}
}
