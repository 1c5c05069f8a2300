package config_test

import (
	"strings"
	"testing"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/configfile"
)

// TestSlips has slips of real people, each with the line and the remedy.
func TestSlips(t *testing.T) {
	const account = "accounts: {main: {region: cn-hangzhou}}\n"
	target := func(lines string) string { return account + "targets:\n  - bucket: examplebucket\n" + lines }
	for _, tt := range []struct{ name, text, want string }{
		{"full-width colon", account + "targets:\n  - bucket： examplebucket\n    cname: a.example\n", `3: has '：' (U+FF1A), which is no punctuation of YAML; write ':'`},
		{"full-width comma", account + "targets: [{bucket: examplebucket， cname: a.example}]\n", `2: has '，' (U+FF0C), which is no punctuation of YAML; write ','`},
		{"full-width blank", target("    cname:　a.example\n"), `4: has '\u3000' (U+3000), which is no punctuation of YAML; write a blank`},
		{"no-break blank", target("    cname: a.example\n\u00a0\u00a0\u00a0\u00a0account: main\n"), `5: has '\u00a0' (U+00A0), which is no punctuation of YAML; write a blank`},
		{"zero width", target("    cname: a\u200b.example\n"), `4: has the invisible character U+200B; remove it`},
		{"typographic quotes", target("    cname: “a.example”\n"), `4: has '“' (U+201C), which is no punctuation of YAML; write '"'`},
		{"two slips in one line", target("    cname: “a.example”，\n    acount: main\n"),
			`4: has '“' (U+201C), which is no punctuation of YAML; write '"'` + "\n" + `5: targets[0]: unknown key "acount"; write "account"`},
		{"such text where it belongs", target("    cname: a_b.example\n    labels: {team: \"平台：华东\", note: “x”} # ：\n"),
			`4: targets[0].cname: "a_b.example": "a_b" is no part of a domain; write 1 to 63 letters, digits and "-", with no "-" at either end`},
		{"JSON comment", account + "// the domains\ntargets: []\n", `2: "//" begins no comment in YAML; write "#"`},
		{"JSON comment behind a value", target("    cname: a.example // ours\n"), `4: "//" begins no comment in YAML; write "#"`},
		{"hash in a value", target("    cname: a.example\n    labels:\n      team: #web\n"), `6: "#" begins a comment; quote a value that begins with it, as in "#web"`},
		{"hash in braces", target("    cname: a.example\n    labels: {team: #web}\n"), `5: "#" begins a comment; quote a value that has it, as in "#web"`},
		{"another tool's word", "accounts: {main: {region: cn-hangzhou, credentials: {type: rrsa}}}\ntargets: []\n", `1: accounts.main.credentials.type: "rrsa": unknown; write "oidc"`},
		{"another tool's word alone", "accounts: {main: {region: cn-hangzhou, credentials: rrsa}}\ntargets: []\n", `1: accounts.main.credentials: a single value; write a mapping with the type, such as {type: oidc}`},
		{"full-width letters", "accounts: {main: {region: ｃｎ-hangzhou}}\n", `1: has the full-width character 'ｃ' (U+FF43); write 'c'`},
		{"full-width digits", "probe: {timeout: ５s}\n" + account, `1: has the full-width character '５' (U+FF15); write '5'`},
		{"ideographic comma", account + "targets: [{bucket: examplebucket、 cname: a.example}]\n", `2: has '、' (U+3001), which is no punctuation of YAML; write ','`},
		{"equals", "accounts:\n  main:\n    region = cn-hangzhou\n", `2: accounts.main: "=" sets no value in YAML; write "region: "`},
		{"console's word", "accounts: {main: {region: 华东1（杭州）}}\n", `1: accounts.main.region: "华东1（杭州）": is the name of a region in the console; write its id, "cn-hangzhou" (华东1（杭州）, China (Hangzhou))`},
		{"console's short word", "accounts: {main: {region: 华东1}}\n", `1: accounts.main.region: "华东1": is the name of a region in the console; write its id, "cn-hangzhou" (华东1（杭州）, China (Hangzhou))`},
		{"another tool's key", target("    domain: a.example\n    cname: b.example\n"), `4: targets[0]: unknown key "domain"; write "cname"`},
		{"camel case", "accounts: {main: {regionId: cn-hangzhou, region: cn-hangzhou}}\n", `1: accounts.main: unknown key "regionId"; write "region"`},
		{"hyphens", account + "target-files: []\n", `2: unknown key "target-files"; write "target_files"`},
		{"plural", target("    cname: a.example\n    account: main\n    regions: cn-hangzhou\n"), `6: targets[0]: unknown key "regions"; write "region"`},
		{"singular", account + "check: {dns: true}\n", `2: unknown key "check"; write "checks"`},
		{"list for a value", target("    cname: [a.example]\n"), `4: targets[0].cname: a list ("- item"); write a single value, "a.example"`},
		{"domain for a bucket", account + "targets: [{bucket: admin.example.com, cname: admin.example.com}]\n",
			`2: targets[0].bucket: "admin.example.com": is a domain, which belongs into cname; write the bucket's name`},
		{"Prometheus", "global: {scrape_interval: 15s}\nscrape_configs: []\n", `2: this is a configuration of Prometheus; the exporter has one of its own, which begins as config.example.yaml does`},
		{"blackbox_exporter", "modules: {http_2xx: {}}\n", `1: this is a configuration of blackbox_exporter; write accounts and targets, as config.example.yaml does`},
		{"web configuration", "basic_auth_users: {a: b}\n", `1: this is a web configuration; name it with --web.config.file, and write accounts and targets here`},
		{"Helm", "image: {tag: x}\nconfig: {accounts: {}}\n", `1: these are values of a Helm chart; write what stands below config, as a file of its own`},
		{"manifest", "apiVersion: v1\nkind: ConfigMap\n", `1: this is a Kubernetes manifest; write what stands below its data, as a file of its own`},
		{"list of targets", "- targets: [examplebucket/a.example]\n", `1: this is a list of targets; name its file in target_files, and write accounts here`},
		{"file of the CLI", `{"current": "default", "profiles": []}`, `1: this is a file of Alibaba Cloud's CLI; name it as profile_file of credentials of type profile`},
	} {
		t.Run(tt.name, func(t *testing.T) { checkFaults(t, tt.text, tt.want) })
	}
}

