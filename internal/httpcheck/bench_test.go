package httpcheck_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/httpcheck"
)

// BenchmarkVisitBesideClient reports how many times as long as plain requests of net/http a visit takes. Both make new
// connections, verify nothing, and ask http and https at once.
func BenchmarkVisitBesideClient(b *testing.B) {
	plain, secure := httptest.NewServer(oss(http.StatusOK, "", "")), httptest.NewTLSServer(oss(http.StatusOK, "", ""))
	b.Cleanup(func() { plain.Close(); secure.Close() })
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		target := plain.Listener.Addr().String()
		if strings.HasSuffix(address, ":443") {
			target = secure.Listener.Addr().String()
		}
		return new(net.Dialer).DialContext(ctx, network, target)
	}
	client := httpcheck.New(httpcheck.Options{Dial: dial, Addresses: func(context.Context, string, []string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
	}})
	visit := func() {
		if _, err := client.Visit(b.Context(), httpcheck.Target{Host: host}); err != nil {
			b.Fatal(err)
		}
	}
	fetch := func(url string, done chan<- error) {
		transport := &http.Transport{DialContext: dial, DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		response, err := (&http.Client{Transport: transport}).Get(url)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		done <- err
	}
	beside := func() {
		done := make(chan error, 2)
		go fetch("http://"+host, done)
		go fetch("https://"+host, done)
		for range 2 {
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		}
	}
	var ours, theirs time.Duration
	for b.Loop() {
		ours += took(visit)
		theirs += took(beside)
	}
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "x")
}

// took returns how long a hundred calls of f take.
func took(f func()) time.Duration {
	began := time.Now()
	for range 100 {
		f()
	}
	return time.Since(began)
}
