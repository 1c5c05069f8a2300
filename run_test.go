package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// output collects what the program prints, and tells when it says something.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // has a token after each Write
}

func newOutput() *output { return &output{more: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// wait returns the first match of pattern's group once it has been printed.
func (o *output) wait(t *testing.T, pattern string) string {
	t.Helper()
	for expr := regexp.MustCompile(pattern); ; {
		if m := expr.FindStringSubmatch(o.String()); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-o.more:
		case <-t.Context().Done():
			t.Fatalf("no %s in\n%s", pattern, o)
		}
	}
}

// program is a run of the program in this process.
type program struct {
	stdout, stderr *output
	stop           context.CancelFunc
	ended          chan error
}

// start runs the program until the test ends.
func start(t *testing.T, env map[string]string, args ...string) *program {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	p := &program{newOutput(), newOutput(), stop, make(chan error, 1)}
	go func() { p.ended <- run(ctx, args, func(name string) string { return env[name] }, p.stdout, p.stderr) }()
	t.Cleanup(func() {
		stop()
		if err, first := <-p.ended; first && err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return p
}

// address returns where the program listens, once it does.
func (p *program) address(t *testing.T) string {
	t.Helper()
	return p.stderr.wait(t, `msg="Listening on" address=(\S+)`)
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	return ask(t, http.MethodGet, url)
}

func ask(t *testing.T, method, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestDemo(t *testing.T) {
	p := start(t, nil, "--demo", "--web.listen-address=127.0.0.1:0")
	address := p.address(t)
	_, port, _ := net.SplitHostPort(address)
	p.stdout.wait(t, "(http://localhost:"+port+"/metrics)")
	_, metrics := get(t, "http://"+address+"/metrics")
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
	if strings.Contains(metrics+p.stdout.String()+p.stderr.String(), demoEnv("OSS_ACCESS_KEY_SECRET")) {
		t.Error("the secret is shown")
	}
}

func TestAnswersAndEnds(t *testing.T) {
	for flag, want := range map[string]string{"--help": "--config.file", "--version": "oss_cname_exporter, version"} {
		stdout, stderr := newOutput(), newOutput()
		if err := run(t.Context(), []string{flag}, os.Getenv, stdout, stderr); err != nil {
			t.Errorf("%s: %v", flag, err)
		}
		if !strings.Contains(stdout.String(), want) || stderr.String() != "" {
			t.Errorf("%s: printed %q and %q", flag, stdout, stderr)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	stdout := newOutput()
	if err := run(t.Context(), []string{"--config.check", "--config.file=config.example.yaml"}, os.Getenv, stdout, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stdout.String(), "config.example.yaml: 4 targets, no faults") {
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
		stdout, stderr := newOutput(), newOutput()
		err := run(t.Context(), test.args, os.Getenv, stdout, stderr)
		if err == nil {
			t.Errorf("%v: started", test.args)
			continue
		}
		var complaint bytes.Buffer
		complain(&complaint, err)
		if test.want != "" && complaint.String() != test.want {
			t.Errorf("%v: complained\n%swant\n%s", test.args, &complaint, test.want)
		}
		if stdout.String() != "" && !strings.Contains(test.args[0], "demo") {
			t.Errorf("%v: printed %q", test.args, stdout)
		}
	}
}

func TestReloadChangesTheTargets(t *testing.T) {
	demo := startDemo()
	defer demo.close()
	path := filepath.Join(t.TempDir(), "config.yaml")
	write := func(cname string) {
		text := "accounts: {main: {region: cn-hangzhou, endpoint: \"" + demo.oss.URL() + "\"}}\n" +
			"targets: [{bucket: demo-bucket, cname: plenty.example.com}, {bucket: demo-bucket, cname: " + cname + "}]\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("hours.example.com")
	env := map[string]string{"OSS_ACCESS_KEY_ID": demoEnv("OSS_ACCESS_KEY_ID"), "OSS_ACCESS_KEY_SECRET": demoEnv("OSS_ACCESS_KEY_SECRET")}
	p := start(t, env, "--config.file="+path, "--web.listen-address=127.0.0.1:0")
	url := "http://" + p.address(t)

	expect := func(probes, cname, successful string) {
		t.Helper()
		_, metrics := get(t, url+"/metrics")
		for _, want := range []string{
			`oss_cname_token_probes_total{bucket="demo-bucket",cname="plenty.example.com"} ` + probes,
			`oss_cname_token_exists{bucket="demo-bucket",cname="` + cname + `"} 1`,
			`oss_cname_exporter_config_last_reload_successful ` + successful,
		} {
			if !strings.Contains(metrics, "\n"+want+"\n") {
				t.Errorf("no line %s", want)
			}
		}
		if n := strings.Count(metrics, "\noss_cname_token_exists{"); n != 2 {
			t.Errorf("%d targets, want 2", n)
		}
	}
	expect("1", "hours.example.com", "1")

	write("minutes.example.com")
	expect("2", "hours.example.com", "1") // not yet
	if status, body := ask(t, http.MethodPost, url+"/-/reload"); status != http.StatusOK {
		t.Errorf("reload: %d %s", status, body)
	}
	expect("3", "minutes.example.com", "1")

	write("https://nonsense")
	if status, body := ask(t, http.MethodPost, url+"/-/reload"); status != http.StatusInternalServerError || !strings.Contains(body, "has a scheme") {
		t.Errorf("bad reload: %d %s", status, body)
	}
	expect("4", "minutes.example.com", "0")

	write("slow.example.com")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.stderr.wait(t, `(?s)configuration refused.*(configuration loaded)`)
	expect("5", "slow.example.com", "1")
}
