package config_test

import (
	"reflect"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
)

func TestThresholdsAndProblems(t *testing.T) {
	c := parse(t, `
accounts: {main: {region: cn-hangzhou}}
thresholds: {token_critical: 3h, certificate_warning: 30d}
problems: {ready_to_bind: off, dangling: critical}
targets:
- {bucket: examplebucket, cname: a.example}
- {bucket: examplebucket, cname: b.example, thresholds: {token_critical: 1h, facts_stale: 1d}, problems: {ready_to_bind: default, not_served: warning}}
- {bucket: examplebucket, cname: c.example, problems: {ready_to_bind: default, dangling: default}}
`)
	global := judge.Rules{
		Thresholds: judge.Thresholds{TokenCritical: 3 * time.Hour, CertificateWarning: 30 * 24 * time.Hour},
		Severities: map[judge.Kind]judge.Severity{judge.ReadyToBind: judge.Off, judge.Dangling: judge.Critical},
	}
	own := global.Thresholds
	own.TokenCritical, own.FactsStale = time.Hour, 24*time.Hour
	for i, want := range []judge.Rules{
		global,
		{Thresholds: own, Severities: map[judge.Kind]judge.Severity{judge.NotServed: judge.Warning, judge.Dangling: judge.Critical}},
		{Thresholds: global.Thresholds},
	} {
		if got := c.Targets[i].Rules; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", c.Targets[i].Name, got, want)
		}
	}
	unlisted, err := c.Select(config.Query{Bucket: "other", Cname: "a.example"})
	if err != nil || !reflect.DeepEqual(unlisted.Rules, global) || !reflect.DeepEqual(c.Shard(config.Shard{Total: 2}).Rules, global) {
		t.Errorf("what is in no file: %+v, %v", unlisted, err)
	}
	if found, _ := c.Unlisted(&c.Accounts[0], "other", "a.example"); !reflect.DeepEqual(found.Rules, global) {
		t.Errorf("what was discovered: %+v", found.Rules)
	}
}

func TestRefusedRules(t *testing.T) {
	for _, tt := range []struct{ written, want string }{
		{"thresholds: {token_warning: 4d}", `thresholds.token_warning: "4d": out of range; write 1m to 3d`},
		{"thresholds: {token_critical: 0s}", `thresholds.token_critical: "0s": out of range; write 1m to 3d`},
		{"thresholds: {certificate_critical: 366d}", `thresholds.certificate_critical: "366d": out of range; write 1m to 365d`},
		{"thresholds: {token_critical: 25h}", `thresholds: token_critical is 25h, and token_warning only 24h; write a critical that is no longer than the warning`},
		{"thresholds: {certificate_warning: 2d}", `thresholds: certificate_critical is 3d, and certificate_warning only 2d; write a critical that is no longer than the warning`},
		{"problems: {dangling: error}", `problems.dangling: "error": unknown; write "critical"`},
		{"problems: {danglin: off}", `problems: unknown key "danglin"; write "dangling"`},
		{"problems: off", `problems: a single value; write a mapping ("key: value")`},
		{"checks: {http_visit: www.example.com}", `checks: http_visit is the name for one wildcard domain; write it in the checks of its target`},
	} {
		t.Run(tt.written, func(t *testing.T) { checkFaults(t, tt.written+minimal, "1: "+tt.want) })
	}
}

func TestNameToVisit(t *testing.T) {
	const bucket = "assets-1234567890123456-cn-hangzhou-ab-apsr"
	for _, tt := range []struct{ cname, checks, want string }{
		{"*.assets.example.com", "http: true, http_visit: WWW.assets.example.com.", ""},
		{"*.assets.example.com", "http: true", "warning: " + bucket + "/*.assets.example.com: a wildcard domain cannot be asked by itself; write http_visit"},
		{"*.assets.example.com", "http_visit: assets.example.com", `http_visit: "assets.example.com" is no name of *.assets.example.com; write one such as "www.assets.example.com"`},
		{"*.assets.example.com", "http_visit: a.b.assets.example.com", `http_visit: "a.b.assets.example.com" is no name of *.assets.example.com; write one such as "www.assets.example.com"`},
		{"*.assets.example.com", "http_visit: '*.assets.example.com'", `has a wildcard; write one name below it`},
		{"www.example.com", "http_visit: www.example.com", `http_visit is for wildcard domains; remove it, this domain is asked by its own name`},
		{"www.example.com", "http: true, http_refuse_private: true", ""},
	} {
		c, err := config.Parse("config.yaml", []byte("accounts: {main: {region: cn-hangzhou}}\ntargets:\n- {bucket: "+bucket+", cname: '"+tt.cname+"', checks: {"+tt.checks+"}}\n"))
		said := ""
		if err != nil {
			said = err.Error()
		} else if len(c.Warnings) > 0 {
			said = "warning: " + c.Warnings.Error()
		}
		if tt.want == "" && said != "" || !containsAll(said, tt.want) {
			t.Errorf("%s, %s: %q, want %q", tt.cname, tt.checks, said, tt.want)
		}
	}
}
