package dnsclient_test

import (
	"context"
	"errors"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/fake/dnstest"
)

const proof = "_dnsauth.www.example.com"

func serve(t *testing.T, records ...string) *dnstest.Server {
	t.Helper()
	s := dnstest.New(records...)
	t.Cleanup(s.Close)
	return s
}

func TestTXT(t *testing.T) {
	long := strings.Repeat("x", 200)
	for name, test := range map[string]struct {
		records []string
		want    []string
	}{
		"one record":            {[]string{`_dnsauth.www.example.com. TXT "t0ken"`}, []string{"t0ken"}},
		"several records":       {[]string{`_dnsauth.www.example.com. TXT "old"`, `_dnsauth.www.example.com. TXT "new"`}, []string{"old", "new"}},
		"several strings":       {[]string{`_dnsauth.www.example.com. TXT "t0" "ken"`}, []string{"t0ken"}},
		"another case":          {[]string{`_DNSAUTH.WWW.example.com. TXT "t0ken"`}, []string{"t0ken"}},
		"another type":          {[]string{"_dnsauth.www.example.com. A 192.0.2.1"}, nil},
		"no such name":          {nil, nil},
		"a name under it":       {[]string{`x._dnsauth.www.example.com. TXT "t0ken"`}, nil},
		"an alias":              {[]string{"_dnsauth.www.example.com. CNAME proofs.example.net.", `proofs.example.net. TXT "t0ken"`}, []string{"t0ken"}},
		"an alias of an alias":  {[]string{"_dnsauth.www.example.com. CNAME a.example.", "a.example. CNAME b.example.", `b.example. TXT "t0ken"`}, []string{"t0ken"}},
		"an alias into nothing": {[]string{"_dnsauth.www.example.com. CNAME a.example."}, nil},
		"too long for UDP": {[]string{
			`_dnsauth.www.example.com. TXT "` + long + `" "` + long + `" "` + long + `" "` + long + `"`,
			`_dnsauth.www.example.com. TXT "` + long + `" "` + long + `" "` + long + `"`,
		}, []string{strings.Repeat("x", 800), strings.Repeat("x", 600)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.records...)
			got, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{s.Address()})
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestFollow(t *testing.T) {
	const host = "examplebucket.oss-cn-hangzhou.aliyuncs.com"
	for name, test := range map[string]struct {
		records []string
		want    []string
		queries int
	}{
		"straight":       {[]string{"www.example.com. CNAME " + host + "."}, []string{host}, 1},
		"another case":   {[]string{"WWW.Example.com. CNAME " + strings.ToUpper(host) + "."}, []string{host}, 1},
		"no further":     {[]string{"www.example.com. CNAME " + host + ".", host + ". CNAME inner.example."}, []string{host}, 1},
		"over another":   {[]string{"www.example.com. CNAME a.example.", "a.example. CNAME " + host + "."}, []string{"a.example", host}, 2},
		"through a CDN":  {[]string{"www.example.com. CNAME www.example.com.cdn.example."}, []string{"www.example.com.cdn.example"}, 2},
		"no alias":       {[]string{"www.example.com. A 192.0.2.1"}, nil, 1},
		"no such name":   {nil, nil, 1},
		"another bucket": {[]string{"www.example.com. CNAME other.oss-cn-hangzhou.aliyuncs.com."}, []string{"other.oss-cn-hangzhou.aliyuncs.com"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.records...)
			got, err := dnsclient.New(dnsclient.Options{}).Follow(t.Context(), "www.example.com", []string{host}, []string{s.Address()})
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
			if n := s.Queries(dns.TypeCNAME); n != test.queries {
				t.Errorf("%d queries, want %d", n, test.queries)
			}
		})
	}
}

func TestWildcardIsAskedForItself(t *testing.T) {
	s := serve(t, "*.example.com. CNAME examplebucket.oss-cn-hangzhou.aliyuncs.com.")
	got, err := dnsclient.New(dnsclient.Options{}).Follow(t.Context(), "*.example.com", nil, []string{s.Address()})
	if want := []string{"examplebucket.oss-cn-hangzhou.aliyuncs.com"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestBadServers(t *testing.T) {
	for name, test := range map[string]struct {
		behave dnstest.Behaviour
		want   dnsclient.Reason
		text   string
	}{
		"silent":        {dnstest.Silent, dnsclient.ReasonTimeout, "no answer in time"},
		"SERVFAIL":      {dnstest.Refuse(dns.RcodeServerFailure), dnsclient.ReasonServerError, "refused with SERVFAIL"},
		"REFUSED":       {dnstest.Refuse(dns.RcodeRefused), dnsclient.ReasonServerError, "refused with REFUSED"},
		"lies":          {dnstest.Lie, dnsclient.ReasonBadResponse, "does not answer the question"},
		"garbles":       {dnstest.Garble, dnsclient.ReasonBadResponse, "asking 127.0.0.1:"},
		"always short":  {dnstest.TruncateAlways, dnsclient.ReasonBadResponse, "does not answer the question"},
		"truncates":     {dnstest.Truncate, "", ""},
		"loses a query": {dnstest.SilentOnce(), "", ""},
		"a cache":       {dnstest.NotAuthoritative, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, `_dnsauth.www.example.com. TXT "t0ken"`)
			s.Behave(proof, test.behave)
			client := dnsclient.New(dnsclient.Options{Try: 500 * time.Millisecond})
			values, err := client.TXT(t.Context(), proof, []string{s.Address()})
			if test.want == "" {
				if err != nil || len(values) != 1 {
					t.Errorf("got %q, %v; want the value", values, err)
				}
				return
			}
			checkFailure(t, err, test.want, "looking up TXT of "+proof+": ", test.text)
		})
	}
}

func checkFailure(t *testing.T, err error, reason dnsclient.Reason, texts ...string) {
	t.Helper()
	var failure *dnsclient.Error
	if !errors.As(err, &failure) || failure.Reason != reason {
		t.Fatalf("got %v, want the reason %q", err, reason)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %q, want one line with %q", err, text)
		}
	}
}

