//go:build e2e && soak

package e2e_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// weather is an OSS in which everything goes wrong, and the memory of what it really held.
type weather struct {
	*osstest.Server
	domains []domain.Name
	random  *rand.Rand

	mu   sync.Mutex // guards held
	held map[domain.Name][]holding
}

// holding is what OSS had for a domain for a while, a moment too long at either end.
type holding struct {
	from, until time.Time // until is zero: it still has
	expires     time.Time // zero: no token
}

// The buckets are an account each, since a throttled account is left alone as a whole.
const (
	calmBucket = "calm-bucket"
	busyBucket = "busy-bucket" // is throttled now and then
)

func newWeather(t *testing.T, seed uint64) *weather {
	t.Helper()
	w := &weather{Server: osstest.New(osstest.Options{}), random: random(seed, 1), held: map[domain.Name][]holding{}}
	t.Cleanup(w.Close)
	t.Setenv("OSS_ACCESS_KEY_ID", "soak")
	t.Setenv("OSS_ACCESS_KEY_SECRET", "soak-secret")
	w.AddKey("soak", "soak-secret")
	for _, bucket := range []string{calmBucket, busyBucket} {
		w.AddBucket(osstest.Bucket{Name: bucket})
		for i := range 40 {
			d := domain.Name{Bucket: bucket, Base: fmt.Sprintf("d%d.example.com", i), Wildcard: i%8 == 0}
			w.domains = append(w.domains, d)
			w.hold(d, time.Duration(i%2)*time.Hour)
		}
	}
	return w
}

// storm changes the weather over one domain after the other until ctx is done.
func (w *weather) storm(ctx context.Context) {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			w.change(w.domains[w.random.IntN(len(w.domains))])
		case <-ctx.Done():
			return
		}
	}
}

func (w *weather) change(d domain.Name) {
	switch w.random.IntN(6) {
	case 0:
		w.hold(d, 0)
	case 1:
		w.hold(d, time.Duration(1+w.random.IntN(5))*time.Second) // runs out in the storm
	case 2:
		w.hold(d, time.Duration(1+w.random.IntN(72*3600))*time.Second)
	case 3:
		w.Behave(d)
	default:
		all := troubles(d)
		w.Behave(d, all[w.random.IntN(len(all))], osstest.Delay(time.Duration(w.random.IntN(300))*time.Millisecond), all[w.random.IntN(len(all))])
	}
}

// clear ends all trouble. What OSS holds stays.
func (w *weather) clear() {
	for _, d := range w.domains {
		w.Behave(d)
	}
}

// hold gives d a token with that much to live, or takes its token away for 0.
func (w *weather) hold(d domain.Name, left time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	next := holding{from: time.Now()}
	if left == 0 {
		w.DeleteToken(d)
	} else {
		next.expires = next.from.Add(left).Truncate(time.Second)
		w.SetToken(d, osstest.Token{Expires: next.expires})
	}
	past := w.held[d]
	if last := len(past) - 1; last >= 0 {
		past[last].until = time.Now()
	}
	w.held[d] = append(past, next)
}

// truth reports whether OSS could say this of d between from and to: a token that expires then, or, for the zero
// time, no token.
func (w *weather) truth(d domain.Name, expires, from, to time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range w.held[d] {
		if h.from.After(to) || !h.until.IsZero() && h.until.Before(from) {
			continue
		}
		if expires.Equal(h.expires) || expires.IsZero() && !h.expires.After(to) {
			return true
		}
	}
	return false
}

// troubles is what can happen to a question about d. NoSuchBucket is none: it is an answer, that there is no token.
func troubles(d domain.Name) []osstest.Behaviour {
	const token = "<CnameToken><Bucket>%s</Bucket><Cname>%s</Cname><Token>forged</Token><ExpireTime>%s</ExpireTime></CnameToken>"
	const never = "Sun, 01 Mar 2099 12:00:00 GMT"
	all := []osstest.Behaviour{
		osstest.Hang,
		osstest.Hang,
		osstest.Fail(500, "InternalError", ""),
		osstest.Fail(503, "ServiceUnavailable", ""),
		osstest.Fail(403, "AccessDenied", "0003-00000001"),
		osstest.Fail(403, "InvalidAccessKeyId", "0002-00000902"),
		osstest.Reply(502, "<html>Bad gateway</html>", "Content-Type", "text/html"),
		osstest.Reply(200, "<html>Welcome to the hotel's Wi-Fi!</html>", "Content-Type", "text/html"),
		osstest.Reply(200, ""),
		osstest.Reply(200, fmt.Sprintf(token, "another-bucket", d.Cname(), never)),
		osstest.Reply(200, fmt.Sprintf(token, d.Bucket, "another.example.com", never)),
		osstest.Reply(200, fmt.Sprintf(token, d.Bucket, d.Cname(), "tomorrow")),
		osstest.Reply(200, fmt.Sprintf(token, d.Bucket, d.Cname(), never)[:120]),
		osstest.Raw(func(net.Conn) {}),
		osstest.Raw(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }), // closing it is a reset then
		osstest.Raw(half("HTTP/1.1 200 OK\r\nContent-Ty", false)),
		osstest.Raw(half("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<CnameToken>", false)),
		osstest.Raw(half("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<CnameToken>", true)),
	}
	if d.Bucket == busyBucket {
		all = append(all, osstest.Fail(503, "MetaOperationQpsLimitExceeded", ""))
	}
	return all
}

// half answers with text and then closes the connection, or waits until the client does.
func half(text string, wait bool) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := io.WriteString(c, text); err == nil && wait {
			_, _ = io.Copy(io.Discard, c)
		}
	}
}