// TestKeysAreNotRepeated writes keys where operators did, and follows our own advice.
func TestKeysAreNotRepeated(t *testing.T) {
	const id, key = "LTAI5tPlantedKeyIdentifier", "aVeryPlantedSecretValue"
	token := "CAIS" + strings.Repeat("PlantedToken/+1a", 20) + "=="
	account := func(flow string) string {
		return "accounts: {main: {region: cn-hangzhou, " + flow + "}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n"
	}
	for _, text := range []string{
		account("credentials: {access_key_id: " + id + ", access_key_secret: " + key + "}"),
		account("credentials: {type: static_files, accessKeyId: " + id + ", accessKeySecret: " + key + ", sts_token: '" + token + "'}"),
		account("access_key_secret: " + key),
		account("ak: " + id + ", sk: " + key),
		account("credentials: {type: static_files, access_key_id_file: " + id + ", access_key_secret_file: " + key + ", security_token_file: '" + token + "'}"),
		account("credentials: {type: static_files, access_key_id_file: /run/id, access_key_secret_file: averyplantedsecret}"),
		account("credentials: {type: oidc, oidc_token_file: '" + token + "'}"),
		account("credentials: {type: process, command: 'echo {\"AccessKeyId\": \"" + id + "\"}'}"),
		account("credentials: {type: assume_role, role_arn: " + id + "}"),
		account("endpoint: http://" + id + "_"),
		account("credentials: {type: static_files, access_key_id_file: /run/id, access_key_secret_file: aPlanted}"),
		account("region: " + id),
		"accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: " + id + ", cname: a.example}]\n",
		account("credentials: " + id),
		account("credentials: [" + id + "]"),
	} {
		got := refused(t, text)
		if strings.Contains(strings.ToLower(got), "planted") || strings.Contains(got, "CAIS") {
			t.Errorf("%s\nrepeats it: %s", text, got)
		}
	}
	for _, path := range []string{"id", "access_key_id", "accesskey.txt", "./AccessKeySecret", "/run/secrets/AccessKeySecret12", "/var/lib/kubelet/pods/0123456789/Volumes/Secret/key"} {
		parse(t, account("credentials: {type: static_files, access_key_id_file: "+path+", access_key_secret_file: s}"))
	}
}

