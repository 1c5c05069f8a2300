//go:build e2e && packages

package e2e_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPackageRelease makes a release twice, in two places, and installs what
// comes of it.
func TestPackageRelease(t *testing.T) {
	commit := strings.TrimSpace(run(t, "git", "-C", "../..", "rev-parse", "HEAD"))
	first, second := release(t, commit), release(t, commit)
	sums := file(t, first, "SHA256SUMS")
	if again := file(t, second, "SHA256SUMS"); sums != again {
		t.Errorf("two releases of one commit differ:\n%s\n%s", sums, again)
	}
	t.Logf("both times:\n%s", sums)
	for _, want := range []string{
		"_linux_amd64.tar.gz", "_linux_arm64.tar.gz", "_darwin_amd64.tar.gz", "_darwin_arm64.tar.gz", "_windows_amd64.zip", "_windows_arm64.zip",
		"_linux_amd64.deb", "_linux_arm64.deb", "_linux_amd64.rpm", "_linux_arm64.rpm", "_linux_amd64.cdx.json", "_windows_arm64.cdx.json",
	} {
		if !strings.Contains(sums, want+"\n") {
			t.Errorf("the release has no file *%s", want)
		}
	}
	if _, err := os.Stat(filepath.Join(first, "homebrew", "Casks", "oss_cname_exporter.rb")); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"oss_cname_exporter", "oss_cname_exporter.1", "rules.yml", "config.example.yaml"} { // what docs/install/binary.md wants there
		if packed := run(t, "tar", "-tzf", one(t, first, "*_linux_amd64.tar.gz")); !strings.Contains("\n"+packed, "\n"+want+"\n") {
			t.Errorf("the archive has no %s but\n%s", want, packed)
		}
	}
	t.Run("sbom", func(t *testing.T) { checkSBOM(t, first) })
	t.Run("lint", func(t *testing.T) { checkLint(t, first) })
	t.Run("deb", func(t *testing.T) { checkDebian(t, one(t, first, "*_linux_amd64.deb")) })
	t.Run("systemd with the deb", func(t *testing.T) {
		checkSystemd(t, family{"dpkg --install", "dpkg --force-confold --install", "dpkg --remove", one(t, first, "*_linux_amd64.deb")})
	})
	t.Run("systemd with the rpm", func(t *testing.T) {
		const rpm = "rpm --dbpath /var/lib/rpm-of-the-test --nodeps"
		checkSystemd(t, family{rpm + " --upgrade", rpm + " --upgrade --force", rpm + " --erase", one(t, first, "*_linux_amd64.rpm")})
	})
	t.Run("rpm", func(t *testing.T) { checkRPM(t, one(t, first, "*_linux_amd64.rpm")) })
}

// release makes a release of a commit, in a clone of its own, and returns the
// folder with what came out.
func release(t *testing.T, commit string) (dist string) {
	t.Helper()
	clone := filepath.Join(t.TempDir(), "clone")
	run(t, "git", "clone", "--quiet", "../..", clone)
	run(t, "git", "-C", clone, "remote", "set-url", "origin", "https://github.com/example/oss_cname_exporter.git")
	run(t, "git", "-C", clone, "checkout", "--quiet", "--detach", commit)
	run(t, "git", "-C", clone, "tag", "--force", "v0.1.0")
	run(t, "env", "-C", clone, "goreleaser", "release", "--clean", "--skip=publish,announce,docker")
	return filepath.Join(clone, "dist")
}

