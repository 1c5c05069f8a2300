//go:build e2e && packages

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is a document of docs/install with a folder in which its commands run:
// what a reader has there by then.
type page struct {
	name, text, dir string
}

// block returns the first block in a language that has this text, without its
// indent.
func (p page) block(t *testing.T, language, with string) string {
	t.Helper()
	for _, match := range regexp.MustCompile("(?ms)^( *)```"+language+"\n(.*?)^ *```").FindAllStringSubmatch(p.text, -1) {
		if text := regexp.MustCompile(`(?m)^`+match[1]).ReplaceAllString(match[2], ""); strings.Contains(text, with) {
			return text
		}
	}
	t.Fatalf("%s has no %s with %q", p.name, language, with)
	return ""
}

// commands returns the commands of all console blocks. Where some lines begin
// with a prompt, the others are output.
func (p page) commands() []string {
	var all []string
	for _, match := range regexp.MustCompile("(?ms)^ *```console\n(.*?)^ *```").FindAllStringSubmatch(p.text, -1) {
		text := strings.ReplaceAll(match[1], "\\\n", " ")
		prompts := regexp.MustCompile(`(?m)^ *\$ (.*)$`).FindAllStringSubmatch(text, -1)
		for _, prompt := range prompts {
			all = append(all, prompt[1])
		}
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" && prompts == nil && !strings.HasPrefix(text, "usage: ") {
				all = append(all, line)
			}
		}
	}
	return all
}

// elsewhere says for each command that a page shows and that is not run here
// which test does what it does, or what is missing on a machine without a
// cluster, a registry and a service manager.
var elsewhere = []struct{ pattern, reason string }{
	{`^(sha256sum|tar|sudo install|sudo dpkg|sudo rpm) `, "TestPackageRelease"},
	{`^(sudo systemctl|systemctl|journalctl) `, "TestPackageRelease, under a systemd of its own"},
	{`^(make image$|docker run |docker kill )`, "TestPackageImage, with buildah and podman"},
	{`^make build$`, "TestPackageRelease builds the same"},
	{`^\./oss_cname_exporter( init .*)?$`, "no account; TestFirstHour, with the demo"},
	{`^prometheus --config\.file=prometheus\.yml$`, "TestAlerts"},
	{`^docker (tag|push) `, "no registry"},
	{`^docker compose -f deploy/compose/compose\.yml `, "no registry; TestPackageComposeFires and make lint"},
	{`^(kubectl|helm test) `, "no node; TestControlPlane applies, installs and judges the pod of the test"},
	{`oss_cname_exporter (.* )?check( |$)`, "no account; test/flow and TestCheck"},
	{`^ossutil `, "no account"},
	{`^(dig|chronyc|openssl s_client|curl -sSI https?://) ?`, "no network; test/e2e asks a real DNS server"},
	{`^curl .*\$PROMETHEUS/`, "TestAlerts asks a Prometheus"},
	{`^go run \. --demo$`, "TestDemo"},
	{`^git clone `, "no repository to clone from; TestPackageRelease clones this one"},
	{`^(make (test|budget|lint|e2e|package-test)( |$)|go (-C \S+ )?test )`, ".ci/run"},
	{`^oss_cname_exporter .*--web\.config\.file=`, "test/flow"},
	{`^(openssl req|htpasswd) `, "test/flow and TestPackageRelease make such a certificate"},
	{`jq `, "TestStatus asks the same of the JSON"},
	{`^export `, "nothing to see"},
	{`^oss_cname_exporter --config\.file=\S+$`, "the tests of the whole room"},
}

// TestPackagePages runs every command that a page shows, as far as a machine
// without a cluster and a registry can.
func TestPackagePages(t *testing.T) {
	files, err := filepath.Glob("../../docs/install/*.md")
	if err != nil || len(files) < 8 {
		t.Fatalf("only %v: %v", files, err)
	}
	more, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(more) < 15 {
		t.Fatalf("only %v: %v", more, err)
	}
	exporter := startExporter(t, "--demo")
	ran := 0
	for _, path := range append(append(files, more...), "../../README.md", filepath.Join(chart, "README.md")) {
		p := page{name: filepath.Base(path), text: file(t, path), dir: readersFolder(t)}
		for name, block := range map[string][2]string{
			"helm.md":       {"values.yaml", "credentials: {roleName"},
			"ack.md":        {"values.yaml", "arms.prometheus.io/discovery"},
			"kubernetes.md": {"kustomization.yaml", "configMapGenerator"},
			"binary.md":     {"prometheus.yml", "rule_files"},
		} {
			if p.name == name {
				p.write(t, block[0], p.block(t, "yaml", block[1]))
			}
		}
		for _, command := range p.commands() {
			if p.run(t, command, exporter.address) {
				ran++
			}
		}
	}
	if ran < 20 {
		t.Errorf("ran only %d commands", ran)
	}
}

