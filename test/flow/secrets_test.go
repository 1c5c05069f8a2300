package flow_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/fake/ststest"
)

// planted are texts that must appear in no output; all begin alike.
const planted = "pLaNtEd"

// vault is an OSS and the services that hand out its keys, full of planted
// secrets, and a configuration with an account for every type of credentials.
type vault struct {
	dir      string
	oss      *osstest.Server
	sts      *ststest.STS
	metadata *ststest.Metadata
	env      map[string]string
}

const vaultRole = "acs:ram::1234567890123456:role/reader"

// vaultAccounts are the accounts by name, without what all have in common.
const vaultAccounts = `
  environment: {credentials: {type: environment}}
  files: {credentials: {type: static_files, access_key_id_file: %[1]s/id, access_key_secret_file: %[1]s/secret}}
  session: {credentials: {type: static_files, access_key_id_file: %[1]s/sts-id, access_key_secret_file: %[1]s/sts-secret, security_token_file: %[1]s/sts-token}}
  instance: {credentials: {type: ecs_role, metadata_endpoint: "%[4]s"}}
  cluster: {ca_file: %[1]s/ca.pem, credentials: {type: oidc, role_arn: "%[3]s", oidc_provider_arn: "acs:ram::1:oidc-provider/c", oidc_token_file: %[1]s/jwt, sts_endpoint: "%[2]s"}}
  role: {ca_file: %[1]s/ca.pem, credentials: {type: assume_role, role_arn: "%[3]s", sts_endpoint: "%[2]s", source: static_files, access_key_id_file: %[1]s/sts-id, access_key_secret_file: %[1]s/sts-secret, security_token_file: %[1]s/source-token}}
  program: {credentials: {type: process, command: "/bin/sh %[1]s/program.sh"}}
  profile: {credentials: {type: profile, profile_file: %[1]s/profile.json}}
`

func newVault(t *testing.T) *vault {
	t.Helper()
	v := &vault{dir: t.TempDir(), oss: osstest.New(osstest.Options{})}
	t.Cleanup(v.oss.Close)
	issued := ststest.Options{Issued: func(k ststest.Key) { v.oss.AddSTSKey(k.ID, k.Secret, k.Token, k.Expires) }, Prefix: planted}
	v.sts, v.metadata = ststest.NewSTS(vaultRole, "", issued), ststest.NewMetadata("reader", issued)
	t.Cleanup(v.sts.Close)
	t.Cleanup(v.metadata.Close)
	const secret = planted + "-secret/+="
	v.env = map[string]string{"OSS_ACCESS_KEY_ID": "vault-key", "OSS_ACCESS_KEY_SECRET": secret}
	v.oss.AddKey("vault-key", secret)
	v.oss.AddSTSKey("vault-sts", secret, planted+"-token", time.Time{})
	v.sts.AddKey(ststest.Key{ID: "vault-sts", Secret: secret, Token: planted + "/source+token="})
	v.sts.AddToken(planted+"-jwt", time.Now().Add(time.Hour))
	for name, text := range map[string]string{
		"id": "vault-key", "secret": secret, "sts-id": "vault-sts", "sts-secret": secret, "sts-token": planted + "-token", "jwt": planted + "-jwt", "source-token": planted + "/source+token=",
		"program.sh":   `echo '{"AccessKeyId": "vault-key", "AccessKeySecret": "` + secret + `"}'; echo ` + secret + ` >&2`,
		"ca.pem":       string(v.sts.Certificate()),
		"profile.json": `{"current": "p", "profiles": [{"name": "p", "mode": "AK", "access_key_id": "vault-key", "access_key_secret": "` + secret + `"}]}`,
	} {
		v.write(t, name, text)
	}
	v.oss.AddBucket(osstest.Bucket{Name: "vault-bucket"})
	v.write(t, "config.yaml", v.config())
	return v
}

