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

// patience ends what will never happen. It is no deadline: no machine is so busy that what takes seconds elsewhere takes
// so long.
const patience = 15 * time.Minute

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

// eventually asks until ask has no complaint left; its last complaint is the failure.
func eventually(t *testing.T, within time.Duration, ask func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	var complaint error
	for {
		err := ask(ctx)
		if err == nil {
			return
		}
		if ctx.Err() == nil || complaint == nil {
			complaint = err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("after %v: %v", within, complaint)
		}
	}
}
