// Package apptest runs the program in the process of a test. A Program is one run
// with its Output; a Server is a Program that serves a configuration of the test.
package apptest

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"sync"
	"testing"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/web/webtest"
)

// Output collects what the program prints, and tells when it says something.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // has a token after each Write
}

// NewOutput returns an empty Output.
func NewOutput() *Output { return &Output{more: make(chan struct{}, 1)} }

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

// String returns all that was printed.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// More receives after the program has printed something. It has one receiver,
// which does not call Wait.
func (o *Output) More() <-chan struct{} { return o.more }

// Wait returns the first match of pattern's group once it has been printed.
func (o *Output) Wait(t *testing.T, pattern string) string {
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

// Program is a run of the program in this process.
type Program struct {
	Stdout, Stderr *Output
	stop           context.CancelFunc
	ended          chan error
}

// Start runs the program until the test ends.
func Start(t *testing.T, env map[string]string, args ...string) *Program {
	t.Helper()
	return start(t, func(name string) string { return env[name] }, args...)
}

func start(t *testing.T, getenv func(string) string, args ...string) *Program {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	p := &Program{NewOutput(), NewOutput(), stop, make(chan error, 1)}
	go func() {
		p.ended <- app.Run(ctx, args, getenv, p.Stdout, p.Stderr)
	}()
	t.Cleanup(func() {
		stop()
		if err, first := <-p.ended; first && err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return p
}

// Address returns where the program listens, once it does.
func (p *Program) Address(t *testing.T) string {
	t.Helper()
	return p.Stderr.Wait(t, `msg="Listening on" address=(\S+)`)
}

// Get fetches url and returns the status and the body.
func Get(t *testing.T, url string) (int, string) {
	t.Helper()
	return Do(t, http.MethodGet, url)
}

// Do sends a request without a body and returns the status and the body of the answer.
func Do(t *testing.T, method, url string) (int, string) {
	t.Helper()
	resp, body := Send(t, method, url) //nolint:bodyclose // Send has closed it
	return resp.StatusCode, body
}

// Send sends a request without a body, with pairs of header and value, and
// returns the answer and its body. A busy machine loses no scrape.
func Send(t *testing.T, method, url string, header ...string) (*http.Response, string) {
	t.Helper()
	return webtest.Send(t, method, url, append([]string{"X-Prometheus-Scrape-Timeout-Seconds", "600"}, header...)...)
}
