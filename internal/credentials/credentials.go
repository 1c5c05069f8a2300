// Package credentials owns where keys come from and when they are renewed. Every
// key passes one check, whatever its source; a source that hangs is given up after
// one timeout; and no error shows parts of our own keys. Its nouns: source,
// attempt, file, STS, role, instance, profile.
package credentials

import (
	"context"
	"errors"
	"fmt"

	"oss_cname_exporter/internal/secret"
)

// Source gives keys.
type Source interface { //nolint:interfacebloat // a key has three moments: it is taken, refused and given up
	// Key returns a key, or an error on one line with the remedy.
	Key(ctx context.Context) (secret.Key, error)
	// Invalidate is told that OSS refused the key with this token, "" for a
	// permanent key. It reports whether the next Key may be a better one.
	Invalidate(token secret.Value) (retry bool)
	// Stop ends the work of the source, such as a program that runs. The
	// source is not used again.
	Stop()
}

// direct is a Source that keeps nothing: each Key is read when it is asked for.
type direct func(context.Context) (secret.Key, error)

// Key implements Source.
func (d direct) Key(ctx context.Context) (secret.Key, error) {
	key, err := d(ctx)
	if err != nil {
		return secret.Key{}, err
	}
	return key.Trimmed()
}

// Invalidate implements Source: there is nothing to throw away.
func (direct) Invalidate(secret.Value) (retry bool) { return false }

// Stop implements Source.
func (direct) Stop() {}

// FromEnvironment reads the key from the variables that the vendor's tools
// use, each time it is asked: OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and,
// for temporary keys, OSS_SESSION_TOKEN; where neither of the first two is
// set, ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and
// ALIBABA_CLOUD_SECURITY_TOKEN. The two sets are never mixed. getenv is
// os.Getenv or a stand-in.
func FromEnvironment(getenv func(string) string) Source {
	read := func(id, secretName, token string) secret.Key {
		return secret.Key{ID: getenv(id), Secret: secret.Value(getenv(secretName)), Token: secret.Value(getenv(token))}
	}
	return direct(func(context.Context) (secret.Key, error) {
		key := read("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN")
		if key.ID == "" && key.Secret == "" {
			key = read("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN")
		}
		if key.ID == "" || key.Secret == "" {
			return secret.Key{}, errors.New("set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, or ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET")
		}
		key, err := key.Trimmed()
		if err != nil {
			return secret.Key{}, fmt.Errorf("reading the key from the environment: %w", err)
		}
		return key, nil
	})
}
