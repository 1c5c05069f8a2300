package ossclient_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/credentials"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

func TestFailureNamesTheAccount(t *testing.T) {
	f := newFixture(t)
	f.opts.Account = "customer"
	f.opts.Credentials = credentials.FromFiles(credentials.KeyFiles{ID: "/nowhere", Secret: "/nowhere"})
	failure := f.failure(t)
	const want = `GetCnameToken: getting credentials of account "customer": reading access_key_id_file "/nowhere": no such file; mount it, or correct the path`
	if failure.Reason != status.ReasonCredentials || failure.Error() != want {
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

// TestEndpointIsUsedAsItIs puts no bucket's name before a domain that leads to the bucket.
func TestEndpointIsUsedAsItIs(t *testing.T) {
	for useCname, want := range map[bool]string{true: "static.example.com:443", false: "examplebucket.static.example.com:443"} {
		f := newFixture(t)
		f.opts.Endpoint, f.opts.UseCname = "https://static.example.com", useCname
		var dialled string
		f.opts.Transport = f.dialing(dialNowhere(&dialled))
		f.failure(t)
		if dialled != want {
			t.Errorf("dialled %q, want %q", dialled, want)
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

// source gives one key, whatever is wrong with it.
type source secret.Key

// Key implements ossclient.KeySource.
func (s source) Key(context.Context) (secret.Key, error) { return secret.Key(s), nil }

// Invalidate implements ossclient.KeySource.
func (source) Invalidate(secret.Value) bool { return false }

// TestKeysThatCannotBeSent never reach OSS: the reason is credentials.
func TestKeysThatCannotBeSent(t *testing.T) {
	for want, key := range map[string]secret.Key{
		"the access key id is empty":                                                 {Secret: "s"},
		"the access key secret is empty":                                             {ID: "i", Secret: " \n"},
		"the access key id has a line break in it; write only the value":             {ID: "i\ni", Secret: "s"},
		"the access key secret has a blank in it":                                    {ID: "i", Secret: "s s"},
		"the security token has a control character in it; copy the value anew":      {ID: "i", Secret: "s", Token: "t\x00t"},
		"the security token has a character in it that is not ASCII; copy the value": {ID: "i", Secret: "s", Token: "t–t"},
	} {
		f := newFixture(t)
		f.opts.Credentials = source(key)
		failure := f.failure(t)
		if failure.Reason != status.ReasonCredentials || !strings.Contains(failure.Error(), "getting credentials: "+want) || f.oss.Calls() != 0 {
			t.Errorf("got %s %q after %d calls, want %q", failure.Reason, failure, f.oss.Calls(), want)
		}
	}
}

// TestKeysAreTrimmed has a secret that was made with echo.
func TestKeysAreTrimmed(t *testing.T) {
	f := newFixture(t)
	f.opts.Credentials = source{ID: keyID + "\n", Secret: "\t" + keySecret + "\r\n", Token: "\n"}
	if _, err := f.get(t, domain.Name{Bucket: bucket, Base: cname}); err != nil {
		t.Error(err)
	}
}

// TestCredentialsErrorsAreWhole has a failure with names of ordinary length: our own hints are not cut.
func TestCredentialsErrorsAreWhole(t *testing.T) {
	f := newFixture(t)
	path := "/" + strings.Repeat("long/", 60) + "name"
	f.opts.Credentials = credentials.FromFiles(credentials.KeyFiles{ID: path, Secret: path})
	if failure := f.failure(t); !strings.HasSuffix(failure.Error(), `"`+path+`": no such file; mount it, or correct the path`) {
		t.Errorf("got %q", failure)
	}
}

// late is a source that takes longer than the caller has.
type late struct{ source }

// Key implements ossclient.KeySource.
func (late) Key(ctx context.Context) (secret.Key, error) {
	<-ctx.Done()
	return secret.Key{}, errors.New("no key in time")
}

// TestKeyThatComesTooLate is the credentials' failure, and not OSS's.
func TestKeyThatComesTooLate(t *testing.T) {
	f := newFixture(t)
	f.opts.Credentials = late{}
	client, err := ossclient.New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = client.GetCnameToken(ctx, domain.Name{Bucket: bucket, Base: cname})
	failure, _ := errors.AsType[*ossclient.Error](err)
	if failure == nil || failure.Reason != status.ReasonCredentials || failure.Error() != "GetCnameToken: getting credentials: no key in time" {
		t.Errorf("got %v", err)
	}
}
