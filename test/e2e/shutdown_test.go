//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestSignalFinishesTheScrape holds back OSS's answer, so that the signal arrives in the middle of a scrape for certain.
func TestSignalFinishesTheScrape(t *testing.T) {
	t.Setenv("OSS_ACCESS_KEY_ID", "e2e")
	t.Setenv("OSS_ACCESS_KEY_SECRET", "e2e")
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			oss := newHeldOSS(t)
			exporter := startExporter(t, "--config.file="+oss.config(t))
			type answer struct {
				body []byte
				err  error
			}
			scraped := make(chan answer, 1)
			go func() {
				body, _, err := get(t.Context(), "http://"+exporter.address+"/metrics", acceptText)
				scraped <- answer{body, err}
			}()
			await(t, oss.asked)
			exporter.signal(t, sig)
			eventually(t, patience, func(ctx context.Context) error {
				if _, _, err := get(ctx, "http://"+exporter.address+"/-/healthy", ""); !errors.Is(err, syscall.ECONNREFUSED) {
					return fmt.Errorf("after %v: got %w, want new connections refused", sig, err)
				}
				return nil
			})
			close(oss.release)
			got := await(t, scraped)
			if want := []byte(`oss_cname_token_exists{bucket="held-bucket",cname="held.example.com"} 1`); got.err != nil || !bytes.Contains(got.body, want) {
				t.Errorf("the scrape in flight got %v, want %q in\n%s", got.err, want, got.body)
			}
			exporter.wait(t) // and its cleanup asserts exit code 0
		})
	}
}

// heldOSS is an OSS that answers GetCnameToken once it is released.
type heldOSS struct {
	url     string
	asked   chan struct{} // gets an element per question
	release chan struct{} // closed: answer
}

func newHeldOSS(t *testing.T) *heldOSS {
	t.Helper()
	oss := &heldOSS{asked: make(chan struct{}, 100), release: make(chan struct{})}
	server := httptest.NewServer(oss)
	t.Cleanup(server.Close)
	oss.url = server.URL
	return oss
}

func (o *heldOSS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.asked <- struct{}{}
	select {
	case <-o.release:
	case <-r.Context().Done():
	}
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprintf(w, `<CnameToken><Bucket>held-bucket</Bucket><Cname>held.example.com</Cname><Token>t</Token><ExpireTime>%s</ExpireTime></CnameToken>`,
		time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
}

// config writes a configuration with one target, asked of this OSS.
func (o *heldOSS) config(t *testing.T) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf(`
probe: {timeout: 30s}
accounts:
  main: {region: cn-hangzhou, endpoint: %q}
targets:
  - {bucket: held-bucket, cname: held.example.com, account: main}
`, o.url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// await takes one element, which must come.
func await[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case v := <-ch:
		return v
	case <-ctx.Done():
		t.Fatalf("nothing happened within %v", patience)
		panic("unreachable")
	}
}
