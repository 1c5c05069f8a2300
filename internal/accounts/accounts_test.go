package accounts_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/accounts"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/fake/ststest"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// asked is an OSS with one token, and clients that ask it.
type asked struct {
	oss     *osstest.Server
	clients *accounts.Clients
}

func newAsked(t *testing.T) *asked {
	t.Helper()
	a := &asked{oss: osstest.New(osstest.Options{}), clients: accounts.New(demo.Getenv, "exporter/1", collector.NewAPI())}
	t.Cleanup(a.oss.Close)
	a.oss.AddKey(demo.Getenv("OSS_ACCESS_KEY_ID"), demo.Getenv("OSS_ACCESS_KEY_SECRET"))
	a.oss.AddBucket(osstest.Bucket{Name: "examplebucket"})
	a.oss.SetToken(domain.Name{Bucket: "examplebucket", Base: "www.example.com"}, osstest.Token{})
	t.Cleanup(func() { a.clients.Retain(&config.Config{}) })
	return a
}

// parse returns a configuration whose account says flow, with a target for each of regions.
func parse(t *testing.T, flow string, regions ...string) *config.Config {
	t.Helper()
	text := "accounts: {main: {region: cn-hangzhou, " + flow + "}}\ntargets:\n- {bucket: examplebucket, cname: www.example.com}\n"
	for i, region := range regions {
		text += fmt.Sprintf("- {bucket: other%d, cname: www.example.com, region: %s}\n", i, region)
	}
	cfg, err := config.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func (a *asked) ask(t *testing.T, cfg *config.Config) error {
	t.Helper()
	_, err := a.clients.GetCnameToken(t.Context(), cfg.Targets[0].Account, cfg.Targets[0].Name)
	return err
}

func TestAccountsProxy(t *testing.T) {
	a := newAsked(t)
	var proxied atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "examplebucket.oss-cn-hangzhou.aliyuncs.com" {
			proxied.Add(1)
		}
		a.oss.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	if err := a.ask(t, parse(t, "endpoint: http://oss-cn-hangzhou.aliyuncs.com, proxy_url: "+proxy.URL)); err != nil || proxied.Load() != 1 {
		t.Errorf("got %v, %d requests through the proxy", err, proxied.Load())
	}
}

func TestAccountsCertificates(t *testing.T) {
	a := newAsked(t)
	front := httptest.NewUnstartedServer(a.oss)
	front.Config.ErrorLog = log.New(io.Discard, "", 0) // it is not trusted at first
	front.StartTLS()
	t.Cleanup(front.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	failing := func(cfg *config.Config, want string) {
		t.Helper()
		failure, ok := errors.AsType[*ossclient.Error](a.ask(t, cfg))
		if !ok || failure.Reason != status.ReasonTLS || !strings.Contains(failure.Error(), want) {
			t.Errorf("got %v, want reason tls with %q", failure, want)
		}
	}
	cfg := parse(t, "endpoint: "+front.URL+", ca_file: "+file)
	failing(parse(t, "endpoint: "+front.URL), "certificate")
	failing(cfg, `GetCnameToken: reading ca_file "`+file+`": no such file`)
	write("-----BEGIN-----")
	failing(cfg, `GetCnameToken: reading ca_file "`+file+`": no certificate in it`)
	write(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})))
	if err := a.ask(t, cfg); err != nil {
		t.Errorf("with the certificate: %v", err)
	}
	write("")
	if err := a.ask(t, cfg); err != nil {
		t.Errorf("before a reload: %v", err)
	}
	a.clients.Retain(cfg)
	if err := a.ask(t, cfg); err != nil {
		t.Errorf("what is half written replaced what is good: %v", err)
	}
	write(anotherCertificate)
	a.clients.Retain(cfg)
	failing(cfg, "certificate signed by unknown authority")
}

const readerRole = "acs:ram::1234567890123456:role/reader"

