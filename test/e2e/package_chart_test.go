//go:build e2e && packages

package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const chart = "../../deploy/helm/oss-cname-exporter"

// run runs a program to its end; another exit code than 0 fails the test.
func run(t *testing.T, name string, args ...string) (stdout string) {
	t.Helper()
	out, errs, err := tryRun(t, name, args...)
	if err != nil {
		t.Fatalf("%s %v: %v\n%s%s", name, args, err, out, errs)
	}
	return out
}

// tryRun runs a program to its end, whatever that is.
func tryRun(t *testing.T, name string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// rendering is what the chart makes of a file of values.
type rendering struct {
	name    string
	text    string
	objects []object
}

// renderings returns what the chart makes of each file in ci/.
func renderings(t *testing.T) []rendering {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(chart, "ci", "*-values.yaml"))
	if err != nil || len(files) < 8 {
		t.Fatalf("only %v: %v", files, err)
	}
	var all []rendering
	for _, file := range files {
		all = append(all, render(t, strings.TrimSuffix(filepath.Base(file), "-values.yaml")))
	}
	return all
}

func render(t *testing.T, name string, more ...string) rendering {
	t.Helper()
	args := []string{
		"template", "oss-cname-exporter", chart, "--kube-version", os.Getenv("KUBERNETES_VERSION"), "--namespace", "monitoring",
		"--values", filepath.Join(chart, "ci", name+"-values.yaml"),
	}
	text := run(t, "helm", append(args, more...)...)
	return rendering{name: name, text: text, objects: objects(t, text)}
}

// object is one Kubernetes object.
type object = map[string]any

func objects(t *testing.T, text string) []object {
	t.Helper()
	var all []object
	for decoder := yaml.NewDecoder(strings.NewReader(text)); ; {
		var o object
		err := decoder.Decode(&o)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if o != nil {
			all = append(all, o)
		}
	}
}

