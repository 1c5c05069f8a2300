//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/fake/ststest"
)

const readerRole = "acs:ram::1234567890123456:role/reader"

// TestKeysRotateWhilePrometheusScrapes exchanges a key twice, and lets the sessions of a role run out, under a running exporter:
// not one probe may fail, but for want of time on a busy machine.
func TestKeysRotateWhilePrometheusScrapes(t *testing.T) {
	t.Parallel()
	oss := osstest.New(osstest.Options{})
	t.Cleanup(oss.Close)
	oss.AddBucket(osstest.Bucket{Name: "rotating-bucket"})
	for _, cname := range []string{"files.example.com", "role.example.com"} {
		oss.SetToken(domain.Name{Bucket: "rotating-bucket", Base: cname}, osstest.Token{})
	}
	sts := ststest.NewSTS(readerRole, "", ststest.Options{
		Life:   20 * time.Second,
		Issued: func(k ststest.Key) { oss.AddSTSKey(k.ID, k.Secret, k.Token, k.Expires) },
	})
	t.Cleanup(sts.Close)

	secret := newMountedSecret(t)
	permit := func(version int) { // a key exists before it is mounted
		oss.AddKey(keyID(version), keySecret(version))
		sts.AddKey(ststest.Key{ID: keyID(version), Secret: keySecret(version)})
	}
	revoke := func(version int) {
		oss.AddKey(keyID(version), "revoked")
		sts.AddKey(ststest.Key{ID: keyID(version), Secret: "revoked"})
	}
	permit(1)
	secret.mount(t, 1)

	exporter := startExporterIn(t, []string{"SSL_CERT_FILE=" + trusting(t, sts)}, "--config.file="+secret.config(t, oss.URL(), sts.URL))
	prom := startPrometheus(t, scraping(job{name: "rotating", address: exporter.address}))
	prom.holds(t, `count(oss_cname_token_exists == 1) == 2`)
	for version := 2; version <= 3; version++ {
		permit(version)
		secret.mount(t, version)
		prom.confirms(t)
		prom.confirms(t) // in a scrape that began after the first had ended, so after the mount
		revoke(version - 1)
		prom.confirms(t)
	}
	eventually(t, patience, func(context.Context) error {
		if n := sts.Issued(); n < 4 {
			return fmt.Errorf("%d sessions, want 4, so that three have run out", n)
		}
		return nil
	})
	prom.confirms(t)
	prom.holds(t, `sum(max_over_time(oss_cname_exporter_probe_errors_total{reason!~"timeout|not_probed"}[1h])) == 0`)
}

// TestProxyPasswordIsNotShown has the environment name a proxy with a password, where nobody listens.
func TestProxyPasswordIsNotShown(t *testing.T) {
	const password = "pr0xy-s3cret"
	t.Setenv("HTTPS_PROXY", "http://me:"+password+"@127.0.0.1:1")
	t.Setenv("OSS_ACCESS_KEY_ID", "e2e")
	t.Setenv("OSS_ACCESS_KEY_SECRET", password)
	file := filepath.Join(t.TempDir(), "config.yaml")
	text := "accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: any-bucket, cname: www.example.com}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	exporter := startExporter(t, "--config.file="+file, "--log.level=debug")
	metrics, _ := exporter.get(t, "/metrics", acceptText)
	page, _ := exporter.get(t, "/", "text/html")
	said, _ := exporter.output.read()
	if all := string(metrics) + string(page) + said; strings.Contains(all, password) || !strings.Contains(said, "proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused") {
		t.Errorf("want the proxy's failure, without its password:\n%s", said)
	}
}

// trusting writes the certificate of the stand-in where Go looks for the authorities to trust.
func trusting(t *testing.T, sts *ststest.STS) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "authorities.pem")
	if err := os.WriteFile(file, sts.Certificate(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func keyID(version int) string     { return fmt.Sprintf("key-%d", version) }
func keySecret(version int) string { return fmt.Sprintf("secret-%d", version) }

// confirms waits until the tokens of both accounts were confirmed once more.
func (p prometheus) confirms(t *testing.T) {
	t.Helper()
	p.holds(t, fmt.Sprintf(`count(oss_cname_token_last_success_timestamp_seconds > %d) == 2`, time.Now().Unix()+1))
}

// mountedSecret is a directory that changes as the kubelet changes a mounted secret: a symlink is exchanged, and with it all files.
type mountedSecret struct{ dir string }

func newMountedSecret(t *testing.T) mountedSecret {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"id", "secret"} {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return mountedSecret{dir}
}

func (s mountedSecret) mount(t *testing.T, version int) {
	t.Helper()
	name := fmt.Sprintf("..version-%d", version)
	for _, err := range []error{
		os.Mkdir(filepath.Join(s.dir, name), 0o700),
		os.WriteFile(filepath.Join(s.dir, name, "id"), []byte(keyID(version)), 0o600),
		os.WriteFile(filepath.Join(s.dir, name, "secret"), []byte(keySecret(version)), 0o600),
		os.Symlink(name, filepath.Join(s.dir, "..new")),
		os.Rename(filepath.Join(s.dir, "..new"), filepath.Join(s.dir, "..data")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// config writes a configuration with an account that signs with the secret, and one that plays a role with it.
func (s mountedSecret) config(t *testing.T, oss, sts string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "config.yaml")
	files := fmt.Sprintf("access_key_id_file: %[1]s/id, access_key_secret_file: %[1]s/secret", s.dir)
	text := fmt.Sprintf(`
accounts:
  files: {region: cn-hangzhou, endpoint: %[1]q, credentials: {type: static_files, %[2]s}}
  role: {region: cn-hangzhou, endpoint: %[1]q, credentials: {type: assume_role, role_arn: %[3]q, sts_endpoint: %[4]q, source: static_files, %[2]s}}
targets:
  - {bucket: rotating-bucket, cname: files.example.com, account: files}
  - {bucket: rotating-bucket, cname: role.example.com, account: role}
`, oss, files, readerRole, sts)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
