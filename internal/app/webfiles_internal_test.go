package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFilesOfTheWebConfiguration(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "web.yml")
	for text, want := range map[string]string{
		"": "web.yml",
		"tls_server_config: {cert_file: server.crt, key_file: tls/server.key, client_ca_file: /etc/ca.pem}": "web.yml server.crt tls/server.key /etc/ca.pem",
		"tls_server_config: [": "web.yml",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(strings.Join(webFiles(path), " "), dir+"/", ""); got != want {
			t.Errorf("%q names %s, want %s", text, got, want)
		}
	}
	if got := webFiles(""); got != nil {
		t.Errorf("no web configuration names %s", got)
	}
	if got := webFiles(dir); !slices.Equal(got, []string{dir}) {
		t.Errorf("a folder names %s", got)
	}
}
