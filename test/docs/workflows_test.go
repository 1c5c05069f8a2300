package docs_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestWorkflowsArePinned wants each action by the digest of a commit, with the
// version that it is, and no right but to read unless a job says why.
func TestWorkflowsArePinned(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	for _, path := range files {
		path := filepath.Join(".github/workflows", filepath.Base(path))
		var workflow struct {
			Permissions map[string]string
			Jobs        map[string]struct{ Permissions map[string]string }
		}
		decode(t, path, &workflow)
		if len(workflow.Permissions) != 1 || workflow.Permissions["contents"] != "read" {
			t.Errorf("%s: a job that says nothing may %v", path, workflow.Permissions)
		}
		text := read(t, path)
		for _, use := range regexp.MustCompile(`(?m)uses: .*$`).FindAllString(text, -1) {
			if !regexp.MustCompile(`@[0-9a-f]{40} # v\d+\.\d+\.\d+$`).MatchString(use) {
				t.Errorf("%s: %q is not pinned", path, use)
			}
		}
		for _, right := range regexp.MustCompile(`(?m)^ +\w+: write.*$`).FindAllString(text, -1) {
			if !regexp.MustCompile(` # the \w+`).MatchString(right) {
				t.Errorf("%s: %q does not say what for", path, right)
			}
		}
	}
}

// TestDependabotWatchesAll wants each module that has dependencies, the actions,
// and the base of the image kept current.
func TestDependabotWatchesAll(t *testing.T) {
	text := read(t, ".github/dependabot.yml")
	for _, want := range []string{"package-ecosystem: github-actions", "package-ecosystem: docker"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	watched := strings.Split(regexp.MustCompile(`directories: \[(.*)\]`).FindStringSubmatch(text)[1], ", ")
	for _, pattern := range []string{"go.mod", "*/*/go.mod"} {
		modules, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(modules) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, path := range modules {
			directory := "/" + filepath.ToSlash(strings.Trim(strings.TrimPrefix(filepath.Dir(path), root), "/"))
			if content := read(t, directory+"/go.mod"); strings.Contains(content, "\nrequire") && !slices.Contains(watched, directory) {
				t.Errorf("%s is not watched: %v", directory, watched)
			}
		}
	}
}
