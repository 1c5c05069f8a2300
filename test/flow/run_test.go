package flow_test

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/demo"
)

func TestDemo(t *testing.T) {
	p := apptest.Start(t, nil, "--demo", "--web.listen-address=127.0.0.1:0")
	address := p.Address(t)
	_, port, _ := net.SplitHostPort(address)
	p.Stdout.Wait(t, "(http://localhost:"+port+"/metrics)")
	_, metrics := apptest.Get(t, "http://"+address+"/metrics")
	for _, want := range []string{
		`oss_cname_token_exists{bucket="demo-bucket",cname="plenty.example.com",team="web"} 1`,
		`oss_cname_token_exists{bucket="demo-bucket",cname="never.example.com",team="web"} 0`,
		`oss_cname_token_exists{bucket="demo-bucket",cname="*.wildcard.example.com",team="web"} 1`,
		`oss_cname_token_probe_failure_reason{bucket="demo-elsewhere",cname="elsewhere.example.com",reason="wrong_endpoint",team="media"} 1`,
		`oss_cname_token_probe_failure_reason{bucket="demo-forbidden",cname="denied.example.com",reason="access_denied",team="media"} 1`,
		`oss_cname_token_probe_failure_reason{bucket="demo-bucket",cname="rubbish.example.com",reason="bad_response",team="media"} 1`,
		`oss_cname_state{bucket="demo-bucket",cname="bound.example.com",state="bound",team="web"} 1`,
		`oss_cname_state{bucket="demo-bucket",cname="disabled.example.com",state="disabled",team="web"} 1`,
		`oss_cname_state{bucket="demo-bucket",cname="hours.example.com",state="ready_to_bind",team="web"} 1`,
		`oss_cname_state{bucket="demo-bucket",cname="plenty.example.com",state="awaiting_dns",team="web"} 1`,
		`oss_cname_state{bucket="demo-bucket",cname="never.example.com",state="token_missing",team="web"} 1`,
		`oss_cname_state{bucket="demo-forbidden",cname="denied.example.com",state="unknown",team="media"} 1`,
		`oss_cname_check_failure_reason{bucket="demo-forbidden",check="binding",cname="denied.example.com",reason="access_denied",team="media"} 1`,
		`oss_cname_dns_points_to_endpoint{bucket="demo-bucket",cname="dangling.example.com",team="web"} 1`,
		`oss_cname_exporter_targets 15`,
	} {
		if !strings.Contains(metrics, "\n"+want+"\n") {
			t.Errorf("no line %s", want)
		}
	}
	if n := strings.Count(metrics, "\noss_cname_token_probe_success{"); n != 15 {
		t.Errorf("%d targets, want 15", n)
	}
	if strings.Contains(metrics+p.Stdout.String()+p.Stderr.String(), demo.Getenv("OSS_ACCESS_KEY_SECRET")) {
		t.Error("the secret is shown")
	}
}

func TestAnswersAndEnds(t *testing.T) {
	for flag, want := range map[string]string{"--help": "--config.file", "--version": "oss_cname_exporter, version"} {
		stdout, stderr := apptest.NewOutput(), apptest.NewOutput()
		if err := app.Run(t.Context(), []string{flag}, os.Getenv, stdout, stderr); err != nil {
			t.Errorf("%s: %v", flag, err)
		}
		if !strings.Contains(stdout.String(), want) || stderr.String() != "" {
			t.Errorf("%s: printed %q and %q", flag, stdout, stderr)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	stdout := apptest.NewOutput()
	if err := app.Run(t.Context(), []string{"--config.check", "--config.file=../../config.example.yaml"}, os.Getenv, stdout, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stdout.String(), "../../config.example.yaml: 4 targets, no faults") {
		t.Errorf("printed %q", stdout)
	}
}

// TestCannotStart has everything that is wrong before the first request: each
// is an error of its own, and nothing listens afterwards.
func TestCannotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	five := write("five.yaml", `probe: {timout: 5s}
accounts:
  main: {region: oss-cn-hangzhou}
targets:
  - {bucket: Assets, cname: www.example.com}
  - {bucket: assets, cname: "https://www.example.com"}
  - {bucket: assets, cname: www.example.com, account: mian}
`)
	for _, test := range []struct {
		args []string
		want string // of what complain prints
	}{
		{[]string{"--nonsense"}, "oss_cname_exporter: unknown long flag '--nonsense', try --help\n"},
		{[]string{"--log.level=loud"}, "oss_cname_exporter: enum value must be one of debug,info,warn,error, got 'loud', try --help\n"},
		{[]string{"stray"}, "oss_cname_exporter: unexpected stray, try --help\n"},
		{[]string{"--config.file=" + dir + "/none.yaml"}, "oss_cname_exporter: reading config \"" + dir + "/none.yaml\": no such file or directory\n"},
		{[]string{"--config.file=" + dir}, "oss_cname_exporter: reading config \"" + dir + "\": is a directory\n"},
		{[]string{"--config.file=" + five}, five + `:1: probe: unknown key "timout"; write "timeout"
` + five + `:3: accounts.main.region: "oss-cn-hangzhou": write the plain region id, "cn-hangzhou"
` + five + `:5: targets[0].bucket: "Assets": bucket names are lower case; write "assets"
` + five + `:6: targets[1].cname: "https://www.example.com": has a scheme; write only the domain, "www.example.com"
` + five + `:7: targets[2].account: "mian": no such account; write "main"
`},
		{[]string{"--config.check", "--config.file=" + five}, ""},
		{[]string{"--demo", "--web.listen-address=" + taken.Addr().String()}, "oss_cname_exporter: listen tcp " + taken.Addr().String() + ": bind: address already in use\n"},
		{[]string{"--demo", "--web.listen-address=nonsense"}, "oss_cname_exporter: listen tcp: address nonsense: missing port in address\n"},
		{[]string{"--demo", "--web.listen-address=127.0.0.1:0", "--web.config.file=" + dir + "/none.yml"}, ""},
	} {
		stdout, stderr := apptest.NewOutput(), apptest.NewOutput()
		err := app.Run(t.Context(), test.args, os.Getenv, stdout, stderr)
		if err == nil {
			t.Errorf("%v: started", test.args)
			continue
		}
		var complaint bytes.Buffer
		app.PrintError(&complaint, err)
		if test.want != "" && complaint.String() != test.want {
			t.Errorf("%v: complained\n%swant\n%s", test.args, &complaint, test.want)
		}
		if stdout.String() != "" && !strings.Contains(test.args[0], "demo") {
			t.Errorf("%v: printed %q", test.args, stdout)
		}
	}
}
