package config_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
)

func TestDefaults(t *testing.T) {
	main := config.Account{
		Name:             "main",
		Region:           "cn-hangzhou",
		Network:          "public",
		SignatureVersion: "v4",
		Credentials:      config.Credentials{Type: "environment"},
	}
	c := parse(t, minimal)
	if want := (config.Probe{Timeout: 5 * time.Second, Concurrency: 32, Unlisted: config.UnlistedAllow}); c.Probe != want {
		t.Errorf("Probe = %+v, want %+v", c.Probe, want)
	}
	if want := []config.Account{main}; !reflect.DeepEqual(c.Accounts, want) {
		t.Errorf("Accounts = %+v, want %+v", c.Accounts, want)
	}
	want := []config.Target{{Name: domain.Name{Bucket: "examplebucket", Base: "www.example.com"}, Account: &main}}
	if !reflect.DeepEqual(c.Targets, want) {
		t.Errorf("Targets = %+v, want %+v", c.Targets, want)
	}
	if len(c.LabelNames) != 0 {
		t.Errorf("LabelNames = %q, want none", c.LabelNames)
	}
}

// Whoever comments out the last key under a heading leaves a null behind.
func TestNullMeansDefault(t *testing.T) {
	got := parse(t, `
probe:
accounts:
  main:
    region: cn-hangzhou
    endpoint:
    signature_version: ~
    rate_limit: null
    network:
    proxy_url:
    ca_file:
    credentials:
targets:
  - bucket: examplebucket
    cname: www.example.com
    account:
    region:
    endpoint:
    cache_ttl:
    labels:
`)
	if want := parse(t, minimal); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAccountsAreSortedAndInherit(t *testing.T) {
	c := parse(t, `
targets: [{bucket: examplebucket, cname: a.example, account: two}]
accounts:
  two: {region: cn-beijing, rate_limit: 0, signature_version: v1, credentials: {}}
  three: {region: cn-hangzhou, rate_limit: 2.5, network: internal}
  one: {region: cn-shanghai, endpoint: oss-cn-shanghai-internal.aliyuncs.com}
probe: {rate_limit: 7, timeout: 500ms, concurrency: 1, cache_ttl: 24h}
`)
	environment := config.Credentials{Type: config.CredentialsEnvironment}
	want := []config.Account{
		{
			Name: "one", Region: "cn-shanghai", Endpoint: "https://oss-cn-shanghai-internal.aliyuncs.com", Network: config.NetworkPublic,
			SignatureVersion: config.SignatureV4, RateLimit: 7, Credentials: environment,
		},
		{
			Name: "three", Region: "cn-hangzhou", Network: config.NetworkInternal,
			SignatureVersion: config.SignatureV4, RateLimit: 2.5, Credentials: environment,
		},
		{
			Name: "two", Region: "cn-beijing", Network: config.NetworkPublic,
			SignatureVersion: config.SignatureV1, Credentials: environment,
		},
	}
	if !reflect.DeepEqual(c.Accounts, want) {
		t.Errorf("Accounts = %+v\nwant %+v", c.Accounts, want)
	}
	if *c.Targets[0].Account != want[2] {
		t.Errorf("the target's account = %+v, want %+v", *c.Targets[0].Account, want[2])
	}
	if want := (config.Probe{500 * time.Millisecond, 1, 7, 24 * time.Hour, config.UnlistedAllow}); c.Probe != want {
		t.Errorf("Probe = %+v, want %+v", c.Probe, want)
	}
}

func TestTargetOverrides(t *testing.T) {
	const accounts = `
probe: {cache_ttl: 2m}
accounts:
  plain: {region: cn-hangzhou}
  fixed: {region: cn-hangzhou, endpoint: http://127.0.0.1:8080}
targets: [{bucket: examplebucket, cname: a.example, %s}]
`
	for _, tt := range []struct {
		target, region, endpoint string
		ttl                      time.Duration
	}{
		{"account: plain", "cn-hangzhou", "", 2 * time.Minute},
		{"account: plain, cache_ttl: 0", "cn-hangzhou", "", 0},
		{"account: plain, region: cn-shanghai", "cn-shanghai", "", 2 * time.Minute},
		{"account: plain, endpoint: localhost:9", "cn-hangzhou", "https://localhost:9", 2 * time.Minute},
		{"account: fixed", "cn-hangzhou", "http://127.0.0.1:8080", 2 * time.Minute},
		{"account: fixed, region: cn-hangzhou", "cn-hangzhou", "http://127.0.0.1:8080", 2 * time.Minute},
		{"account: fixed, region: cn-beijing, endpoint: \"\"", "cn-beijing", "", 2 * time.Minute},
		{"account: fixed, region: cn-beijing, endpoint: h", "cn-beijing", "https://h", 2 * time.Minute},
	} {
		c := parse(t, fmt.Sprintf(accounts, tt.target))
		got := c.Targets[0]
		if got.Account.Region != tt.region || got.Account.Endpoint != tt.endpoint || got.CacheTTL != tt.ttl {
			t.Errorf("%s: got %+v", tt.target, got)
		}
		for _, a := range c.Accounts {
			if a.Region != "cn-hangzhou" {
				t.Errorf("%s: the override changed account %s", tt.target, a.Name)
			}
		}
	}
}

func TestDomainsAreNormalised(t *testing.T) {
	longest := strings.Repeat(strings.Repeat("a", 62)+".", 4)[:252] + "x"
	for _, tt := range []struct {
		cname, domain string
		wildcard      bool
		label         string
	}{
		{"example.com", "example.com", false, "example.com"},
		{"WWW.Example.COM.", "www.example.com", false, "www.example.com"},
		{`"*.Example.com."`, "example.com", true, "*.example.com"},
		{"xn--bcher-kva.example", "xn--bcher-kva.example", false, "xn--bcher-kva.example"},
		{"Bücher.example", "xn--bcher-kva.example", false, "xn--bcher-kva.example"},
		{`"*.bu\u0308cher.example."`, "xn--bcher-kva.example", true, "*.xn--bcher-kva.example"},
		{"例え。jp", "xn--r8jz45g.jp", false, "xn--r8jz45g.jp"},
		{"1.a-b.c3", "1.a-b.c3", false, "1.a-b.c3"},
		{longest, longest, false, longest},
	} {
		got := parse(t, withTarget("bucket: examplebucket, cname: "+tt.cname)).Targets[0]
		if got.Base != tt.domain || got.Wildcard != tt.wildcard || got.Cname() != tt.label {
			t.Errorf("%s: domain %q, wildcard %v, label %q", tt.cname, got.Base, got.Wildcard, got.Cname())
		}
	}
}

func TestEndpointsAreNormalised(t *testing.T) {
	for written, want := range map[string]string{
		`""`:                                         "",
		"https://OSS.aliyuncs.com/":                  "https://oss.aliyuncs.com",
		"HTTP://localhost:8080":                      "http://localhost:8080",
		"oss-cn-hzfinance.aliyuncs.com":              "https://oss-cn-hzfinance.aliyuncs.com",
		"oss.aliyuncs.com:443":                       "https://oss.aliyuncs.com:443",
		"127.0.0.1:9000":                             "https://127.0.0.1:9000",
		`"http://[::1]:9000"`:                        "http://[::1]:9000",
		"https://cn-hangzhou.oss.aliyuncs.com:65535": "https://cn-hangzhou.oss.aliyuncs.com:65535",
	} {
		c := parse(t, "accounts: {main: {region: cn-hangzhou, endpoint: "+written+"}}\n"+
			"targets: [{bucket: examplebucket, cname: a.example}]")
		if got := c.Accounts[0].Endpoint; got != want {
			t.Errorf("endpoint %s = %q, want %q", written, got, want)
		}
	}
}

// A wildcard and its base domain are two targets, and so is a domain under two buckets.
func TestNeighboursAreNotDuplicates(t *testing.T) {
	c := parse(t, `
accounts: {main: {region: cn-hangzhou}}
targets:
  - {bucket: bucket-one, cname: example.com}
  - {bucket: bucket-one, cname: "*.example.com"}
  - {bucket: bucket-two, cname: example.com}
`)
	if len(c.Targets) != 3 {
		t.Errorf("%d targets, want 3", len(c.Targets))
	}
}

func TestLabels(t *testing.T) {
	c := parse(t, `
accounts: {main: {region: cn-hangzhou}}
targets:
  - {bucket: examplebucket, cname: a.example, labels: {team: web, tier: 1, on: true, note: "", since: 2024-01-02}}
  - {bucket: examplebucket, cname: b.example, labels: {team: "Zürich \"x\"", Team: 1.50, _x9: no}}
  - {bucket: examplebucket, cname: c.example, labels: {}}
`)
	if want := []string{"Team", "_x9", "note", "on", "since", "team", "tier"}; !reflect.DeepEqual(c.LabelNames, want) {
		t.Errorf("LabelNames = %q, want %q", c.LabelNames, want)
	}
	for i, want := range []map[string]string{
		{"team": "web", "tier": "1", "on": "true", "note": "", "since": "2024-01-02"},
		{"team": `Zürich "x"`, "Team": "1.50", "_x9": "no"},
		nil,
	} {
		if got := c.Targets[i].Labels; !reflect.DeepEqual(got, want) {
			t.Errorf("Targets[%d].Labels = %q, want %q", i, got, want)
		}
	}
}

func TestAliasesShareValues(t *testing.T) {
	c := parse(t, `
accounts: {main: {region: cn-hangzhou}}
targets:
  - {bucket: &b examplebucket, cname: a.example, labels: &web {team: &team web}}
  - {bucket: *b, cname: b.example, labels: *web}
  - {bucket: *b, cname: c.example, labels: {owner: *team, *team : x}}
`)
	if got := c.Targets[1].Labels["team"] + c.Targets[2].Labels["owner"] + c.Targets[2].Labels["web"] + c.Targets[2].Bucket; got != "webwebxexamplebucket" {
		t.Errorf("got %q", got)
	}
}

func TestBoundsAreAccepted(t *testing.T) {
	for _, probe := range []string{
		"timeout: 1ms", "timeout: 5m", "concurrency: 1", "concurrency: 1024", `concurrency: "7"`,
		"rate_limit: 0.01", "rate_limit: 10000", "rate_limit: 1e3", "rate_limit: -0", "cache_ttl: 0", "cache_ttl: 1440m",
	} {
		parse(t, "probe: {"+probe+"}"+minimal)
	}
	for _, bucket := range []string{"abc", "a-b", "123", strings.Repeat("a", 63)} {
		parse(t, withTarget("cname: a.example, bucket: "+bucket))
	}
	for _, region := range []string{"cn-hangzhou", "us-west-1", "rg-china-mainland", "cn-shanghai-finance-1"} {
		parse(t, withTarget("bucket: examplebucket, cname: a.example, region: "+region))
	}
}

// withTarget is minimal with another target.
func withTarget(flow string) string {
	return "accounts: {main: {region: cn-hangzhou}}\ntargets: [{" + flow + "}]\n"
}

func TestDurationsHaveDays(t *testing.T) {
	for text, want := range map[string]string{"1d": "24h0m0s", "0.5d": "12h0m0s", "90s": "1m30s", "1h30m": "1h30m0s"} {
		if got := parse(t, "probe: {cache_ttl: "+text+"}"+minimal).Probe.CacheTTL.String(); got != want {
			t.Errorf("%s is %s", text, got)
		}
	}
}

// TestLabelsOfPrometheus has names that mean something to it.
func TestLabelsOfPrometheus(t *testing.T) {
	with := func(name string) (*config.Config, error) {
		return config.Parse("c.yaml", []byte("accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: abc, cname: www.example.com, labels: {"+name+": x}}]\n"))
	}
	for _, name := range []string{"le", "quantile"} {
		if _, err := with(name); err == nil || !strings.Contains(err.Error(), `write another name, such as "my_`+name+`"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range append(config.ScrapeLabels(), "exported_team", "kubernetes_pod_name") {
		if _, err := with(name); err == nil || !strings.Contains(err.Error(), name+`: the label is set by Prometheus, which renames a target's own; write another name, such as "my_`+name+`"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range config.SeriesLabels() {
		if _, err := with(name); err == nil || !strings.Contains(err.Error(), "the exporter sets this label itself") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
