package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestVersionsAgree compares the rendered manifests, the files that the pages name
// and the latest version of the changelog, if it has one, with the chart.
func TestVersionsAgree(t *testing.T) {
	var chart struct {
		Version    string
		AppVersion string `yaml:"appVersion"`
	}
	decode(t, "deploy/helm/oss-cname-exporter/Chart.yaml", &chart)
	version := chart.Version
	if chart.AppVersion != version || version == "" {
		t.Errorf("the chart is %s of %s", version, chart.AppVersion)
	}
	history := read(t, "CHANGELOG.md")
	if match := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$`).FindStringSubmatch(history); match != nil && match[1] != version {
		t.Errorf("the chart is %s, the changelog at %s", version, match[1])
	}
	if !strings.Contains(history, "\n## [Unreleased]\n") {
		t.Error("the changelog has no Unreleased")
	}
	for _, heading := range regexp.MustCompile(`(?m)^### .*$`).FindAllString(strings.SplitN(history, "\n## [0", 2)[0], -1) {
		if !strings.Contains(history, "\n## [0") && heading != "### Added" {
			t.Errorf("nothing was released, and the changelog has %q", heading)
		}
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs/install/*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	files := []string{"README.md", "deploy/kubernetes/exporter/exporter.yaml", "deploy/kubernetes/sharded/exporter.yaml"}
	for _, page := range pages {
		files = append(files, filepath.Join("docs/install", filepath.Base(page)))
	}
	named := 0
	for _, path := range files {
		for _, found := range regexp.MustCompile(`(?:exporter_|exporter:|newTag: )(\d+\.\d+\.\d+)`).FindAllStringSubmatch(read(t, path), -1) {
			named++
			if found[1] != version {
				t.Errorf("%s names %s, the chart is %s", path, found[0], version)
			}
		}
	}
	if named < 5 {
		t.Errorf("only %d files name a version", named)
	}
}
