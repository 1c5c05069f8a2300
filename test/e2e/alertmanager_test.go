//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// alert is one of a notification's.
type alert struct {
	Status              string
	Labels, Annotations map[string]string
}

// notification is what Alertmanager sends to a webhook.
type notification struct {
	Receiver    string
	GroupLabels map[string]string
	Alerts      []alert
}

// oncall keeps every notification that it was sent.
type oncall struct {
	mu   sync.Mutex // guards sent
	sent []notification
}

func (o *oncall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var n notification
	if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, n)
}

// notifications returns those about the exporter's alerts.
func (o *oncall) notifications() []notification {
	return slices.DeleteFunc(o.all(), func(n notification) bool { return n.Receiver == everyoneElse })
}

func (o *oncall) all() []notification {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.sent)
}

// everyoneElse is the receiver of other teams' alerts.
const everyoneElse = "everyone-else"

// foreign are alerts of another team's that fire beside ours, with the same labels and with hardly any.
const foreign = `
groups:
- name: foreign
  rules:
  - {alert: DiskFull, expr: vector(1), labels: {severity: warning}}
  - {alert: DiskFull, expr: vector(1), labels: {severity: critical, job: pair, bucket: crowd-bucket, cname: www.example.com}}
  - {alert: DiskFull, expr: vector(1), labels: {severity: warning, job: pair, bucket: crowd-bucket, cname: www.example.com}}
`

// toldForeign waits until the other team was told all of theirs, and nothing that is ours.
func (o *oncall) toldForeign(t *testing.T) {
	t.Helper()
	eventually(t, patience, func(context.Context) error {
		told := map[string]bool{}
		for _, n := range o.all() {
			for _, a := range n.Alerts {
				if ours := strings.HasPrefix(a.Labels["alertname"], "OSSCname"); ours == (n.Receiver == everyoneElse) {
					t.Fatalf("%s was told of %v", n.Receiver, a)
				}
				if n.Receiver == everyoneElse {
					told[fmt.Sprint(a.Labels)] = true
				}
			}
		}
		if want := strings.Count(foreign, "alert:"); len(told) != want {
			return fmt.Errorf("the other team was told of %d alerts, want %d", len(told), want)
		}
		return nil
	})
}

// alerted starts a Prometheus with the rules of deploy/ that scrapes as config
// says, and an Alertmanager with the configuration of deploy/ whose receivers
// are the returned one. Both are in a hurry: hurry edits the rules further.
func alerted(t *testing.T, config string, hurry ...string) (prometheus, *oncall) {
	t.Helper()
	receiver := new(oncall)
	webhook := httptest.NewServer(receiver)
	t.Cleanup(webhook.Close)

	dir := t.TempDir()
	write := func(name string, edits ...string) (file string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
		if err != nil {
			t.Fatal(err)
		}
		file = filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(edited(t, string(text), edits...)), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	alertmanager := start(t, "alertmanager", "--storage.path="+dir, "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=",
		"--config.file="+write("alertmanager.yml", `http://127\.0\.0\.1:9095`, webhook.URL, `group_wait: 30s`, "group_wait: 2s", `group_interval: 5m`, "group_interval: 5s",
			"- name: "+everyoneElse, "- name: "+everyoneElse+"\n    webhook_configs: [{url: "+webhook.URL+"}]", `receiver: `+everyoneElse, "receiver: "+everyoneElse+"\n  group_wait: 2s"))
	others := filepath.Join(dir, "foreign.yml")
	if err := os.WriteFile(others, []byte(foreign), 0o600); err != nil {
		t.Fatal(err)
	}
	config = fmt.Sprintf("%s\nrule_files: [%s, %s]\nalerting: {alertmanagers: [{static_configs: [{targets: [%q]}]}]}\n", config,
		write("rules.yml", append(hurry, ` for: \w+`, " for: 15s", `keep_firing_for: \w+`, "keep_firing_for: 15s", `\[5m\]`, "[5s]", `\[9m\]`, "[9s]", `- 300`, "- 5", `\+ 300`, "+ 5")...),
		others, alertmanager.address(t))
	config = edited(t, config, `global: {`, "global: {evaluation_interval: 1s, ")
	return startPrometheus(t, config, "--rules.alert.resend-delay=5s"), receiver
}

// edited replaces patterns, each of which must be there.
func edited(t *testing.T, text string, edits ...string) string {
	t.Helper()
	for edit := range slices.Chunk(edits, 2) {
		pattern := regexp.MustCompile(edit[0])
		if !pattern.MatchString(text) {
			t.Fatalf("nothing matches %q", pattern)
		}
		text = pattern.ReplaceAllString(text, edit[1])
	}
	return text
}

// name tells alerts apart: what it is, how bad, and of which domain.
func (a alert) name() string {
	return strings.TrimSpace(a.Labels["alertname"] + " " + a.Labels["severity"] + " " + a.Labels["cname"])
}
