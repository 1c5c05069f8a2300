package credentials

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// maxFile bounds how much of a file is read, in bytes.
	maxFile = 1 << 20
	// fileTimeout is how long a file is waited for. Only a network file system
	// that has lost its server takes longer.
	fileTimeout = 5 * time.Second
)

// File is a small file that is read again and again. It is safe for concurrent
// use. However long a read hangs, there is one at a time, and no caller waits for
// it longer than fileTimeout.
type File struct {
	path string

	mu      sync.Mutex // guards all below
	reading *reading   // the last read; nil is none yet
}

// reading is one attempt to read a file. Its text and err are set before done
// is closed.
type reading struct {
	began time.Time
	done  chan struct{}
	text  string
	err   error
}

// NewFile returns the file at path. It reads nothing yet.
func NewFile(path string) *File { return &File{path: path} }

// Read returns the text of the file as it is now, without the white space around
// it. The error has the remedy and does not name the file.
func (f *File) Read(ctx context.Context) (string, error) {
	r := f.begin()
	late := time.NewTimer(time.Until(r.began.Add(fileTimeout)))
	defer late.Stop()
	select {
	case <-r.done:
		return r.text, r.err
	case <-late.C:
		return "", errors.New("reading it takes too long; is its file system reachable?")
	case <-ctx.Done():
		return "", fmt.Errorf("not read in time: %w", ctx.Err())
	}
}

// begin starts a read, unless one has not returned yet.
func (f *File) begin() *reading {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reading != nil {
		select {
		case <-f.reading.done:
		default:
			return f.reading
		}
	}
	r := &reading{began: time.Now(), done: make(chan struct{})}
	f.reading = r
	go func() {
		defer close(r.done)
		r.text, r.err = readFile(f.path)
	}()
	return r
}

// readFile reads a regular file. Opening a pipe would wait for a writer, and
// reading one takes its content away.
func readFile(path string) (string, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", fileError(err)
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil {
		return "", fileError(err)
	} else if !info.Mode().IsRegular() {
		return "", fmt.Errorf("is a %s; name a regular file", kindOf(info.Mode()))
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if len(text) > maxFile {
		return "", fmt.Errorf("larger than %d MiB; is it the right file?", maxFile>>20)
	}
	return strings.TrimSpace(string(text)), fileError(err)
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "directory"
	case mode&fs.ModeNamedPipe != 0:
		return "pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	default:
		return "device"
	}
}

// fileError returns err with its remedy, without the path.
func fileError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("no such file; mount it, or correct the path")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("permission denied; let the exporter's user read it")
	}
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err
	}
	return err
}
