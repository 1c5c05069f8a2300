package ossclient_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"oss_cname_exporter/internal/credentials"
	"oss_cname_exporter/ossclient"
)

func TestFailureNamesTheAccount(t *testing.T) {
	f := newFixture(t)
	f.opts.Account = "customer"
	f.opts.Credentials = credentials.FromFiles(credentials.KeyFiles{ID: "/nowhere", Secret: "/nowhere"})
	failure := f.failure(t)
	const want = `GetCnameToken: getting credentials of account "customer": reading access_key_id_file "/nowhere": no such file; mount it, or correct the path`
	if failure.Reason != ossclient.ReasonCredentials || failure.Error() != want {
		t.Errorf("got %s %q\nwant %q", failure.Reason, failure, want)
	}
}

func TestNetworks(t *testing.T) {
	for network, want := range map[ossclient.Network]string{
		ossclient.Public:    "examplebucket.oss-cn-hangzhou.aliyuncs.com:443",
		ossclient.Internal:  "examplebucket.oss-cn-hangzhou-internal.aliyuncs.com:443",
		ossclient.DualStack: "examplebucket.cn-hangzhou.oss.aliyuncs.com:443",
	} {
		f := newFixture(t)
		f.opts.Endpoint, f.opts.Network = "", network
		var dialled string
		f.opts.Transport = f.dialing(dialNowhere(&dialled))
		f.failure(t)
		if dialled != want {
			t.Errorf("network %d: dialled %q, want %q", network, dialled, want)
		}
	}
}

// dialNowhere refuses every connection and keeps where it would have gone.
func dialNowhere(address *string) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, _, to string) (net.Conn, error) {
		*address = to
		return nil, errors.New("not in a test")
	}
}