func (p page) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// readersFolder is the clone of the repository, seen as a folder of links, with
// a configuration.
func readersFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"deploy": "deploy", "oss_cname_exporter": "", "rules.yml": "deploy/rules.yml"} {
		if err := os.Symlink(filepath.Join(root, to), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	page{dir: dir}.write(t, "config.yaml", "accounts: {main: {region: cn-hangzhou, credentials: {type: oidc}}}\ntargets: [{bucket: examplebucket, cname: www.example.com}]\n")
	return dir
}

// run runs a command as a reader would, with the demo at an address, and reports
// whether it did: a command of the list is run elsewhere, or cannot be.
func (p page) run(t *testing.T, command, exporter string) bool {
	t.Helper()
	for _, e := range elsewhere {
		if regexp.MustCompile(e.pattern).MatchString(command) {
			t.Logf("%s: not run here (%s): %s", p.name, e.reason, command)
			return false
		}
	}
	switch {
	case strings.HasSuffix(command, " --demo"):
		startExporter(t, "--demo").get(t, "/metrics", "")
		return true
	case strings.HasPrefix(command, "helm install "):
		command = strings.Replace(command, "install", "template", 1) // there is no cluster
	case strings.HasPrefix(command, "curl ") && strings.Contains(command, "| grep "):
		command = "set -o pipefail; " + command + " || test $? = 1" // the demo need not have the trouble that is looked for
	case strings.HasPrefix(command, "promtool check rules"):
		command += " && promtool check config prometheus.yml"
	}
	command = strings.ReplaceAll(command, "/etc/oss_cname_exporter/config.yaml", "config.yaml")
	if p.name == "README.md" && strings.HasPrefix(command, "helm template oss-cname-exporter . ") { // the chart's own
		command = strings.NewReplacer(" . ", " deploy/helm/oss-cname-exporter ", "values-of-yours.yaml", "deploy/helm/oss-cname-exporter/ci/rrsa-values.yaml").Replace(command)
	}
	command = strings.ReplaceAll(command, "helm template ", "helm template --kube-version "+os.Getenv("KUBERNETES_VERSION")+" ")
	if out, said, err := tryRun(t, "env", "-C", p.dir, "EXPORTER="+exporter, "BUCKET=demo-bucket", "CNAME=hours.example.com", "bash", "-euc", command); err != nil {
		t.Errorf("%s: %s: %v\n%s%s", p.name, command, err, out, said)
	}
	return true
}

// TestPackageTroubleshooting asks the exporter what the page asks it.
func TestPackageTroubleshooting(t *testing.T) {
	exporter := startExporter(t, "--demo")
	asked := 0
	for _, command := range regexp.MustCompile("`(curl [^`]*localhost:19525[^`]*)`").FindAllStringSubmatch(file(t, "../../docs/troubleshooting.md"), -1) {
		if strings.Contains(command[1], " -u ") {
			continue // asks for a password
		}
		asked++
		line := strings.NewReplacer("localhost:19525", exporter.address, "curl ", "curl --fail ", "examplebucket/www.example.com", "demo-bucket/hours.example.com").Replace(command[1])
		if out := run(t, "bash", "-euc", line); out == "" {
			t.Errorf("%s prints nothing", line)
		}
	}
	if asked < 5 {
		t.Errorf("the page asks %d times", asked)
	}
}

// TestPackageComposeFires runs Prometheus with the configuration of the
// composition, and the demo as its exporter, until an alert reaches an
// Alertmanager.
func TestPackageComposeFires(t *testing.T) {
	t.Parallel()
	exporter := startExporter(t, "--demo")
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	alertmanager := start(t, "alertmanager", "--storage.path="+dir, "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=", "--config.file=../../deploy/alertmanager.yml")
	write("rules.yml", deployedRules(t))
	prom := startPrometheus(t, edited(t, file(t, "../../deploy/compose/prometheus.yml"),
		`/etc/prometheus/rules/\*\.yml`, filepath.Join(dir, "rules.yml"), `"alertmanager:9093"`, alertmanager.address(t), `"exporter:19525"`, exporter.address, `: 15s`, ": 3s"))
	prom.holds(t, `ALERTS{alertname="OSSCnameTokenExpiresSoon", alertstate="firing", cname="hours.example.com"} == 1`)
	eventually(t, patience, func(ctx context.Context) error {
		alerts, _, err := get(ctx, "http://"+alertmanager.address(t)+"/api/v2/alerts", "application/json")
		if err == nil && !strings.Contains(string(alerts), "hours.example.com") {
			err = fmt.Errorf("Alertmanager has %s", alerts)
		}
		return err
	})
}
