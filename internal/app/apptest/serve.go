package apptest

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/fake/osstest"
)

// NewOSS returns a simulated OSS that knows the demo's key and has empty
// buckets of these names. It is closed when the test ends.
func NewOSS(t *testing.T, opts osstest.Options, buckets ...string) *osstest.Server {
	t.Helper()
	oss := osstest.New(opts)
	t.Cleanup(oss.Close)
	oss.AddKey(demo.Getenv("OSS_ACCESS_KEY_ID"), demo.Getenv("OSS_ACCESS_KEY_SECRET"))
	for _, name := range buckets {
		oss.AddBucket(osstest.Bucket{Name: name})
	}
	return oss
}

// Server is a run of the program that serves a configuration of the test.
type Server struct {
	*Program
	URL    string // without a path
	config string // the file
}

// Serve runs the program with a configuration, on a port of its own, until the
// test ends. The program has the demo's key, and gives a scrape as long as it
// takes: a busy machine must not decide a test.
func Serve(t *testing.T, config string, args ...string) *Server {
	t.Helper()
	return ServeWith(t, demo.Getenv, config, args...)
}

// ServeWith is Serve with another environment.
func ServeWith(t *testing.T, getenv func(string) string, config string, args ...string) *Server {
	t.Helper()
	s := &Server{config: filepath.Join(t.TempDir(), "config.yaml")}
	s.write(t, config)
	s.Program = start(t, getenv, append([]string{"--config.file=" + s.config, "--web.listen-address=127.0.0.1:0", "--scrape.max-timeout=10m", "--web.enable-lifecycle"}, args...)...)
	s.URL = "http://" + s.Address(t)
	return s
}

func (s *Server) write(t *testing.T, config string) {
	t.Helper()
	if err := os.WriteFile(s.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Reload puts another configuration in force.
func (s *Server) Reload(t *testing.T, config string) {
	t.Helper()
	s.write(t, config)
	if status, body := Do(t, http.MethodPost, s.URL+"/-/reload"); status != http.StatusOK {
		t.Fatalf("reloading: %d %s", status, body)
	}
}

// Fetch returns the body of a path, such as "/metrics". Any status but 200
// fails the test.
func (s *Server) Fetch(t *testing.T, path string) string {
	t.Helper()
	status, body := Get(t, s.URL+path)
	if status != http.StatusOK {
		t.Fatalf("%s: %d: %s", path, status, body)
	}
	return body
}
