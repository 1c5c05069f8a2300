package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"oss_cname_exporter/internal/config"
)

// watchInterval is how often a watched configuration is looked at.
const watchInterval = 5 * time.Second

// watcher notices that a file, or one that it names, says something else. It
// compares contents and asks the path anew each time, so that an editor that
// renames, a ConfigMap whose symlink is swapped and a file that is written in
// place are all the same to it, and a touched file is no news.
type watcher struct {
	path  string
	named func() []string // patterns of the files that the file names; nil is none
	seen  [sha256.Size]byte
}

// newWatcher remembers what the file says now: call it before the file is
// loaded, and no change is missed.
func newWatcher(path string) *watcher {
	w := &watcher{path: path}
	w.changed()
	return w
}

// changed reports whether the file says something else than it did the last
// time. While one of the files is unreadable or too large, none says anything.
func (w *watcher) changed() bool {
	hash := sha256.New()
	if addFile(hash, w.path) != nil {
		return false
	}
	for _, path := range w.namedFiles() {
		fmt.Fprintf(hash, "\n%s\n", path)
		if addFile(hash, path) != nil {
			return false
		}
	}
	seen := w.seen
	w.seen = [sha256.Size]byte(hash.Sum(nil))
	return w.seen != seen
}

// namedFiles returns the files that the file names. They are news when they are
// seen first: whether they were read as they are then, nobody knows.
func (w *watcher) namedFiles() []string {
	if w.named == nil {
		return nil
	}
	var files []string
	for _, pattern := range w.named() {
		paths, _ := filepath.Glob(pattern)
		files = append(files, paths...)
	}
	return files
}

func addFile(hash io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.CopyN(hash, file, config.MaxSize); !errors.Is(err, io.EOF) {
		return fmt.Errorf("not all of %q can be read: %w", path, err)
	}
	return nil
}

// reloadOnChange looks at the file, and at those that the configuration in
// force names, now and then until ctx is done.
func reloadOnChange(ctx context.Context, w *watcher, store *config.Store, reload func() error) {
	w.named = func() []string { return store.Config().TargetFiles }
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	w.run(ctx, ticker.C, reload)
}

// run calls reload after each tick at which the file has changed, until ctx is
// done.
func (w *watcher) run(ctx context.Context, ticks <-chan time.Time, reload func() error) {
	for {
		select {
		case <-ticks:
			if w.changed() {
				_ = reload() // it logs what is wrong
			}
		case <-ctx.Done():
			return
		}
	}
}
