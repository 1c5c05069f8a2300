package config_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
)

// withAccount is minimal with more said of its account.
func withAccount(flow string) string {
	return "accounts: {main: {region: cn-hangzhou, " + flow + "}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n"
}

const anyRole = "acs:ram::1234567890123456:role/reader"

func TestCredentials(t *testing.T) {
	session := config.Credentials{SessionDuration: time.Hour, STSRegion: "cn-hangzhou"}
	oidc, assume := session, session
	oidc.Type = "oidc"
	assume.Type, assume.Source, assume.RoleARN = "assume_role", "environment", anyRole
	assumeWithFiles := assume
	assumeWithFiles.Source, assumeWithFiles.AccessKeyIDFile, assumeWithFiles.AccessKeySecretFile = "static_files", "id", "secret"
	everything := assume
	everything.ExternalID, everything.SessionName, everything.SessionPolicy = "x:1", "me@here", `{"Version":"1"}`
	everything.SessionDuration, everything.STSEndpoint = 15*time.Minute, "https://sts.cn-hangzhou.aliyuncs.com"
	for _, tt := range []struct {
		written string
		want    config.Credentials
	}{
		{"{}", config.Credentials{Type: "environment"}},
		{"{type: environment}", config.Credentials{Type: "environment"}},
		{"{type: static_files, access_key_id_file: id, access_key_secret_file: /run/s}",
			config.Credentials{Type: "static_files", AccessKeyIDFile: "id", AccessKeySecretFile: "/run/s"}},
		{"{type: ecs_role}", config.Credentials{Type: "ecs_role"}},
		{"{type: ecs_role, role_name: r, metadata_endpoint: 'http://127.0.0.1:1'}",
			config.Credentials{Type: "ecs_role", RoleName: "r", MetadataEndpoint: "http://127.0.0.1:1"}},
		{"{type: oidc}", oidc},
		{"{type: assume_role, role_arn: " + anyRole + "}", assume},
		{"{type: assume_role, source: static_files, access_key_id_file: id, access_key_secret_file: secret, role_arn: " + anyRole + "}", assumeWithFiles},
		{"{type: assume_role, external_id: x:1, session_name: me@here, session_duration: 15m, session_policy: '{\"Version\":\"1\"}', " +
			"sts_endpoint: sts.cn-hangzhou.aliyuncs.com, role_arn: " + anyRole + "}", everything},
		{"{type: process, command: /bin/keys --for me}", config.Credentials{Type: "process", Command: "/bin/keys --for me"}},
		{"{type: profile, profile: work}", config.Credentials{Type: "profile", Profile: "work", STSRegion: "cn-hangzhou"}},
	} {
		if got := parse(t, withAccount("credentials: "+tt.written)).Accounts[0].Credentials; got != tt.want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", tt.written, got, tt.want)
		}
	}
}

func TestRefusedCredentials(t *testing.T) {
	const noUse = `: of no use to type `
	for _, tt := range []struct{ written, want string }{
		{"{type: files}", `.type: "files": unknown; write "static_files"`},
		{"{type: Profile}", `.type: "Profile": unknown; write "profile"`},
		{"{type: environment, role_name: r}", `.role_name` + noUse + `"environment"; remove it, or change the type`},
		{"{role_arn: " + anyRole + "}", `.role_arn` + noUse + `"environment"; remove it, or change the type`},
		{"{type: ecs_role, access_key_id_file: f}", `.access_key_id_file` + noUse + `"ecs_role"; remove it, or change the type`},
		{"{type: oidc, external_id: abc}", `.external_id` + noUse + `"oidc"; remove it, or change the type`},
		{"{type: process, command: c, session_duration: 1h}", `.session_duration` + noUse + `"process"; remove it, or change the type`},
		{"{type: assume_role, access_key_id_file: f, role_arn: " + anyRole + "}",
			`.access_key_id_file` + noUse + `"assume_role with source environment"; remove it, or change the type`},
		{"{type: static_files, access_key_id_file: f}", `.access_key_secret_file: missing; write the file that holds the access key secret`},
		{"{type: static_files, access_key_secret_file: f, access_key_id_file: ''}", `.access_key_id_file: "": empty; write a path`},
		{"{type: assume_role}", `.role_arn: missing; write the role's ARN, such as "acs:ram::1234567890123456:role/oss-cname-exporter"`},
		{"{type: assume_role, role_arn: reader}", `.role_arn: "reader": not the ARN of a RAM role; write one such as "acs:ram::1234567890123456:role/name"`},
		{"{type: assume_role, source: oidc}", `.source: "oidc": unknown; known: environment, static_files`},
		{"{type: oidc, oidc_provider_arn: " + anyRole + "}", `.oidc_provider_arn: "` + anyRole +
			`": not the ARN of a RAM oidc-provider; write one such as "acs:ram::1234567890123456:oidc-provider/name"`},
		{"{type: oidc, session_duration: 5m}", `.session_duration: "5m": out of range; write 15m to 12h`},
		{"{type: oidc, session_name: a b}", `.session_name: "a b": session names are 2 to 64 letters, digits, ".", "@", "_" or "-"`},
		{"{type: oidc, session_policy: allow}", `.session_policy: "allow": not a policy; write JSON of at most 2048 characters`},
		{"{type: oidc, sts_endpoint: 'https://a/b'}", `.sts_endpoint: "https://a/b": has a path or query; write only "https://a"`},
		{"{type: oidc, sts_endpoint: 'http://sts:1'}", `.sts_endpoint: "http://sts:1": keys do not travel in the clear; write "https://sts:1"`},
		{"{type: process}", `.command: missing; write the program that prints the key, with its full path`},
		{"{type: ecs_role, role_name: " + anyRole + "}",
			`.role_name: "` + anyRole + `": not a role's name; write 1 to 64 letters, digits, "." or "-", without the ARN before it`},
		{"{type: profile, profile_file: \"a\\nb\"}", `.profile_file: "a\nb": has control characters; write it without them`},
	} {
		t.Run(tt.written, func(t *testing.T) {
			checkFaults(t, withAccount("credentials: "+tt.written), "1: accounts.main.credentials"+tt.want)
		})
	}
}

