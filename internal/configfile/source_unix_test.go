//go:build unix

package configfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"oss_cname_exporter/internal/configfile"
)

// TestPipeIsReadOnce starts from a pipe, as a shell's <(command) is, and can neither reload nor watch it.
func TestPipeIsReadOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(path, []byte(minimal), 0o600) }()
	source := configfile.NewSource(path, configfile.SourceOptions{})
	if c, err := source.Load(); err != nil || len(c.Targets) != 1 || <-written != nil {
		t.Fatalf("the first time: %v", err)
	}
	if _, err := source.Load(); err == nil || !strings.HasSuffix(err.Error(), "is a pipe, which can be read only at the start; write a regular file") {
		t.Errorf("the second time: %v", err)
	}
	if err := source.CheckWatchable(); err == nil || !strings.Contains(err.Error(), "is no regular file, and cannot be read again") {
		t.Errorf("watched: %v", err)
	}
}
