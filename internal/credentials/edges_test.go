package credentials_test

import (
	"strings"
	"testing"

	"oss_cname_exporter/internal/credentials"
)

// TestHalfAKey takes no half of one set of variables, and no half from each.
func TestHalfAKey(t *testing.T) {
	for _, half := range [][]string{
		{"OSS_ACCESS_KEY_ID", "i"}, {"OSS_ACCESS_KEY_SECRET", "s"},
		{"ALIBABA_CLOUD_ACCESS_KEY_ID", "i"}, {"ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s"},
		{"OSS_ACCESS_KEY_ID", "i", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s"},
	} {
		noKey(t, credentials.FromEnvironment(env(half...)), "set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET")
	}
}

// TestPartsOfOIDC needs the role, the provider and the token's file.
func TestPartsOfOIDC(t *testing.T) {
	token := files(t, "pod.jwt")[0]
	for _, oidc := range []credentials.OIDC{{ProviderARN: providerARN}, {TokenFile: token}} {
		noKey(t, credentials.STS{}.FromOIDC(oidc, role()), "set role_arn, oidc_provider_arn and oidc_token_file")
	}
	noKey(t, credentials.STS{}.FromOIDC(credentials.OIDC{ProviderARN: providerARN, TokenFile: token}, credentials.Role{}), "set role_arn")
	for _, part := range []string{`"oidc_provider_arn": "p"`, `"oidc_token_file": "f", "ram_role_arn": "r"`, `"oidc_provider_arn": "p", "oidc_token_file": "f"`} {
		path := files(t, `{"profiles": [{"name": "default", `+part+`}]}`)[0]
		noKey(t, credentials.FromProfile(credentials.Profile{File: path, Getenv: env()}), `profile "default" has no mode and no key`)
	}
}

// TestProfileBeforeItsFirstKey has nothing to throw away and nothing to stop.
func TestProfileBeforeItsFirstKey(t *testing.T) {
	from := credentials.FromProfile(credentials.Profile{File: "/nowhere", Getenv: env()})
	if from.Invalidate("") {
		t.Error("a better key is promised before the first")
	}
	from.Stop()
}

// TestSizeOfAKeyFile reads one that is as large as may be.
func TestSizeOfAKeyFile(t *testing.T) {
	paths := files(t, strings.Repeat("x", 1<<20), strings.Repeat("x", 1<<20+1))
	if err := credentials.CheckFile(t.Context(), "f", paths[0]); err != nil {
		t.Error(err)
	}
	if err := credentials.CheckFile(t.Context(), "f", paths[1]); err == nil || !strings.HasSuffix(err.Error(), "larger than 1 MiB; is it the right file?") {
		t.Errorf("larger: %v", err)
	}
}
