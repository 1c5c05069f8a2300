package ossclient_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// TestConnectionClosedWhileIdle covers the usual case that OSS closes
// its connections as often as it is scraped.
func TestConnectionClosedWhileIdle(t *testing.T) {
	f := newFixture(t)
	f.opts.Attempts = 1
	f.oss.Behave(named(false), osstest.Genuine, osstest.Raw(func(net.Conn) {}), osstest.Genuine)
	client, err := ossclient.New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, calls := range []int{1, 3} {
		if _, err := client.GetCnameToken(t.Context(), domain.Name{Bucket: bucket, Base: cname}); err != nil {
			t.Errorf("got %v", err)
		}
		if n := f.oss.Calls(); n != calls {
			t.Errorf("OSS was asked %d times, want %d", n, calls)
		}
	}
}

// TestHandshakeWithoutCallerEnds makes sure that a peer that accepts and then
// says nothing does not keep a connection of every call for ever.
func TestHandshakeWithoutCallerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := ossclient.NewTransport()
		left := make(chan struct{})
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { defer close(left); io.Copy(io.Discard, theirs) }()
			return ours, nil
		}
		client, err := ossclient.New(ossclient.Options{Region: "cn-hangzhou", Credentials: key(keyID, keySecret), Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = client.GetCnameToken(ctx, domain.Name{Bucket: bucket, Base: cname})
		if failure, ok := errors.AsType[*ossclient.Error](err); !ok || failure.Reason != status.ReasonTimeout {
			t.Errorf("got %v, want a timeout", err)
		}
		<-left
	})
}
