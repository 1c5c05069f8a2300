package configfile

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// MaxSize bounds the size of a file, in bytes, so that the wrong path (a log, a device) does not fill the memory.
const MaxSize = 16 << 20

// Fingerprint is equal for files that are named and filled alike. That a file cannot be read is part of it, so that a
// file that breaks, or is mended, is a change like any other.
type Fingerprint [sha256.Size]byte

// files implements config.Files. It remembers each result, so that it never has two answers about one file.
type files struct {
	pipe  bool // whether the next file may be a pipe
	sums  map[string]string
	found map[string]matches
}

// matches are the files that a pattern names.
type matches struct {
	paths []string
	err   error
}

func newFiles() *files { return &files{sums: map[string]string{}, found: map[string]matches{}} }

// fingerprint returns the Fingerprint of the files that patterns name.
func (f *files) fingerprint(patterns []string) Fingerprint {
	hash := sha256.New()
	for _, pattern := range patterns {
		paths, err := f.Matching(pattern)
		fmt.Fprintf(hash, "%q %v\n", pattern, err)
		for _, path := range paths {
			fmt.Fprintf(hash, "%q %q\n", path, f.sum(path))
		}
	}
	return Fingerprint(hash.Sum(nil))
}

// sum returns the hash of the file's text, or the reason why there is none.
func (f *files) sum(path string) string {
	if _, known := f.sums[path]; !known {
		_, _ = f.Read(path)
	}
	return f.sums[path]
}

// Read returns the text of the file at path.
func (f *files) Read(path string) ([]byte, error) {
	text, err := readFile(path, f.pipe)
	f.pipe = false
	if err != nil {
		f.sums[path] = err.Error()
		return nil, err
	}
	sum := sha256.Sum256(text)
	f.sums[path] = string(sum[:])
	return text, nil
}

// Matching returns the files that pattern names. A pattern may match nothing yet; a file that is named in full is
// there or not when it is read. A folder that cannot be listed is an error.
func (f *files) Matching(pattern string) ([]string, error) {
	if !hasMeta(pattern) {
		return []string{pattern}, nil
	}
	m, known := f.found[pattern]
	if !known {
		m.paths, m.err = glob(filepath.Clean(pattern))
		f.found[pattern] = m
	}
	return m.paths, m.err
}

func hasMeta(pattern string) bool { return strings.ContainsAny(pattern, `*?[\`) }

// glob is filepath.Glob, which has no error for a folder that cannot be read, and finds the files that editors and
// Kubernetes hide behind a leading dot. Those match only a pattern that has the dot.
func glob(pattern string) ([]string, error) {
	dir, base := filepath.Dir(pattern), filepath.Base(pattern)
	dirs := []string{dir}
	if hasMeta(dir) {
		var err error
		if dirs, err = glob(dir); err != nil {
			return nil, err
		}
	}
	var paths []string
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("listing %q: %w", dir, withoutPath(err))
		}
		for _, entry := range entries {
			hidden := strings.HasPrefix(entry.Name(), ".") && !strings.HasPrefix(base, ".")
			if matched, _ := filepath.Match(base, entry.Name()); matched && !hidden {
				paths = append(paths, filepath.Join(dir, entry.Name()))
			}
		}
	}
	return paths, nil
}

// readFile returns the text of a regular file or, if pipe is true, of a pipe. Anything else could hang, never end, or
// do something when it is opened.
func readFile(path string, pipe bool) ([]byte, error) {
	allowed := func(mode fs.FileMode) bool { return mode.IsRegular() || pipe && mode&fs.ModeNamedPipe != 0 }
	info, err := os.Stat(path)
	if err == nil && !allowed(info.Mode()) {
		err = notRegular(info.Mode())
	}
	if err != nil {
		return nil, withoutPath(err)
	}
	flags := os.O_RDONLY
	if info.Mode().IsRegular() {
		flags |= syscall.O_NONBLOCK // it may be a pipe by now
	}
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer f.Close()
	if info, err = f.Stat(); err == nil && !allowed(info.Mode()) {
		err = notRegular(info.Mode())
	}
	if err != nil {
		return nil, withoutPath(err)
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("larger than %d MiB; is it the right file?", MaxSize>>20)
	}
	return text, nil
}

// notRegular is the error of a path that is no regular file.
func notRegular(mode fs.FileMode) error {
	switch {
	case mode.IsDir():
		return syscall.EISDIR
	case mode&fs.ModeNamedPipe != 0:
		return errors.New("is a pipe, which can be read only at the start; write a regular file")
	}
	return errors.New("is no regular file; write one")
}

// withoutPath drops the path from an error that is about to be wrapped with it.
func withoutPath(err error) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err
	}
	return err
}
