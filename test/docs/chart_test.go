package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestChartIsCurrent makes the chart's copies and its schema anew: they follow
// deploy/ and the schema of the configuration.
func TestChartIsCurrent(t *testing.T) {
	dir := t.TempDir()
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "-C", filepath.Join(root, "scripts/chart"), "run", ".", absolute, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const chart = "deploy/helm/oss-cname-exporter"
	for _, pattern := range []string{"values.schema.json", "files/*"} {
		made, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || made == nil {
			t.Fatalf("%s: %v", pattern, err)
		}
		kept, err := filepath.Glob(filepath.Join(root, chart, pattern))
		if err != nil || len(kept) != len(made) {
			t.Errorf("the chart has %v, make chart makes %v", kept, made)
		}
		for _, path := range made {
			if name := strings.TrimPrefix(path, dir); text(t, path) != read(t, chart+name) {
				t.Errorf("%s is not current: run make chart", chart+name)
			}
		}
	}
}

func text(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
