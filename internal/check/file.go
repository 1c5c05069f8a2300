package check

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// fileMode lets node_exporter, which is another user, read the file.
const fileMode = 0o644

// checkFile refuses a path at which no regular file could be written.
func checkFile(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if dir, err := os.Stat(filepath.Dir(path)); err != nil || !dir.IsDir() {
			return fmt.Errorf("--output.file: %q: there is no folder %q", path, filepath.Dir(path))
		}
		return nil
	case err != nil:
		return fmt.Errorf("--output.file: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("--output.file: %q is no regular file, and is not replaced", path)
	}
	return nil
}

// writeFile replaces the file at path in one step: a reader sees the old text or
// the new one. A symbolic link is followed.
func writeFile(path string, text []byte) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if err := checkFile(path); err != nil { // the scrape took a while
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("--output.file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
			err = fmt.Errorf("--output.file: %w", err)
		}
	}()
	_, err = file.Write(text)
	for _, next := range []func() error{
		func() error { return file.Chmod(fileMode) },
		file.Sync,
	} {
		if err == nil {
			err = next()
		}
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	return err
}
