//go:build unix

package accounts_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"oss_cname_exporter/internal/config"
)

// TestReloadStopsPrograms removes an account whose program has not printed a key
// yet: the program is gone when the reload is over.
func TestReloadStopsPrograms(t *testing.T) {
	a := newAsked(t)
	started := filepath.Join(t.TempDir(), "pid")
	cfg := parse(t, "credentials: {type: process, command: 'echo $$ > "+started+".new; mv "+started+".new "+started+"; exec sleep 60'}")
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan error)
	go func() {
		_, err := a.clients.GetCnameToken(ctx, cfg.Targets[0].Account, cfg.Targets[0].Name)
		asked <- err
	}()
	var text []byte
	for len(text) == 0 && t.Context().Err() == nil {
		text, _ = os.ReadFile(started)
		runtime.Gosched()
	}
	cancel()
	if err := <-asked; err == nil {
		t.Error("there was a key")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("the program does not run: %v", err)
	}
	a.clients.Retain(&config.Config{})
	if err := syscall.Kill(pid, 0); err == nil {
		t.Error("the program still runs")
	}
}
