package configfile

import (
	"context"
	"fmt"
	"os"
	"time"
)

// watchInterval is the time between two looks at watched files. A change is acted
// on at the second look: within twice the interval.
const watchInterval = 2 * time.Second

// CheckWatchable refuses a file that can be read only once.
func (s *Source) CheckWatchable() error {
	if info, err := os.Stat(s.path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return fmt.Errorf("%q is no regular file, and cannot be read again", s.path)
	}
	return nil
}

// Watch reloads whenever the files differ from those that were loaded, until ctx
// is done.
//
// It compares the contents of files and does not use the notifications of the
// kernel (inotify). That works in the same way for an editor that renames, for
// the symlinks of a ConfigMap, for a file written in place, for a file that
// cannot be read, and for a network file system, which has no notifications.
func (s *Source) Watch(ctx context.Context, reload func() error) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	w := watcher{loaded: s.LoadedFingerprint, look: s.Fingerprint, reload: reload, patience: loadTimeout}
	w.run(ctx, ticker.C)
}

// watcher compares files with those that were loaded.
type watcher struct {
	loaded   func() Fingerprint // of the files when they were last loaded, or refused
	look     func() Fingerprint // of the files now
	reload   func() error
	patience time.Duration // how long a look may take
}

// run looks at each tick until ctx is done. Two looks in a row must see the same
// change: a file that is just being written is left alone.
func (w *watcher) run(ctx context.Context, ticks <-chan time.Time) {
	var before Fingerprint
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
			_ = w.reload() // it logs its error
		}
		before = now
	}
}

// lookOnce returns the Fingerprint of the files, or false if ctx is done before.
// A look that takes too long is a configuration that cannot be loaded: a reload
// reports it.
func (w *watcher) lookOnce(ctx context.Context) (now Fingerprint, ok bool) {
	done := make(chan Fingerprint, 1)
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