func TestCirclesEnd(t *testing.T) {
	s := serve(t,
		"_dnsauth.www.example.com. CNAME a.example.", "a.example. CNAME b.example.", "b.example. CNAME a.example.",
		"www.example.com. CNAME www.example.com.")
	client := dnsclient.New(dnsclient.Options{})
	_, err := client.TXT(t.Context(), proof, []string{s.Address()})
	checkFailure(t, err, dnsclient.ReasonBadResponse, "circle")
	_, err = client.Follow(t.Context(), "www.example.com", nil, []string{s.Address()})
	checkFailure(t, err, dnsclient.ReasonBadResponse, "www.example.com")
	_, err = client.Follow(t.Context(), "a.example", nil, []string{s.Address()})
	checkFailure(t, err, dnsclient.ReasonBadResponse, "does not end")
	if n := s.Queries(dns.TypeCNAME); n > 12 {
		t.Errorf("%d queries went into the circles", n)
	}
}

// closed is a port that nobody listens on.
func closed(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().String()
}

func TestNextResolverHelps(t *testing.T) {
	s := serve(t, `_dnsauth.www.example.com. TXT "t0ken"`)
	sick := serve(t)
	sick.Behave(proof, dnstest.Refuse(dns.RcodeServerFailure))
	values, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{closed(t), sick.Address(), s.Address()})
	if err != nil || len(values) != 1 {
		t.Errorf("got %q, %v", values, err)
	}
}

func TestNobodyListens(t *testing.T) {
	_, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{closed(t)})
	checkFailure(t, err, dnsclient.ReasonConnect, "connection refused")
}

func TestCallerHangsUp(t *testing.T) {
	s := serve(t)
	ctx, hangUp := context.WithCancel(t.Context())
	s.Behave(proof, func(dns.ResponseWriter, *dns.Msg, dns.HandlerFunc) { hangUp() })
	_, err := dnsclient.New(dnsclient.Options{Try: time.Hour}).TXT(ctx, proof, []string{s.Address()})
	checkFailure(t, err, dnsclient.ReasonTimeout)
	if n := s.Queries(dns.TypeTXT); n != 1 {
		t.Errorf("%d queries for a caller who is gone", n)
	}
}
