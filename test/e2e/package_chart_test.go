//go:build e2e && packages

package e2e_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// TestPackageChartIsWhole packs the chart and renders the archive: what it
// links to in deploy/ is inside.
func TestPackageChartIsWhole(t *testing.T) {
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