func TestMergeKeysAndAnchors(t *testing.T) {
	c := parse(t, `
x-defaults: &defaults {account: main, labels: &labels {team: web}, checks: {dns: true}}
x-more: &more {<<: *defaults, region: cn-beijing}
accounts:
  main: &account {region: cn-hangzhou, rate_limit: 5}
  other: {<<: *account, region: cn-shanghai}
targets:
  - {<<: *defaults, bucket: examplebucket, cname: a.example}
  - {bucket: examplebucket, cname: b.example, <<: *more, labels: {<<: *labels, tier: gold}}
  - {<<: [{account: other}, *more], bucket: examplebucket, cname: c.example}
`)
	for i, want := range []struct{ account, region, team, tier string }{
		{"main", "cn-hangzhou", "web", ""}, {"main", "cn-beijing", "web", "gold"}, {"other", "cn-beijing", "web", ""},
	} {
		got := c.Targets[i]
		if got.Account.Name != want.account || got.Account.Region != want.region || got.Labels["team"] != want.team || got.Labels["tier"] != want.tier ||
			!got.Checks.DNS || got.Account.RateLimit != 5 {
			t.Errorf("%s: %+v %+v, want %+v", got.Name, got.Account, got.Labels, want)
		}
	}
	for _, text := range []string{
		"x-a: &a {<<: *a}\naccounts: *a\n",
		"x-a: &a {a: 1, <<: &b {<<: &c {<<: &d {<<: &e {<<: *a}}}}}\naccounts: *a\n",
	} {
		if got := refused(t, text); !strings.Contains(got, "merges in merges; write at most 4") && !strings.Contains(got, "not valid YAML") && !strings.Contains(got, "missing") {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// TestNoTargets starts where something else asks.
func TestNoTargets(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    `config.yaml:1: targets: none, so that only /probe asks; write probe.unlisted: allow if that is meant, else at least one, such as "- {bucket: examplebucket, cname: www.example.com}"`,
		"probe: {unlisted: allow}\n":          "",
		"targets: []\nprobe: {timeout: 1s}\n": `config.yaml:2: targets: none, so that only /probe asks; write probe.unlisted: allow if that is meant, else at least one, such as "- {bucket: examplebucket, cname: www.example.com}"`,
	} {
		c := parse(t, "accounts: {main: {region: cn-hangzhou}}\n"+text)
		if got := c.Warnings.Error(); got != want || len(c.Targets) != 0 {
			t.Errorf("%q: got %s\nwant %s", text, got, want)
		}
		if target, err := c.Select(config.Query{Bucket: "examplebucket", Cname: "a.example"}); err != nil || target.Account.Name != "main" {
			t.Errorf("%q: %v, %v", text, target, err)
		}
	}
	c := parse(t, "accounts: {main: {region: cn-hangzhou, discover: true}}\nprobe: {unlisted: refuse}\n")
	if len(c.Warnings) > 0 || len(c.Discover) != 1 {
		t.Errorf("with discover: %v", c.Warnings)
	}
}

func TestPatternsOfTargetFiles(t *testing.T) {
	path := inFiles(t, "config.yaml", twoAccounts+"target_files: [\"d/*.yml\", \"none/*.json\"]\n", "d/a.yml", "[]")
	c, err := configfile.Load(path)
	if err != nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0].Text, `none/*.json" matches no file yet`) {
		t.Errorf("%v, %v", c, err)
	}
	_, err = configfile.Load(inFiles(t, "config.yaml", twoAccounts+"target_files: [\"d/**/*.yml\"]\n"))
	if want := `config.yaml:5: target_files[0]: "d/**/*.yml": "**" matches no folders here; write a pattern for each depth, such as "d/*.yml" and "d/*/*.yml"`; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v\nwant %s", err, want)
	}
	slip := inFiles(t, "config.yaml", twoAccounts+"target_files: [a.yml]\n", "a.yml", "- targets：[examplebucket/a.example]\n  labels: {account: main}\n")
	if _, err = configfile.Load(slip); err == nil || !strings.HasSuffix(err.Error(), `a.yml:1: has '：' (U+FF1A), which is no punctuation of YAML; write ':'`) {
		t.Errorf("a slip in a file of targets: %v", err)
	}
}
