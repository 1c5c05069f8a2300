package credentials

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestReadThatHangs has a read that a file system does not return: it is waited for once, and no second one begins.
func TestReadThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung := &reading{began: time.Now(), done: make(chan struct{})}
		file := &File{path: "/nowhere", reading: hung}
		for _, want := range []time.Duration{fileTimeout, 0, 0} {
			began := time.Now()
			_, err := file.Read(t.Context())
			if err == nil || !strings.Contains(err.Error(), "reading it takes too long") {
				t.Errorf("got %v", err)
			}
			if took := time.Since(began); took != want || file.reading != hung {
				t.Errorf("waited %v, want %v; the same read: %v", took, want, file.reading == hung)
			}
		}
		close(hung.done) // at last
		if _, err := file.Read(t.Context()); err == nil || !strings.Contains(err.Error(), "no such file") || file.reading == hung {
			t.Errorf("after it returned: %v", err)
		}
	})
}
