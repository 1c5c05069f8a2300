package configfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/configfile"
)

// rewrite replaces the file in one step, as editors and ConfigMap mounts do.
func rewrite(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func from(path string) func() (*config.Config, error) {
	return func() (*config.Config, error) { return configfile.Load(path) }
}

func newStore(t *testing.T) (store *configfile.Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, minimal)
	store, err := configfile.NewStore(from(path))
	if err != nil {
		t.Fatal(err)
	}
	return store, path
}

func TestNewStoreRefusesABadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if store, err := configfile.NewStore(from(path)); store != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: NewStore = %v, %v", store, err)
	}
	write(t, path, "accounts: {}\n")
	var faults config.Faults
	if store, err := configfile.NewStore(from(path)); store != nil || !errors.As(err, &faults) || len(faults) != 1 {
		t.Errorf("bad file: NewStore = %v, %v", store, err)
	}
}

func TestReload(t *testing.T) {
	store, path := newStore(t)
	first := store.Config()
	rewrite(t, path, strings.ReplaceAll(minimal, "www", "static"))
	if store.Config() != first {
		t.Error("the config changed without a reload")
	}
	if err := store.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := store.Config().Targets[0].Base; got != "static.example.com" {
		t.Errorf("after the reload: %s", got)
	}
	if got := first.Targets[0].Base; got != "www.example.com" {
		t.Errorf("the reload reached into the config before it: %s", got)
	}
}

func TestRefusedReloadChangesNothing(t *testing.T) {
	store, path := newStore(t)
	before := store.Config()
	for _, text := range []string{"", "targets: [", strings.ReplaceAll(minimal, "bucket", "buckets")} {
		rewrite(t, path, text)
		if err := store.Reload(); err == nil {
			t.Errorf("Reload accepted %q", text)
		}
		if store.Config() != before {
			t.Errorf("%q replaced the config", text)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := store.Reload(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Reload without the file: %v", err)
	}
	if store.Config() != before {
		t.Error("the missing file replaced the config")
	}
}

func TestReloadsAndReadersTogether(t *testing.T) {
	store, path := newStore(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				_ = store.Reload() // half of the files are bad
				if got := store.Config().Targets[0].Bucket; got != "examplebucket" {
					t.Errorf("bucket %q", got)
				}
			}
		})
	}
	for i := range 50 {
		rewrite(t, path, []string{"targets: [", minimal}[i%2])
	}
	group.Wait()
	rewrite(t, path, strings.ReplaceAll(minimal, "www", "last"))
	if err := store.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := store.Config().Targets[0].Base; got != "last.example.com" {
		t.Errorf("after all reloads: %s", got)
	}
}

func TestLoadedTellsTheLastOutcome(t *testing.T) {
	before := time.Now()
	store, path := newStore(t)
	first, err := store.Loaded()
	if err != nil || first.Before(before) || first.After(time.Now()) {
		t.Errorf("after the start: %v, %v", first, err)
	}

	rewrite(t, path, "targets: [")
	refusal := store.Reload()
	at, err := store.Loaded()
	if err == nil || err.Error() != refusal.Error() {
		t.Errorf("after a refused reload: %v, want %v", err, refusal)
	}
	if !at.Equal(first) {
		t.Errorf("a refused reload moved the time from %v to %v", first, at)
	}

	rewrite(t, path, minimal)
	if err := store.Reload(); err != nil {
		t.Fatal(err)
	}
	if at, err := store.Loaded(); err != nil || !at.After(first) {
		t.Errorf("after a good reload: %v, %v; the one before was at %v", at, err, first)
	}
}

// Of two reloads the later file wins, however long the first one takes.
func TestReloadsAreSerialised(t *testing.T) {
	var running, calls atomic.Int32
	started, release := make(chan struct{}), make(chan struct{})
	store, err := configfile.NewStore(func() (*config.Config, error) {
		if running.Add(1) > 1 {
			t.Error("two loads at once")
		}
		defer running.Add(-1)
		if calls.Add(1) == 2 {
			close(started)
			<-release
		}
		return config.Parse("config.yaml", []byte(strings.ReplaceAll(minimal, "www", fmt.Sprintf("v%d", calls.Load()))))
	})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() { _ = store.Reload() })
	<-started
	group.Go(func() { _ = store.Reload() })
	if got := store.Config().Targets[0].Base; got != "v1.example.com" {
		t.Errorf("while a reload is under way: %s", got)
	}
	close(release)
	group.Wait()
	if got := store.Config().Targets[0].Base; got != "v3.example.com" {
		t.Errorf("after both reloads: %s", got)
	}
}

// TestTargetFilesMayComeLater starts without any: their author may be slower.
func TestTargetFilesMayComeLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, "accounts: {main: {region: cn-hangzhou}}\ntarget_files: [\"*.json\"]\n")
	store, err := configfile.NewStore(from(path))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(store.Config().Targets); n != 0 {
		t.Errorf("%d targets from nowhere", n)
	}
	rewrite(t, filepath.Join(filepath.Dir(path), "late.json"), `[{"targets": ["examplebucket/www.example.com"]}]`)
	if err := store.Reload(); err != nil {
		t.Fatal(err)
	}
	if n := len(store.Config().Targets); n != 1 {
		t.Errorf("%d targets after the reload, want 1", n)
	}
	rewrite(t, filepath.Join(filepath.Dir(path), "late.json"), `[{"targets": ["www.example.com"]}]`)
	if err := store.Reload(); err == nil || len(store.Config().Targets) != 1 {
		t.Errorf("a bad target file: %v, %d targets", err, len(store.Config().Targets))
	}
}
