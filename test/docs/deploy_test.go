package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"

	"gopkg.in/yaml.v3"
)

// alertRule is what an alert in deploy/rules.yml says.
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
	decode(t, "deploy/rules.yml", &file)
	var rules []alertRule
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if rule.Alert != "" {
				rules = append(rules, rule)
			}
		}
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
	of := map[string][]judge.Severity{"OSSCnameAccountFailing": {judge.Warning}}
	for _, kind := range judge.Kinds() {
		of[kind.Alert()] = kind.Severities()
	}
	for _, rule := range alertRules(t) {
		severities := of[rule.Alert]
		if severity := rule.Labels["severity"]; severity != "" {
			severities = []judge.Severity{judge.Severity(severity)}
		}
		for _, severity := range severities {
			if cause := `{"` + strings.TrimPrefix(rule.Alert, "OSSCname") + " " + string(severity); !strings.Contains(causes, cause) {
				t.Errorf("no scene brings %s about as %s", rule.Alert, severity)
			}
		}
		delete(of, rule.Alert)
	}
	for alert := range of {
		t.Errorf("no rule for %s", alert)
	}
}

// TestRulesAreFewAndSmall holds what an operator must read at night, and that no
// rule reads itself.
func TestRulesAreFewAndSmall(t *testing.T) {
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Record, Expr string }
		}
	}
	decode(t, "deploy/rules.yml", &file)
	if len(file.Groups) != 1 {
		t.Fatalf("%d groups, want one", len(file.Groups))
	}
	alerts, size := map[string]bool{}, 0
	for _, rule := range file.Groups[0].Rules {
		size += len(strings.Join(strings.Fields(rule.Expr), " "))
		if alerts[rule.Alert] = true; rule.Record != "" && regexp.MustCompile(regexp.QuoteMeta(rule.Record)+`\b`).MatchString(rule.Expr) {
			t.Errorf("%s reads itself", rule.Record)
		}
	}
	delete(alerts, "")
	if len(alerts) > 18 || size > 8250 {
		t.Errorf("%d alerts and %d bytes of expressions, want at most 18 and 8250", len(alerts), size)
	}
}

// TestRulesKnowTheEvidence has each problem rest on the checks that the judge
// names. What only the past can tell has a fact that ends it.
func TestRulesKnowTheEvidence(t *testing.T) {
	problems := read(t, "deploy/mixin/problems.libsonnet")
	for _, kind := range judge.Kinds() {
		row := regexp.MustCompile(`(?m)^  ` + strings.TrimPrefix(kind.Alert(), "OSSCname") + `: \{\n    restsOn: (\[.*\]),$`).FindStringSubmatch(problems)
		if row == nil {
			t.Errorf("the rules do not know %s", kind)
			continue
		}
		for _, evidence := range kind.Evidence() {
			switch evidence {
			case judge.EvidenceAttempt: // a process that was just started says the same by itself
			case judge.EvidenceHistory:
				if !strings.Contains(row[1], "'bound'") && !strings.Contains(row[1], "'exists'") {
					t.Errorf("%s rests on history, and on no fact that ends it", kind)
				}
			default:
				if !strings.Contains(row[1], "'"+string(evidence)+"'") {
					t.Errorf("%s rests on %s, the rules say %s", kind, evidence, row[1])
				}
			}
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
		link := rule.Annotations["runbook_url"]
		fallback := regexp.MustCompile(`\{\{ else \}\}(.*)#(\w+)\{\{ end \}\}$`).FindStringSubmatch(link)
		if fallback == nil || fallback[1] != path || anchors[fallback[2]] != rule.Alert || !strings.Contains(link, "/runbooks/"+rule.Alert) {
			t.Errorf("%s: no runbook at %q", rule.Alert, link)
			continue
		}
		anchor := fallback[2]
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
	for _, record := range regexp.MustCompile(`record: (\S+)`).FindAllStringSubmatch(read(t, "deploy/rules.yml"), -1) {
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

// TestDashboardKnowsEveryState has a color for each.
func TestDashboardKnowsEveryState(t *testing.T) {
	source := read(t, "deploy/mixin/dashboard.libsonnet")
	for _, state := range status.States() {
		if !strings.Contains(source, "\n    "+string(state)+": { color: ") {
			t.Errorf("no color for the state %s", state)
		}
	}
}
