package credentials

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"oss_cname_exporter/internal/secret"
)

// KeyFiles names the files that hold the parts of a key.
type KeyFiles struct {
	ID     string
	Secret string
	Token  string // "" if the key has none
}

// FromFiles reads the key from its files each time it is asked, so that a
// rotated key is used from the next call on.
func FromFiles(files KeyFiles) Source {
	reader := keyReader{
		id:     namedFile{"access_key_id_file", NewFile(files.ID)},
		secret: namedFile{"access_key_secret_file", NewFile(files.Secret)},
	}
	if files.Token != "" {
		reader.token = namedFile{"security_token_file", NewFile(files.Token)}
	}
	return direct(reader.read)
}

// keyReader reads the parts of a key; token.File is nil if the key has none.
type keyReader struct{ id, secret, token namedFile }

// read reads until two passes agree: if the files are exchanged between the
// first and the last of them, their parts are of two keys.
func (r keyReader) read(ctx context.Context) (secret.Key, error) {
	before, err := r.pass(ctx)
	for range 3 {
		if err != nil {
			return secret.Key{}, err
		}
		var again secret.Key
		if again, err = r.pass(ctx); err == nil && again == before {
			return again, nil
		}
		before = again
	}
	if err != nil {
		return secret.Key{}, err
	}
	return secret.Key{}, errors.New("the files of the key change while they are read; write them in one step, as a Kubernetes secret does")
}

func (r keyReader) pass(ctx context.Context) (key secret.Key, err error) {
	if key.ID, err = r.id.read(ctx); err != nil {
		return secret.Key{}, err
	}
	text, err := r.secret.read(ctx)
	if key.Secret = secret.Value(text); err != nil || r.token.File == nil {
		return key, err
	}
	text, err = r.token.read(ctx)
	key.Token = secret.Value(text)
	return key, err
}

// namedFile is a file with one value in it. option is its key in the
// configuration.
type namedFile struct {
	option string
	*File
}

func (f namedFile) read(ctx context.Context) (string, error) {
	text, err := f.Read(ctx)
	switch {
	case err == nil && text == "":
		err = errors.New("the file is empty; write the value to it")
	case err == nil && strings.ContainsAny(text, "\r\n\x00"):
		err = errors.New("the file has several lines; write only the value to it")
	}
	if err != nil {
		return "", fmt.Errorf("reading %s %q: %w", f.option, f.path, err)
	}
	return text, nil
}

// CheckFile returns the fault of a file that should hold one value; nil is none.
func CheckFile(ctx context.Context, option, path string) error {
	_, err := namedFile{option, NewFile(path)}.read(ctx)
	return err
}
