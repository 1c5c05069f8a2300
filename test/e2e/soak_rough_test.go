//go:build e2e && soak

package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// rough is an exporter in bad company: of its accounts one has a key program that never ends, half of its targets have
// a resolver that never answers, the reader of its log goes away, and it gets signals that mean nothing to it. The
// account beside all that must not lose a sample.
type rough struct {
	cmd     *exec.Cmd
	stderr  *os.File // closed in the middle
	address string
	healthy []domain.Name
	judged  int
	lost    []string
}

func newRough(t *testing.T) *rough {
	t.Helper()
	oss := osstest.New(osstest.Options{})
	t.Cleanup(oss.Close)
	oss.AddKey("soak", "soak-secret")
	oss.AddBucket(osstest.Bucket{Name: calmBucket})
	dead, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dead.Close() })
	r := &rough{}
	text := fmt.Sprintf(`
probe: {timeout: 2s}
accounts:
  calm: {region: cn-hangzhou, endpoint: %[1]q}
  stuck: {region: cn-hangzhou, endpoint: %[1]q, credentials: {type: process, command: "sleep 1000"}}
targets:
`, oss.URL())
	for i := range 20 {
		d := domain.Name{Bucket: calmBucket, Base: fmt.Sprintf("d%d.example.com", i)}
		oss.SetToken(d, osstest.Token{Expires: time.Now().Add(72 * time.Hour)})
		account := "stuck"
		if i%2 == 0 {
			account, r.healthy = "calm", append(r.healthy, d)
		}
		checks := ""
		if i%4 < 2 {
			checks = fmt.Sprintf(", checks: {dns: true, resolvers: [%q]}", dead.LocalAddr())
		}
		text += fmt.Sprintf("  - {bucket: %s, cname: %s, account: %s, labels: {generation: \"0\"}%s}\n", d.Bucket, d.Base, account, checks)
	}
	file := filepath.Join(t.TempDir(), "rough.yaml")
	replace(t, file, text)
	r.start(t, file)
	return r
}

func (r *rough) start(t *testing.T, file string) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.stderr = reader
	r.cmd = exec.CommandContext(t.Context(), "oss_cname_exporter", "--web.listen-address=127.0.0.1:0", "--config.watch", "--log.level=debug", "--config.file="+file)
	r.cmd.Stderr = writer
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	t.Cleanup(func() { _ = r.cmd.Process.Kill(); _ = r.cmd.Wait(); reader.Close() })
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		if match := listening.FindStringSubmatch(lines.Text()); match != nil {
			r.address = match[1]
			return
		}
	}
	t.Fatal("the exporter in bad company does not listen")
}

// run scrapes until ctx is done. From the third scrape on nobody reads its log.
func (r *rough) run(t *testing.T, ctx context.Context) { //nolint:revive // t first, as everywhere in tests
	t.Helper()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			r.scrape(t)
		case <-ctx.Done():
			return
		}
		if r.judged == 3 {
			r.stderr.Close()
		}
		for _, sig := range []os.Signal{syscall.SIGPIPE, syscall.SIGUSR1, syscall.SIGWINCH, syscall.SIGHUP, syscall.SIGHUP} {
			if err := r.cmd.Process.Signal(sig); err != nil {
				t.Errorf("the exporter in bad company is gone: %v", err)
				return
			}
		}
	}
}

// scrape grants little, and waits as long as it takes: a busy machine loses nothing.
func (r *rough) scrape(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	seen, err := scrape(ctx, "http://"+r.address+"/metrics", acceptText, http.Header{"X-Prometheus-Scrape-Timeout-Seconds": {"5"}})
	if err != nil {
		t.Errorf("the exporter in bad company: %v", err)
		return
	}
	r.judged++
	for _, d := range r.healthy {
		if s := seen.targets[d]; s["oss_cname_token_exists"] != 1 {
			r.lost = append(r.lost, fmt.Sprintf("scrape %d: %v %v", r.judged, d, s))
		}
	}
}

// end says what was lost, and ends the process in order.
func (r *rough) end(t *testing.T) {
	t.Helper()
	t.Logf("in bad company: %d scrapes, %d samples lost", r.judged, len(r.lost))
	if r.judged == 0 || len(r.lost) > 0 {
		t.Errorf("in bad company %d samples were lost in %d scrapes, such as %.5v", len(r.lost), r.judged, r.lost)
	}
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := r.cmd.Wait(); err != nil {
		t.Errorf("the exporter in bad company ended with %v", err)
	}
}
