//go:build e2e && packages

package e2e_test

import (
	"context"
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// maxImage is what an image may take unpacked, in bytes.
const maxImage = 22_000_000

// store is where a test keeps its images: nothing of it outlives the test.
type store struct{ args []string }

func newStore(t *testing.T) store {
	t.Helper()
	dir := t.TempDir()
	s := store{args: []string{"--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--storage-driver", "vfs"}}
	t.Cleanup(func() {
		out, err := exec.CommandContext(context.Background(), "podman", append(s.args, "--runtime", "runc", "--cgroup-manager", "cgroupfs", "system", "reset", "--force")...).CombinedOutput()
		if err != nil {
			t.Errorf("removing the images: %v\n%s", err, out)
		}
	})
	return s
}

func (s store) podman(t *testing.T, args ...string) string {
	t.Helper()
	return strings.TrimSpace(run(t, "podman", s.command(args...)...))
}

func (s store) command(args ...string) []string {
	return append(append(slices.Clip(s.args), "--runtime", "runc", "--cgroup-manager", "cgroupfs"), args...)
}

// build builds the Dockerfile for an architecture, on a base that stands in for
// the one of the registry, with one time in place of all.
func (s store) build(t *testing.T, arch string) (image string) {
	t.Helper()
	goEnv := func(name string) string { return strings.TrimSpace(run(t, "go", "env", name)) }
	image = "localhost/oss_cname_exporter:" + arch
	run(t, "go", "-C", "../..", "mod", "download")         // the build has no network, and an empty cache may be what the machine has
	dockerfile := filepath.Join(t.TempDir(), "Dockerfile") // the stand-in has another digest than the base
	if err := os.WriteFile(dockerfile, []byte(regexp.MustCompile(`(?m)^(FROM .*)@\S+`).ReplaceAllString(file(t, "../../Dockerfile"), "$1")), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "buildah", append(slices.Clip(s.args),
		"build", "--file", dockerfile, "--no-cache", "--timestamp", "1767366245", "--isolation", "chroot", "--pull-never", "--format", "docker", "--platform", "linux/"+arch, "--build-arg", "BUILDPLATFORM=linux/"+runtime.GOARCH, "--tag", image,
		"--volume", goEnv("GOROOT")+":/usr/local/go:ro", "--volume", goEnv("GOMODCACHE")+":/go/pkg/mod:ro", "--volume", goEnv("GOCACHE")+":/go/cache",
		"--build-arg", "VERSION=0.1.0", "--build-arg", "REVISION=abc", "--build-arg", "CREATED=2026-01-02T15:04:05Z", "--build-arg", "SOURCE=https://git.example.com/oss_cname_exporter",
		"../..")...)
	return image
}

// layers returns the digests of what an image holds.
func (s store) layers(t *testing.T, image string) string {
	t.Helper()
	return s.podman(t, "image", "inspect", "--format", "{{.RootFS.Layers}}", image)
}

func (s store) buildBase(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{busybox: "busybox", "/etc/ssl/certs/ca-certificates.crt": "ca-certificates.crt"} {
		run(t, "cp", "--dereference", from, filepath.Join(dir, to))
	}
	run(t, "buildah", append(slices.Clip(s.args), "build", "--isolation", "chroot", "--pull-never",
		"--file", "testdata/golang.Containerfile", "--tag", baseImage(t), dir)...)
}

// baseImage returns what the Dockerfile builds on.
func baseImage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^FROM .*?([^\s@]+)(@\S+)? AS build$`).FindStringSubmatch(string(text))[1]
}

// TestPackageImage builds the image for both architectures, that of
// this machine twice, and runs it as hardened as can be: no user but nobody, no
// capability, no disk to write to.
func TestPackageImage(t *testing.T) {
	s := newStore(t)
	s.buildBase(t)
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	for arch, machine := range machines {
		image := s.build(t, arch)
		if layers := s.layers(t, image); arch == runtime.GOARCH && s.layers(t, s.build(t, arch)) != layers {
			t.Errorf("two builds of one commit differ: %s, %s", layers, s.layers(t, image))
		}
		var inspected []struct {
			Architecture string
			Size         int
			Config       struct {
				User       string
				Labels     map[string]string
				StopSignal string
			}
		}
		if err := json.Unmarshal([]byte(s.podman(t, "image", "inspect", image)), &inspected); err != nil {
			t.Fatal(err)
		}
		i := inspected[0]
		t.Logf("%s: %d bytes", image, i.Size)
		if i.Architecture != arch || i.Size > maxImage || i.Config.User != "65534:65534" {
			t.Errorf("%s: architecture %s, %d bytes, user %s", image, i.Architecture, i.Size, i.Config.User)
		}
		for _, label := range []string{"title", "description", "vendor", "licenses", "version", "revision", "created", "source", "url", "documentation", "base.name"} {
			if i.Config.Labels["org.opencontainers.image."+label] == "" {
				t.Errorf("%s has no label %s", image, label)
			}
		}
		binary, err := elf.Open(filepath.Join(s.podman(t, "image", "mount", image), "bin", "oss_cname_exporter"))
		if err != nil {
			t.Fatal(err)
		}
		if binary.Machine != machine || binary.Section(".interp") != nil {
			t.Errorf("%s: the binary is of %v, or not static", image, binary.Machine)
		}
		_ = binary.Close()
		for name, want := range map[string]string{"LICENSE": "Apache License", "NOTICE": "oss_cname_exporter authors", "THIRD_PARTY_LICENSES": "==== github.com/prometheus/client_golang "} {
			if text := file(t, s.podman(t, "image", "mount", image), "usr/share/licenses/oss_cname_exporter", name); !strings.Contains(text, want) {
				t.Errorf("%s: %s does not have %q", image, name, want)
			}
		}
	}
	s.runHardened(t, "localhost/oss_cname_exporter:amd64")
}

func (s store) runHardened(t *testing.T, image string) {
	t.Helper()
	const name = "exporter"
	hardened := []string{
		"run", "--name", name, "--env", "OSS_CNAME_EXPORTER_WEB_LISTEN_ADDRESS=" + freeAddress(t), "--health-interval", "disable", "--network", "host", "--read-only", "--read-only-tmpfs=false", "--cap-drop", "all", "--security-opt", "no-new-privileges",
		"--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", image,
	}
	p := start(t, "podman", s.command(append(hardened, "--demo")...)...)
	address := p.address(t)
	prom := startPrometheus(t, firing(t, deployedRules(t), "oss_cname", address, nil))
	prom.holds(t, `ALERTS{alertname="OSSCnameTokenExpiresSoon", alertstate="firing", cname="hours.example.com"} == 1`)

	status, err := os.ReadFile(fmt.Sprintf("/proc/%s/status", s.podman(t, "inspect", "--format", "{{.State.Pid}}", name)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Uid:\t65534\t65534\t65534\t65534", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"} {
		if !strings.Contains(string(status), want) {
			t.Errorf("the process has not %q:\n%s", want, status)
		}
	}
	s.podman(t, "healthcheck", "run", name) // as the image declares it

	// It ends on SIGTERM, long before podman would kill it: then its exit code would be 137.
	s.podman(t, "stop", "--time", "60", name)
	p.wait(t)
	if code := s.podman(t, "inspect", "--format", "{{.State.ExitCode}}", name); code != "0" {
		t.Errorf("exit code %s", code)
	}

	out, errs, err := tryRun(t, "podman", s.command("run", "--rm", "--network", "host", "--read-only", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", image, "--config.file=/config.yaml")...)
	if err == nil || !strings.Contains(out+errs, "/config.yaml") {
		t.Errorf("without a configuration: %v\n%s%s", err, out, errs)
	}
}

// deployedRules returns the rules of deploy/, in a hurry.
func deployedRules(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "for: 1m", "for: 0s")
}