// sts returns an STS whose keys the OSS takes, and the file with the certificate that it shows, as all of ours do.
func (a *asked) sts(t *testing.T) (sts *ststest.STS, ca string) {
	t.Helper()
	sts = ststest.NewSTS(readerRole, "", ststest.Options{Issued: func(k ststest.Key) { a.oss.AddSTSKey(k.ID, k.Secret, k.Token, k.Expires) }})
	t.Cleanup(sts.Close)
	sts.AddKey(ststest.Key{ID: demo.Getenv("OSS_ACCESS_KEY_ID"), Secret: demo.Getenv("OSS_ACCESS_KEY_SECRET")})
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, sts.Certificate(), 0o600); err != nil {
		t.Fatal(err)
	}
	return sts, ca
}

// TestRegionsShareASession asks three regions of an account that plays a role, and reloads in between.
func TestRegionsShareASession(t *testing.T) {
	a := newAsked(t)
	sts, ca := a.sts(t)
	credentials := "credentials: {type: assume_role, role_arn: '" + readerRole + "', sts_endpoint: '" + sts.URL + "'}"
	text := "accounts: {main: {region: cn-hangzhou, endpoint: '" + a.oss.URL() + "', ca_file: " + ca + ", " + credentials + "}}\ntargets:\n"
	for i, region := range []string{"cn-hangzhou", "cn-shanghai", "cn-beijing"} {
		text += fmt.Sprintf("- {bucket: bucket%d, cname: www.example.com, region: %s, endpoint: '%s'}\n", i, region, a.oss.URL())
	}
	cfg, err := config.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, target := range cfg.Targets {
			_, err := a.clients.GetCnameToken(t.Context(), target.Account, target.Name)
			if failure, _ := errors.AsType[*ossclient.Error](err); failure == nil || failure.Reason == status.ReasonCredentials {
				t.Errorf("%s: %v", target.Account.Region, err)
			}
		}
		a.clients.Retain(cfg)
	}
	if n := sts.Issued(); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
	a.clients.Retain(&config.Config{}) // nobody needs the session any longer
	_, _ = a.clients.GetCnameToken(t.Context(), cfg.Targets[0].Account, cfg.Targets[0].Name)
	if n := sts.Issued(); n != 2 {
		t.Errorf("%d sessions, want a new one", n)
	}
}

// TestSTSOfTheAccount has a proxy refuse to connect to STS, whichever that is.
func TestSTSOfTheAccount(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("a token"), 0o600); err != nil {
		t.Fatal(err)
	}
	role := "type: oidc, role_arn: 'acs:ram::1:role/r', oidc_provider_arn: 'acs:ram::1:oidc-provider/p', oidc_token_file: " + token
	oidc := "credentials: {" + role + "}"
	named := "credentials: {" + role + ", sts_endpoint: 'https://sts.example.com'}"
	for _, test := range []struct {
		account string
		env     map[string]string
		want    string
	}{
		{oidc, nil, "https://sts.cn-hangzhou.aliyuncs.com"},
		{"network: internal, " + oidc, nil, "https://sts-vpc.cn-hangzhou.aliyuncs.com"},
		{"network: internal, " + named, nil, "https://sts.example.com"},
		{oidc, map[string]string{"ALIBABA_CLOUD_STS_ENDPOINT": "sts.example.org"}, "https://sts.example.org"},
		{oidc, map[string]string{"ALIBABA_CLOUD_STS_ENDPOINT": "https://sts.example.org"}, "https://sts.example.org"},
		{named, map[string]string{"ALIBABA_CLOUD_STS_ENDPOINT": "sts.example.org"}, "https://sts.example.com"},
		{oidc, map[string]string{"ALIBABA_CLOUD_STS_REGION": "eu-central-1"}, "https://sts.eu-central-1.aliyuncs.com"},
		{oidc, map[string]string{"ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "True"}, "https://sts-vpc.cn-hangzhou.aliyuncs.com"},
		{
			oidc, map[string]string{"ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "true", "ALIBABA_CLOUD_STS_REGION": "eu-central-1"},
			"https://sts-vpc.eu-central-1.aliyuncs.com",
		},
	} {
		asked := &tunnels{}
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.add(r.Method + " " + r.Host)
			w.WriteHeader(http.StatusForbidden)
		}))
		clients := accounts.New(func(name string) string { return test.env[name] }, "exporter/1", collector.NewAPI())
		cfg := parse(t, "proxy_url: "+proxy.URL+", "+test.account, "cn-shanghai")
		for _, target := range cfg.Targets { // one of them in another region
			_, err := clients.GetCnameToken(t.Context(), target.Account, target.Name)
			if want := "CONNECT " + strings.TrimPrefix(test.want, "https://") + ":443"; err == nil || asked.String() != want {
				t.Errorf("%s with %v: the proxy was asked %q, want %q; %v", test.account, test.env, asked, want, err)
			}
		}
		clients.Retain(&config.Config{})
		proxy.Close()
	}
}