func (v *vault) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(v.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (v *vault) accounts() []string {
	return []string{"environment", "files", "session", "instance", "cluster", "role", "program", "profile"}
}

func (v *vault) config() string {
	accounts := fmt.Sprintf(vaultAccounts, v.dir, v.sts.URL, vaultRole, v.metadata.URL)
	text := "accounts:" + regexp.MustCompile(`(?m)^(  [a-z]+: {)`).ReplaceAllString(accounts, fmt.Sprintf(`${1}region: cn-hangzhou, endpoint: "%s", `, v.oss.URL())) + "targets:\n"
	for _, account := range v.accounts() {
		text += fmt.Sprintf("  - {bucket: vault-bucket, cname: %s.example.com, account: %[1]s}\n", account)
		v.oss.SetToken(domain.Name{Bucket: "vault-bucket", Base: account + ".example.com"}, osstest.Token{Value: planted + "-cname-token"})
	}
	return text
}

// drive asks every endpoint and returns all that it said.
func drive(t *testing.T, url string) string {
	t.Helper()
	var said strings.Builder
	for _, path := range []string{
		"/metrics", "/metrics?debug=true", "/", "/-/healthy", "/-/ready", "/probe?target=vault-bucket/files.example.com&debug=true", "/sd",
		"/api/v1/domains", "/domains/vault-bucket/files.example.com", "/api/v1/domains/vault-bucket/files.example.com", "/runbooks/OSSCnameTokenExpiresSoon",
		"/config", "/debug/pprof/", "/debug/vars", "/nowhere",
	} {
		_, body := apptest.Get(t, url+path)
		said.WriteString(body)
	}
	_, body := apptest.Do(t, http.MethodPost, url+"/-/reload")
	said.WriteString(body)
	return said.String()
}

// leaks fails if a planted secret is in text, as it is or in an encoding.
func leaks(t *testing.T, where, text string) {
	t.Helper()
	for _, form := range []string{
		planted, url.QueryEscape(planted + "/+="), fmt.Sprintf("%x", planted), fmt.Sprintf("%d", []byte(planted)),
		base64.StdEncoding.EncodeToString([]byte(planted))[:8], fmt.Sprintf("%q", planted)[1:6],
	} {
		if at := strings.Index(text, form); at >= 0 {
			t.Errorf("%s: a secret is shown: …%.200q…", where, text[max(0, at-100):])
		}
	}
}

// spoil breaks every source of keys in a way that has its secret at hand.
func (v *vault) spoil(t *testing.T) {
	t.Helper()
	const secret = planted + "-other"
	v.oss.AddKey("vault-key", planted+"-unlike")
	v.sts.Fail(http.StatusForbidden, "Odd", "You sent ")
	v.metadata.SetRole("")
	for name, text := range map[string]string{
		"secret": secret, "sts-token": secret + "\n" + secret, "program.sh": "echo " + secret + "; echo " + secret + " >&2", "profile.json": `{"access_key_secret": "` + secret,
	} {
		v.write(t, name, text)
	}
	for _, account := range v.accounts() {
		v.oss.SetToken(domain.Name{Bucket: "vault-bucket", Base: account + ".example.com"}, osstest.Token{Value: planted + "-again"})
	}
}

// TestSecretsAreNeverShown runs the program with every type of credentials,
// while all work and while none does, and searches whatever it says.
func TestSecretsAreNeverShown(t *testing.T) {
	for _, format := range []string{"logfmt", "json"} {
		for _, spoilt := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s spoilt=%v", format, spoilt), func(t *testing.T) {
				v := newVault(t)
				if spoilt {
					v.spoil(t)
				}
				p := apptest.Start(t, v.env, "--config.file="+filepath.Join(v.dir, "config.yaml"), "--web.listen-address=127.0.0.1:0",
					"--log.level=debug", "--log.format="+format, "--web.enable-lifecycle", "--no-web.show-tokens")
				url := "http://" + p.Stderr.Wait(t, `address"?[=:]"?([0-9.:]+)`)
				said := drive(t, url)
				v.check(t, said, p.Stderr.String(), spoilt)
				v.write(t, "config.yaml", "accounts: {main: {secret: "+planted+", credentials: {access_key_secret: "+planted+"}}}")
				said += drive(t, url)
				stacks := make([]byte, 4<<20)
				stacks = stacks[:runtime.Stack(stacks, true)]
				for where, text := range map[string]string{
					"endpoints": said, "stacks": string(stacks), "stdout": p.Stdout.String(), "stderr": p.Stderr.String(),
				} {
					leaks(t, where, text)
				}
			})
		}
	}
}

