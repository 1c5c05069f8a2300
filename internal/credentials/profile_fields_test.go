package credentials_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"oss_cname_exporter/internal/credentials"
)

// field is one that the CLI's profiles can have, or the SDKs that read the same file.
type field struct {
	name  string
	value any
	// used are the fields of a profile where this one makes a difference; nil is harmless: it makes none to any mode
	used map[string]any
}

func with(base map[string]any, more ...any) map[string]any {
	all := maps.Clone(base)
	for i := 0; i < len(more); i += 2 {
		all[more[i].(string)] = more[i+1]
	}
	return all
}

// Profiles of each mode, whole.
var (
	ak        = map[string]any{"mode": "AK", "access_key_id": keyID, "access_key_secret": secret}
	stsToken  = map[string]any{"mode": "StsToken", "access_key_id": "i", "access_key_secret": "s", "sts_token": "t"}
	ramRole   = map[string]any{"mode": "RamRoleArn", "access_key_id": keyID, "access_key_secret": secret, "ram_role_arn": roleARN, "external_id": externalID, "sts_endpoint": "sts.test"}
	chainable = map[string]any{"mode": "ChainableRamRoleArn", "source_profile": "plain", "ram_role_arn": roleARN, "external_id": externalID, "sts_endpoint": "sts.test"}
	ecs       = map[string]any{"mode": "EcsRamRole"}
	roleOfECS = map[string]any{"mode": "RamRoleArnWithRoleName", "ram_role_arn": roleARN, "external_id": externalID, "sts_endpoint": "sts.test"}
	oidc      = map[string]any{"mode": "OIDC", "ram_role_arn": roleARN, "oidc_provider_arn": providerARN, "oidc_token_file": "TOKEN", "sts_endpoint": "sts.test"}
	external  = map[string]any{"mode": "External", "process_command": `printf '{"mode": "AK", "access_key_id": "i", "access_key_secret": "s"}'`}
	cloudSSO  = map[string]any{"mode": "CloudSSO", "cloud_sso_sign_in_url": "https://signin.test/x/login", "access_token": "secret-access"}
)

// cliFields are all fields of the CLI's profile (config/profile.go of aliyun-cli 3.5), in its order, and at the end those
// that only SDKs read.
var cliFields = []field{
	{"name", "other", ak},
	{"mode", "Anonymous", ak},
	{"access_key_id", "other", ak},
	{"access_key_secret", "other", ak},
	{"sts_token", "tmp-token", ramRole},
	{"sts_region", "eu-central-1", with(ramRole, "sts_endpoint", "")},
	{"ram_role_name", "reader", ecs},
	{"ram_role_arn", "acs:ram::1:role/other", ramRole},
	{"ram_session_name", "cli", ramRole},
	{"external_id", "other", ramRole},
	{"source_profile", "session", chainable},
	{"private_key", "file.pem", nil}, // of a mode that is refused, as those of a sign-in are
	{"key_pair_name", "pair", nil},
	{"expired_seconds", 1200, ramRole},
	{"verified", "true", nil},
	{"region_id", "eu-central-1", nil}, // of the APIs that the CLI calls
	{"output_format", "json", nil},
	{"language", "en", nil},
	{"site", "china", nil},
	{"retry_timeout", 1, nil},
	{"connect_timeout", 1, nil},
	{"retry_count", 1, nil},
	{"process_command", `printf '{"access_key_id": "j", "access_key_secret": "s"}'`, external},
	{"credentials_uri", "https://keys.test/two", nil},
	{"oidc_provider_arn", "acs:ram::1:oidc-provider/other", oidc},
	{"oidc_token_file", "/nowhere", oidc},
	{"cloud_sso_sign_in_url", "https://signin2.test/x", nil},
	{"access_token", "", nil},
	{"cloud_sso_access_token_expire", 1, nil},
	{"sts_expiration", 4000000000, nil},
	{"cloud_sso_access_config", "other", nil},
	{"cloud_sso_account_id", "other", nil},
	{"oauth_access_token", "", nil},
	{"oauth_refresh_token", "secret-refresh", nil}, // using it would take it away from the CLI
	{"oauth_access_token_expire", 1, nil},
	{"oauth_refresh_token_expire", 1, nil},
	{"oauth_site_type", "INTL", nil},
	{"endpoint_type", "vpc", nil}, // of the APIs that the CLI calls
	{"endpoint", "ecs.test", nil},
	{"external_account_type", "x", nil},
	{"auto_plugin_install", true, nil},
	{"auto_plugin_install_enable_pre", true, nil},
	{"bearer_token", "secret-bearer", nil}, // of BearerToken, which is refused
	{"bearer_token_header_key", "x", nil},

	{"sts_endpoint", "other.test", ramRole},
	{"enable_vpc", true, with(ramRole, "sts_endpoint", "", "sts_region", "cn-hangzhou")},
	{"policy", `{"Version":"1"}`, ramRole},
}

