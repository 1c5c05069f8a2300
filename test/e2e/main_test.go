//go:build e2e

// Package e2e_test runs the binary as an operator would: a process, scraped by a real Prometheus and looked at with a real browser.
// What is missing on the machine fails a test and never skips it: a check that did not happen is no check.
package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long a test waits while nothing changes. It is no deadline for a busy machine: each change begins it anew.
const patience = 8 * time.Minute

// TestMain builds the exporter once, with the race detector, and puts it on the PATH beside the other tools.
func TestMain(m *testing.M) {
	dir, err := build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

func build() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "oss_cname_exporter-e2e-"); err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "oss_cname_exporter")
	if out, err := exec.Command("go", "build", "-race", "-o", binary, "oss_cname_exporter").CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("building the exporter: %w\n%s", err, out), os.RemoveAll(dir))
	}
	return dir, os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// eventually asks until ask has no complaint left. It gives up when the complaint has been the same for as long as patience.
func eventually(t *testing.T, patience time.Duration, ask func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	giveUp := time.AfterFunc(patience, cancel)
	defer giveUp.Stop()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	var complaint error
	for {
		err := ask(ctx)
		if err == nil {
			return
		}
		if complaint == nil || ctx.Err() == nil && err.Error() != complaint.Error() {
			complaint = err
			giveUp.Reset(patience)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("unchanged for %v: %v", patience, complaint)
		}
	}
}