// check makes sure that the test meets what it is about: that every account
// works, or that each fails for its credentials, with one line in the log.
func (v *vault) check(t *testing.T, said, logged string, spoilt bool) {
	t.Helper()
	for _, account := range v.accounts() {
		works := strings.Contains(said, `oss_cname_token_exists{bucket="vault-bucket",cname="`+account+`.example.com"} 1`)
		fails := strings.Contains(said, `cname="`+account+`.example.com",reason="credentials"} 1`)
		lines := len(regexp.MustCompile(`(?m)^.*account"?[=:]"?`+account+`[" ].*probe failed.*$`).FindAllString(logged, -1))
		if works == spoilt || fails != spoilt || spoilt && lines != 1 {
			t.Errorf("account %s: works is %v, fails is %v, in %d lines of the log:\n%s", account, works, fails, lines, logged)
		}
	}
}

func TestSecretsAreNotInConfigCheck(t *testing.T) {
	v := newVault(t)
	for name, text := range map[string]string{
		"good": v.config(),
		"bad":  "accounts: {main: {region: cn-hangzhou, secret: " + planted + ", proxy_url: 'http://u:" + planted + "@p:1', credentials: {access_key_secret: " + planted + "}}}",
	} {
		v.write(t, name+".yaml", text)
		stdout, stderr := apptest.NewOutput(), apptest.NewOutput()
		err := app.Run(t.Context(), []string{"--config.check", "--config.file=" + filepath.Join(v.dir, name+".yaml")}, os.Getenv, stdout, stderr)
		if (err == nil) != (name == "good") {
			t.Errorf("%s: %v", name, err)
		}
		leaks(t, name, stdout.String()+stderr.String()+fmt.Sprintf("%v %+v %#v", err, err, err))
	}
}

// TestTokensAreShownToPeopleOnly has a token whose value people must publish:
// the pages for them show it, and nothing that is kept does.
func TestTokensAreShownToPeopleOnly(t *testing.T) {
	const value = "0123456789-to-be-published"
	oss := apptest.NewOSS(t, osstest.Options{}, "examplebucket")
	oss.SetToken(domain.Name{Bucket: "examplebucket", Base: "www.example.com"}, osstest.Token{Value: value})
	s := apptest.Serve(t, fmt.Sprintf("accounts: {main: {region: cn-hangzhou, endpoint: %q}}\ntargets: [{bucket: examplebucket, cname: www.example.com}]\n", oss.URL()), "--log.level=debug")
	for path, shown := range map[string]bool{
		"/metrics": false, "/sd": false, "/probe?target=examplebucket/www.example.com": false,
		"/probe?target=examplebucket/www.example.com&debug=true": true,
	} {
		if text := s.Fetch(t, path); strings.Contains(text, value) != shown {
			t.Errorf("%s: got shown %v in\n%s", path, !shown, text)
		}
	}
	for _, path := range []string{"/", "/domains/examplebucket/www.example.com", "/api/v1/domains", "/api/v1/domains/examplebucket/www.example.com"} {
		if text := s.Fetch(t, path); !strings.Contains(text, value) {
			t.Errorf("%s does not show it:\n%s", path, text)
		}
	}
	if log := s.Stderr.String() + s.Stdout.String(); strings.Contains(log, value) {
		t.Errorf("the log has it:\n%s", log)
	}
}
