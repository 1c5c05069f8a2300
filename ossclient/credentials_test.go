package ossclient_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/ossclient"
)

// clock is set by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: expires.Add(-time.Hour)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

// env is an environment; pairs are name and value.
func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// keyOf returns what the source hands out, as "id/secret/token", or "" and the error.
func keyOf(t *testing.T, from ossclient.Credentials) (string, error) {
	t.Helper()
	key, err := from.Key(t.Context())
	if err != nil {
		if key != (ossclient.Key{}) {
			t.Errorf("a key beside the error %v", err)
		}
		return "", err
	}
	return key.ID + "/" + string(key.Secret) + "/" + string(key.Token), nil
}

// mustKey wants that key.
func mustKey(t *testing.T, from ossclient.Credentials, want string) {
	t.Helper()
	if got, err := keyOf(t, from); err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

// noKey wants a failure on one line with all of want in it.
func noKey(t *testing.T, from ossclient.Credentials, want ...string) {
	t.Helper()
	_, err := keyOf(t, from)
	if err == nil {
		t.Error("got a key, want a failure")
		return
	}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in %q", part, err)
		}
	}
	if strings.ContainsAny(err.Error(), "\r\n") || strings.Contains(err.Error(), "secret-") {
		t.Errorf("several lines, or a secret: %q", err)
	}
}

// files writes one file for each value and returns their paths.
func files(t *testing.T, values ...string) []string {
	t.Helper()
	dir := t.TempDir()
	paths := make([]string, len(values))
	for i, value := range values {
		paths[i] = filepath.Join(dir, fmt.Sprint(i))
		write(t, paths[i], value)
	}
	return paths
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestEnvironment(t *testing.T) {
	oss := []string{"OSS_ACCESS_KEY_ID", "o", "OSS_ACCESS_KEY_SECRET", "os"}
	cloud := []string{"ALIBABA_CLOUD_ACCESS_KEY_ID", "a", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "as", "ALIBABA_CLOUD_SECURITY_TOKEN", "at"}
	mustKey(t, ossclient.FromEnvironment(env(oss...)), "o/os/")
	mustKey(t, ossclient.FromEnvironment(env(append(oss, "OSS_SESSION_TOKEN", "ot")...)), "o/os/ot")
	mustKey(t, ossclient.FromEnvironment(env(cloud...)), "a/as/at")
	mustKey(t, ossclient.FromEnvironment(env(append(oss, cloud...)...)), "o/os/")
	noKey(t, ossclient.FromEnvironment(env()), "set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, or ALIBABA_CLOUD_ACCESS_KEY_ID")
	noKey(t, ossclient.FromEnvironment(env(append(cloud, "OSS_ACCESS_KEY_ID", "o")...))) // half a set is a mistake, not the other set
}

func TestFilesAreReadAnew(t *testing.T) {
	f := newFixture(t)
	paths := files(t, keyID+"\n", secret)
	f.opts.Credentials = ossclient.FromFiles(ossclient.KeyFiles{ID: paths[0], Secret: paths[1]})
	ask := func() {
		t.Helper()
		if _, err := f.get(t, domain.Name{Bucket: bucket, Base: cname}); err != nil {
			t.Error(err)
		}
	}
	ask()
	f.oss.AddKey("second-key", "secret-2")
	write(t, paths[0], "second-key")
	write(t, paths[1], " secret-2\r\n")
	f.oss.AddKey(keyID, "revoked")
	ask()
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
	from := ossclient.FromFiles(ossclient.KeyFiles{ID: in("id"), Secret: in("secret"), Token: in("token")})
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
			noKey(t, ossclient.FromFiles(ossclient.KeyFiles{ID: paths[0], Secret: paths[1]}), fmt.Sprintf(test.want, paths[1]))
		})
	}
	paths := files(t, "id", "secret-1")
	noKey(t, ossclient.FromFiles(ossclient.KeyFiles{ID: "/nowhere", Secret: paths[1]}),
		`reading access_key_id_file "/nowhere": no such file; mount it, or correct the path`)
	noKey(t, ossclient.FromFiles(ossclient.KeyFiles{ID: paths[0], Secret: paths[1], Token: t.TempDir()}), "is a directory")
	if os.Geteuid() != 0 {
		if err := os.Chmod(paths[1], 0); err != nil {
			t.Fatal(err)
		}
		noKey(t, ossclient.FromFiles(ossclient.KeyFiles{ID: paths[0], Secret: paths[1]}), "permission denied; let the exporter's user read it")
	}
}

