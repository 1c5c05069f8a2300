//go:build unix

package credentials_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"oss_cname_exporter/internal/credentials"
)

// TestFilesThatAreNone opens what would wait for somebody else.
func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	large := files(t, string(make([]byte, 1<<20+1)))[0]
	for path, want := range map[string]string{
		pipe:        "is a pipe; name a regular file",
		dir:         "is a directory; name a regular file",
		"/dev/zero": "is a device; name a regular file",
		large:       "larger than 1 MiB; is it the right file?",
	} {
		key := credentials.KeyFiles{ID: path, Secret: path}
		noKey(t, credentials.FromFiles(key), `reading access_key_id_file "`+path+`": `+want)
		noKey(t, credentials.STS{}.FromOIDC(credentials.OIDC{ProviderARN: providerARN, TokenFile: path}, role()), `reading oidc_token_file "`+path+`": `+want)
		noKey(t, credentials.FromProfile(credentials.Profile{File: path, Getenv: env()}), `reading profile_file "`+path+`": `+want)
	}
}
