package flow_test

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/demo"
)

// TestLogHasOneShape has every part of the program log: the exporter, the toolkit, net/http and failed starts. Each line is one record with one
// ts, level and msg, and none says where in the code it comes from.
func TestLogHasOneShape(t *testing.T) {
	for _, format := range []string{"json", "logfmt"} {
		t.Run(format, func(t *testing.T) {
			dir := t.TempDir()
			apptest.WriteCertificate(t, dir)
			if err := os.WriteFile(filepath.Join(dir, "web.yml"), []byte("tls_server_config: {cert_file: server.crt, key_file: server.key}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := apptest.Start(t, nil, "--demo", "--log.format="+format, "--web.listen-address=127.0.0.1:0", "--web.config.file="+filepath.Join(dir, "web.yml"))
			address := p.Stderr.Wait(t, `address"?[=:]"?([0-9.:]+)`)
			client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+"/", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if resp, err := client.Do(req); err == nil { // trusts nobody
				resp.Body.Close()
				t.Fatal("the certificate is trusted")
			}
			p.Stderr.Wait(t, `(http: TLS handshake error from 127.0.0.1)`)
			checkShape(t, format, p.Stderr.String())
		})
	}
}

func TestFailedStartsAreLogged(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(bad, []byte("accounts: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--log.format=json", "--nonsense"},
		{"--nonsense", "--log.format", "json"},
		{"--log.format=json", "--config.file=none.yaml"},
		{"--log.format=json", "--config.file=" + bad},
		{"--log.format=logfmt", "--config.file=" + bad},
		{"--log.format=json", "--demo", "--web.listen-address=192.0.2.1:1"},
	} {
		stderr := apptest.NewOutput()
		if err := app.Run(t.Context(), args, demo.Getenv, apptest.NewOutput(), stderr); err == nil {
			t.Errorf("%v: started", args)
		}
		format := "json"
		if strings.HasSuffix(args[0], "logfmt") {
			format = "logfmt"
		}
		if !strings.Contains(stderr.String(), "error") {
			t.Errorf("%v: logged %q", args, stderr)
		}
		checkShape(t, format, stderr.String())
	}
}

func checkShape(t *testing.T, format, logged string) {
	t.Helper()
	key := map[string]string{"json": `"%":`, "logfmt": `(?:^| )%=`}[format]
	count := func(name, line string) int {
		return len(regexp.MustCompile(strings.Replace(key, "%", name, 1)).FindAllString(line, -1))
	}
	for line := range strings.Lines(logged) {
		for name, want := range map[string]int{"ts": 1, "level": 1, "msg": 1, "caller": 0, "time": 0} {
			if got := count(name, line); got != want {
				t.Errorf("%d keys %s in %s", got, name, line)
			}
		}
		var record map[string]any
		if format == "json" && json.Unmarshal([]byte(line), &record) != nil {
			t.Errorf("no JSON: %s", line)
		}
	}
}
