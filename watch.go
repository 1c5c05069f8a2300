package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"time"

	"oss_cname_exporter/config"
)

// watchInterval is how often a watched configuration is looked at.
const watchInterval = 5 * time.Second

// watcher notices that a file says something else. It compares contents and
// asks the path anew each time, so that an editor that renames, a ConfigMap
// whose symlink is swapped and a file that is written in place are all the same
// to it, and a touched file is no news.
type watcher struct {
	path string
	seen [sha256.Size]byte
}

// newWatcher remembers what the file says now: call it before the file is
// loaded, and no change is missed.
func newWatcher(path string) *watcher {
	w := &watcher{path: path}
	w.changed()
	return w
}

// changed reports whether the file says something else than it did the last
// time. One that is gone, unreadable or too large says nothing.
func (w *watcher) changed() bool {
	file, err := os.Open(w.path)
	if err != nil {
		return false
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.CopyN(hash, file, config.MaxSize); !errors.Is(err, io.EOF) {
		return false
	}
	seen := w.seen
	w.seen = [sha256.Size]byte(hash.Sum(nil))
	return w.seen != seen
}

// reloadOnChange looks at the file now and then until ctx is done.
func reloadOnChange(ctx context.Context, w *watcher, reload func() error) {
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
