package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// MaxSize bounds, in bytes, what is read, so that the wrong path (a log, a device) does not fill the memory.
const MaxSize = 16 << 20

// Load reads and parses the file at path, and the target files that it names.
func Load(path string) (*Config, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading config %q: %w", path, err)
	}
	return parse(path, text, filepath.Dir(path))
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, cause(err)
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("larger than %d MiB; is it the right file?", MaxSize>>20)
	}
	return text, nil
}

// cause drops the path from an error that is about to be wrapped with it.
func cause(err error) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err
	}
	return err
}
