package app

import (
	"context"
	"fmt"
	"os"
	"time"

	"oss_cname_exporter/internal/config"
)

// watchInterval is how often watched files are looked at. A change is acted on
// at the second look: within twice the interval.
const watchInterval = 2 * time.Second

// checkWatchable refuses what can be read only once.
func checkWatchable(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return fmt.Errorf("--config.watch: %q is no regular file, and cannot be read again", path)
	}
	return nil
}

// watch reloads whenever the files of source hold something else than they did
// when source loaded them, until ctx is done.
//
// It looks at what the files hold rather than at what the kernel tells of them
// (inotify): that is the same for an editor that renames, for the symlinks of a
// ConfigMap, for a file written in place, for a file that cannot be read, and
// for one on a network file system, of which inotify tells nothing.
func watch(ctx context.Context, source *config.Source, reload func() error) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	w := watcher{loaded: source.Loaded, look: source.Look, reload: reload, patience: loadTimeout}
	w.run(ctx, ticker.C)
}

// watcher compares what files hold with what was loaded.
type watcher struct {
	loaded   func() config.Fingerprint // of the files when they were last loaded, or refused
	look     func() config.Fingerprint // of the files now
	reload   func() error
	patience time.Duration // how long a look may take
}

// run looks at each tick until ctx is done. Two looks in a row must see the same
// change: a file that is just being written is left alone.
func (w *watcher) run(ctx context.Context, ticks <-chan time.Time) {
	var before config.Fingerprint
	for {
		select {
		case <-ticks:
		case <-ctx.Done():
			return
		}
		now, ok := w.lookOnce(ctx)
		if !ok {
			return
		}
		if now != w.loaded() && now == before {
			_ = w.reload() // it logs what is wrong
		}
		before = now
	}
}

// lookOnce returns what the files hold, or false if ctx is done before. A look
// that takes too long is reported as what it is: a configuration that cannot be
// loaded.
func (w *watcher) lookOnce(ctx context.Context) (now config.Fingerprint, ok bool) {
	done := make(chan config.Fingerprint, 1)
	go func() { done <- w.look() }()
	late := time.NewTimer(w.patience)
	defer late.Stop()
	for {
		select {
		case now = <-done:
			return now, true
		case <-late.C:
			_ = w.reload() // it hangs as well, and logs that
		case <-ctx.Done():
			return now, false
		}
	}
}