func TestRefusedWays(t *testing.T) {
	for _, tt := range []struct{ written, want string }{
		{"network: vpc", `network: "vpc": unknown; write "internal"`},
		{"endpoint: h, network: internal", `network: the endpoint decides already which network is used; keep one of them`},
		{"proxy_url: 'http://me:s3cret@proxy:3128'", `proxy_url: "…@proxy:3128": has a user or password; set HTTPS_PROXY in the environment instead`},
		{"proxy_url: 'proxy:3128'", `proxy_url: "proxy:3128": not a proxy; write one such as "http://proxy.example.com:3128" or "socks5://proxy.example.com:1080"`},
		{"proxy_url: 'socks4://proxy:1080'", `proxy_url: "socks4://proxy:1080": not a proxy; write one such as "http://proxy.example.com:3128" or "socks5://proxy.example.com:1080"`},
		{"ca_file: ''", `ca_file: "": empty; write a path`},
		{"endpoint: 'https://examplebucket.oss-cn-hangzhou.aliyuncs.com'", `endpoint: "https://examplebucket.oss-cn-hangzhou.aliyuncs.com": has the bucket's name "examplebucket" in it; ` +
			`write "https://oss-cn-hangzhou.aliyuncs.com", or use_cname: true to use it as it is`},
		{"endpoint: 'examplebucket.oss-cn-hangzhou-internal.aliyuncs.com:443'", `endpoint: "https://examplebucket.oss-cn-hangzhou-internal.aliyuncs.com:443": has the bucket's name ` +
			`"examplebucket" in it; write "https://oss-cn-hangzhou-internal.aliyuncs.com", or use_cname: true to use it as it is`},
		{"endpoint: 'https://examplebucket.cn-hangzhou.oss.aliyuncs.com'", `endpoint: "https://examplebucket.cn-hangzhou.oss.aliyuncs.com": has the bucket's name "examplebucket" in it; ` +
			`write "https://cn-hangzhou.oss.aliyuncs.com", or use_cname: true to use it as it is`},
		{"use_cname: true", `endpoint: use_cname is of no use without an endpoint; write the domain or the PrivateLink endpoint to use as it is`},
		{"use_cname: true, endpoint: h, discover: true", `discover: an endpoint that is used as it is serves no list of buckets; remove it, or use_cname`},
	} {
		t.Run(tt.written, func(t *testing.T) { checkFaults(t, withAccount(tt.written), "1: accounts.main."+tt.want) })
	}
}

// TestProxies has every kind of proxy that net/http speaks with.
func TestProxies(t *testing.T) {
	for _, proxy := range []string{"", "http://proxy:3128", "https://proxy", "socks5://127.0.0.1:1080", "socks5h://[::1]:1080"} {
		if got := parse(t, withAccount("proxy_url: '"+proxy+"'")).Accounts[0].ProxyURL; got != proxy {
			t.Errorf("got %q, want %q", got, proxy)
		}
	}
}

// TestEndpointsThatAreUsedAsTheyAre has the account's, and targets that go back to their region's.
func TestEndpointsThatAreUsedAsTheyAre(t *testing.T) {
	cfg := parse(t, `accounts: {main: {region: cn-hangzhou, endpoint: examplebucket.oss-cn-hangzhou.aliyuncs.com, use_cname: true}}
targets:
- {bucket: examplebucket, cname: a.example}
- {bucket: other, cname: a.example, endpoint: ""}
- {bucket: third, cname: a.example, endpoint: third.example.com}
`)
	for i, want := range []bool{true, false, true} {
		if got := cfg.Targets[i].Account; got.UseCname != want {
			t.Errorf("%s: used as it is: %v, want %v", cfg.Targets[i].Bucket, got.UseCname, want)
		}
	}
}

func TestSecretFiles(t *testing.T) {
	c := parse(t, withAccount("credentials: {type: static_files, access_key_id_file: id, access_key_secret_file: secret, security_token_file: token}"))
	if got := c.Accounts[0].Credentials.SecretFiles(); !slices.Equal(got, []string{"secret", "token"}) {
		t.Errorf("got %q", got)
	}
	if got := strings.Join(config.Credentials{}.SecretFiles(), ","); got != "" {
		t.Errorf("without files: got %q", got)
	}
}
