package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oss_cname_exporter/internal/status"

	"gopkg.in/yaml.v3"
)

// alertRule is what an alert in deploy/alerts.yml says.
type alertRule struct {
	Alert       string
	Expr        string
	Labels      map[string]string
	Annotations map[string]string
}

func decode(t *testing.T, path string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, path)), into); err != nil {
		t.Fatalf("reading %s: %v", path, err)
	}
}

func alertRules(t *testing.T) []alertRule {
	t.Helper()
	var file struct {
		Groups []struct{ Rules []alertRule }
	}
	decode(t, "deploy/alerts.yml", &file)
	var rules []alertRule
	for _, group := range file.Groups {
		rules = append(rules, group.Rules...)
	}
	if len(rules) == 0 {
		t.Fatal("no alerts")
	}
	return rules
}

// TestEveryAlertIsPlayed wants each alert, with each severity that it has,
// brought about in test/alerts, where it also loses a scrape.
func TestEveryAlertIsPlayed(t *testing.T) {
	causes := read(t, "test/alerts/scrape_test.go")
	for _, rule := range alertRules(t) {
		if cause := `{"` + strings.TrimPrefix(rule.Alert, "OSSCname") + " " + rule.Labels["severity"]; !strings.Contains(causes, cause) {
			t.Errorf("no scene brings %s about as %s", rule.Alert, rule.Labels["severity"])
		}
	}
}

// TestEveryAlertHasARunbook follows the links of the alerts, of the runbooks'
// table, and of the runbooks to each other.
func TestEveryAlertHasARunbook(t *testing.T) {
	const path = "docs/runbooks.md"
	runbooks := read(t, path)
	anchors := map[string]string{}
	for _, heading := range regexp.MustCompile(`(?m)^## (\w+)$`).FindAllStringSubmatch(runbooks, -1) {
		anchors[strings.ToLower(heading[1])] = heading[1]
	}
	alerts := map[string]bool{}
	for _, rule := range alertRules(t) {
		alerts[rule.Alert] = true
		file, anchor, _ := strings.Cut(rule.Annotations["runbook_url"], "#")
		if file != path || anchors[anchor] != rule.Alert {
			t.Errorf("%s: no runbook at %q", rule.Alert, rule.Annotations["runbook_url"])
		}
		if !strings.Contains(runbooks, "\n| ["+rule.Alert+"](#"+anchor+") | ") {
			t.Errorf("%s is not in the table of %s", rule.Alert, path)
		}
		if rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
			t.Errorf("%s says nothing", rule.Alert)
		}
	}
	for _, link := range regexp.MustCompile(`\]\(#(\w+)\)`).FindAllStringSubmatch(runbooks, -1) {
		if anchors[link[1]] == "" {
			t.Errorf("%s links to #%s, which is nowhere", path, link[1])
		}
	}
	for _, heading := range anchors {
		if !alerts[heading] {
			t.Errorf("%s has a runbook for %s, which is no alert", path, heading)
		}
	}
}

// TestRunbookKnowsEveryReason has a first step for each.
func TestRunbookKnowsEveryReason(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| (`.*`) \\|").FindAllString(read(t, "docs/runbooks.md"), -1)
	for _, reason := range status.Reasons() {
		if !strings.Contains(strings.Join(rows, "\n"), "`"+string(reason)+"`") {
			t.Errorf("no first step for the reason %s", reason)
		}
	}
}

// deployed returns the files right in deploy/.
func deployed(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, "deploy"))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			files = append(files, filepath.Join("deploy", entry.Name()))
		}
	}
	return files
}

// TestDeployedNames reads every file that Prometheus, Alertmanager or Grafana
// will: each metric in it is described or recorded, each alert defined.
func TestDeployedNames(t *testing.T) {
	known := described(t)
	for _, record := range regexp.MustCompile(`record: (\S+)`).FindAllStringSubmatch(read(t, "deploy/recording.yml"), -1) {
		known = append(known, record[1])
	}
	var alerts []string
	for _, rule := range alertRules(t) {
		alerts = append(alerts, rule.Alert)
	}
	for _, path := range deployed(t) {
		text := read(t, path)
		for _, name := range regexp.MustCompile(`(?:\w+:)?\boss_cname[_:]\w+(?::\w+)?\b`).FindAllString(text, -1) {
			isGroup := strings.Contains(text, "name: "+name+"\n")
			if name := strings.TrimSuffix(name, "_bucket"); !isGroup && !slices.Contains(known, name) && name != "oss_cname_exporter" {
				t.Errorf("%s names %s, which nothing describes", path, name)
			}
		}
		for _, name := range regexp.MustCompile(`\bOSSCname\w+`).FindAllString(text, -1) {
			if !slices.Contains(alerts, name) {
				t.Errorf("%s names %s, which is no alert", path, name)
			}
		}
	}
}

// TestDashboardKnowsEveryStateAndReason has a next action for each.
func TestDashboardKnowsEveryStateAndReason(t *testing.T) {
	source := read(t, "deploy/mixin/dashboard.libsonnet")
	for _, state := range status.States() {
		if !strings.Contains(source, "\n    "+string(state)+": { color: ") {
			t.Errorf("no next action in the state %s", state)
		}
	}
	for _, reason := range status.Reasons() {
		if !strings.Contains(source, "\n    "+string(reason)+": ") {
			t.Errorf("no first step for the reason %s", reason)
		}
	}
}
