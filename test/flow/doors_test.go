package flow_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/app/apptest"
)

// TestBareStart starts in an empty folder, and finds the three ways to begin.
func TestBareStart(t *testing.T) {
	t.Chdir(t.TempDir())
	for exit, args := range map[int][]string{78: nil, 3: {"check"}} {
		got, stdout, stderr := runCheck(t, nil, args...)
		if got != exit || stdout != "" {
			t.Errorf("%v: got %d, %q", args, got, stdout)
		}
		if asks := strings.Contains(stderr, "check --region=cn-hangzhou examplebucket/www.example.com"); asks != (exit == 3) {
			t.Errorf("%v: %s", args, stderr)
		}
		for _, way := range []string{"--demo", "init --region=cn-hangzhou > config.yaml", "config.example.yaml", "--config.file"} {
			if !strings.Contains(stderr, way) {
				t.Errorf("%v: does not name %s: %s", args, way, stderr)
			}
		}
	}
}

// TestDemoWithTLS wants the address that a browser needs.
func TestDemoWithTLS(t *testing.T) {
	dir := t.TempDir()
	apptest.WriteCertificate(t, dir)
	web := filepath.Join(dir, "web.yml")
	if err := os.WriteFile(web, []byte("tls_server_config: {cert_file: server.crt, key_file: server.key}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := apptest.Start(t, nil, "--demo", "--web.listen-address=127.0.0.1:0", "--web.config.file="+web)
	p.Stdout.Wait(t, `(https://localhost:\d+)/metrics`)
	p.Stderr.Wait(t, `cname=(rubbish.example.com)`) // its own client, which stands in for Prometheus, trusts the certificate
}

// TestHelpOfACommand begins with the flags of the command, and has examples.
func TestHelpOfACommand(t *testing.T) {
	for command, example := range map[string]string{"check": "check examplebucket/www.example.com", "init": "init --region=cn-hangzhou > config.yaml"} {
		out := apptest.NewOutput()
		if err := app.Run(t.Context(), []string{command, "--help"}, os.Getenv, out, out); err != nil {
			t.Fatal(err)
		}
		help := out.String()
		own, all := strings.Index(help, "Flags of "+command+":"), strings.Index(help, "Flags of every command:")
		if own < 0 || all < own || strings.Contains(help[all:], "--region=") || !strings.Contains(help[:all], example) {
			t.Errorf("%s:\n%s", command, help)
		}
	}
}

// TestClosedPipe has a reader that is gone: "check | head -1".
func TestClosedPipe(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		exit int
	}{
		"well":     {[]string{"check", "--demo", "demo-bucket/bound.example.com"}, 0},
		"critical": {[]string{"check", "--demo"}, 2},
		"help":     {[]string{"check", "--help"}, 0},
		"init":     {[]string{"init", "--demo"}, 0},
	} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reader.Close()
		stderr := apptest.NewOutput()
		exit := app.Main(test.args, os.Getenv, writer, stderr)
		writer.Close()
		if said := stderr.String(); exit != test.exit || name != "init" && said != "" {
			t.Errorf("%s: got %d, %s", name, exit, said)
		}
	}
}