// TestFieldsOfTheCLI changes one field at a time that is used, which makes a difference, and all others at once, which
// make none to a profile of any mode.
func TestFieldsOfTheCLI(t *testing.T) {
	var harmless []any
	for _, f := range cliFields {
		if f.used == nil {
			harmless = append(harmless, f.name, f.value)
			continue
		}
		if before, after := outcomeOf(t, f.used), outcomeOf(t, with(f.used, f.name, f.value)); before == after {
			t.Errorf("%s in mode %s makes no difference: %s", f.name, f.used["mode"], before)
		}
	}
	for _, base := range []map[string]any{ak, stsToken, ramRole, chainable, ecs, roleOfECS, oidc, external} {
		before, after := outcomeOf(t, base), outcomeOf(t, with(base, harmless...))
		if !strings.Contains(before, "got ") {
			t.Errorf("mode %s gives no key: %s", base["mode"], before)
		}
		if before != after {
			t.Errorf("mode %s, with fields that are not used: before %s, after %s", base["mode"], before, after)
		}
	}
}

// outcomeOf says what a profile leads to: who was asked for what, and the key or the error.
func outcomeOf(t *testing.T, fields map[string]any) string {
	t.Helper()
	c := newCloud(t)
	token := files(t, "pod.jwt")[0]
	if fields["oidc_token_file"] == "TOKEN" {
		fields = with(fields, "oidc_token_file", token)
	}
	if fields["name"] == nil {
		fields = with(fields, "name", "it")
	}
	text, err := json.Marshal(map[string]any{"current": "it", "profiles": []any{fields, with(ak, "name", "plain"), with(stsToken, "name", "session")}})
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	say := func(req *http.Request, body string) string {
		query := req.URL.Query()
		query.Del("Timestamp")
		query.Del("SignatureNonce")
		return fmt.Sprintf("%s%s %v %s %s", req.URL.Host, req.URL.Path, query, body, req.Header.Get("X-Acs-Security-Token"))
	}
	sts := c.as()
	sts.Transport = roundTrip(func(req *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(req.Body)
		asked = append(asked, say(req, string(body)))
		return answer(`{"Code": "Success", "AccessKeyId": "k", "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": "2099-01-01T00:00:00Z"}`), nil
	})
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, say(r, ""))
		_, _ = io.WriteString(w, map[bool]string{true: "default-role", false: `{"Code": "Success", "AccessKeyId": "m", "AccessKeySecret": "s", "SecurityToken": "t"}`}[r.Method == http.MethodPut || strings.HasSuffix(r.URL.Path, "/")])
	}))
	defer metadata.Close()
	from := credentials.FromProfile(credentials.Profile{File: files(t, string(text))[0], Getenv: env(), STS: sts, Metadata: metadata.URL})
	got, err := keyOf(t, from)
	outcome := fmt.Sprintf("asked %q, got %s", asked, got)
	if err != nil {
		outcome = fmt.Sprintf("asked %q, failed: %v", asked, err)
	}
	return strings.NewReplacer(token, "TOKEN", url.QueryEscape(token), "TOKEN", strings.TrimPrefix(metadata.URL, "http://"), "metadata").Replace(outcome)
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func answer(body string) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))}
}