func TestFailureNamesTheAccount(t *testing.T) {
	f := newFixture(t)
	f.opts.Account = "customer"
	f.opts.Credentials = ossclient.FromFiles(ossclient.KeyFiles{ID: "/nowhere", Secret: "/nowhere"})
	failure := f.failure(t)
	const want = `GetCnameToken: getting credentials of account "customer": reading access_key_id_file "/nowhere": no such file; mount it, or correct the path`
	if failure.Reason != ossclient.ReasonCredentials || failure.Error() != want {
		t.Errorf("got %s %q\nwant %q", failure.Reason, failure, want)
	}
}

func TestProcess(t *testing.T) {
	script := func(text string) string {
		path := filepath.Join(t.TempDir(), "key.sh")
		write(t, path, text)
		return "/bin/sh " + path
	}
	clock := newClock()
	run := func(text string) ossclient.Credentials { return ossclient.FromProcess(script(text), clock.now) }

	mustKey(t, run(`echo '{"AccessKeyId": "id", "AccessKeySecret": "secret"}'`), "id/secret/")
	mustKey(t, run(`echo noise >&2; echo '{"AccessKeyId": "id", "AccessKeySecret": "secret", "SecurityToken": "token", "Expiration": "2022-02-23T21:39:42Z"}'`),
		"id/secret/token")
	noKey(t, run(`echo '{"AccessKeyId": "id", "AccessKeySecret": "secret-1", "Expiration": "2020-02-23T21:39:42Z"}'`), "expired already")
	noKey(t, run(`echo '{"AccessKeyId": "id", "AccessKeySecret": "secret-1", "Expiration": "soon"}'`), "Expiration")
	noKey(t, run(`echo '{"AccessKeyId": "id"}'`), `it must print {"AccessKeyId": "…", "AccessKeySecret": "…"}`)
	noKey(t, run(`echo secret-1`), `running "/bin/sh": it must print {"AccessKeyId"`)
	noKey(t, run(`echo secret-1 >&2; exit 3`), `running "/bin/sh": exit status 3`)
	noKey(t, ossclient.FromProcess("/no/such/program --password secret-1", nil), `running "/no/such/program": exit status 127`)
}

// TestProcessRunsOncePerLife has a program that prints another key each time.
func TestProcessRunsOncePerLife(t *testing.T) {
	paths := files(t, "", "")
	write(t, paths[0], `echo >>`+paths[1]+`; n=$(wc -l <`+paths[1]+`); echo "{\"AccessKeyId\": \"id-$n\", \"AccessKeySecret\": \"s\"}"`)
	clock := newClock()
	from := ossclient.FromProcess("/bin/sh "+paths[0], clock.now)
	mustKey(t, from, "id-1/s/")
	mustKey(t, from, "id-1/s/")
	clock.advance(time.Minute) // it names no end, so it is asked again now and then
	mustKey(t, from, "id-1/s/")
	for got := ""; got != "id-2/s/"; { // the old key serves while the program runs
		got, _ = keyOf(t, from)
	}
}

// dialNowhere refuses every connection and keeps where it would have gone.
func dialNowhere(address *string) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, _, to string) (net.Conn, error) {
		*address = to
		return nil, errors.New("not in a test")
	}
}

func TestNetworks(t *testing.T) {
	for network, want := range map[ossclient.Network]string{
		ossclient.Public:    "examplebucket.oss-cn-hangzhou.aliyuncs.com:443",
		ossclient.Internal:  "examplebucket.oss-cn-hangzhou-internal.aliyuncs.com:443",
		ossclient.DualStack: "examplebucket.cn-hangzhou.oss.aliyuncs.com:443",
	} {
		f := newFixture(t)
		f.opts.Endpoint, f.opts.Network = "", network
		var dialled string
		f.opts.Transport = f.dialing(dialNowhere(&dialled))
		f.failure(t)
		if dialled != want {
			t.Errorf("network %d: dialled %q, want %q", network, dialled, want)
		}
	}
}
