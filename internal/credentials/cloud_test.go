package credentials_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"oss_cname_exporter/internal/credentials"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/fake/ststest"
	"oss_cname_exporter/ossclient"
)

const (
	keyID       = "test-key"
	secret      = "test-secret"
	roleARN     = "acs:ram::1234567890123456:role/reader"
	providerARN = "acs:ram::1234567890123456:oidc-provider/cluster"
	externalID  = "agreed:1"
)

// clock is set by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2022, 2, 23, 20, 39, 42, 0, time.UTC)} }

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

// fixed is a source of one key.
func fixed(id, secret, token string) credentials.Source {
	return credentials.FromEnvironment(env("OSS_ACCESS_KEY_ID", id, "OSS_ACCESS_KEY_SECRET", secret, "OSS_SESSION_TOKEN", token))
}

// keyOf returns what the source gives, as "id/secret/token", or "" and the error.
func keyOf(t *testing.T, from ossclient.KeySource) (string, error) {
	t.Helper()
	key, err := from.Key(t.Context())
	if err != nil {
		if key.ID != "" || key.Secret != "" {
			t.Errorf("a key beside the error %v", err)
		}
		return "", err
	}
	return key.ID + "/" + string(key.Secret) + "/" + string(key.Token), nil
}

// mustKey wants that key.
func mustKey(t *testing.T, from ossclient.KeySource, want string) {
	t.Helper()
	if got, err := keyOf(t, from); err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

// noKey wants a failure on one line with all of want in it, and no secret.
func noKey(t *testing.T, from ossclient.KeySource, want ...string) {
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

// cloud is an STS and an OSS that takes its keys, on one clock.
type cloud struct {
	clock     *clock
	sts       *ststest.STS
	oss       *osstest.Server
	transport *http.Transport // trusts the STS
	held      chan struct{}   // while not nil, each key waits for an element before it is handed out
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{clock: newClock(), transport: ossclient.NewTransport()}
	t.Cleanup(c.transport.CloseIdleConnections)
	c.oss = osstest.New(osstest.Options{Now: c.clock.now})
	t.Cleanup(c.oss.Close)
	c.oss.AddBucket(osstest.Bucket{Name: "examplebucket"})
	c.sts = ststest.NewSTS(roleARN, externalID, ststest.Options{Now: c.clock.now, Issued: func(k ststest.Key) {
		c.oss.AddSTSKey(k.ID, k.Secret, k.Token, k.Expires)
		if c.held != nil {
			<-c.held
		}
	}})
	t.Cleanup(c.sts.Close)
	c.sts.AddKey(ststest.Key{ID: keyID, Secret: secret})
	c.transport.TLSClientConfig.RootCAs = c.sts.Authorities()
	return c
}

// as returns how the stand-in of STS is asked.
func (c *cloud) as() credentials.STS {
	return credentials.STS{Endpoint: c.sts.URL, Transport: c.transport, Now: c.clock.now}
}

// list asks OSS with the keys of from.
func (c *cloud) list(t *testing.T, from ossclient.KeySource) error {
	t.Helper()
	client, err := ossclient.New(ossclient.Options{
		Region: "cn-hangzhou", Endpoint: c.oss.URL(), Credentials: from, Now: c.clock.now, Transport: c.transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.ListCname(t.Context(), "examplebucket")
	return err
}

func role() credentials.Role { return credentials.Role{ARN: roleARN, ExternalID: externalID} }

func issued(n int) string { return fmt.Sprintf("STS.id-%d/issued-secret-%[1]d/issued-token-%[1]d", n) }
