package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"oss_cname_exporter/internal/configfile"
)

const twoAccounts = `
accounts:
  main: {region: cn-hangzhou}
  other: {region: cn-beijing}
`

// inFiles writes files of these names and texts, and returns the path of the first.
func inFiles(t *testing.T, files ...string) (path string) {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		at := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, at, files[i+1])
	}
	return filepath.Join(dir, files[0])
}

func TestTargetFiles(t *testing.T) {
	path := inFiles(t, "config.yaml", twoAccounts+`
probe: {cache_ttl: 1m}
targets: [{bucket: examplebucket, cname: a.example, account: main}]
target_files: ["targets.d/*.yml", "targets.d/*.json", "targets.d/a.yml"]
`,
		"targets.d/a.yml", `
- targets: [examplebucket/b.example, "examplebucket/*.Example.com."]
  labels: {account: other, team: web}
- targets: [examplebucket/c.example]
  labels:
    account: main
    region: cn-shanghai
`,
		"targets.d/empty.yml", "[]\n",
		// As an encoder may write it: tabs, escapes.
		"targets.d/z.json", "[\n\t{\"targets\": [\"examplebucket\\/d.example\"],\n\t\"labels\": {\"account\": \"main\", \"team\": \"\\u65e5\"\n\t}}\n]\n",
		"targets.d/ignored.txt", "{",
	)
	c, err := configfile.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, target := range c.Targets {
		got = append(got, fmt.Sprintf("%s/%s %s %s %s %v", target.Bucket, target.Cname(), target.Account.Name, target.Account.Region, target.CacheTTL, target.Labels))
	}
	want := []string{
		"examplebucket/a.example main cn-hangzhou 1m0s map[]",
		"examplebucket/b.example other cn-beijing 1m0s map[team:web]",
		"examplebucket/*.example.com other cn-beijing 1m0s map[team:web]",
		"examplebucket/c.example main cn-shanghai 1m0s map[]",
		"examplebucket/d.example main cn-hangzhou 1m0s map[team:日]",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	dir := filepath.Dir(path) + "/targets.d/"
	if want := []string{dir + "*.yml", dir + "*.json", dir + "a.yml"}; !reflect.DeepEqual(c.TargetFiles, want) {
		t.Errorf("TargetFiles = %q, want %q", c.TargetFiles, want)
	}
	if !reflect.DeepEqual(c.LabelNames, []string{"team"}) {
		t.Errorf("LabelNames = %q", c.LabelNames)
	}
}

func TestTargetFilesAreNamedInFaults(t *testing.T) {
	path := inFiles(t, "config.yaml", twoAccounts+`
targets:
  - {bucket: examplebucket, cname: a.example, account: main}
target_files: ["d/*.yml", "gone.yml", "d/*.txt", "d/[.yml", 7]
`,
		"d/1.yml", `
- targets:
    - examplebucket/a.example
    - examplebucket/b.example
    - examplebucket/b.example
    - www.example.com
    - Assets/c.example
    - examplebucket/https://c.example/
  labels: {account: main}
- targets: [examplebucket/d.example]
- target: [examplebucket/e.example]
  labels: {account: mian, region: oss-cn-beijing, __meta_x: y, cname: z}
`,
		"d/2.yml", "- targets: [examplebucket/b.example]\n  labels: {account: main}\n",
		"d/3.yml", "",
		"d/4.yml", "targets: []\n",
		"d/5.yml", "- targets: [\n",
		"d/6.yml/dir", "",
	)
	_, err := configfile.Load(path)
	if err == nil {
		t.Fatal("accepted")
	}
	dir := filepath.Dir(path) + "/"
	want := `config.yaml:8: target_files[0]: reading "d/6.yml": is a directory
config.yaml:8: target_files[1]: reading "gone.yml": no such file or directory
config.yaml:8: target_files[2]: "d/*.txt": target files end in .yml, .yaml or .json; write one such as "targets.d/*.yml"
config.yaml:8: target_files[3]: "d/[.yml": not a pattern: syntax error in pattern; close the "[", or write a backslash before it
config.yaml:8: target_files[4]: "7": target files end in .yml, .yaml or .json; write one such as "targets.d/*.yml"
d/1.yml:3: [0].targets[0]: examplebucket/a.example is a target already on line 7 of "config.yaml"; keep one
d/1.yml:5: [0].targets[2]: examplebucket/b.example is a target already on line 4; keep one
d/1.yml:6: [0].targets[3]: "www.example.com": write bucket and domain, such as "examplebucket/www.example.com"
d/1.yml:7: [0].targets[4]: "Assets/c.example": bucket names are lower case; write "assets"
d/1.yml:8: [0].targets[5]: "examplebucket/https://c.example/": has a scheme; write only the domain, "c.example"
d/1.yml:10: [1].labels.account: missing; write the account to ask with, such as "main"
d/1.yml:11: [2]: unknown key "target"; write "targets"
d/1.yml:11: [2].targets: missing; write a list, such as ["examplebucket/www.example.com"]
d/1.yml:12: [2].labels.account: "mian": no such account; write "main"
d/1.yml:12: [2].labels.region: "oss-cn-beijing": write the plain region id, "cn-beijing" (华北2（北京）, China (Beijing))
d/1.yml:12: [2].labels.__meta_x: names that begin with "__" belong to Prometheus; write another
d/1.yml:12: [2].labels.cname: the exporter sets this label itself; write another name, such as "my_cname"
d/2.yml:1: [0].targets[0]: examplebucket/b.example is a target already on line 4 of "d/1.yml"; keep one
d/3.yml:1: empty; write a list of targets, "[]" for none
d/4.yml:1: a mapping ("key: value"); write a list ("- item")
d/5.yml:2: not valid YAML: did not find expected node content; check the quotes and the indentation around here`
	if got := strings.ReplaceAll(err.Error(), dir, ""); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestTextAloneNamesNoFiles keeps Parse from reading whatever a text says.
func TestTextAloneNamesNoFiles(t *testing.T) {
	checkFaults(t, minimal+"target_files: [/etc/*.json]\n",
		"4: target_files: of no use here; only a configuration that is a file can name others")
}

// FuzzTargetFile holds target files to what FuzzParse holds the configuration to.
func FuzzTargetFile(f *testing.F) {
	for _, seed := range []string{
		"- targets: [examplebucket/a.example, \"examplebucket/*.a.example\"]\n  labels: {account: main, team: web}\n",
		"- targets: [a, /, a/b/c, abc/B\u00fccher.example]\n  labels: {account: other, region: cn-beijing}\n- {}\n- labels: [x]\n",
		"[{\"targets\": [\"abc\\/a.example\"], \"labels\": {\"account\": \"main\", \"x\": \"\\\\/\"}}]",
		"&a [*a]", "", "[]", "- targets: &t [abc/a.example]\n  labels: &l {account: main}\n- targets: *t\n  labels: *l\n",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, asJSON bool) {
		name := map[bool]string{true: "targets.json", false: "targets.yml"}[asJSON]
		path := inFiles(t, "config.yaml", twoAccounts+"target_files: ["+name+"]\n", name, text)
		c, err := configfile.Load(path)
		switch {
		case err != nil:
			checkRefused(t, c, err, []byte(text+"\n\n\n\n\n\n"))
		case len(c.Targets) > 0:
			checkAccepted(t, c)
		}
	})
}

// TestPathsAreBesideTheFile has each kind of path that the configuration names, from another folder.
func TestPathsAreBesideTheFile(t *testing.T) {
	path := inFiles(t, "conf/config.yaml", `
accounts:
  main: {region: cn-hangzhou, ca_file: tls/ca.pem, credentials: {type: static_files, access_key_id_file: secrets/id, access_key_secret_file: ./secrets/secret, security_token_file: /run/token}}
  pod: {region: cn-hangzhou, credentials: {type: oidc, oidc_token_file: ../token}}
  cli: {region: cn-hangzhou, credentials: {type: profile, profile_file: cli.json}}
targets: [{bucket: examplebucket, cname: a.example, account: main}]
`)
	c, err := configfile.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	got := map[string]string{}
	for _, a := range c.Accounts {
		for key, value := range map[string]string{
			"ca_file": a.CAFile, "id": a.Credentials.AccessKeyIDFile, "secret": a.Credentials.AccessKeySecretFile,
			"token": a.Credentials.SecurityTokenFile, "oidc": a.Credentials.OIDCTokenFile, "profile": a.Credentials.ProfileFile,
		} {
			if value != "" {
				got[key] = value
			}
		}
	}
	want := map[string]string{
		"ca_file": dir + "/tls/ca.pem", "id": dir + "/secrets/id", "secret": dir + "/secrets/secret", "token": "/run/token",
		"oidc": filepath.Dir(dir) + "/token", "profile": dir + "/cli.json",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