// TestPackageChartIsWellFormed holds each rendering to helm's own rules, to the
// schemas of Kubernetes and of Prometheus Operator, and to good practice.
func TestPackageChartIsWellFormed(t *testing.T) {
	dir := t.TempDir()
	for _, r := range renderings(t) {
		file := filepath.Join(dir, r.name+".yaml")
		if err := os.WriteFile(file, []byte(r.text), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, "helm", "lint", "--strict", "--quiet", "--kube-version", os.Getenv("KUBERNETES_VERSION"), chart,
			"--values", filepath.Join(chart, "ci", r.name+"-values.yaml"))
		score, _, _ := tryRun(t, "kube-score", "score", "--output-format", "ci", file)
		if !strings.Contains(score, "[OK]") {
			t.Errorf("%s: kube-score judged nothing:\n%s", r.name, score)
		}
		for _, critical := range regexp.MustCompile(`(?m)^\[CRITICAL\].*`).FindAllString(score, -1) {
			t.Errorf("%s: %s", r.name, critical)
		}
	}
	validate(t, dir)
	if err := os.Remove(filepath.Join(dir, "existing.yaml")); err != nil { // it has fields of newer ones
		t.Fatal(err)
	}
	run(t, "kubectl-validate", dir, "--version", oldestKubernetes(t), "--local-crds", os.Getenv("CRDS"))

	// Neither tool passes everything.
	wrong := t.TempDir()
	text := strings.ReplaceAll(render(t, "rrsa").text, "scrapeTimeout:", "scrapetimeout:")
	if err := os.WriteFile(filepath.Join(wrong, "wrong.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, err := tryRun(t, "kubectl-validate", wrong, "--version", os.Getenv("KUBERNETES_VERSION"), "--local-crds", os.Getenv("CRDS")); err == nil {
		t.Errorf("a misspelt field of a ServiceMonitor is valid:\n%s", out)
	}
}

// oldestKubernetes is the oldest that the chart installs on.
func oldestKubernetes(t *testing.T) string {
	t.Helper()
	return regexp.MustCompile(`kubeVersion: ">=(\d+\.\d+)\.`).FindStringSubmatch(file(t, chart, "Chart.yaml"))[1]
}

func validate(t *testing.T, dir string) {
	t.Helper()
	run(t, "kubectl-validate", dir, "--version", os.Getenv("KUBERNETES_VERSION"), "--local-crds", os.Getenv("CRDS"))
}

// TestPackageChartRefuses renders each file in ci/refused, whose first line is
// what helm must say.
func TestPackageChartRefuses(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(chart, "ci", "refused", "*.yaml"))
	if err != nil || len(files) < 10 {
		t.Fatalf("only %v: %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		_, said, err := tryRun(t, "helm", "template", "x", chart, "--kube-version", os.Getenv("KUBERNETES_VERSION"), "--values", file)
		if want := strings.TrimPrefix(first, "# "); err == nil || !strings.Contains(said, want) {
			t.Errorf("%s: %v, said %q, want %q", filepath.Base(file), err, said, want)
		}
	}
}

// TestPackageChartIsWhole packs the chart and renders the archive. No file of it
// is a link: what Git or Windows leaves out would be missing.
func TestPackageChartIsWhole(t *testing.T) {
	if links := run(t, "find", chart, "-type", "l"); links != "" {
		t.Errorf("the chart has links:\n%s", links)
	}
	for left, want := range map[string]string{"files/*.yml": "the chart has no files/*.yml", "files/*.json": "the chart has no files/dashboard.json"} {
		dir := filepath.Join(t.TempDir(), "chart")
		run(t, "sh", "-c", `cp -r "$0" "$1" && rm "$1"/$2`, chart, dir, left)
		if _, said, err := tryRun(t, "helm", "template", "x", dir, "--kube-version", os.Getenv("KUBERNETES_VERSION"), "--values", filepath.Join(chart, "ci", "rrsa-values.yaml")); err == nil || !strings.Contains(said, want) {
			t.Errorf("without %s: %v, said %s", left, err, said)
		}
	}
	dir := t.TempDir()
	run(t, "helm", "package", chart, "--destination", dir)
	archives, _ := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if len(archives) != 1 {
		t.Fatalf("packed %v", archives)
	}
	text := run(t, "helm", "template", "oss-cname-exporter", archives[0], "--kube-version", os.Getenv("KUBERNETES_VERSION"), "--namespace", "monitoring",
		"--values", filepath.Join(chart, "ci", "rrsa-values.yaml"))
	if want := render(t, "rrsa").text; text != want {
		t.Errorf("the packed chart renders %d bytes, the folder %d", len(text), len(want))
	}
}

// TestPackageChartInChinese wants as many alerts in Chinese, with links to the
// Chinese runbooks.
func TestPackageChartInChinese(t *testing.T) {
	text := run(t, "helm", "template", "x", chart, "--kube-version", os.Getenv("KUBERNETES_VERSION"), "--values", filepath.Join(chart, "ci", "rrsa-values.yaml"),
		"--set", "rules.language=zh,rules.runbookBase=https://git.example.com/", "--show-only", "templates/prometheusrule.yaml")
	if got, want := strings.Count(text, "alert: "), strings.Count(render(t, "rrsa").text, "alert: "); got != want || !strings.Contains(text, "未使用即已失效") || !strings.Contains(text, "https://git.example.com/docs/runbooks.zh-CN.md#") {
		t.Errorf("got %d alerts, want %d:\n%s", got, want, text)
	}
}

// TestPackageManifestsAreCurrent renders deploy/kubernetes anew, builds each
// kustomization of it, and one on top as docs/install/kubernetes.md shows it.
func TestPackageManifestsAreCurrent(t *testing.T) {
	helm, err := exec.LookPath("helm")
	if err != nil {
		t.Fatal(err)
	}
	const kept = "../../deploy/kubernetes"
	dir := t.TempDir()
	run(t, "../../scripts/manifests/render", helm, dir)
	if diff, _, err := tryRun(t, "diff", "--recursive", "--exclude=kustomization.yaml", kept, dir); err != nil {
		t.Errorf("make manifests has not been run: %v\n%s", err, diff)
	}
	for _, name := range []string{"exporter", "sharded", "operator"} {
		built := run(t, "kustomize", "build", filepath.Join(kept, name))
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(built), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	validate(t, dir)
}

func toYAML(t *testing.T, value any) string {
	t.Helper()
	text, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPackageChartTakesManyDomains renders 12,000 targets, which do not fit into
// one object of Kubernetes, and gives the program what the pod's volume holds.
func TestPackageChartTakesManyDomains(t *testing.T) {
	dir := t.TempDir()
	values := filepath.Join(dir, "values.yaml")
	text := "config:\n  accounts: {main: {region: cn-hangzhou}}\n  targets:\n"
	for i := range 12_000 {
		text += fmt.Sprintf("  - {bucket: examplebucket, cname: d%d.example.com, labels: {flag: \"on\", unit: \"%04d\"}}\n", i, i)
	}
	if err := os.WriteFile(values, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := render(t, "large", "--values", values, "--set", "configCheck.enabled=false,dashboard.enabled=false")
	etc := filepath.Join(dir, "etc")
	if err := os.Mkdir(etc, 0o700); err != nil {
		t.Fatal(err)
	}
	sources := at[[]any](named(at[[]any](second(r.pod(t)), "volumes"), "config"), "projected", "sources")
	if len(sources) != 7 {
		t.Errorf("%d sources", len(sources))
	}
	for _, source := range sources {
		for _, config := range r.kind("ConfigMap") {
			if at[string](config, "metadata", "name") != at[string](source, "configMap", "name") {
				continue
			}
			for name, text := range at[object](config, "data") {
				if len(text.(string)) > 1<<20 {
					t.Errorf("%s has %d bytes", name, len(text.(string)))
				}
				if err := os.WriteFile(filepath.Join(etc, name), []byte(text.(string)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if out := run(t, "oss_cname_exporter", "--config.check", "--config.file="+filepath.Join(etc, "config.yaml")); !strings.Contains(out, "12000 targets, no faults") {
		t.Error(out)
	}

	// What one object would hold alone is refused with a word.
	long := strings.Repeat("x", 600)
	text = "config:\n  targets:\n"
	for i := range 2000 {
		text += fmt.Sprintf("  - {bucket: examplebucket, cname: d%d.example.com, labels: {team: %s}}\n", i, long)
	}
	if err := os.WriteFile(values, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, said, err := tryRun(t, "helm", "template", "x", chart, "--kube-version", os.Getenv("KUBERNETES_VERSION"), "--values", filepath.Join(chart, "ci", "large-values.yaml"), "--values", values)
	if err == nil || !strings.Contains(said, "do not fit into a ConfigMap, which takes 1 MiB") {
		t.Errorf("%v: %s", err, said)
	}
}

func second[A, B any](_ A, b B) B { return b }

// TestPackageChartKeepsLabels wants labels in the configuration as they are
// written: YAML has other ideas of "on", "0012" and "1.10".
func TestPackageChartKeepsLabels(t *testing.T) {
	text := at[string](render(t, "large").one(t, "ConfigMap"), "data", "config.yaml")
	for _, want := range []string{`flag: "on"`, `unit: "0012"`, `version: "1.10"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

// TestPackageChartSuitsOpenShift wants no user and no group where the cluster
// assigns them.
func TestPackageChartSuitsOpenShift(t *testing.T) {
	for _, r := range []rendering{render(t, "rrsa", "--api-versions", "security.openshift.io/v1"), render(t, "secret", "--api-versions", "security.openshift.io/v1")} {
		if ids := regexp.MustCompile(`.*(runAsUser|runAsGroup|fsGroup).*`).FindAllString(r.text, -1); ids != nil {
			t.Errorf("%s: %q", r.name, ids)
		}
	}
}

// TestPackageChartFollowsThePrefix wants the path of the external URL wherever
// something asks the exporter.
func TestPackageChartFollowsThePrefix(t *testing.T) {
	r := render(t, "prefix")
	for _, want := range []string{
		"--web.external-url=https://monitoring.example.com/oss-cname", "path: /oss-cname/metrics", "metricsPath: /oss-cname/probe",
		"svc:19525/oss-cname/sd", "path: /oss-cname\n", "--web.route-prefix=/oss-cname",
	} {
		if !strings.Contains(r.text, want) {
			t.Errorf("no %s", want)
		}
	}
	if probe := render(t, "probe", "--set", "web.routePrefix=/oss"); !strings.Contains(probe.text, "path: /oss/probe") {
		t.Error("the Probe does not follow the prefix")
	}
}

// TestPackageChartChecksConfigurations runs the command of the hook of each
// rendering on the files that its pod has: it passes, and says in the program's
// own words which line is wrong.
func TestPackageChartChecksConfigurations(t *testing.T) {
	checked := 0
	for _, r := range renderings(t) {
		if said, err := r.check(t); err != nil {
			t.Errorf("%s: %v\n%s", r.name, err, said)
		} else if strings.Contains(said, "no faults") {
			checked++
		}
	}
	if checked < 8 {
		t.Errorf("the hook checks %d configurations", checked)
	}
	const want = `accounts.main.region: "CN-Shanghai": write the plain region id, "cn-shanghai" (华东2（上海）, China (Shanghai))`
	if said, err := render(t, "rrsa", "--set", "config.accounts.main.region=CN-Shanghai").check(t); err == nil || !strings.Contains(said, want) {
		t.Errorf("want %s: %v\n%s", want, err, said)
	}
}

// check runs the command of the hook, where the rendering has what it mounts.
func (r rendering) check(t *testing.T) (said string, err error) {
	t.Helper()
	pod, ok := r.hooks()["check"]
	if !ok {
		return "", nil
	}
	spec := at[object](pod, "spec")
	container := at[[]any](spec, "containers")[0].(object)
	var args []string
	for _, arg := range at[[]any](container, "args") {
		args = append(args, arg.(string))
	}
	command := strings.Join(args, "\n")
	for _, mount := range at[[]any](container, "volumeMounts") {
		dir := t.TempDir()
		command = strings.ReplaceAll(command, "="+at[string](mount, "mountPath")+"/", "="+dir+"/")
		r.mount(t, dir, named(at[[]any](spec, "volumes"), at[any](mount, "name")))
	}
	file := regexp.MustCompile(`--config\.file=(.*)`).FindStringSubmatch(command)[1]
	if _, missing := os.Stat(file); missing == nil {
		out, errs, err := tryRun(t, "oss_cname_exporter", strings.Split(command, "\n")...)
		return out + errs, err
	}
	return "", nil // it exists already, elsewhere
}

// mount writes the ConfigMaps of a volume into a folder. The volume with web.yml
// comes from a Secret, which gets one that is empty.
func (r rendering) mount(t *testing.T, dir string, volume object) {
	t.Helper()
	names := []string{at[string](volume, "configMap", "name")}
	for _, source := range at[[]any](volume, "projected", "sources") {
		names = append(names, at[string](source, "configMap", "name"))
	}
	files := object{}
	for _, config := range r.kind("ConfigMap") {
		if slices.Contains(names, at[string](config, "metadata", "name")) {
			maps.Copy(files, at[object](config, "data"))
		}
	}
	if volume["name"] == "web" {
		files["web.yml"] = ""
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text.(string)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPackageChartTestsTheExporter runs the command of helm test, first with an
// exporter at the address of the Service and then with none.
func TestPackageChartTestsTheExporter(t *testing.T) {
	exporter := startExporter(t, "--demo", "--web.route-prefix=/oss-cname")
	pod := render(t, "prefix").hooks()["test"]
	var args []string
	for _, arg := range at[[]any](at[[]any](pod, "spec", "containers")[0], "args") {
		args = append(args, arg.(string))
	}
	asks := func(address string) (said string, err error) {
		command := regexp.MustCompile(`=\S+\.svc:\d+`).ReplaceAllString(strings.Join(args, " "), "="+address)
		out, errs, err := tryRun(t, "oss_cname_exporter", strings.Fields(command)...)
		return out + errs, err
	}
	if said, err := asks(exporter.address); err != nil {
		t.Errorf("an exporter that serves: %v\n%s", err, said)
	}
	if said, err := asks(freeAddress(t)); err == nil || !strings.Contains(said, "connection refused") {
		t.Errorf("no exporter: %v\n%s", err, said)
	}
}
