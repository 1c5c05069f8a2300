package app

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-kit/log"
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

// TestKeepsLocked changes a web configuration under a server that keeps to the
// locks that it had at the start.
func TestKeepsLocked(t *testing.T) {
	const password, certificate = "basic_auth_users: {admin: $2y$10$x}\n", "tls_server_config: {client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem}\n"
	path := filepath.Join(t.TempDir(), "web.yml")
	for start, changes := range map[string]map[string]int{
		"":                     {password: 200, "": 200},
		"http2: false":         {"": 200},
		password:               {password: 200, "": 503, certificate: 503, "{": 503, "basic_auth_users: {}": 503, "basic_auth_users: {other: x}": 200, password + certificate: 200},
		certificate:            {certificate: 200, "": 503, password: 503},
		certificate + password: {certificate: 503, password: 503, certificate + password: 200},
	} {
		write := func(text string) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(start)
		var lines bytes.Buffer
		refused, wanted := 0, 0
		handler := keepLocked(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), path, func(int) { refused++ }, log.NewLogfmtLogger(&lines))
		get := func() int {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
			return w.Code
		}
		for text, want := range changes {
			write(start)
			get()
			write(text)
			lines.Reset()
			first, second := get(), get()
			if first != want || second != want || strings.Count(lines.String(), "level=error ") != want/503 || strings.Count(lines.String(), "\n") != want/503 {
				t.Errorf("%q became %q: got %d and %d, want %d, logged\n%s", start, text, first, second, want, &lines)
			}
			wanted += want / 503 * 2
		}
		if refused != wanted {
			t.Errorf("%q: counted %d refusals, want %d", start, refused, wanted)
		}
		if start == "" {
			continue
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if got, want := get(), map[bool]int{true: 503, false: 200}[wanted > 0]; got != want {
			t.Errorf("%q was removed: got %d, want %d", start, got, want)
		}
	}
}
