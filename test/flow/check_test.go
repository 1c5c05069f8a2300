package flow_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// runCheck returns the exit status of the whole program, and what it printed.
func runCheck(t *testing.T, env map[string]string, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	out, errs := apptest.NewOutput(), apptest.NewOutput()
	exit = app.Main(args, func(name string) string { return env[name] }, out, errs)
	return exit, out.String(), errs.String()
}

// TestCheck asks a simulated OSS with a right and a wrong key, as a pipeline does.
func TestCheck(t *testing.T) {
	oss := apptest.NewOSS(t, osstest.Options{}, "examplebucket")
	oss.SetToken(domain.Name{Bucket: "examplebucket", Base: "www.example.com"}, osstest.Token{Value: "0123456789", Expires: time.Now().Add(50 * time.Hour)})
	file := filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf("accounts: {main: {region: cn-hangzhou, endpoint: %q}}\ntargets: [{bucket: examplebucket, cname: www.example.com}]\n", oss.URL())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	key := map[string]string{"OSS_ACCESS_KEY_ID": demo.Getenv("OSS_ACCESS_KEY_ID"), "OSS_ACCESS_KEY_SECRET": demo.Getenv("OSS_ACCESS_KEY_SECRET")}
	wrong := map[string]string{"OSS_ACCESS_KEY_ID": demo.Getenv("OSS_ACCESS_KEY_ID"), "OSS_ACCESS_KEY_SECRET": "mistyped"}
	for name, test := range map[string]struct {
		env    map[string]string
		args   []string
		exit   int
		stdout string // begins with it
		has    string
		stderr string
	}{
		"right key":       {key, []string{"check"}, 0, "OK: 1 ok, of 1 domain | critical=0;;0;0;1 warning=0;0;;0;1 unknown=0;;;0;1 ok=1;;;0;1\n", `_dnsauth.www.example.com.  TXT  "0123456789"`, ""},
		"hidden":          {key, []string{"check", "--no-web.show-tokens"}, 0, "OK: ", "_dnsauth.www.example.com.  TXT  (secret)", ""},
		"wrong key":       {wrong, []string{"check"}, 2, "CRITICAL: www.example.com: OSS has never answered; credentials: ", "SignatureDoesNotMatch", ""},
		"no key":          {nil, []string{"check", "examplebucket/www.example.com"}, 2, "CRITICAL: ", "credentials", ""},
		"not configured":  {key, []string{"check", "examplebucket/other.example.com"}, 3, "UNKNOWN: other.example.com: too little is known; next: nothing if the domain is bound, else create a token; checks.binding would tell which | ", "other.example.com", ""},
		"its checks":      {key, []string{"check", "examplebucket/other.example.com", "--checks=binding"}, 1, "WARNING: other.example.com: the domain is not bound and has no token | ", "other.example.com", ""},
		"a domain alone":  {key, []string{"check", "www.example.com"}, 0, "OK: ", "www.example.com", ""},
		"a misspelt one":  {key, []string{"check", "examplebucket/ww.example.com"}, 3, "UNKNOWN: ", "examplebucket/ww.example.com is not configured; did you mean examplebucket/www.example.com?\n", ""},
		"all of a bucket": {key, []string{"check", "examplebucket/*"}, 0, "OK: ", "www.example.com", ""},
		"another region":  {key, []string{"check", "--region=cn-beijing"}, 3, "", "", "oss_cname_exporter: --region: \"cn-beijing\" is not configured; known: cn-hangzhou"},
		"its account":     {key, []string{"check", "--account=main", "--quiet"}, 0, "", "", ""},
		"no such label":   {key, []string{"check", "--label=team=web"}, 3, "", "", "oss_cname_exporter: --label: no configured target has the label \"team\"; none is known"},
		"bad label":       {key, []string{"check", "--label=team"}, 3, "", "", "oss_cname_exporter: --label: \"team\": write name=value"},
		"bad check":       {key, []string{"check", "--checks=bindng"}, 3, "", "", "oss_cname_exporter: --checks: \"bindng\": write some of binding, dns, http, all, none"},
		"fail on":         {wrong, []string{"check", "--fail-on=never", "--output=github"}, 0, "CRITICAL: ", "::error title=www.example.com::", ""},
		"a profile":       {key, []string{"check", "--profile=default"}, 3, "", "", "oss_cname_exporter: --profile: goes with --region and without a configuration file"},
		"in Chinese":      {key, []string{"check", "--language=zh"}, 0, "OK: 1 ok，共 1 个域名 | ", "级别", ""},
		"by LANG":         {map[string]string{"LANG": "zh_CN.UTF-8", "OSS_ACCESS_KEY_ID": key["OSS_ACCESS_KEY_ID"], "OSS_ACCESS_KEY_SECRET": key["OSS_ACCESS_KEY_SECRET"]}, []string{"check"}, 0, "OK: 1 ok，共 1 个域名 | ", "级别", ""},
		"bad language":    {key, []string{"check", "--language=cn"}, 3, "", "", "oss_cname_exporter: --language: \"cn\": write one of en, zh"},
		"json":            {key, []string{"check", "--output=json"}, 0, `{"summary":"OK: 1 ok, of 1 domain",`, `"value":"0123456789"`, ""},
		"no such bucket":  {key, []string{"check", "no-bucket/www.example.com"}, 2, "CRITICAL: ", "bucket_not_found", ""},
		"bad domain":      {key, []string{"check", "nonsense"}, 3, "", "", "oss_cname_exporter: \"nonsense\": write bucket and domain"},
		"bad format":      {key, []string{"check", "--output=xml"}, 3, "", "", "oss_cname_exporter: --output: \"xml\": write one of text, json, prom, github, junit, table"},
		"bad flag":        {key, []string{"check", "--nonsense"}, 3, "", "", "oss_cname_exporter: unknown flag --nonsense; --help lists them"},
		"bad shard":       {key, []string{"check", "--shard=7"}, 3, "", "", "oss_cname_exporter: shard \"7\""},
		"bad file":        {key, []string{"check", "--output.file=/"}, 3, "", "", "oss_cname_exporter: --output.file: \"/\" is no regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			exit, stdout, stderr := runCheck(t, test.env, append([]string{"--config.file=" + file}, test.args...)...)
			if exit != test.exit || !strings.HasPrefix(stdout, test.stdout) || !strings.Contains(stdout, test.has) || !strings.HasPrefix(stderr, test.stderr) || (stderr == "") != (test.stderr == "") {
				t.Errorf("got %d\n%s%s", exit, stdout, stderr)
			}
			if test.stderr != "" && stdout != "" {
				t.Errorf("printed %q", stdout)
			}
		})
	}
	if err := os.WriteFile(file, []byte("accounts: {main: {region: oss-cn-hangzhou}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if exit, _, stderr := runCheck(t, key, "--config.file="+file, "check"); exit != 3 || !strings.HasPrefix(stderr, file+":1: accounts.main.region: ") {
		t.Errorf("bad configuration: got %d %s", exit, stderr)
	}
	if exit, _, _ := runCheck(t, key, "--config.file="+file); exit != 78 {
		t.Errorf("serving it: got %d", exit)
	}
}

// TestCheckOfTheDemo passes on its healthy domain, and not on all.
func TestCheckOfTheDemo(t *testing.T) {
	for want, args := range map[int][]string{0: {"check", "demo-bucket/bound.example.com", "--demo"}, 2: {"--demo", "check"}} {
		if exit, stdout, stderr := runCheck(t, nil, args...); exit != want || stderr != "" {
			t.Errorf("%q: got %d\n%s%s", args, exit, stdout, stderr)
		}
	}
}
