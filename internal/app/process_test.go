//go:build unix

package app_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"oss_cname_exporter/internal/app/apptest"
)

// process is the program in a process of its own.
type process struct {
	cmd    *exec.Cmd
	stderr *apptest.Output
}

// start starts the program. Its stderr is a pipe that it can lose.
func start(t *testing.T, env []string, args ...string) (p *process, reader *os.File) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p = &process{exec.CommandContext(t.Context(), self, args...), apptest.NewOutput()}
	p.cmd.Env = append(os.Environ(), append(env, "APP_TEST_MAIN=1", "OSS_ACCESS_KEY_ID=id", "OSS_ACCESS_KEY_SECRET=secret")...)
	p.cmd.Stderr = writer
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait(); reader.Close() })
	return p, reader
}

// follow collects what the process logs until the pipe ends.
func (p *process) follow(reader io.Reader) { go func() { _, _ = io.Copy(p.stderr, reader) }() }

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// ends asserts that the process ends in order after a SIGTERM.
func (p *process) ends(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, p.stderr)
	}
}

// written writes a configuration whose targets, of no OSS, are n.
func written(t *testing.T, n int) (path string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("accounts: {main: {region: cn-hangzhou, endpoint: \"http://127.0.0.1:1\"}}\ntargets:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {bucket: abc, cname: d%d.example.com}\n", i)
	}
	path = filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestHangupDuringTheStart sends SIGHUP while the configuration loads: from a pipe, which is open once it is read.
func TestHangupDuringTheStart(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "config.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(written(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	p, stderr := start(t, nil, "--config.file="+pipe, "--web.listen-address=127.0.0.1:0")
	p.follow(stderr)
	writer, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns when the exporter has opened it
	if err != nil {
		t.Fatal(err)
	}
	p.signal(t, syscall.SIGHUP)
	if _, err := writer.Write(text); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	p.stderr.Wait(t, `configuration refused.*is a (pipe)`) // the reload that was asked for, after the start
	p.stderr.Wait(t, `Listening on.* address=(\S+)`)
	p.ends(t)
}

// TestTermDuringTheStart ends an exporter whose configuration never comes.
func TestTermDuringTheStart(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "config.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	p, stderr := start(t, nil, "--config.file="+pipe, "--web.listen-address=127.0.0.1:0")
	p.follow(stderr)
	writer, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	p.ends(t)
}

// TestStderrThatNobodyReads closes the pipe that the log goes to: the log is lost and the monitoring is not.
func TestStderrThatNobodyReads(t *testing.T) {
	t.Parallel()
	p, stderr := start(t, nil, "--config.file="+written(t, 1), "--web.listen-address=127.0.0.1:0", "--log.level=debug")
	var log [4096]byte
	var text string
	listening := regexp.MustCompile(`Listening on.* address=(\S+)`)
	for listening.FindStringSubmatch(text) == nil {
		n, err := stderr.Read(log[:])
		if err != nil {
			t.Fatal(err)
		}
		text += string(log[:n])
	}
	stderr.Close()
	url := "http://" + listening.FindStringSubmatch(text)[1]
	for range 3 { // each logs something
		p.signal(t, syscall.SIGHUP)
		if status, body := apptest.Get(t, url+"/metrics"); status != http.StatusOK || !strings.Contains(body, "oss_cname_token_probe_success") {
			t.Errorf("%d %s", status, body)
		}
	}
	p.ends(t)
}

func TestVersionOfAPlainBuild(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "--version")
	cmd.Env = append(os.Environ(), "APP_TEST_MAIN=1")
	out, err := cmd.Output()
	if err != nil || !regexp.MustCompile(`^oss_cname_exporter, version (devel|v?[0-9]\S*) `).Match(out) || !strings.Contains(string(out), runtime.Version()) {
		t.Errorf("%v: %s", err, out)
	}
}
