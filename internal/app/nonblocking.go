package app

import (
	"io"
	"sync"
	"time"
)

// writeTimeout is how long a line of the log may take.
const writeTimeout = time.Second

// nonBlockingWriter writes to a writer that may hang, such as a pipe without a
// reader. When a write takes longer than writeTimeout, it and all lines until it
// ends are lost: a log that hangs must not stop the exporter.
type nonBlockingWriter struct {
	lines chan []byte
	done  chan struct{} // gets a value after each write to the writer

	mu    sync.Mutex // one Write at a time; guards stuck
	stuck bool       // the write under way took longer than writeTimeout
}

// newNonBlockingWriter returns a writer to w. The caller closes it.
func newNonBlockingWriter(w io.Writer) *nonBlockingWriter {
	n := &nonBlockingWriter{lines: make(chan []byte), done: make(chan struct{}, 1)}
	go func() {
		for line := range n.lines {
			_, _ = w.Write(line)
			n.done <- struct{}{}
		}
	}()
	return n
}

// Write implements io.Writer and never fails.
func (n *nonBlockingWriter) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stuck {
		select {
		case <-n.done:
			n.stuck = false
		default:
			return len(p), nil
		}
	}
	n.lines <- append([]byte(nil), p...)
	timer := time.NewTimer(writeTimeout)
	defer timer.Stop()
	select {
	case <-n.done:
	case <-timer.C:
		n.stuck = true
	}
	return len(p), nil
}

// Close ends the goroutine that writes, once its last write is done.
func (n *nonBlockingWriter) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.lines)
	return nil
}
