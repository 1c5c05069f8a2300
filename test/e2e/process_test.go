//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// process is a program that runs until it is told to end, or until its test does.
type process struct {
	cmd    *exec.Cmd
	killed bool // by the test, so that it could not go in order
	output *output
	done   chan struct{} // closed once the process is gone and its output complete
}

// start runs a program. When the test is over it gets a SIGTERM and must go, with exit code 0 and without a data race.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{
		cmd:    exec.CommandContext(t.Context(), name, args...),
		output: &output{grown: make(chan struct{})},
		done:   make(chan struct{}),
	}
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = patience
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // the ProcessState says it better: here an end by signal is always an error
	}()
	t.Cleanup(func() { p.end(t) })
	return p
}

func (p *process) end(t *testing.T) {
	t.Helper()
	<-p.done
	if code := p.cmd.ProcessState.ExitCode(); code != 0 && !p.killed {
		t.Errorf("%v: exit code %d (%v), want 0", p.cmd.Args, code, p.cmd.ProcessState)
	}
	text, _ := p.output.read()
	if strings.Contains(text, "DATA RACE") {
		t.Errorf("%v: data race", p.cmd.Args)
	}
	if t.Failed() {
		t.Logf("%v said:\n%s", p.cmd.Args, text)
	}
}

// signal tells the process something; wait then waits for it to go.
func (p *process) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Fatalf("signalling %v: %v", p.cmd.Args, err)
	}
}

// kill ends the process as a crash of its machine would.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.killed = true
	p.signal(t, os.Kill)
	p.wait(t)
}

func (p *process) wait(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case <-p.done:
	case <-ctx.Done():
		t.Fatalf("%v still runs after %v", p.cmd.Args, patience)
	}
}

// listening matches what exporter-toolkit logs once it accepts connections, in the exporter and in Prometheus.
var listening = regexp.MustCompile(`msg="Listening on".* address=(127\.0\.0\.1:\d+)`)

// address is where the process listens, as soon as it does.
func (p *process) address(t *testing.T) string {
	t.Helper()
	return p.said(t, listening)[1]
}

// said waits until the process has said something that matches, and returns the match with its groups.
func (p *process) said(t *testing.T, pattern *regexp.Regexp) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		text, grown := p.output.read()
		if match := pattern.FindStringSubmatch(text); match != nil {
			return match
		}
		select {
		case <-grown:
		case <-p.done:
			t.Fatalf("%v ended before it said %q", p.cmd.Args, pattern)
		case <-ctx.Done():
			t.Fatalf("%v did not say %q within %v", p.cmd.Args, pattern, patience)
		}
	}
}

// output keeps what a process wrote and wakes whoever waits for more of it.
type output struct {
	mu    sync.Mutex // guards both
	text  bytes.Buffer
	grown chan struct{} // closed and replaced by every write
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.grown)
	o.grown = make(chan struct{})
	return o.text.Write(p)
}

// read returns everything written so far, and a channel that is closed once there is more.
func (o *output) read() (text string, grown <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String(), o.grown
}
