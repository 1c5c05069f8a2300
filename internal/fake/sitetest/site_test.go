package sitetest_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"oss_cname_exporter/internal/fake/sitetest"
	"oss_cname_exporter/internal/httpcheck"
	"oss_cname_exporter/internal/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSites visits each kind of Site with the exporter's own client.
func TestSites(t *testing.T) {
	expired := time.Now().AddDate(0, 0, -1)
	sites := map[string]sitetest.Site{
		"bound.example.com":     {OSS: true, Status: 403, Code: "AccessDenied", Bucket: "examplebucket"},
		"unbound.example.com":   {OSS: true, Status: 404, Code: "NoSuchBucket", Bucket: "unbound"},
		"cdn.example.com":       {},
		"wrong.example.com":     {OSS: true, Certificate: sitetest.Certificate{Name: "*.oss-cn-hangzhou.aliyuncs.com"}},
		"expired.example.com":   {OSS: true, Certificate: sitetest.Certificate{Expires: expired}},
		"untrusted.example.com": {OSS: true, Certificate: sitetest.Certificate{Untrusted: true}},
		"redirect.example.com":  {Status: 301, Location: "https://www.example.com/"},
	}
	server := sitetest.New(func(host string) sitetest.Site { return sites[host] })
	defer server.Close()
	address := netip.MustParseAddr("127.0.0.1")
	client := httpcheck.New(httpcheck.Options{Dial: server.Dial, Roots: server.Roots(), Addresses: func(context.Context, string, []string) ([]netip.Addr, error) {
		return []netip.Addr{address}, nil
	}})
	for host, want := range map[string]struct {
		by               status.AnsweredBy
		code             int
		matches, trusted status.Tristate
		expired          bool
	}{
		"bound.example.com":     {status.AnsweredByBucket, 403, status.Yes, status.Yes, false},
		"unbound.example.com":   {status.AnsweredByUnbound, 404, status.Yes, status.Yes, false},
		"cdn.example.com":       {status.AnsweredByOther, 200, status.Yes, status.Yes, false},
		"wrong.example.com":     {status.AnsweredByBucket, 200, status.No, status.Yes, false},
		"expired.example.com":   {status.AnsweredByBucket, 200, status.Yes, status.Yes, true},
		"untrusted.example.com": {status.AnsweredByBucket, 200, status.Yes, status.No, false},
		"redirect.example.com":  {status.AnsweredByOther, 301, status.Yes, status.Yes, false},
	} {
		got, err := client.Visit(t.Context(), httpcheck.Target{Host: host, Bucket: "examplebucket"})
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		if got.AnsweredBy != want.by || got.StatusCode != want.code {
			t.Errorf("%s: answered by %q, %d; want %q, %d", host, got.AnsweredBy, got.StatusCode, want.by, want.code)
		}
		if c := got.Certificate; c.Matches != want.matches || c.Trusted != want.trusted || c.Expires.Before(time.Now()) != want.expired {
			t.Errorf("%s: certificate %+v", host, c)
		}
	}
	address = sitetest.Refusing()
	if got, err := client.Visit(t.Context(), httpcheck.Target{Host: "bound.example.com"}); err != nil || got.AnsweredBy != status.AnsweredByNothing {
		t.Errorf("refusing: got %+v, %v", got, err)
	}
}
