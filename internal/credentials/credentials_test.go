package credentials_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"oss_cname_exporter/internal/credentials"
)

func TestEnvironment(t *testing.T) {
	oss := []string{"OSS_ACCESS_KEY_ID", "o", "OSS_ACCESS_KEY_SECRET", "os"}
	cloud := []string{"ALIBABA_CLOUD_ACCESS_KEY_ID", "a", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "as", "ALIBABA_CLOUD_SECURITY_TOKEN", "at"}
	mustKey(t, credentials.FromEnvironment(env(oss...)), "o/os/")
	mustKey(t, credentials.FromEnvironment(env(append(oss, "OSS_SESSION_TOKEN", "ot")...)), "o/os/ot")
	mustKey(t, credentials.FromEnvironment(env(cloud...)), "a/as/at")
	mustKey(t, credentials.FromEnvironment(env(append(oss, cloud...)...)), "o/os/")
	noKey(t, credentials.FromEnvironment(env()), "set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, or ALIBABA_CLOUD_ACCESS_KEY_ID")
	noKey(t, credentials.FromEnvironment(env(append(cloud, "OSS_ACCESS_KEY_ID", "o")...))) // half a set is a mistake, not the other set
}

func TestFilesAreReadAnew(t *testing.T) {
	paths := files(t, keyID+"\n", secret)
	from := credentials.FromFiles(credentials.KeyFiles{ID: paths[0], Secret: paths[1]})
	mustKey(t, from, keyID+"/"+secret+"/")
	write(t, paths[0], "second-key")
	write(t, paths[1], " secret-2\r\n")
	mustKey(t, from, "second-key/secret-2/")
}

// TestFilesAreExchangedTogether swaps the directory behind a symlink, as a
// Kubernetes secret does, while the key is read: it may not be of two halves.
func TestFilesAreExchangedTogether(t *testing.T) {
	dir := t.TempDir()
	for _, version := range []string{"1", "2"} {
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"id", "secret", "token"} {
			write(t, filepath.Join(dir, version, part), part+version)
		}
	}
	point := func(version string) {
		_ = os.Symlink(version, filepath.Join(dir, "new"))
		_ = os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "data"))
	}
	point("1")
	in := func(part string) string { return filepath.Join(dir, "data", part) }
	from := credentials.FromFiles(credentials.KeyFiles{ID: in("id"), Secret: in("secret"), Token: in("token")})
	for i := range 200 {
		var swap sync.WaitGroup
		swap.Go(func() { point([]string{"2", "1"}[i%2]) })
		if got, err := keyOf(t, from); err != nil || got != "id1/secret1/token1" && got != "id2/secret2/token2" {
			t.Errorf("got %q, %v", got, err)
		}
		swap.Wait()
	}
}

func TestFilesThatAreNoUse(t *testing.T) {
	for name, test := range map[string]struct {
		id, secret string
		want       string
	}{
		"empty":         {"id", " \n", `reading access_key_secret_file "%s": the file is empty; write the value to it`},
		"several lines": {"id", "secret-1\nsecret-2", `reading access_key_secret_file "%s": the file has several lines; write only the value to it`},
	} {
		t.Run(name, func(t *testing.T) {
			paths := files(t, test.id, test.secret)
			noKey(t, credentials.FromFiles(credentials.KeyFiles{ID: paths[0], Secret: paths[1]}), fmt.Sprintf(test.want, paths[1]))
		})
	}
	paths := files(t, "id", "secret-1")
	noKey(t, credentials.FromFiles(credentials.KeyFiles{ID: "/nowhere", Secret: paths[1]}),
		`reading access_key_id_file "/nowhere": no such file; mount it, or correct the path`)
	noKey(t, credentials.FromFiles(credentials.KeyFiles{ID: paths[0], Secret: paths[1], Token: t.TempDir()}), "is a directory")
	if os.Geteuid() != 0 {
		if err := os.Chmod(paths[1], 0); err != nil {
			t.Fatal(err)
		}
		noKey(t, credentials.FromFiles(credentials.KeyFiles{ID: paths[0], Secret: paths[1]}), "permission denied; let the exporter's user read it")
	}
}
