//go:build e2e && packages

package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// clone returns a clone of what is committed.
func clone(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "clone")
	run(t, "git", "clone", "--quiet", "../..", dir)
	return dir
}

// TestPackageNames makes the project another's, as a maintainer does: one file is
// edited, and no example is left. Before that, a release is refused.
func TestPackageNames(t *testing.T) {
	dir := clone(t)
	names := filepath.Join(dir, "scripts/package/names")
	if _, said, err := tryRun(t, names, "check"); err == nil || !strings.Contains(said, "OWNER=example") || !strings.Contains(said, "CODEOWNERS") {
		t.Errorf("names of an example: %v, said %s", err, said)
	}
	write := func(registry string) {
		text := "OWNER=acme\nREGISTRY=" + registry + "\nMODULE=github.com/acme/oss_cname_exporter\nMAINTAINER=\"Acme <oss@acme.test>\"\n"
		if err := os.WriteFile(filepath.Join(dir, "deploy/release.env"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("ghcr.io/Acme")
	if _, said, err := tryRun(t, names, "check"); err == nil || !strings.Contains(said, "lower-case") {
		t.Errorf("a registry in upper case: %v, said %s", err, said)
	}
	write("ghcr.io/acme")
	run(t, names, "apply")
	if _, said, err := tryRun(t, names, "check"); err == nil || !strings.Contains(said, "golang:1.26 has no digest") {
		t.Errorf("a base without a digest: %v, said %s", err, said)
	}
	run(t, "sed", "-i", "s/^FROM .*golang:[^ ]*/&@sha256:"+strings.Repeat("0", 64)+"/", filepath.Join(dir, "Dockerfile"))
	run(t, names, "check")
	run(t, "go", "-C", dir, "build", "-o", filepath.Join(dir, "built"), ".")
	if module := run(t, "go", "-C", dir, "list", "-m"); strings.TrimSpace(module) != "github.com/acme/oss_cname_exporter" {
		t.Errorf("the module is %s", module)
	}
	if values := file(t, dir, "deploy/helm/oss-cname-exporter/values.yaml"); !strings.Contains(values, `registry: "ghcr.io/acme"`) {
		t.Error("the chart does not follow")
	}
}

// TestPackageImageIsNamed wants the tag that the page runs from make image, and
// no token of a remote in its labels.
func TestPackageImageIsNamed(t *testing.T) {
	dir := clone(t)
	run(t, "git", "-C", dir, "remote", "set-url", "origin", "https://me:glpat-sesame@git.example.com/acme/oss_cname_exporter.git")
	command := run(t, "make", "-C", dir, "-n", "image")
	if strings.Contains(command, "sesame") || !strings.Contains(command, "SOURCE=https://git.example.com/acme/oss_cname_exporter.git") {
		t.Errorf("the label: %s", command)
	}
	page := file(t, "../../docs/install/container.md")
	for _, image := range regexp.MustCompile(`docker run .* (oss_cname_exporter\S*) --`).FindAllStringSubmatch(page, -1) {
		if want := image[1] + ":latest"; !strings.Contains(command, "--tag "+want) {
			t.Errorf("the page runs %s, make image says %s", want, command)
		}
	}
}

// TestPackageBinariesAreOne wants the image's binary to be the archive's: the
// same flags, and the same stamps.
func TestPackageBinariesAreOne(t *testing.T) {
	release, image := file(t, "../../.goreleaser.yml"), file(t, "../../Dockerfile")
	for _, flag := range []string{"-trimpath", "-buildvcs=false", "-s -w -buildid="} {
		if !strings.Contains(release, flag) || !strings.Contains(image, flag) {
			t.Errorf("%s is not on both", flag)
		}
	}
	args := map[string]string{"Version": "VERSION", "Revision": "REVISION", "Branch": "BRANCH", "BuildUser": "BUILD_USER", "BuildDate": "BUILD_DATE"}
	for _, stamp := range regexp.MustCompile(`version\.(\w+)=(.*)`).FindAllStringSubmatch(release, -1) {
		want := strings.TrimSpace(stamp[2])
		got := regexp.MustCompile(args[stamp[1]] + `: "?(.*?)"?( #.*)?\n`).FindStringSubmatch(release)
		if got == nil || got[1] != want {
			t.Errorf("%s: the archive has %s, the image %v", stamp[1], want, got)
		}
	}
}
