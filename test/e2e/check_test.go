//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// runOnce runs a command to its end, with some variables more, and returns its exit status and what it printed.
func runOnce(t *testing.T, environment []string, name string, args ...string) (exit int, stdout string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), environment...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, _ := cmd.Output() // the ProcessState says it better
	if cmd.ProcessState == nil || strings.Contains(said.String(), "DATA RACE") {
		t.Fatalf("%v: %s", cmd.Args, &said)
	}
	t.Logf("%v: %d\n%s%s", cmd.Args, cmd.ProcessState.ExitCode(), out, &said)
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestCheckInAPipeline is the step that fails on a wrong key, and passes on a domain that is well.
func TestCheckInAPipeline(t *testing.T) {
	t.Parallel()
	oss := apptest.NewOSS(t, osstest.Options{}, "examplebucket")
	oss.Bind(domain.Name{Bucket: "examplebucket", Base: "www.example.com"}, osstest.Binding{})
	file := filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf("checks: {binding: true}\naccounts: {main: {region: cn-hangzhou, endpoint: %q}}\ntargets: [{bucket: examplebucket, cname: www.example.com}]\n", oss.URL())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, env := range map[int][]string{
		0: {"OSS_ACCESS_KEY_ID=demo", "OSS_ACCESS_KEY_SECRET=demo-secret"},
		2: {"OSS_ACCESS_KEY_ID=demo", "OSS_ACCESS_KEY_SECRET=mistyped"},
	} {
		if exit, out := runOnce(t, env, "oss_cname_exporter", "--config.file="+file, "check"); exit != want || strings.Contains(out, "\x1b") {
			t.Errorf("got %d, want %d:\n%s", exit, want, out)
		}
	}
	if exit, out := runOnce(t, nil, "oss_cname_exporter", "check", "--demo", "demo-bucket/bound.example.com"); exit != 0 || !strings.HasPrefix(out, "OK: 1 ok, of 1 domain | critical=0;") {
		t.Errorf("the demo's healthy domain: got %d\n%s", exit, out)
	}
	if exit, _ := runOnce(t, nil, "oss_cname_exporter", "--config.file=/nonexistent", "check"); exit != 3 {
		t.Errorf("no configuration: got %d", exit)
	}
}

// TestCheckOnATerminal wants colours on a terminal, unless they are not wanted.
func TestCheckOnATerminal(t *testing.T) {
	t.Parallel()
	const command = "oss_cname_exporter check --demo demo-bucket/hours.example.com"
	for env, coloured := range map[string]bool{"TERM=xterm": true, "NO_COLOR=1": false, "TERM=dumb": false} {
		exit, out := runOnce(t, []string{env}, "script", "--quiet", "--return", "--command", command, filepath.Join(t.TempDir(), "typescript"))
		if exit != 2 || strings.Contains(out, "\x1b[1;31mcritical") != coloured {
			t.Errorf("%s: got %d\n%q", env, exit, out)
		}
	}
}

// TestNodeExporterServesTheCheck has Debian's node_exporter serve what check wrote.
func TestNodeExporterServesTheCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if exit, out := runOnce(t, nil, "oss_cname_exporter", "check", "--demo", "--output=prom", "--output.file="+filepath.Join(dir, "oss_cname.prom")); exit != 2 || strings.Count(out, "\n") != 1 {
		t.Errorf("got %d %q", exit, out)
	}
	node := start(t, "prometheus-node-exporter", "--web.listen-address=127.0.0.1:0", "--collector.disable-defaults", "--collector.textfile", "--collector.textfile.directory="+dir)
	body, _ := exporter{node, node.address(t)}.get(t, "/metrics", acceptText)
	for _, line := range []string{
		`oss_cname_token_exists{bucket="demo-bucket",cname="plenty.example.com",team="web"} 1`,
		`oss_cname_state{bucket="demo-bucket",cname="bound.example.com",state="bound",team="web"} 1`,
		"node_textfile_scrape_error 0",
	} {
		if !strings.Contains(string(body), "\n"+line+"\n") {
			t.Errorf("node_exporter does not serve %s", line)
		}
	}
	node.kill(t) // it knows no orderly end
}
