package dnsclient_test

import (
	"net"
	"reflect"
	"testing"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/fake/dnstest"
)

// twoServers returns a cache that the system asks, which knows who the
// authority for example.com is, that authority, and a client of both.
func twoServers(t *testing.T, stale ...string) (cache, authority *dnstest.Server, client *dnsclient.Client) {
	t.Helper()
	cache = serve(t, append(stale,
		"example.com. SOA ns.example.com. host.example.com. 1 2 3 4 5",
		"example.com. NS gone.example.com.",
		"example.com. NS ns.example.com.",
		"ns.example.com. A 127.0.0.1",
	)...)
	authority = serve(t)
	_, port, err := net.SplitHostPort(authority.Address())
	if err != nil {
		t.Fatal(err)
	}
	return cache, authority, dnsclient.New(dnsclient.Options{
		System: func() ([]string, error) { return []string{cache.Address()}, nil },
		Port:   port,
	})
}

func TestAuthorityIsBelievedBeforeACache(t *testing.T) {
	cache, authority, client := twoServers(t, `_dnsauth.www.example.com. TXT "stale"`)
	authority.Publish(proof, "fresh")
	for name, test := range map[string]struct {
		resolvers []string
		want      string
	}{
		"the system's":  {nil, "stale"},
		"a list":        {[]string{authority.Address()}, "fresh"},
		"authoritative": {[]string{dnsclient.Authoritative}, "fresh"},
	} {
		got, err := client.TXT(t.Context(), proof, test.resolvers)
		if err != nil || !reflect.DeepEqual(got, []string{test.want}) {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, test.want)
		}
	}
	if n := cache.Queries(dns.TypeTXT); n != 1 {
		t.Errorf("the cache was asked %d times, want once", n)
	}
}

// TestAliasIsFollowedToItsOwnAuthority has the record delegated to another
// zone, as services for such proofs want it.
func TestAliasIsFollowedToItsOwnAuthority(t *testing.T) {
	cache, authority, client := twoServers(t, "_dnsauth.www.example.com. CNAME proofs.example.net.")
	cache.Add("example.net. SOA ns.example.com. host.example.com. 1 2 3 4 5", "example.net. NS ns.example.com.")
	authority.Add("_dnsauth.www.example.com. CNAME proofs.example.net.")
	authority.Behave("proofs.example.net", func(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
		authority.Publish("proofs.example.net", "t0ken")
		genuine(w, m)
	})
	got, err := client.TXT(t.Context(), proof, []string{dnsclient.Authoritative})
	if err != nil || !reflect.DeepEqual(got, []string{"t0ken"}) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestNoAuthority(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(cache, authority *dnstest.Server)
		want  dnsclient.Reason
		text  string
	}{
		"a cache in its place": {func(_, authority *dnstest.Server) {
			authority.Behave(proof, dnstest.NotAuthoritative)
		}, dnsclient.ReasonServerError, "not authoritative"},
		"no address": {func(cache, _ *dnstest.Server) {
			cache.Behave("ns.example.com", dnstest.Refuse(dns.RcodeServerFailure))
		}, dnsclient.ReasonDNS, "no server of example.com. has an address"},
		"no servers": {func(cache, _ *dnstest.Server) {
			cache.Behave("example.com", dnstest.Refuse(dns.RcodeServerFailure))
		}, dnsclient.ReasonServerError, "finding the servers of example.com."},
		"no zone": {func(cache, _ *dnstest.Server) {
			cache.Behave(proof, dnstest.Refuse(dns.RcodeServerFailure))
		}, dnsclient.ReasonServerError, "finding the zone"},
	} {
		t.Run(name, func(t *testing.T) {
			cache, authority, client := twoServers(t)
			authority.Publish(proof, "t0ken")
			test.spoil(cache, authority)
			_, err := client.TXT(t.Context(), proof, []string{dnsclient.Authoritative})
			checkFailure(t, err, test.want, test.text)
		})
	}
}

func TestNobodyHasTheAuthority(t *testing.T) {
	empty := serve(t)
	client := dnsclient.New(dnsclient.Options{System: func() ([]string, error) { return []string{empty.Address()}, nil }})
	_, err := client.TXT(t.Context(), proof, []string{dnsclient.Authoritative})
	checkFailure(t, err, dnsclient.ReasonDNS, "nobody has the authority")
	none := dnsclient.New(dnsclient.Options{System: func() ([]string, error) { return nil, nil }})
	_, err = none.TXT(t.Context(), proof, nil)
	checkFailure(t, err, dnsclient.ReasonDNS, "no server to ask")
}
