package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
)

// TestWatcherNoticesContents changes a file in every way that editors and
// Kubernetes have.
func TestWatcherNoticesContents(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	version := func(name, text string) {
		must(os.Mkdir(in(name), 0o700))
		must(os.WriteFile(filepath.Join(in(name), "config.yaml"), []byte(text), 0o600))
	}
	point := func(name string) {
		must(os.Symlink(name, in("new")))
		must(os.Rename(in("new"), in("..data")))
	}
	version("1", "one")
	version("2", "two")
	version("3", "two")
	point("1")
	must(os.Symlink("..data/config.yaml", in("config.yaml")))
	w := newWatcher(in("config.yaml"))
	for _, step := range []struct {
		name string
		do   func()
		want bool
	}{
		{"nothing", func() {}, false},
		{"a symlink is swapped", func() { point("2") }, true},
		{"and stays", func() {}, false},
		{"a symlink is swapped to the same", func() { point("3") }, false},
		{"an editor renames", func() {
			must(os.WriteFile(in("config.yaml~"), []byte("three"), 0o600))
			must(os.Rename(in("config.yaml~"), in("config.yaml")))
		}, true},
		{"it is written in place", func() { must(os.WriteFile(in("config.yaml"), []byte("four"), 0o600)) }, true},
		{"it is touched", func() { must(os.Chtimes(in("config.yaml"), time.Now(), time.Now())) }, false},
		{"it is gone", func() { must(os.Remove(in("config.yaml"))) }, false},
		{"it is unreadable", func() { must(os.Mkdir(in("config.yaml"), 0o700)) }, false},
		{"it is back", func() {
			must(os.Remove(in("config.yaml")))
			must(os.WriteFile(in("config.yaml"), []byte("four"), 0o600))
		}, false},
		{"and then says something else", func() { must(os.WriteFile(in("config.yaml"), []byte("five"), 0o600)) }, true},
		{"it is huge", func() { must(os.Truncate(in("config.yaml"), config.MaxSize)) }, false},
	} {
		step.do()
		if got := w.changed(); got != step.want {
			t.Errorf("%s: changed is %v", step.name, got)
		}
	}
}

func TestWatcherReloadsOncePerChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	w := newWatcher(path)
	write("two") // between the first look and the first tick
	ctx, cancel := context.WithCancel(t.Context())
	ticks, ended := make(chan time.Time), make(chan struct{})
	reloads := 0
	go func() {
		defer close(ended)
		w.run(ctx, ticks, func() error { reloads++; return errors.New("refused") })
	}()
	for range 3 {
		ticks <- time.Time{}
	}
	cancel()
	<-ended
	if reloads != 1 {
		t.Errorf("%d reloads for one change", reloads)
	}
}

// TestWatcherNoticesTargetFiles adds, changes and removes a file that the
// configuration names by a pattern.
func TestWatcherNoticesTargetFiles(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(in(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config.yaml", "one")
	w := newWatcher(in("config.yaml"))
	w.named = func() []string { return []string{in("*.yml"), in("one.json")} }
	for _, step := range []struct {
		name string
		do   func()
		want bool
	}{
		{"nothing", func() {}, false},
		{"one comes", func() { write("a.yml", "a") }, true},
		{"it stays", func() {}, false},
		{"another comes", func() { write("one.json", "[]") }, true},
		{"it changes", func() { write("one.json", "[{}]") }, true},
		{"a stranger comes", func() { write("two.json", "[]") }, false},
		{"one is renamed", func() { _ = os.Rename(in("a.yml"), in("b.yml")) }, true},
		{"one goes", func() { _ = os.Remove(in("b.yml")) }, true},
		{"the configuration changes", func() { write("config.yaml", "two") }, true},
	} {
		step.do()
		if got := w.changed(); got != step.want {
			t.Errorf("%s: changed is %v", step.name, got)
		}
	}
}