// anotherCertificate is of an authority that nobody uses.
const anotherCertificate = `-----BEGIN CERTIFICATE-----
MIIBejCCAR+gAwIBAgIUQqOQlRdF5MudMCs5MFHVEBDd8NMwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyNTE4MTQyN1oYDzIxMjYxMTAxMTgx
NDI3WjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AARUkJJbhlnumceOtVE2HeyhVCZmunLrTA+UOM1kJ6JCYcdMhctLhbtugJgazvdM
XvMQp5YGuZdYFkwrZ4eYIrlpo1MwUTAdBgNVHQ4EFgQUtWk3trSBfaO3A4+CtVdR
yviHQQgwHwYDVR0jBBgwFoAUtWk3trSBfaO3A4+CtVdRyviHQQgwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAjP0TWc6GKmyoHGM7BOSXLcBy5d2z
9MINyHYZHNww7HUCIQCld5ygJUsj63aooh5vLM08/knbI9gSt77mW07dnxOmXA==
-----END CERTIFICATE-----
`

// TestUnknownTypesAreRefused has accounts that no configuration can have: the environment's key must not serve them.
func TestUnknownTypesAreRefused(t *testing.T) {
	a := newAsked(t)
	for want, change := range map[string]func(*config.Account){
		`credentials of type "" are not known`:        func(a *config.Account) { a.Credentials.Type = "" },
		`credentials of type "vault" are not known`:   func(a *config.Account) { a.Credentials.Type = "vault" },
		`credentials of source "oidcs" are not known`: func(a *config.Account) { a.Credentials.Type, a.Credentials.Source = "assume_role", "oidcs" },
		`account "main": network "vpc" is not known`:  func(a *config.Account) { a.Network = "vpc" },
	} {
		cfg := parse(t, "endpoint: '"+a.oss.URL()+"'")
		change(cfg.Targets[0].Account)
		err := a.ask(t, cfg)
		if err == nil || !strings.Contains(err.Error(), want) || a.oss.Calls() != 0 {
			t.Errorf("want %q, got %v after %d calls", want, err, a.oss.Calls())
		}
		if failure, ok := errors.AsType[*ossclient.Error](err); strings.Contains(want, "credentials") && (!ok || failure.Reason != status.ReasonCredentials) {
			t.Errorf("%s: the reason is %+v", want, failure)
		}
		cfg.Accounts[0] = *cfg.Targets[0].Account
		if said := fmt.Sprint(accounts.Check(t.Context(), cfg, demo.Getenv, time.Now())); strings.Contains(want, "credentials") && !strings.Contains(said, want) {
			t.Errorf("want %q, checked %s", want, said)
		}
	}
}

// TestEveryTypeHasASource opens each type that a configuration may have.
func TestEveryTypeHasASource(t *testing.T) {
	for _, kind := range config.CredentialsTypes() {
		cfg := &config.Config{Accounts: []config.Account{{Name: "main", Credentials: config.Credentials{Type: kind, Source: config.CredentialsEnvironment, Command: "sh"}}}}
		if said := fmt.Sprint(accounts.Check(t.Context(), cfg, demo.Getenv, time.Now())); strings.Contains(said, "not known") {
			t.Errorf("%s: %s", kind, said)
		}
	}
}
