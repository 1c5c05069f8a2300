package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/clock/clocktest"
	"oss_cname_exporter/internal/credentials"
)

// slowSTS is a transport that answers when it is told to; a call heeds its context.
type slowSTS struct {
	calls   int
	answers chan string
}

// RoundTrip implements http.RoundTripper.
func (s *slowSTS) RoundTrip(req *http.Request) (*http.Response, error) {
	s.calls++
	select {
	case body := <-s.answers:
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(newText(body)), Request: req}, nil
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

type text struct {
	rest string
}

func newText(s string) *text { return &text{s} }

// Read implements io.Reader.
func (t *text) Read(p []byte) (int, error) {
	if t.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// TestSourceThatHangs costs its account one timeout: whoever comes then is told at once, while each attempt is given up and
// followed by another.
func TestSourceThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sts := &slowSTS{answers: make(chan string)}
		from := credentials.STS{Transport: sts}.FromRole(fixed(keyID, secret, ""), role())
		began := time.Now()
		noKey(t, from, "no answer in time")
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the first caller waited %v", took)
		}
		for range 100 {
			time.Sleep(7 * time.Second)
			began = time.Now()
			noKey(t, from, "no answer in time")
			if took := time.Since(began); took != 0 {
				t.Errorf("a later caller waited %v", took)
			}
		}
		if sts.calls < 30 || sts.calls > 40 {
			t.Errorf("asked %d times in 700 seconds, want every 20", sts.calls)
		}
		time.Sleep(time.Minute)
		noKey(t, from, "no answer in time") // begins an attempt
		sts.answers <- fmt.Sprintf(`{"Credentials": {"AccessKeyId": "i", "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": %q}}`,
			time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
		synctest.Wait()
		mustKey(t, from, "i/s/t")
	})
}

// TestWaitingEndsWithTheCaller leaves the attempt alone.
func TestWaitingEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sts := &slowSTS{answers: make(chan string)}
		from := credentials.STS{Transport: sts}.FromRole(fixed(keyID, secret, ""), role())
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		defer cancel()
		if _, err := from.Key(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		go func() {
			sts.answers <- `{"Credentials": {"AccessKeyId": "i", "AccessKeySecret": "s", "SecurityToken": "t"}}`
		}()
		mustKey(t, from, "i/s/t") // an impatient caller costs the others nothing
	})
}

// TestStopEndsTheAttempt hangs until the source is stopped.
func TestStopEndsTheAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sts := &slowSTS{answers: make(chan string)}
		from := credentials.STS{Transport: sts}.FromRole(fixed(keyID, secret, ""), role())
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, _ = from.Key(ctx)
		began := time.Now()
		from.Stop()
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
		from.Stop() // nothing is left to stop
	})
}

// TestConnectionsThatHang has a listener that never answers.
func TestConnectionsThatHang(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	c := newCloud(t)
	sts := c.as()
	sts.Endpoint = "https://" + listener.Addr().String()
	from := sts.FromRole(fixed(keyID, secret, ""), role())
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := from.Key(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	from.Stop()
}

// TestSessionAfterAJump moves the wall clock five minutes after a session of an
// hour began: it is used only if both clocks say that it lasts.
func TestSessionAfterAJump(t *testing.T) {
	for jump, want := range map[time.Duration]int{0: 1, 12 * time.Hour: 2, -8 * time.Hour: 2} {
		c := clocktest.New()
		synctest.Test(t, func(t *testing.T) {
			sts := &slowSTS{answers: make(chan string, 2)}
			from := credentials.STS{Transport: sts, Now: c.Now}.FromRole(fixed(keyID, secret, ""), role())
			get := func() {
				t.Helper()
				sts.answers <- fmt.Sprintf(`{"Credentials": {"AccessKeyId": "STS.id", "AccessKeySecret": "secret", "SecurityToken": "token", "Expiration": %q}}`,
					c.Now().Add(time.Hour).UTC().Format(time.RFC3339))
				if _, err := from.Key(t.Context()); err != nil {
					t.Errorf("moved by %v: %v", jump, err)
				}
				select {
				case <-sts.answers:
				default:
				}
			}
			get()
			time.Sleep(5 * time.Minute)
			c.Jump(jump)
			get()
			if sts.calls != want {
				t.Errorf("moved by %v: %d sessions, want %d", jump, sts.calls, want)
			}
		})
	}
}
