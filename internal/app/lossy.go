package app

import (
	"io"
	"sync"
	"time"
)

// writePatience is how long a line of the log may take.
const writePatience = time.Second

// lossy writes to a writer that may hang, such as a pipe that nobody reads. The
// first write that takes longer than writePatience, and all until it is done,
// are lost: the log must not stop the monitoring.
type lossy struct {
	lines chan []byte
	done  chan struct{} // has a token after each write, unless nobody waited for it

	mu    sync.Mutex // one Write at a time; guards stuck
	stuck bool       // nobody waits for the write under way
}

// newLossy returns a writer to w. The caller closes it.
func newLossy(w io.Writer) *lossy {
	l := &lossy{lines: make(chan []byte), done: make(chan struct{}, 1)}
	go func() {
		for line := range l.lines {
			_, _ = w.Write(line)
			l.done <- struct{}{}
		}
	}()
	return l
}

// Write implements io.Writer and never fails.
func (l *lossy) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stuck {
		select {
		case <-l.done:
			l.stuck = false
		default:
			return len(p), nil
		}
	}
	l.lines <- append([]byte(nil), p...)
	timer := time.NewTimer(writePatience)
	defer timer.Stop()
	select {
	case <-l.done:
	case <-timer.C:
		l.stuck = true
	}
	return len(p), nil
}

// Close ends the goroutine that writes, once its last write is done.
func (l *lossy) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.lines)
	return nil
}
