package accounts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/accounts"
)

// TestCheck has everything that an account refers to, whole and broken.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{
		"good": "value\n", "empty": "", "lines": "a\nb", "ca.pem": anotherCertificate, "program": "#!/bin/sh\n",
		"cli.json": `{"profiles": [{"name": "default", "mode": "AK"}, {"name": "bearer", "mode": "BearerToken"}]}`,
	} {
		if err := os.WriteFile(in(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(in("runs"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	files := func(id, secret string) string {
		return fmt.Sprintf("credentials: {type: static_files, access_key_id_file: %s, access_key_secret_file: %s}", in(id), in(secret))
	}
	for _, test := range []struct {
		account string
		env     map[string]string
		now     time.Time
		want    []string // what lines contain; nil is all well
	}{
		{"ca_file: " + in("ca.pem"), nil, now, nil},
		{"ca_file: " + in("ca.pem"), nil, now.AddDate(1000, 0, 0), []string{`account "main": ca_file "` + in("ca.pem") + `": the certificate of "CN=nobody" expired at 21`}},
		{"ca_file: " + in("none"), nil, now, []string{`account "main": reading ca_file "` + in("none") + `": no such file; mount it`}},
		{"ca_file: " + in("good"), nil, now, []string{`no certificate in it; write PEM to it`}},
		{files("good", "good"), nil, now, nil},
		{files("good", "none"), nil, now, []string{`account "main": reading access_key_secret_file "` + in("none") + `": no such file; mount it, or correct the path`}},
		{files("empty", "good"), nil, now, []string{`access_key_id_file "` + in("empty") + `": the file is empty`}},
		{files("good", "lines"), nil, now, []string{"the file has several lines"}},
		{files("good", "."), nil, now, []string{"is a directory; name a regular file"}},
		{"credentials: {type: oidc}", nil, now, nil},
		{"credentials: {type: oidc}", map[string]string{"ALIBABA_CLOUD_OIDC_TOKEN_FILE": in("none")}, now, []string{`reading oidc_token_file "` + in("none") + `": no such file`}},
		{"credentials: {type: profile, profile_file: " + in("cli.json") + "}", nil, now, nil},
		{"credentials: {type: profile, profile_file: " + in("cli.json") + ", profile: bearer}", nil, now, []string{`profile "bearer" has mode "BearerToken"`}},
		{"credentials: {type: profile, profile_file: " + in("cli.json") + ", profile: other}", nil, now, []string{`no profile "other"`}},
		{"credentials: {type: process, command: " + in("runs") + " --for me}", nil, now, nil},
		{"credentials: {type: process, command: echo it}", nil, now, nil},
		{"credentials: {type: process, command: " + in("none") + " --for me}", nil, now, []string{`command: there is no program "` + in("none") + `"; install it`}},
		{"credentials: {type: process, command: " + in("program") + "}", nil, now, []string{`command: "` + in("program") + `" is no program; make it executable`}},
		{"rate_limit: 1", map[string]string{"HTTPS_PROXY": "http://me:s3cret@proxy.example.com:3128", "http_proxy": "proxy:3128"}, now, nil},
		{"rate_limit: 1", map[string]string{"HTTPS_PROXY": "http://me:s3cret@[proxy", "http_proxy": "my proxy"}, now, []string{
			"HTTPS_PROXY is no URL of a proxy, and requests go directly; write one such as http://proxy.example.com:3128", "http_proxy is no URL of a proxy",
		}},
	} {
		var got []string
		for _, w := range accounts.Check(t.Context(), parse(t, test.account), func(name string) string { return test.env[name] }, test.now) {
			got = append(got, w.String())
		}
		if !slices.EqualFunc(got, test.want, strings.Contains) || strings.Contains(strings.Join(got, " "), "s3cret") {
			t.Errorf("%s:\ngot  %q\nwant %q", test.account, got, test.want)
		}
	}
}
