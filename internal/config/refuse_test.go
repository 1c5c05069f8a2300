package config_test

import (
	"fmt"
	"strings"
	"testing"

	"oss_cname_exporter/internal/config"
)

func TestFiveFaultsInOneGo(t *testing.T) {
	got := refused(t, `targets:
  - bucket: Assets
    cname: https://www.example.com/index.html
    acount: main
probe:
  timeout: 5
accounts:
  main: {region: oss-cn-hangzhou}
`)
	want := strings.Join([]string{
		`config.yaml:2: targets[0].bucket: "Assets": bucket names are lower case; write "assets"`,
		`config.yaml:3: targets[0].cname: "https://www.example.com/index.html": has a scheme; write only the domain, "www.example.com"`,
		`config.yaml:4: targets[0]: unknown key "acount"; write "account"`,
		`config.yaml:6: probe.timeout: "5": not a duration; write a number with its unit (ms, s, m, h, d), such as "30s"`,
		`config.yaml:8: accounts.main.region: "oss-cn-hangzhou": write the plain region id, "cn-hangzhou" (华东1（杭州）, China (Hangzhou))`,
	}, "\n")
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestRefusedShapes(t *testing.T) {
	const account = "accounts: {main: {region: cn-hangzhou}}\n"
	const target = "targets: [{bucket: examplebucket, cname: a.example}]\n"
	for _, tt := range []struct{ name, text, want string }{
		{"nothing required", "probe: {}\n",
			`1: accounts: missing; write at least one, such as "main: {region: cn-hangzhou}"`},
		{"nothing asks", account + "probe: {unlisted: refuse}\n",
			`1: targets: missing, and probe.unlisted refuses what is not in the file; write at least one, such as "- {bucket: examplebucket, cname: www.example.com}"`},
		{"empty sections", "accounts: {}\ntargets:\n",
			`1: accounts: missing; write at least one, such as "main: {region: cn-hangzhou}"`},
		{"top level list", "- a\n", `1: a list ("- item"); write a mapping ("key: value")`},
		{"top level text", "hello\n", `1: a single value; write a mapping ("key: value")`},
		{"accounts as list", "accounts: [main]\n" + target, `1: accounts: a list ("- item"); write a mapping ("key: value")`},
		{"targets as mapping", account + "targets: {a: b}\n", `2: targets: a mapping ("key: value"); write a list ("- item")`},
		{"target as text", account + "targets: [examplebucket]\n", `2: targets[0]: a single value; write a mapping ("key: value")`},
		{"list for text", account + "targets: [{bucket: [a], cname: a.example}]\n", `2: targets[0].bucket: a list ("- item"); write a single value, "a"`},
		{"probe as text", account + target + "probe: 5s\n", `3: probe: a single value; write a mapping ("key: value")`},
		{"account as text", "accounts: {main: cn-hangzhou}\n" + target, `1: accounts.main: a single value; write a mapping ("key: value")`},
		{"null account", "accounts:\n  main:\n" + target, `2: accounts.main.region: missing; write the plain region id, such as "cn-hangzhou"`},
		{"null target", account + "targets:\n  -\n",
			`3: targets[0].bucket: missing; write the bucket's name, such as "examplebucket"` + "\n" +
				`3: targets[0].cname: missing; write the domain, such as "www.example.com"`},
		{"unknown section", account + target + "alerts: {dns: true}\n", `3: unknown key "alerts"; known: probe, checks, thresholds, problems, accounts, targets, target_files`},
		{"slip in a section", account + "target: []\n" + target, `2: unknown key "target"; write "targets"`},
		{"case of a key", account + target + "probe: {Timeout: 5s}\n", `3: probe: unknown key "Timeout"; write "timeout"`},
		{"key in account", "accounts: {main: {region: cn-hangzhou, credentials: {access_key_secret: abc}}}\n" + target,
			`1: accounts.main.credentials: unknown key "access_key_secret": no key belongs in this file; write "access_key_secret_file" below credentials of type static_files, with the path of a file that holds it`},
		{"merge of no mapping", account + "targets:\n- {<<: a, cname: b.example, bucket: examplebucket}\n",
			`3: targets[0]."<<": merges no mapping; write the alias of one, as in "<<: *defaults"`},
		{"slip in what is merged", account + "x-a: &a {bukcet: abc}\ntargets:\n- {<<: *a, cname: b.example, bucket: examplebucket}\n",
			`2: targets[0]: unknown key "bukcet"; write "bucket"`},
		{"x- below the top", account + "targets:\n- {x-a: 1, cname: b.example, bucket: examplebucket}\n",
			`3: targets[0]: unknown key "x-a"; known: bucket, cname, account, region, endpoint, cache_ttl, checks, thresholds, problems, labels`},
		{"mapping as key", account + target + "? {a: b}\n: c\n", `3: unknown key ""; known: probe, checks, thresholds, problems, accounts, targets, target_files`},
		{"unprintable key", account + target + "probe: {\"a\\nb\": 1}\n", `3: probe: unknown key "a\nb"; known: timeout, concurrency, rate_limit, cache_ttl, unlisted`},
		{"key given twice", account + target + account, `3: accounts: given twice, first on line 1; keep one`},
		{"key given twice in a target", account + "targets:\n- bucket: examplebucket\n  cname: a.example\n  bucket: examplebucket\n",
			`5: targets[0].bucket: given twice, first on line 3; keep one`},
		{"tag", account + "targets: [{bucket: !!binary YWJj, cname: a.example}]\n", `2: targets[0].bucket: tag "!!binary"; write the value without it`},
		{"own tag", account + "targets: [{bucket: examplebucket, cname: !env NAME}]\n", `2: targets[0].cname: tag "!env"; write the value without it`},
		{"recursive alias", account + "targets: [{bucket: examplebucket, cname: a.example, labels: &l {x: *l}}]\n",
			`2: targets[0].labels.x: a mapping ("key: value"); write a single value`},
	} {
		t.Run(tt.name, func(t *testing.T) { checkFaults(t, tt.text, tt.want) })
	}
}

func TestRefusedValues(t *testing.T) {
	const (
		range5m = `out of range; write 1ms to 5m`
		noTime  = `not a duration; write a number with its unit (ms, s, m, h, d), such as "30s"`
		noCount = `write a whole number, 1 to 1024`
		noRate  = `write calls a second, 0.01 to 10000, or 0 for no limit`
	)
	for _, tt := range []struct{ key, written, want string }{
		{"timeout", "0s", `"0s": ` + range5m},
		{"timeout", "-1s", `"-1s": ` + range5m},
		{"timeout", "5m1s", `"5m1s": ` + range5m},
		{"timeout", "1ns", `"1ns": ` + range5m},
		{"timeout", "1d", `"1d": out of range; write 1ms to 5m`},
		{"timeout", "1y", `"1y": ` + noTime},
		{"timeout", "5", `"5": ` + noTime},
		{"timeout", "5 s", `"5 s": ` + noTime},
		{"timeout", `""`, `"": ` + noTime},
		{"timeout", "9223372036854775808ns", `"9223372036854775808ns": ` + noTime},
		{"cache_ttl", "-1s", `"-1s": out of range; write 0s to 24h`},
		{"cache_ttl", "24h1ns", `"24h1ns": out of range; write 0s to 24h`},
		{"concurrency", "0", `"0": ` + noCount},
		{"concurrency", "1025", `"1025": ` + noCount},
		{"concurrency", "1.5", `"1.5": ` + noCount},
		{"concurrency", "many", `"many": ` + noCount},
		{"concurrency", "99999999999999999999", `"99999999999999999999": ` + noCount},
		{"rate_limit", "-1", `"-1": ` + noRate},
		{"rate_limit", "0.001", `"0.001": ` + noRate},
		{"rate_limit", "10001", `"10001": ` + noRate},
		{"rate_limit", "1e999", `"1e999": ` + noRate},
		{"rate_limit", "NaN", `"NaN": ` + noRate},
		{"rate_limit", ".nan", `".nan": ` + noRate},
		{"rate_limit", "+Inf", `"+Inf": ` + noRate},
		{"rate_limit", "10/s", `"10/s": ` + noRate},
	} {
		t.Run(tt.key+" "+tt.written, func(t *testing.T) {
			checkFaults(t, "probe: {"+tt.key+": "+tt.written+"}"+minimal, "1: probe."+tt.key+": "+tt.want)
		})
	}
}

func TestRefusedTargets(t *testing.T) {
	const (
		noBucket = `not a bucket name; write 3 to 63 of a-z, 0-9 and "-", with no "-" at either end`
		noPart   = ` is no part of a domain; write 1 to 63 letters, digits and "-", with no "-" at either end`
		noIDN    = `not a valid international name; write its ASCII form, such as "xn--bcher-kva.example"`
		noIP     = `an IP address has no CNAME; write the domain`
		oneStar  = `a wildcard is one "*." in front; write it as "*.example.com"`
		oneLabel = `only one label; write the full domain, such as "www.example.com"`
		number   = `ends in a number; write a domain, such as "www.example.com"`
	)
	for _, tt := range []struct{ key, written, want string }{
		{"bucket", "ab", `"ab": ` + noBucket},
		{"bucket", strings.Repeat("a", 64), `"` + strings.Repeat("a", 64) + `": ` + noBucket},
		{"bucket", "-abc", `"-abc": ` + noBucket},
		{"bucket", "abc-", `"abc-": ` + noBucket},
		{"bucket", "my_bucket", `"my_bucket": ` + noBucket},
		{"bucket", `"naïve"`, `"naïve": ` + noBucket},
		{"bucket", `""`, `"": ` + noBucket},
		{"bucket", `"abc\n"`, `"abc\n": ` + noBucket},
		{"bucket", "Assets", `"Assets": bucket names are lower case; write "assets"`},
		{"bucket", "oss://assets/img", `"oss://assets/img": write only the bucket's name, "assets"`},
		{"bucket", "assets.oss-cn-hangzhou.aliyuncs.com", `"assets.oss-cn-hangzhou.aliyuncs.com": write only the bucket's name, "assets"`},
		{"bucket", "", `missing; write the bucket's name, such as "examplebucket"`},

		{"cname", "http://Example.com:80/x", `"http://Example.com:80/x": has a scheme; write only the domain, "example.com"`},
		{"cname", "http://*.example.com", `"http://*.example.com": has a scheme; write only the domain, "*.example.com"`},
		{"cname", "example.com:8080", `"example.com:8080": has a port; write only the domain, "example.com"`},
		{"cname", "example.com/x", `"example.com/x": has a path; write only the domain, "example.com"`},
		{"cname", "example.com?x", `"example.com?x": has a query; write only the domain, "example.com"`},
		{"cname", `" example.com"`, `" example.com": has spaces; write only the domain, "example.com"`},
		{"cname", "a.example b.example", `"a.example b.example": has spaces; write only the domain, "www.example.com"`},
		{"cname", "me@example.com", `"…@example.com": has a user; write only the domain, "example.com"`},
		{"cname", "192.0.2.1", `"192.0.2.1": ` + noIP},
		{"cname", `"2001:db8::1"`, `"2001:db8::1": ` + noIP},
		{"cname", "192.0.2.1.5", `"192.0.2.1.5": ` + number},
		{"cname", `"*.192.0.2.1"`, `"*.192.0.2.1": ` + number},
		{"cname", "3.14", `"3.14": ` + number},
		{"cname", "localhost", `"localhost": ` + oneLabel},
		{"cname", `"*.com"`, `"*.com": ` + oneLabel},
		{"cname", "true", `"true": ` + oneLabel},
		{"cname", `"*"`, `"*": ` + oneStar},
		{"cname", `"*.*.example.com"`, `"*.*.example.com": ` + oneStar},
		{"cname", "www.*.com", `"www.*.com": ` + oneStar},
		{"cname", "w*.example.com", `"w*.example.com": ` + oneStar},
		{"cname", "_dnsauth.example.com", `"_dnsauth.example.com": this is the name of the TXT record; write the domain it proves, "example.com"`},
		{"cname", "my_site.example.com", `"my_site.example.com": "my_site"` + noPart},
		{"cname", "-a.example.com", `"-a.example.com": "-a"` + noPart},
		{"cname", "a-.example.com", `"a-.example.com": "a-"` + noPart},
		{"cname", "a..example.com", `"a..example.com": ""` + noPart},
		{"cname", "example.com..", `"example.com..": ""` + noPart},
		{"cname", `"a\tb.example"`, `"a\tb.example": "a\tb"` + noPart},
		{"cname", strings.Repeat("a", 64) + ".example", `"` + strings.Repeat("a", 64) + `…": "` + strings.Repeat("a", 64) + `"` + noPart},
		{"cname", strings.Repeat("a.", 127) + "b", `"` + strings.Repeat("a.", 32) + `…": 255 characters long; a domain has at most 253`},
		{"cname", "a_b.bücher.example", `"a_b.bücher.example": ` + noIDN},
		{"cname", "bü*.example", `"bü*.example": ` + noIDN},
		{"cname", `"b\u00fc／x.example"`, `"bü／x.example": ` + noIDN},
		{"cname", `"\u0301a.example"`, "\"\u0301a.example\": " + noIDN},
		{"cname", "bücher", `"bücher": ` + oneLabel},
		{"cname", "https://bücher.example/", `"https://bücher.example/": has a scheme; write only the domain, "xn--bcher-kva.example"`},
		{"cname", `"."`, `".": empty; write a domain, such as "www.example.com"`},
		{"cname", `""`, `"": empty; write a domain, such as "www.example.com"`},
		{"cname", "", `missing; write the domain, such as "www.example.com"`},

		{"account", "mian", `"mian": no such account; write "main"`},
		{"account", "prod", `"prod": no such account; known: main`},
		{"region", "oss-cn-shanghai", `"oss-cn-shanghai": write the plain region id, "cn-shanghai" (华东2（上海）, China (Shanghai))`},
		{"region", "oss-cn-shanghai-internal.aliyuncs.com", `"oss-cn-shanghai-internal.aliyuncs.com": write the plain region id, "cn-shanghai" (华东2（上海）, China (Shanghai))`},
		{"region", "CN-Shanghai", `"CN-Shanghai": write the plain region id, "cn-shanghai" (华东2（上海）, China (Shanghai))`},
		{"region", "shanghai", `"shanghai": is the name of a region in the console; write its id, "cn-shanghai" (华东2（上海）, China (Shanghai))`},
		{"region", "cn-", `"cn-": not a region id; write one such as "cn-hangzhou"`},
		{"region", `""`, `"": not a region id; write one such as "cn-hangzhou"`},
		{"cache_ttl", "2d", `"2d": out of range; write 0s to 24h`},
		{"labels", "web", `a single value; write a mapping ("key: value")`},
	} {
		t.Run(tt.key+" "+tt.written, func(t *testing.T) {
			target := map[string]string{"bucket": "examplebucket", "cname": "a.example", "account": "main"}
			target[tt.key] = tt.written
			var flow string
			for key, written := range target {
				flow += "  " + key + ": " + written + "\n"
			}
			text := "accounts: {main: {region: cn-hangzhou}}\ntargets:\n- \n" + flow
			got := refused(t, text)
			if _, fault, _ := strings.Cut(got, "targets[0]."); fault != tt.key+": "+tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestRefusedAccounts(t *testing.T) {
	const (
		noEndpoint = `not an endpoint; write one such as "https://oss-cn-hangzhou.aliyuncs.com"`
		noName     = `account names are 1 to 64 letters, digits, "_", "." or "-"; write one such as "main"`
	)
	for _, tt := range []struct{ account, want string }{
		{`main: {}`, `main.region: missing; write the plain region id, such as "cn-hangzhou"`},
		{`"": {region: cn-hangzhou}`, `"": ` + noName},
		{`"a/b": {region: cn-hangzhou}`, `"a/b": ` + noName},
		{`main: {region: cn-hangzhou, endpoint: "ftp://h"}`, `main.endpoint: "ftp://h": only http and https are spoken; write "https://h"`},
		{`main: {region: cn-hangzhou, endpoint: "https://h/x"}`, `main.endpoint: "https://h/x": has a path or query; write only "https://h"`},
		{`main: {region: cn-hangzhou, endpoint: "https://h?"}`, `main.endpoint: "https://h?": has a path or query; write only "https://h"`},
		{`main: {region: cn-hangzhou, endpoint: "https://h#"}`, `main.endpoint: "https://h#": has a path or query; write only "https://h"`},
		{`main: {region: cn-hangzhou, endpoint: "h:0"}`, `main.endpoint: "h:0": a port is 1 to 65535; write one such as "https://h:443"`},
		{`main: {region: cn-hangzhou, endpoint: "h:65536"}`, `main.endpoint: "h:65536": a port is 1 to 65535; write one such as "https://h:443"`},
		{`main: {region: cn-hangzhou, endpoint: "h:"}`, `main.endpoint: "h:": a port is 1 to 65535; write one such as "https://h:443"`},
		{`main: {region: cn-hangzhou, endpoint: "h:http"}`, `main.endpoint: "h:http": ` + noEndpoint},
		{`main: {region: cn-hangzhou, endpoint: "https://"}`, `main.endpoint: "https://": ` + noEndpoint},
		{`main: {region: cn-hangzhou, endpoint: "a b"}`, `main.endpoint: "a b": ` + noEndpoint},
		{`main: {region: cn-hangzhou, endpoint: "http://[fe80::1%25eth0]"}`, `main.endpoint: "http://[fe80::1%25eth0]": ` + noEndpoint},
		{`main: {region: cn-hangzhou, signature_version: v5}`, `main.signature_version: "v5": unknown; write "v4"`},
		{`main: {region: cn-hangzhou, signature_version: sha256}`, `main.signature_version: "sha256": unknown; known: v4, v1`},
		{`main: {region: cn-hangzhou, credentials: {type: default}}`, `main.credentials.type: "default": unknown; known: environment, static_files, ecs_role, oidc, assume_role, process, profile`},
		{`main: {region: cn-hangzhou, credentials: environment}`, `main.credentials: a single value; write a mapping with the type, such as {type: environment}`},
	} {
		t.Run(tt.account, func(t *testing.T) {
			text := "targets: [{bucket: examplebucket, cname: a.example}]\naccounts: {" + tt.account + "}\n"
			checkFaults(t, text, "2: accounts."+tt.want)
		})
	}
}

func TestSecretsAreNotRepeated(t *testing.T) {
	for _, text := range []string{
		"accounts: {main: {region: cn-hangzhou, endpoint: \"https://id:s3cret@oss.aliyuncs.com\"}}\n",
		"accounts: {main: {region: cn-hangzhou, endpoint: \"https://id:s3cret@oss:x\"}}\n",
		"accounts: {main: {region: cn-hangzhou, credentials: {access_key_secret: s3cret}}}\n",
		"accounts: {main: {region: cn-hangzhou, credentials: s3cret}}\n",
		"targets: [{bucket: examplebucket, cname: \"https://id:s3cret@example.com\"}]\n",
	} {
		if got := refused(t, text); strings.Contains(got, "s3cret") {
			t.Errorf("the secret is in the message:\n%s", got)
		}
	}
}

func TestRefusedDuplicates(t *testing.T) {
	checkFaults(t, `accounts: {main: {region: cn-hangzhou}, other: {region: cn-beijing}}
targets:
  - {bucket: examplebucket, cname: "*.example.com", account: main}
  - {bucket: examplebucket, cname: example.com, account: main}
  - {bucket: examplebucket, cname: "*.Example.com.", account: other}
  - {bucket: examplebucket, cname: "*.example.com", account: main}
`, `5: targets[2]: examplebucket/*.example.com is a target already on line 3; keep one
6: targets[3]: examplebucket/*.example.com is a target already on line 3; keep one`)
}

func TestAccountMustBeNamedAmongSeveral(t *testing.T) {
	checkFaults(t, `accounts:
  b: {region: cn-hangzhou}
  a: {region: cn-hangzhou, endpoint: localhost}
targets:
  - {bucket: examplebucket, cname: a.example}
  - {bucket: examplebucket, cname: b.example, account: c3}
  - {bucket: examplebucket, cname: c.example, account: a, region: cn-beijing}
`, `5: targets[0].account: missing; write the account to ask with, such as "a"
6: targets[1].account: "c3": no such account; known: a, b
7: targets[2].region: account "a" has an endpoint for cn-hangzhou; write this target's endpoint too, "" for the region's own`)
}

func TestRefusedLabels(t *testing.T) {
	const control = `has control characters; write it without them, on one line`
	own := func(name string) string {
		return name + `: the exporter sets this label itself; write another name, such as "my_` + name + `"`
	}
	bad := func(shown, instead string) string {
		return shown + `: label names are letters, digits and "_", not a digit first; write one such as "` + instead + `"`
	}
	for _, tt := range []struct{ label, want string }{
		{"bucket: x", own("bucket")},
		{"cname: x", own("cname")},
		{"account: x", own("account")},
		{"region: x", own("region")},
		{"reason: x", own("reason")},
		{"configured: x", own("configured")},
		{"state: x", own("state")},
		{"__name__: x", `__name__: names that begin with "__" belong to Prometheus; write another`},
		{"te-am: x", bad("te-am", "te_am")},
		{"9lives: x", bad("9lives", "team")},
		{`"": x`, bad(`""`, "team")},
		{`"a\nb": x`, bad(`"a\nb"`, "a_b")},
		{"größe: x", bad(`"größe"`, "gr_e")},
		{"? [a]\n: x", bad(`""`, "team")},
		{"team:", `team: missing; write a value, "" for none`},
		{"team: [web]", `team: a list ("- item"); write a single value, "web"`},
		{`team: "a\0b"`, `team: "a\x00b": ` + control},
		{`team: "a\nb"`, `team: "a\nb": ` + control},
		{`team: "\x85"`, `team: "\u0085": ` + control},
		{"team: |\n      web\n      app", `team: "web\napp\n": ` + control},
		{"team: " + strings.Repeat("x", 1024), `team: "` + strings.Repeat("x", 64) + `…": 1024 bytes; write at most 1023`},
	} {
		t.Run(tt.label, func(t *testing.T) {
			text := "accounts: {main: {region: cn-hangzhou}}\ntargets:\n- bucket: examplebucket\n  cname: a.example\n  labels:\n    " +
				strings.ReplaceAll(tt.label, "\n:", "\n    :") + "\n"
			checkFaults(t, text, "6: targets[0].labels."+tt.want)
		})
	}
}

func TestTooManyLabelNames(t *testing.T) {
	var text strings.Builder
	text.WriteString("accounts: {main: {region: cn-hangzhou}}\ntargets:\n")
	for i := range config.MaxLabels {
		fmt.Fprintf(&text, "- {bucket: examplebucket, cname: a%d.example, labels: {own%02d: x, own00: x}}\n", i, i+1)
	}
	checkFaults(t, text.String(), "34: targets[31].labels.own32: one name too many; all targets together have at most 32 label names")
}

// checkFaults wants exactly these faults, each "line: text".
func checkFaults(t *testing.T, text, want string) {
	t.Helper()
	want = "config.yaml:" + strings.ReplaceAll(want, "\n", "\nconfig.yaml:")
	if got := refused(t, text); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
