package config_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
)

func TestChecksAreInheritedOneByOne(t *testing.T) {
	const text = `
checks: {binding: true, binding_ttl: 10m, resolvers: [192.0.2.1, "2001:db8::1", "192.0.2.1:5353", "[2001:db8::1]:5353", "[2001:db8::2]"]}
accounts: {main: {region: cn-hangzhou}}
targets:
- {bucket: examplebucket, cname: a.example.com}
- {bucket: examplebucket, cname: b.example.com, checks: {dns: true, binding_ttl: 0s}}
- {bucket: examplebucket, cname: c.example.com, checks: {binding: false, resolvers: [system]}}
- {bucket: examplebucket, cname: d.example.com, checks: {dns: true, resolvers: [authoritative]}}
- {bucket: examplebucket, cname: e.example.com, checks: {cname_suffixes: [OSS-cname.example, ".b.example.", "*.c.example"]}}
`
	list := []string{"192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.1:5353", "[2001:db8::1]:5353", "[2001:db8::2]:53"}
	c := parse(t, text)
	for i, want := range []config.Checks{
		{Binding: true, BindingTTL: 10 * time.Minute, Resolvers: list},
		{Binding: true, DNS: true, Resolvers: list},
		{BindingTTL: 10 * time.Minute},
		{Binding: true, BindingTTL: 10 * time.Minute, DNS: true, Resolvers: []string{config.ResolversAuthoritative}},
		{Binding: true, BindingTTL: 10 * time.Minute, Resolvers: list, CNAMESuffixes: []string{"oss-cname.example", "b.example", "c.example"}},
	} {
		if got := c.Targets[i].Checks; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", c.Targets[i].Cname(), got, want)
		}
	}
	if got := parse(t, minimal).Targets[0].Checks; len(got.Names()) > 0 || got.Resolvers != nil {
		t.Errorf("by default %+v, want nothing", got)
	}
}

func TestRefusedChecks(t *testing.T) {
	const noResolver = `: not a resolver; write an IP address such as "192.0.2.53" or "192.0.2.53:5353", "system" or "authoritative"`
	const noSuffix = `: not a domain; write what follows <bucket>.<region> in the CNAME target, such as "oss-cname.example"`
	for _, tt := range []struct{ written, want string }{
		{"dns: yes", `1: checks.dns: "yes": write true or false`},
		{"binding: 1", `1: checks.binding: "1": write true or false`},
		{"binding_ttl: 25h", `1: checks.binding_ttl: "25h": out of range; write 0s to 24h`},
		{"resolvers: system", `1: checks.resolvers: a single value; write a list ("- item"), as in ["system"]`},
		{"resolvers: []", `1: checks.resolvers: empty; write "system", "authoritative", or addresses such as 192.0.2.53`},
		{"resolvers: [dns.example.com]", `1: checks.resolvers[0]: "dns.example.com"` + noResolver},
		{"resolvers: ['192.0.2.1:0']", `1: checks.resolvers[0]: "192.0.2.1:0"` + noResolver},
		{"resolvers: ['fe80::1%eth0']", `1: checks.resolvers[0]: "fe80::1%eth0"` + noResolver},
		{"resolvers: [~]", `1: checks.resolvers[0]: missing; write an address, such as 192.0.2.53`},
		{"resolvers: [192.0.2.1, system]", `1: checks.resolvers[1]: "system" stands alone; write only it, or only addresses`},
		{"resolvers: [" + strings.Repeat("192.0.2.1, ", 8) + "192.0.2.1]", "1: checks.resolvers: 9 resolvers; write at most 8"},
		{"tls: true", `1: checks: unknown key "tls"; known: binding, binding_ttl, dns, resolvers, cname_suffixes, http, http_visit, http_refuse_private`},
		{"cname_suffixes: oss.example", `1: checks.cname_suffixes: a single value; write a list ("- item"), as in ["oss.example"]`},
		{"cname_suffixes: [example]", `1: checks.cname_suffixes[0]: "example"` + noSuffix},
		{"cname_suffixes: ['a b.example']", `1: checks.cname_suffixes[0]: "a b.example"` + noSuffix},
		{"cname_suffixes: ['https://oss.example']", `1: checks.cname_suffixes[0]: "https://oss.example"` + noSuffix},
		{"cname_suffixes: ['*.*.oss.example']", `1: checks.cname_suffixes[0]: "*.*.oss.example"` + noSuffix},
		{"cname_suffixes: [''," + strings.Repeat("oss.example, ", 32) + "oss.example]", "1: checks.cname_suffixes: 34 domains; at most 32"},
	} {
		t.Run(tt.written, func(t *testing.T) { checkFaults(t, "checks: {"+tt.written+"}"+minimal, tt.want) })
	}
}