// TestModesThatAreRefused says what to do.
func TestModesThatAreRefused(t *testing.T) {
	for want, fields := range map[string]map[string]any{
		`profile "it" has mode "RsaKeyPair", which was given up by the CLI; use a profile with AK`:                                                                                         {"mode": "RsaKeyPair"},
		`profile "it" has mode "BearerToken", which has no access key, and OSS takes nothing else`:                                                                                         {"mode": "BearerToken", "bearer_token": "secret-1"},
		`profile "it" has mode "Anonymous", which has no access key`:                                                                                                                       {"mode": "anonymous"},
		`profile "it" has mode "New", which is not known`:                                                                                                                                  {"mode": "New"},
		`profile "it" has no mode and no key; write it with aliyun configure --profile it`:                                                                                                 {"mode": ""},
		`profile "it" has mode "CloudSSO", which needs a person who signs in; use credentials of type process, with a command that prints the key, such as "acs-sso login --profile NAME"`: cloudSSO,
		`profile "it" has mode "CloudSSO"`:                                                                                                                                                 with(cloudSSO, "mode", ""),
		`profile "it" has mode "OAuth", which needs a person who signs in; use credentials of type process, with a command that prints the key`:                                            {"mode": "oauth"},
		`profile "it" has mode "CredentialsURI", which is left to other programs; use credentials of type process, with a command such as "curl -fsS http://localhost:8080/key"`:           {"mode": "CredentialsURI", "credentials_uri": "http://keys.test/"},
		`process_command of profile "it": a quote is not closed`:                                                                                                                           {"mode": "External", "process_command": `a "b`},
		`process_command of profile "it": there is none`:                                                                                                                                   {"mode": "External"},
		`profile "it": keys do not travel in the clear; write sts_endpoint as https://sts.test`:                                                                                            with(ramRole, "sts_endpoint", "http://sts.test"),
		`profile "it" has no sts_token`:                              {"mode": "StsToken", "access_key_id": "i", "access_key_secret": "secret-1"},
		`profile "it": the access key secret has a line break in it`: {"mode": "AK", "access_key_id": "i", "access_key_secret": "secret-1\nsecret-2"},
	} {
		if got := outcomeOf(t, fields); !strings.Contains(got, want) || strings.Contains(got, "secret-") {
			t.Errorf("want %q\ngot %s", want, got)
		}
	}
}

// TestModesThatFollowFromTheFields has profiles without a mode, and with one in another case.
func TestModesThatFollowFromTheFields(t *testing.T) {
	for _, whole := range []map[string]any{ak, stsToken, ramRole, with(ecs, "ram_role_name", "reader"), external, oidc} {
		bare := with(whole, "mode", "")
		other := with(whole, "mode", strings.ToLower(whole["mode"].(string)))
		if want := outcomeOf(t, whole); outcomeOf(t, bare) != want || outcomeOf(t, other) != want {
			t.Errorf("%s: want %s\nwithout the mode %s\nin lower case %s", whole["mode"], want, outcomeOf(t, bare), outcomeOf(t, other))
		}
	}
}

// TestSTSOfAProfile asks the STS that the profile names, inside the region's network where the account is.
func TestSTSOfAProfile(t *testing.T) {
	for _, test := range []struct {
		fields map[string]any
		vpc    bool
		want   string
	}{
		{with(ramRole, "sts_endpoint", ""), false, "sts.account.test"},
		{with(ramRole, "sts_endpoint", "", "sts_region", "cn-beijing"), false, "sts.cn-beijing.aliyuncs.com"},
		{with(ramRole, "sts_endpoint", "", "sts_region", "cn-beijing"), true, "sts-vpc.cn-beijing.aliyuncs.com"},
		{with(ramRole, "sts_endpoint", "", "sts_region", "cn-beijing", "enable_vpc", true), false, "sts-vpc.cn-beijing.aliyuncs.com"},
		{with(ramRole, "sts_region", "cn-beijing"), true, "sts.test"},
		{with(ramRole, "sts_endpoint", "https://sts.test"), false, "sts.test"},
	} {
		var asked string
		sts := credentials.STS{Endpoint: "https://sts.account.test", Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			asked = req.URL.Host
			return answer(`{"Credentials": {"AccessKeyId": "k", "AccessKeySecret": "s", "SecurityToken": "t"}}`), nil
		})}
		text, err := json.Marshal(map[string]any{"profiles": []any{with(test.fields, "name", "default")}})
		if err != nil {
			t.Fatal(err)
		}
		mustKey(t, credentials.FromProfile(credentials.Profile{File: files(t, string(text))[0], Getenv: env(), STS: sts, VPC: test.vpc}), "k/s/t")
		if asked != test.want {
			t.Errorf("%v: asked %s, want %s", test.fields, asked, test.want)
		}
	}
}
