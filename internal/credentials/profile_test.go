package credentials_test

import (
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/credentials"
)

func TestProfile(t *testing.T) {
	c := newCloud(t)
	token := files(t, "pod.jwt")[0]
	c.sts.AddToken("pod.jwt", c.clock.now().Add(time.Hour))
	path := files(t, `{"current": "plain", "profiles": [
		{"name": "plain", "mode": "AK", "access_key_id": "`+keyID+`", "access_key_secret": "`+secret+`"},
		{"name": "session", "mode": "StsToken", "access_key_id": "i", "access_key_secret": "s", "sts_token": "t"},
		{"name": "role", "mode": "RamRoleArn", "access_key_id": "`+keyID+`", "access_key_secret": "`+secret+`",
			"ram_role_arn": "`+roleARN+`", "external_id": "`+externalID+`", "ram_session_name": "cli", "expired_seconds": 900},
		{"name": "chain", "mode": "ChainableRamRoleArn", "source_profile": "plain", "ram_role_arn": "`+roleARN+`", "external_id": "`+externalID+`"},
		{"name": "loop", "mode": "ChainableRamRoleArn", "source_profile": "loop", "ram_role_arn": "`+roleARN+`"},
		{"name": "pod", "mode": "OIDC", "ram_role_arn": "`+roleARN+`", "external_id": "`+externalID+`", "oidc_provider_arn": "`+providerARN+`", "oidc_token_file": "`+token+`"},
		{"name": "program", "mode": "External", "process_command": "echo secret-1"},
		{"name": "nobody", "mode": "RamRoleArn", "access_key_id": "`+keyID+`", "access_key_secret": "`+secret+`"},
		{"name": "short", "mode": "RamRoleArn", "access_key_id": "`+keyID+`", "access_key_secret": "`+secret+`", "ram_role_arn": "`+roleARN+`", "expired_seconds": 60},
		{"name": "half", "mode": "AK", "access_key_id": "i"}]}`)[0]
	profile := func(name string, environment ...string) credentials.Source {
		return credentials.FromProfile(credentials.Profile{File: path, Name: name, Getenv: env(environment...), STS: c.as()})
	}
	mustKey(t, profile(""), keyID+"/"+secret+"/")
	mustKey(t, profile("", "ALIBABA_CLOUD_PROFILE", "session"), "i/s/t")
	mustKey(t, profile("role"), issued(1))
	mustKey(t, profile("chain"), issued(2))
	mustKey(t, profile("pod"), issued(3))
	noKey(t, profile("loop"), `profile "loop" is its own source_profile`)
	noKey(t, profile("program"), `running "echo": no key as JSON in it: it must print`)
	t.Setenv("ALIBABA_CLOUD_ROLE_ARN", roleARN) // which is nobody's but oidc's
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret)
	noKey(t, profile("nobody"), "no role is named; set role_arn, or ram_role_arn in the profile")
	noKey(t, profile("short"), `a session of role "`+roleARN+`" of 1m0s; STS grants no less than 15m0s`)
	noKey(t, profile("half"), `profile "half" has no key`)
	noKey(t, profile("other"), `reading profile_file "`+path+`": no profile "other"`)

	kept := profile("role")
	mustKey(t, kept, issued(4))
	mustKey(t, kept, issued(4))
	write(t, path, `{"current": "role", "profiles": [{"name": "role", "mode": "AK", "access_key_id": "new", "access_key_secret": "s"}]}`)
	mustKey(t, kept, "new/s/")
	write(t, path, `{"profiles": [{"access_key_secret": "secret-1"`)
	noKey(t, kept, "not the CLI's JSON")
	write(t, path, "")
	noKey(t, kept, "empty")
}

func TestProfileFile(t *testing.T) {
	missing := func(p credentials.Profile, environment ...string) error {
		p.Getenv = env(environment...)
		_, err := credentials.FromProfile(p).Key(t.Context())
		return err
	}
	for want, err := range map[string]error{
		"/a/b":                        missing(credentials.Profile{File: "/a/b"}, "ALIBABA_CLOUD_CONFIG_FILE", "/c/d", "HOME", "/nobody"),
		"/c/d":                        missing(credentials.Profile{}, "ALIBABA_CLOUD_CONFIG_FILE", "/c/d", "HOME", "/nobody"),
		"/nobody/.aliyun/config.json": missing(credentials.Profile{}, "HOME", "/nobody"),
	} {
		if err == nil || !strings.Contains(err.Error(), `reading profile_file "`+want+`": no such file`) {
			t.Errorf("want %s: got %v", want, err)
		}
	}
}
