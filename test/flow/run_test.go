package flow_test

import (
	"bytes"
	"fmt"
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
		`oss_cname_token_exists{bucket="demo-1234567890123456-cn-hangzhou-ab-apsr",cname="*.wildcard.example.com",team="web"} 1`,
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
		`oss_cname_dns_destination{bucket="demo-bucket",cname="recommended.example.com",destination="bucket",team="web"} 1`,
		`oss_cname_binding_status{bucket="demo-bucket",cname="blocked.example.com",status="blocked",team="web"} 1`,
		`oss_cname_binding_status{bucket="demo-bucket",cname="disabled.example.com",status="disabled",team="web"} 1`,
		`oss_cname_state{bucket="demo-bucket",cname="blocked.example.com",state="disabled",team="web"} 1`,
		`oss_cname_state{bucket="demo-bucket",cname="recommended.example.com",state="bound",team="web"} 1`,
		`oss_cname_tls_certificate_is_bound{bucket="demo-bucket",cname="bound.example.com",team="web"} 1`,
		`oss_cname_tls_certificate_is_bound{bucket="demo-bucket",cname="cdn.example.com",team="web"} 0`,
		`oss_cname_tls_certificate_is_bound{bucket="demo-bucket",cname="renewed.example.com",team="web"} 0`,
		`oss_cname_problem{bucket="demo-bucket",cname="renewed.example.com",problem="certificate_expires_soon",severity="warning",team="web"} 1`,
		`oss_cname_problem{bucket="demo-bucket",cname="renewed.example.com",problem="not_served",severity="warning",team="web"} 1`,
		`oss_cname_exporter_targets 20`,
	} {
		if !strings.Contains(metrics, "\n"+want+"\n") {
			t.Errorf("no line %s", want)
		}
	}
	if n := strings.Count(metrics, "\noss_cname_token_probe_success{"); n != 20 {
		t.Errorf("%d targets, want 20", n)
	}
	if strings.Contains(metrics+p.Stderr.String(), demo.Getenv("OSS_ACCESS_KEY_SECRET")) {
		t.Error("the secret is shown beside the commands to be pasted")
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

// TestFlagsFromTheEnvironment has them from there, and one from both: the command line decides.
func TestFlagsFromTheEnvironment(t *testing.T) {
	check := func(args ...string) string {
		var complaint bytes.Buffer
		if err := app.Run(t.Context(), append(args, "--config.check"), os.Getenv, &complaint, io.Discard); err != nil {
			app.PrintError(&complaint, err)
		}
		return complaint.String()
	}
	for _, name := range []string{"PORT", "SERVICE_HOST", "SERVICE_PORT", "PORT_19525_TCP", "VERSION", "HELP"} { // as Kubernetes and images have it
		t.Setenv("OSS_CNAME_EXPORTER_"+name, "tcp://10.0.0.1:19525")
	}
	t.Setenv("OSS_CNAME_EXPORTER_CONFIG_FILE", "../../config.example.yaml")
	if got := check(); !strings.HasPrefix(got, "../../config.example.yaml: 4 targets") {
		t.Errorf("got %s", got)
	}
	if got := check("--config.file=none.yaml"); !strings.Contains(got, `"none.yaml": no such file`) {
		t.Errorf("got %s", got)
	}
	t.Setenv("OSS_CNAME_EXPORTER_SCRAPE_MAX_TIMEOUT", "1ns")
	if got := check(); !strings.Contains(got, `--scrape.max-timeout: "1ns": out of range`) {
		t.Errorf("got %s", got)
	}
}

func TestConfigCheckSaysWhatItChecked(t *testing.T) {
	var stdout bytes.Buffer
	if err := app.Run(t.Context(), []string{"--demo", "--config.check"}, os.Getenv, &stdout, io.Discard); err != nil || stdout.String() != fmt.Sprintf("demo: %d targets, no faults\n", len(demo.Domains())) {
		t.Errorf("%v, printed %q", err, &stdout)
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

// TestConfigCheckWarns of the text and of what it refers to, and does not fail.
func TestConfigCheckWarns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	text := "accounts: {main: {region: cn-hangzou, ca_file: ca.pem}}\ntargets: [{bucket: examplebucket, cname: www.example.com}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	getenv := func(name string) string { return map[string]string{"HTTPS_PROXY": "my proxy"}[name] }
	if err := app.Run(t.Context(), []string{"--config.check", "--config.file=" + path}, getenv, &stdout, io.Discard); err != nil {
		t.Fatal(err)
	}
	want := path + `: 1 target, no faults, 3 warnings
` + path + `:1: warning: accounts.main.region: "cn-hangzou" is no region that was known in 2026-11; did you mean "cn-hangzhou" (华东1（杭州）, China (Hangzhou))?
` + path + `: warning: HTTPS_PROXY is no URL of a proxy, and requests go directly; write one such as http://proxy.example.com:3128
` + path + `: warning: account "main": reading ca_file "` + filepath.Dir(path) + `/ca.pem": no such file; mount it, or correct the path
`
	if stdout.String() != want {
		t.Errorf("got\n%swant\n%s", &stdout, want)
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
		{[]string{"--nonsense"}, "oss_cname_exporter: unknown flag --nonsense; --help lists them\n"},
		{[]string{"--log.level=loud"}, "oss_cname_exporter: --log.level: \"loud\": write one of debug, info, warn, error, try --help\n"},
		{[]string{"--log.format="}, "oss_cname_exporter: --log.format: \"\": write one of logfmt, json, try --help\n"},
		{[]string{"--scrape.timeout-offset=-5s"}, "oss_cname_exporter: --scrape.timeout-offset: \"-5s\": out of range; write 0s to 1m, try --help\n"},
		{[]string{"--scrape.max-timeout=1ns"}, "oss_cname_exporter: --scrape.max-timeout: \"1ns\": out of range; write 100ms to 10m, try --help\n"},
		{[]string{"--scrape.max-timeout=1d"}, "oss_cname_exporter: --scrape.max-timeout: \"1d\": out of range; write 100ms to 10m, try --help\n"},
		{[]string{"--scrape.max-timeout=30"}, "oss_cname_exporter: --scrape.max-timeout: \"30\": not a duration; write a number with its unit (ms, s, m, h, d), such as \"30s\", try --help\n"},
		{[]string{"--web.listen-address="}, "oss_cname_exporter: --web.listen-address: \"\": write host and port, such as \":19525\" or \"127.0.0.1:19525\"\n"},
		{[]string{"--web.listen-address=127.0.0.1:"}, "oss_cname_exporter: --web.listen-address: \"127.0.0.1:\": write host and port, such as \":19525\" or \"127.0.0.1:19525\"\n"},
		{[]string{"--web.max-connections=3"}, "oss_cname_exporter: --web.max-connections: \"3\": write a whole number from 4 to 100000, try --help\n"},
		{[]string{"--web.listen-address=unix:/run/exporter.sock"}, "oss_cname_exporter: --web.listen-address: \"unix:/run/exporter.sock\": Unix sockets are not served; write host and port, such as \"127.0.0.1:19525\", or pass a socket with --web.systemd-socket\n"},
		{[]string{"--web.health-listen-address=localhost"}, "oss_cname_exporter: --web.health-listen-address: \"localhost\": write host and port, such as \":19525\" or \"127.0.0.1:19525\"\n"},
		{[]string{"--web.external-url=monitoring.example.com/oss"}, "oss_cname_exporter: --web.external-url: write a plain URL, such as \"https://monitoring.example.com/oss-cname\"\n"},
		{[]string{"--web.external-url=https://u:p@monitoring.example.com/"}, "oss_cname_exporter: --web.external-url: write a plain URL, such as \"https://monitoring.example.com/oss-cname\"\n"},
		{[]string{"--web.route-prefix=/a?b"}, "oss_cname_exporter: --web.route-prefix: \"/a?b\": write a plain path, such as \"/oss-cname\"\n"},
		{[]string{"--web.route-prefix=/{x}"}, "oss_cname_exporter: --web.route-prefix: \"/{x}\": write a plain path, such as \"/oss-cname\"\n"},
		{[]string{"--total-shards=two"}, "oss_cname_exporter: --total-shards: \"two\": write a whole number from 1 to 10000, try --help\n"},
		{[]string{"--config.file="}, "oss_cname_exporter: --config.file: empty; write the configuration's path\n"},
		{[]string{"--demo", "--config.watch"}, "oss_cname_exporter: --config.watch: the demo brings its own configuration and account; leave out either --demo or --config.watch\n"},
		{[]string{"--demo", "--config.file=config.yaml"}, "oss_cname_exporter: --config.file: the demo brings its own configuration and account; leave out either --demo or --config.file\n"},
		{[]string{"init", "--demo", "--region=cn-hangzhou"}, "oss_cname_exporter: --region: the demo brings its own configuration and account; leave out either --demo or --region\n"},
		{[]string{"--confg.file=x"}, "oss_cname_exporter: unknown flag --confg.file; did you mean --config.file?\n"},
		{[]string{"--output=json"}, "oss_cname_exporter: --output is a flag of the command check; write \"check --output\"\n"},
		{[]string{"chek"}, "oss_cname_exporter: unknown command \"chek\"; did you mean check?\n"},
		{[]string{"config.yaml"}, "oss_cname_exporter: unexpected \"config.yaml\"; for a configuration write --config.file=config.yaml\n"},
		{[]string{"examplebucket/www.example.com"}, "oss_cname_exporter: unexpected \"examplebucket/www.example.com\"; to ask about a domain write check examplebucket/www.example.com\n"},
		{[]string{"stray"}, "oss_cname_exporter: unknown command \"stray\"; known: help, serve, health, check, init\n"},
		{[]string{"--config.file=" + dir + "/none.yaml"}, "oss_cname_exporter: reading config \"" + dir + "/none.yaml\": no such file or directory\n"},
		{[]string{"--config.file=" + dir}, "oss_cname_exporter: reading config \"" + dir + "\": is a directory\n"},
		{[]string{"--config.file=" + five}, five + `:1: probe: unknown key "timout"; write "timeout"
` + five + `:3: accounts.main.region: "oss-cn-hangzhou": write the plain region id, "cn-hangzhou" (华东1（杭州）, China (Hangzhou))
` + five + `:5: targets[0].bucket: "Assets": bucket names are lower case; write "assets"
` + five + `:6: targets[1].cname: "https://www.example.com": has a scheme; write only the domain, "www.example.com"
` + five + `:7: targets[2].account: "mian": no such account; write "main"
`},
		{[]string{"--config.check", "--config.file=" + five}, ""},
		{[]string{"--demo", "--web.listen-address=" + taken.Addr().String()}, "oss_cname_exporter: another program uses this address; choose another one, such as --web.listen-address=127.0.0.1:19526: listen tcp " + taken.Addr().String() + ": bind: address already in use\n"},
		{[]string{"--demo", "--web.listen-address=127.0.0.1:0", "--web.health-listen-address=" + taken.Addr().String()}, "oss_cname_exporter: listening for health checks: another program uses this address; choose another one, such as --web.health-listen-address=127.0.0.1:19526: listen tcp " + taken.Addr().String() + ": bind: address already in use\n"},
		{[]string{"--demo", "--web.listen-address=nonsense"}, "oss_cname_exporter: --web.listen-address: \"nonsense\": write host and port, such as \":19525\" or \"127.0.0.1:19525\"\n"},
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
