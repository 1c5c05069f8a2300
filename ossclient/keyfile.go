package ossclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// mostKeyFile bounds how much of a file of keys is read, in bytes.
const mostKeyFile = 1 << 20

// KeyFiles names the files that hold the parts of a key.
type KeyFiles struct {
	ID     string
	Secret string
	Token  string // "" if the key has none
}

// FromFiles reads the key from its files each time it is asked, so that a
// rotated key is used from the next call on.
func FromFiles(files KeyFiles) Credentials {
	return keyFunc(func(context.Context) (Key, error) { return files.read() })
}

// read reads until two passes agree: if the files are exchanged between the
// first and the last of them, their parts are of two keys.
func (f KeyFiles) read() (Key, error) {
	before, err := f.pass()
	for range 3 {
		if err != nil {
			return Key{}, err
		}
		var again Key
		if again, err = f.pass(); again == before {
			break
		}
		before = again
	}
	return before, err
}

func (f KeyFiles) pass() (key Key, err error) {
	if key.ID, err = readKeyFile("access_key_id_file", f.ID); err != nil {
		return Key{}, err
	}
	secret, err := readKeyFile("access_key_secret_file", f.Secret)
	if err != nil || f.Token == "" {
		return Key{ID: key.ID, Secret: Secret(secret)}, err
	}
	token, err := readKeyFile("security_token_file", f.Token)
	return Key{ID: key.ID, Secret: Secret(secret), Token: Secret(token)}, err
}

// readKeyFile returns what the file says, without the white space around it;
// option is what the operator calls it.
func readKeyFile(option, path string) (string, error) {
	text, err := readBounded(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = errors.New("no such file; mount it, or correct the path")
	case errors.Is(err, fs.ErrPermission):
		err = errors.New("permission denied; let the exporter's user read it")
	case err == nil && text == "":
		err = errors.New("the file is empty; write the value to it")
	case err == nil && strings.ContainsAny(text, "\r\n\x00"):
		err = errors.New("the file has several lines; write only the value to it")
	}
	if err != nil {
		return "", fmt.Errorf("reading %s %q: %w", option, path, err)
	}
	return text, nil
}

func readBounded(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", withoutPath(err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, mostKeyFile))
	return strings.TrimSpace(string(text)), withoutPath(err)
}

// withoutPath drops the path from an error that is about to be wrapped with it.
func withoutPath(err error) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err
	}
	return err
}
