package config_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/configfile"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
)

const examplePath = "../../config.example.yaml"

func TestExampleFile(t *testing.T) {
	c, err := configfile.Load(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	environment := config.Credentials{Type: "environment"}
	main := config.Account{Name: "main", Region: "cn-hangzhou", Network: "public", SignatureVersion: "v4", Credentials: environment}
	shanghai := main
	shanghai.Region, shanghai.Endpoint = "cn-shanghai", "https://oss-cn-shanghai-internal.aliyuncs.com"
	finance := config.Account{
		Name: "finance", Region: "cn-hangzhou-finance", Endpoint: "https://oss-cn-hzfinance.aliyuncs.com", Network: "public",
		SignatureVersion: "v4", ProxyURL: "http://proxy.example.com:3128", CAFile: "/etc/ssl/example-ca.pem",
		Credentials: config.Credentials{
			Type: "static_files", AccessKeyIDFile: "/run/secrets/oss/access_key_id",
			AccessKeySecretFile: "/run/secrets/oss/access_key_secret", SecurityTokenFile: "/run/secrets/oss/security_token",
		},
	}
	if want := parse(t, minimal).Probe; c.Probe != want {
		t.Errorf("Probe = %+v, want the defaults %+v", c.Probe, want)
	}
	accounts := map[string]config.Account{}
	for _, a := range c.Accounts {
		accounts[a.Name] = a
	}
	if accounts["main"] != main || accounts["finance"] != finance {
		t.Errorf("Accounts = %+v\nwant among them %+v\nand %+v", c.Accounts, main, finance)
	}
	rules := judge.Rules{Thresholds: judge.Thresholds{}.WithDefaults()}
	own := rules.Thresholds
	own.TokenCritical = 12 * time.Hour
	want := []config.Target{
		{Name: domain.Name{Bucket: "examplebucket", Base: "www.example.com"}, Account: &main, Rules: rules},
		{Name: domain.Name{Bucket: "assets-1234567890123456-cn-hangzhou-ab-apsr", Base: "assets.example.com", Wildcard: true}, Account: &main, Labels: map[string]string{"team": "web"},
			Rules: rules, Checks: config.Checks{HTTPVisit: "www.assets.example.com"}},
		{Name: domain.Name{Bucket: "examplebucket-shanghai", Base: "static.example.com"}, Account: &shanghai, CacheTTL: time.Minute,
			Checks: config.Checks{Binding: true, DNS: true, Resolvers: []string{"192.0.2.53:53", "192.0.2.54:5353"}},
			Rules:  judge.Rules{Thresholds: own, Severities: map[judge.Kind]judge.Severity{judge.ReadyToBind: judge.Off}}},
		{Name: domain.Name{Bucket: "examplebucket-ledger", Base: "ledger.example.com"}, Account: &finance, Rules: rules, Labels: map[string]string{"team": "payments", "tier": "gold"}},
	}
	if !reflect.DeepEqual(c.Targets, want) {
		t.Errorf("Targets = %+v\nwant %+v", c.Targets, want)
	}
	if got, want := c.LabelNames, []string{"team", "tier"}; !reflect.DeepEqual(got, want) {
		t.Errorf("LabelNames = %q, want %q", got, want)
	}
}

func ExampleParse() {
	_, err := config.Parse("config.yaml", []byte(`
accounts:
  main: {region: oss-cn-hangzhou}
targets:
  - bucket: Assets
    cname: https://www.example.com/
`))
	fmt.Println(err)
	// Output:
	// config.yaml:3: accounts.main.region: "oss-cn-hangzhou": write the plain region id, "cn-hangzhou" (华东1（杭州）, China (Hangzhou))
	// config.yaml:5: targets[0].bucket: "Assets": bucket names are lower case; write "assets"
	// config.yaml:6: targets[0].cname: "https://www.example.com/": has a scheme; write only the domain, "www.example.com"
}
