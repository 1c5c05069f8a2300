package accounts_test

import (
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
)

// secured is an asked OSS with TLS, which an account trusts by its ca_file.
type secured struct {
	*asked
	ca   string // path
	pem  string // its certificate
	cfg  *config.Config
	open atomic.Int32 // connections
}

func newSecured(t *testing.T) *secured {
	t.Helper()
	s := &secured{asked: newAsked(t), ca: filepath.Join(t.TempDir(), "ca.pem")}
	front := httptest.NewUnstartedServer(s.oss)
	front.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.open.Add(1)
		case http.StateClosed, http.StateHijacked:
			s.open.Add(-1)
		}
	}
	front.StartTLS()
	t.Cleanup(front.Close)
	s.pem = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw}))
	s.write(t, s.pem)
	s.cfg = parse(t, "endpoint: '"+front.URL+"', ca_file: "+s.ca)
	return s
}

func (s *secured) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(s.ca, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *secured) mustAnswer(t *testing.T) {
	t.Helper()
	if err := s.ask(t, s.cfg); err != nil {
		t.Error(err)
	}
}

// TestReloadKeepsConnections touches ca_file, and breaks it for a while: it takes another text that works to replace what
// works.
func TestReloadKeepsConnections(t *testing.T) {
	s := newSecured(t)
	s.mustAnswer(t)
	for i, text := range []string{s.pem, s.pem, s.pem[:len(s.pem)/2], "", s.pem} {
		s.write(t, text)
		if err := os.Chtimes(s.ca, time.Time{}, time.Unix(int64(i), 0)); err != nil {
			t.Fatal(err)
		}
		s.clients.Retain(s.cfg)
		s.mustAnswer(t)
	}
	if err := os.Remove(s.ca); err != nil {
		t.Fatal(err)
	}
	s.clients.Retain(s.cfg)
	s.mustAnswer(t)
	if n := s.open.Load(); n != 1 {
		t.Errorf("%d connections, want the first one still", n)
	}
}

// TestStormOfReloads changes ca_file each time, in the middle of questions, and lets go of what was before.
func TestStormOfReloads(t *testing.T) {
	s := newSecured(t)
	s.mustAnswer(t)
	for i := range 100 {
		done := make(chan struct{})
		go func() { defer close(done); s.mustAnswer(t) }()
		s.write(t, []string{s.pem, anotherCertificate + s.pem}[i%2])
		s.clients.Retain(s.cfg)
		<-done
		s.mustAnswer(t)
	}
	for s.open.Load() > 2 {
		if t.Context().Err() != nil {
			t.Fatalf("%d connections are left", s.open.Load())
		}
		runtime.Gosched()
	}
}

// TestReloadEndsWhatIsNotUsed removes the account: its connections are closed.
func TestReloadEndsWhatIsNotUsed(t *testing.T) {
	s := newSecured(t)
	s.mustAnswer(t)
	if n := s.open.Load(); n != 1 {
		t.Fatalf("%d connections", n)
	}
	s.clients.Retain(&config.Config{})
	for s.open.Load() > 0 {
		if t.Context().Err() != nil {
			t.Fatalf("%d connections are left", s.open.Load())
		}
		runtime.Gosched()
	}
}

// TestSignatures has OSS told the signature that the account asks for.
func TestSignatures(t *testing.T) {
	for version, want := range map[string]string{"v1": "OSS ", "v4": "OSS4-HMAC-SHA256 "} {
		a := newAsked(t)
		var signature string
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			signature = r.Header.Get("Authorization")
			a.oss.ServeHTTP(w, r)
		}))
		cfg := parse(t, "endpoint: '"+front.URL+"', signature_version: "+version)
		if err := a.ask(t, cfg); err != nil || !strings.HasPrefix(signature, want) {
			t.Errorf("%s: signed %.20q, %v", version, signature, err)
		}
		a.clients.Close()
		front.Close()
	}
}