func file(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// one returns the only file that matches.
func one(t *testing.T, dir, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	return files[0]
}

// checkSBOM holds the list of modules to what go version finds in the binary.
func checkSBOM(t *testing.T, dist string) {
	var document struct {
		BOMFormat  string
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal([]byte(file(t, one(t, dist, "*_linux_amd64.cdx.json"))), &document); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range document.Components[1:] { // the first is the standard library
		got = append(got, c.Name+" "+c.Version)
	}
	var want []string
	for _, dep := range regexp.MustCompile(`(?m)^\s+dep\s+(\S+)\s+(\S+)`).FindAllStringSubmatch(run(t, "go", "version", "-m", one(t, dist, "*linux_amd64*/oss_cname_exporter")), -1) {
		want = append(want, dep[1]+" "+dep[2])
	}
	if document.BOMFormat != "CycloneDX" || len(want) < 10 || !slices.Equal(got, want) {
		t.Errorf("%s lists\n%v\nthe binary has\n%v", document.BOMFormat, got, want)
	}
}

// checkLint has the linters of both families judge the packages. What they may
// find is in the overrides of the deb and in deploy/packages/rpmlint.toml.
func checkLint(t *testing.T, dist string) {
	for _, arch := range []string{"amd64", "arm64"} {
		out, said, err := tryRun(t, "lintian", "--allow-root", "--fail-on", "error,warning", one(t, dist, "*_linux_"+arch+".deb"))
		if err != nil || out != "" {
			t.Errorf("lintian: %v\n%s%s", err, out, said)
		}
		out, said, err = tryRun(t, "rpmlint", "--config", "../../deploy/packages/rpmlint.toml", one(t, dist, "*_linux_"+arch+".rpm"))
		if err != nil || !strings.Contains(out, " 0 errors, 0 warnings") {
			t.Errorf("rpmlint: %v\n%s%s", err, out, said)
		}
	}
}

// machine is a folder that package managers take for a whole system: a shell
// for the packages' scripts, and a systemctl that writes down what it is told.
type machine struct{ root string }

func newMachine(t *testing.T) machine {
	t.Helper()
	m := machine{root: t.TempDir()}
	for _, dir := range []string{"bin", "usr/bin", "etc", "run/systemd/system", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/rpm", "tmp"} {
		if err := os.MkdirAll(filepath.Join(m.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	run(t, "sh", "-c", `cp "$(command -v busybox)" "$0/bin/busybox" && ln -s busybox "$0/bin/sh"`, m.root)
	m.write(t, "var/lib/dpkg/status", "")
	m.write(t, "etc/group", "root:x:0:\noss-cname-exporter:x:999:\n") // what systemd-sysusers makes of the package's file
	for name, script := range map[string]string{"systemctl": "echo \"$@\" >>/systemctl.log", "systemd-sysusers": ""} {
		m.write(t, "usr/bin/"+name, "#!/bin/sh\n"+script+"\n")
		if err := os.Chmod(filepath.Join(m.root, "usr/bin", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m machine) write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(m.root, path), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// told returns what systemctl was told since it was last asked.
func (m machine) told(t *testing.T) string {
	t.Helper()
	log := filepath.Join(m.root, "systemctl.log")
	text, err := os.ReadFile(log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	_ = os.Remove(log)
	return string(bytes.TrimSpace(text))
}

func (m machine) has(path string) bool {
	_, err := os.Stat(filepath.Join(m.root, path))
	return err == nil
}

const (
	configFile = "etc/oss_cname_exporter/config.yaml"
	unitFile   = "usr/lib/systemd/system/oss-cname-exporter.service"
	byHand     = "# This was edited by hand.\n"
)

// checkInstalled holds what every package installs to what it is for; zsh has its
// completions in a folder of the family's.
func (m machine) checkInstalled(t *testing.T, zsh string) {
	t.Helper()
	for _, path := range []string{
		zsh + "/_oss_cname_exporter",
		"usr/bin/oss_cname_exporter", unitFile, "usr/lib/systemd/system/oss-cname-exporter.socket", configFile, "etc/default/oss-cname-exporter",
		"usr/share/man/man1/oss_cname_exporter.1.gz", "usr/share/bash-completion/completions/oss_cname_exporter", "usr/share/doc/oss-cname-exporter/rules.yml",
		"usr/lib/sysusers.d/oss-cname-exporter.conf", "usr/share/fish/vendor_completions.d/oss_cname_exporter.fish",
	} {
		if !m.has(path) {
			t.Errorf("%s is not installed", path)
		}
	}
	if info, err := os.Stat(filepath.Join(m.root, "etc/oss_cname_exporter/credentials")); err != nil || info.Mode().Perm() != 0o750 {
		t.Errorf("the folder for keys: %v, %v", info, err)
	}
	run(t, filepath.Join(m.root, "usr/bin/oss_cname_exporter"), "--config.check", "--config.file="+filepath.Join(m.root, configFile))
	if page := run(t, "man", "--warnings", "--local-file", filepath.Join(m.root, "usr/share/man/man1/oss_cname_exporter.1.gz")); !strings.Contains(page, "oss_cname_exporter - watch") || !strings.Contains(page, "--shard") {
		t.Errorf("the man page reads\n%s", page)
	}
	completed := run(t, "bash", "-c", `PATH="$0/usr/bin:$PATH"; . "$0/usr/share/bash-completion/completions/oss_cname_exporter"; COMP_WORDS=(oss_cname_exporter --config.); COMP_CWORD=1; _oss_cname_exporter_bash_autocomplete; echo "${COMPREPLY[@]}"`, m.root)
	if !strings.Contains(completed, "--config.check --config.watch") {
		t.Errorf("bash completes --config. to %s", completed)
	}
}
