//go:build e2e

package e2e_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/fake/osstest"
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
	all := strings.NewReplacer("$cluster", ".*", "$job", ".*", "$instance", ".*", "$bucket", ".*", "$account", ".*", "$region", ".*", "$__rate_interval", "15s")
	var queries []string
	for _, target := range p.Targets {
		queries = append(queries, all.Replace(target.Expr))
	}
	return queries
}

// TestDashboardShowsTheDemo has every query of every panel return data.
func TestDashboardShowsTheDemo(t *testing.T) {
	t.Parallel()
	prom, _ := alerted(t, scraping(job{name: "demo", address: startExporter(t, "--demo").address}))
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

// TestDashboardWithoutData has a Prometheus that scrapes nobody: no query fails, and none says 0 of what nobody knows.
func TestDashboardWithoutData(t *testing.T) {
	t.Parallel()
	prom, _ := alerted(t, scraping())
	prom.holds(t, "vector(1)") // it answers
	for _, panel := range dashboard(t) {
		for _, query := range panel.queries() {
			samples, err := prom.query(t.Context(), query)
			if err != nil || panel.Type == "stat" && len(samples) > 0 {
				t.Errorf("%s: %v, error %v, of %s", panel.Title, samples, err, query)
			}
		}
	}
}

// TestDashboardOfTheLost has the exporter die: what counts nothing says so no longer.
func TestDashboardOfTheLost(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.SetToken(onStage, osstest.Token{})
	e := startExporter(t, s.configure(t, watched))
	prom, _ := alerted(t, scraped("lost", e))
	query := map[string]string{}
	for _, panel := range dashboard(t) {
		if panel.Type == "stat" {
			query[panel.Title] = panel.queries()[0]
		}
	}
	for _, title := range []string{"Critical", "Not answered"} {
		prom.holds(t, query[title]+" == 0")
	}
	prom.holds(t, query["Domains"]+" == 1")
	e.kill(t)
	for _, title := range []string{"Critical", "Not answered", "Domains"} {
		prom.holds(t, "absent("+query[title]+")")
	}
}

// TestDashboardOfACrowd has ten thousand domains that all need something: no panel grows with them.
func TestDashboardOfACrowd(t *testing.T) {
	const most = 100
	oss := newCrowd(t, 10_000)
	for _, d := range oss.domains {
		oss.SetToken(d, osstest.Token{Expires: time.Now().Add(5 * time.Hour)})
	}
	rules, err := filepath.Abs("../../deploy/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	slowly := edited(t, everyTwoSeconds(startExporter(t, "--config.file="+oss.config(t)).address), `\b2s`, "15s", "global: {", "global: {evaluation_interval: 15s, ")
	prom := startPrometheus(t, slowly+"rule_files: ["+rules+"]\n")
	prom.holds(t, `count(oss_cname:problem) >= 10000`)
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
