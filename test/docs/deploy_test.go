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

// TestEveryAlertIsTested wants for each alert a moment at which promtool
// expects it to fire, with each severity that it has, and one at which not.
func TestEveryAlertIsTested(t *testing.T) {
	var file struct {
		Tests []struct {
			AlertRuleTest []struct {
				Alertname string
				ExpAlerts []struct {
					ExpLabels map[string]string `yaml:"exp_labels"`
				} `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	decode(t, "deploy/alerts_test.yml", &file)
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, moment := range test.AlertRuleTest {
			silent[moment.Alertname] = silent[moment.Alertname] || len(moment.ExpAlerts) == 0
			for _, alert := range moment.ExpAlerts {
				fires[moment.Alertname+" "+alert.ExpLabels["severity"]] = true
			}
		}
	}
	for _, rule := range alertRules(t) {
		if !fires[rule.Alert+" "+rule.Labels["severity"]] || !silent[rule.Alert] {
			t.Errorf("%s is not seen to fire as %s, or not seen to be silent", rule.Alert, rule.Labels["severity"])
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
		for _, name := range regexp.MustCompile(`(?:domain:)?\boss_cname_\w+(?::last)?\b`).FindAllString(text, -1) {
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

// TestDashboardThresholds holds the numbers of the dashboard to the alerts'.
func TestDashboardThresholds(t *testing.T) {
	thresholds := map[string][]string{} // of alerts and severities, as they are written
	for _, rule := range alertRules(t) {
		if limit := regexp.MustCompile(`< (\d+) \* (\d+)`).FindStringSubmatch(rule.Expr); limit != nil {
			thresholds[rule.Alert+" "+rule.Labels["severity"]] = limit[1:]
		}
	}
	source := read(t, "deploy/dashboard.jsonnet")
	for variable, test := range map[string]struct{ alert, unit, seconds string }{
		"token":       {"OSSCnameTokenExpiresSoon", "hour", "3600"},
		"certificate": {"OSSCnameCertificateExpiresSoon", "day", "86400"},
	} {
		critical, warning := thresholds[test.alert+" critical"], thresholds[test.alert+" warning"]
		if critical[1] != test.seconds || warning[1] != test.seconds {
			t.Fatalf("%s: %v and %v are not in %ss", test.alert, critical, warning, test.unit)
		}
		want := "local " + variable + " = { critical: " + critical[0] + " * " + test.unit + ", warning: " + warning[0] + " * " + test.unit + " };"
		if !strings.Contains(source, want) {
			t.Errorf("the dashboard does not say %q", want)
		}
	}
}

// TestDashboardKnowsEveryStateAndReason has a next action for each.
func TestDashboardKnowsEveryStateAndReason(t *testing.T) {
	source := read(t, "deploy/dashboard.jsonnet")
	for _, state := range status.States() {
		if !strings.Contains(source, "\n  "+string(state)+": { color: ") {
			t.Errorf("no next action in the state %s", state)
		}
	}
	for _, reason := range status.Reasons() {
		if !strings.Contains(source, "\n  "+string(reason)+": ") {
			t.Errorf("no first step for the reason %s", reason)
		}
	}
}
