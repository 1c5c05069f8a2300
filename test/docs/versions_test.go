package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestVersionsAgree holds the chart, the rendered manifests and the files that
// the pages name to the latest version of the changelog.
func TestVersionsAgree(t *testing.T) {
	match := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$`).FindStringSubmatch(read(t, "CHANGELOG.md"))
	if match == nil {
		t.Fatal("the changelog has no version with a date")
	}
	version := match[1]
	if !strings.Contains(read(t, "CHANGELOG.md"), "\n## [Unreleased]\n") {
		t.Error("the changelog has no place for what comes next")
	}
	var chart struct {
		Version    string
		AppVersion string `yaml:"appVersion"`
	}
	decode(t, "deploy/helm/oss-cname-exporter/Chart.yaml", &chart)
	if chart.Version != version || chart.AppVersion != version {
		t.Errorf("the chart is %s of %s, the changelog at %s", chart.Version, chart.AppVersion, version)
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
				t.Errorf("%s names %s, the changelog is at %s", path, found[0], version)
			}
		}
	}
	if named < 5 {
		t.Errorf("only %d files name a version", named)
	}
}
