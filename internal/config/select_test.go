package config_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
)

const manyRoutes = `
probe: {cache_ttl: 2m, timeout: 3s, concurrency: 7}
accounts:
  main: {region: cn-hangzhou}
  fixed: {region: cn-hangzhou, endpoint: "http://127.0.0.1:1"}
targets:
  - {bucket: examplebucket, cname: a.example, account: main, labels: {team: web}}
  - {bucket: examplebucket, cname: "*.a.example", account: fixed, cache_ttl: 0s, labels: {tier: gold}}
  - {bucket: elsewhere, cname: a.example, account: main, region: cn-beijing, endpoint: "http://127.0.0.1:2"}
  - {bucket: elsewhere, cname: b.example, account: main, region: cn-shanghai}
`

func TestSelect(t *testing.T) {
	c := parse(t, manyRoutes)
	main, fixed, beijing, shanghai := c.Targets[0].Account, c.Targets[1].Account, c.Targets[2].Account, c.Targets[3].Account
	unlisted := func(bucket, base string, wildcard bool, a *config.Account) config.Target {
		return config.Target{Name: domain.Name{Bucket: bucket, Base: base, Wildcard: wildcard}, Account: a, CacheTTL: 2 * time.Minute, Unlisted: true}
	}
	for name, tt := range map[string]struct {
		query config.Query
		want  config.Target
	}{
		"configured":              {config.Query{Bucket: "examplebucket", Cname: "a.example"}, c.Targets[0]},
		"in one":                  {config.Query{Target: "examplebucket/*.A.Example."}, c.Targets[1]},
		"as operators write it":   {config.Query{Bucket: "examplebucket", Cname: "*.A.Example."}, c.Targets[1]},
		"elsewhere":               {config.Query{Bucket: "elsewhere", Cname: "a.example"}, c.Targets[2]},
		"its own account":         {config.Query{Bucket: "examplebucket", Cname: "a.example", Account: "main"}, c.Targets[0]},
		"its own account, region": {config.Query{Bucket: "elsewhere", Cname: "a.example", Account: "main", Region: "cn-beijing"}, c.Targets[2]},
		"another account":         {config.Query{Bucket: "examplebucket", Cname: "a.example", Account: "fixed"}, unlisted("examplebucket", "a.example", false, fixed)},
		"another region":          {config.Query{Bucket: "examplebucket", Cname: "a.example", Region: "cn-beijing"}, unlisted("examplebucket", "a.example", false, beijing)},
		"unknown":                 {config.Query{Bucket: "nobody-knows", Cname: "*.c.example", Account: "main"}, unlisted("nobody-knows", "c.example", true, main)},
		"unknown, elsewhere":      {config.Query{Bucket: "nobody-knows", Cname: "c.example", Account: "main", Region: "cn-shanghai"}, unlisted("nobody-knows", "c.example", false, shanghai)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.Select(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", *got, tt.want)
			}
		})
	}
	if got, err := parse(t, minimal).Select(config.Query{Bucket: "nobody-knows", Cname: "c.example"}); err != nil || got.Account.Name != "main" {
		t.Errorf("with one account: got %+v, %v", got, err)
	}
}

func TestSelectRefuses(t *testing.T) {
	c := parse(t, manyRoutes)
	for _, tt := range []struct {
		query config.Query
		want  string
	}{
		{config.Query{}, `bucket: "": not a bucket name; write 3 to 63 of a-z, 0-9 and "-", with no "-" at either end`},
		{config.Query{Bucket: "examplebucket"}, `cname: "": empty; write a domain, such as "www.example.com"`},
		{config.Query{Bucket: "Assets", Cname: "a.example"}, `bucket: "Assets": bucket names are lower case; write "assets"`},
		{config.Query{Bucket: "examplebucket", Cname: "https://u:p@a.example/\nx"}, `cname: "…@a.example/\nx": has a scheme; write only the domain, "a.example"`},
		{config.Query{Bucket: "examplebucket", Cname: "127.0.0.1"}, `cname: "127.0.0.1": an IP address has no CNAME; write the domain`},
		{config.Query{Target: "a.example"}, `target: "a.example": write bucket and domain, such as "examplebucket/www.example.com"`},
		{config.Query{Target: "Assets/a.example"}, `target: "Assets/a.example": bucket names are lower case; write "assets"`},
		{config.Query{Bucket: "nobody-knows", Cname: "a.example"}, `account: missing; the target is not configured, so write the account to ask with`},
		{config.Query{Bucket: "examplebucket", Cname: "a.example", Account: "mian"}, `account: "mian": no such account; write "main"`},
		{config.Query{Bucket: "examplebucket", Cname: "a.example", Region: "cn-evil.example.com/"},
			`region: "cn-evil.example.com/": account "main" is configured for others; known: cn-beijing, cn-hangzhou, cn-shanghai`},
		{config.Query{Bucket: "examplebucket", Cname: "a.example", Account: "fixed", Region: "cn-beijing"},
			`region: "cn-beijing": account "fixed" is configured for others; known: cn-hangzhou`},
	} {
		got, err := c.Select(tt.query)
		if got != nil || err == nil || err.Error() != tt.want || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v:\ngot  %v, %v\nwant %s", tt.query, got, err, tt.want)
		}
	}
}

// TestUnlistedCanBeRefused has every way in which a query leaves the file.
func TestUnlistedCanBeRefused(t *testing.T) {
	c := parse(t, "probe: {unlisted: refuse}\n"+manyRoutes[strings.Index(manyRoutes, "accounts:"):])
	for _, q := range []config.Query{
		{Bucket: "nobody-knows", Cname: "c.example", Account: "main"},
		{Bucket: "examplebucket", Cname: "a.example", Account: "fixed"},
		{Bucket: "examplebucket", Cname: "a.example", Region: "cn-beijing"},
	} {
		if got, err := c.Select(q); got != nil || err == nil || !strings.Contains(err.Error(), "not configured so, and probe.unlisted refuses") {
			t.Errorf("%+v: got %v, %v", q, got, err)
		}
	}
	if got, err := c.Select(config.Query{Bucket: "examplebucket", Cname: "a.example"}); err != nil || got.Unlisted {
		t.Errorf("a configured target: got %+v, %v", got, err)
	}
}
