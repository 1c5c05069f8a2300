package dnsclient_test

import (
	"context"
	"fmt"
	"net"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/fake/dnstest"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"
)

// world is a resolver, which knows who the authority for example.com is, the
// servers of that zone, and a client of them all.
type world struct {
	cache   *dnstest.Server
	servers []*dnstest.Server
	client  *dnsclient.Client
	port    string
}

// newWorld has the servers ns1.example.com at 127.0.0.1, ns2 at 127.0.0.2 and so on.
func newWorld(t *testing.T, servers int) *world {
	t.Helper()
	w := &world{cache: serve(t, "example.com. SOA ns1.example.com. host.example.com. 1 2 3 4 5")}
	w.servers = dnstest.NewGroup(make([][]string, servers)...)
	for i, s := range w.servers {
		t.Cleanup(s.Close)
		w.cache.Add(fmt.Sprintf("example.com. NS ns%d.example.com.", i+1), fmt.Sprintf("ns%[1]d.example.com. A 127.0.0.%[1]d", i+1))
		s.Add(dnstest.Zone("example.com")...)
	}
	var err error
	if _, w.port, err = net.SplitHostPort(w.servers[0].Address()); err != nil {
		t.Fatal(err)
	}
	w.client = w.newClient(dnsclient.Options{})
	return w
}

func (w *world) newClient(opts dnsclient.Options) *dnsclient.Client {
	if opts.System == nil {
		opts.System = func() ([]string, error) { return []string{w.cache.Address()}, nil }
	}
	if opts.IPv6 == nil {
		opts.IPv6 = func() bool { return false }
	}
	opts.Port = w.port
	return dnsclient.New(opts)
}

// nameOf is how the server of that index is called.
func (w *world) nameOf(i int) string {
	return fmt.Sprintf("ns%d.example.com (%s)", i+1, w.servers[i].Address())
}

var authoritative = []string{dnsclient.Authoritative}

func TestAuthorityIsBelievedBeforeACache(t *testing.T) {
	w := newWorld(t, 1)
	w.cache.Publish(proof, "stale")
	w.servers[0].Publish(proof, "fresh")
	for name, test := range map[string]struct {
		resolvers []string
		want      string
	}{
		"the system's":  {nil, "stale"},
		"a list":        {[]string{w.servers[0].Address()}, "fresh"},
		"authoritative": {authoritative, "fresh"},
	} {
		t.Log(name)
		got, err := w.client.TXT(t.Context(), proof, test.resolvers)
		checkRecords(t, got, err, test.want)
	}
	if n := w.cache.Queries(dns.TypeTXT); n != 1 {
		t.Errorf("the cache was asked %d times, want once", n)
	}
}

// TestServersAreCompared has zones whose servers differ, or do not all answer.
func TestServersAreCompared(t *testing.T) {
	ns := func(w *world, servers ...int) []string {
		var names []string
		for _, i := range servers {
			names = append(names, w.nameOf(i))
		}
		return names
	}
	for name, test := range map[string]struct {
		prepare func(*world)
		want    func(*world) []status.Found
		silent  []string // the texts about each in turn
	}{
		"all agree": {func(w *world) {
			for _, s := range w.servers {
				s.Publish(proof, "t0ken")
			}
		}, func(w *world) []status.Found {
			return []status.Found{{Servers: ns(w, 0, 1, 2), Values: []string{"t0ken"}}}
		}, nil},
		"in another order": {func(w *world) {
			w.servers[0].Publish(proof, "a", "b")
			w.servers[1].Publish(proof, "b", "a")
			w.servers[2].Publish(proof, "b", "a")
		}, func(w *world) []status.Found {
			return []status.Found{{Servers: ns(w, 0, 1, 2), Values: []string{"a", "b"}}}
		}, nil},
		"one does not have it yet": {func(w *world) {
			w.servers[1].Publish(proof, "t0ken")
			w.servers[2].Publish(proof, "t0ken")
		}, func(w *world) []status.Found {
			return []status.Found{{Servers: ns(w, 0)}, {Servers: ns(w, 1, 2), Values: []string{"t0ken"}}}
		}, nil},
		"each has another": {func(w *world) {
			for i, s := range w.servers {
				s.Publish(proof, fmt.Sprint(i))
			}
		}, func(w *world) []status.Found {
			return []status.Found{
				{Servers: ns(w, 0), Values: []string{"0"}}, {Servers: ns(w, 1), Values: []string{"1"}}, {Servers: ns(w, 2), Values: []string{"2"}},
			}
		}, nil},
		"one is out of order, one lame": {func(w *world) {
			w.servers[0].Behave(proof, dnstest.Refuse(dns.RcodeServerFailure))
			w.servers[1].Behave(proof, dnstest.NotAuthoritative)
			w.servers[2].Publish(proof, "t0ken")
		}, func(w *world) []status.Found {
			return []status.Found{{Servers: ns(w, 2), Values: []string{"t0ken"}}}
		}, []string{"refused with SERVFAIL", "not authoritative"}},
		"aliases to the same": {func(w *world) {
			for _, s := range w.servers {
				s.Alias(proof, "proofs.example.com")
				s.Publish("proofs.example.com", "t0ken")
			}
		}, func(w *world) []status.Found {
			return []status.Found{{Servers: ns(w, 0, 1, 2), Values: []string{"t0ken"}}}
		}, nil},
		"an alias at one": {func(w *world) {
			w.servers[1].Alias(proof, "proofs.example.com")
			for _, s := range w.servers {
				s.Publish("proofs.example.com", "t0ken")
			}
		}, func(w *world) []status.Found {
			return []status.Found{{Servers: ns(w, 0, 2)}, {Servers: ns(w, 1), Values: []string{"t0ken"}}}
		}, nil},
		"an alias to what differs": {func(w *world) {
			for _, s := range w.servers {
				s.Alias(proof, "proofs.example.com")
			}
			w.servers[2].Publish("proofs.example.com", "t0ken")
		}, func(w *world) []status.Found {
			return []status.Found{{Servers: ns(w, 0, 1)}, {Servers: ns(w, 2), Values: []string{"t0ken"}}}
		}, nil},
		"aliases to what one cannot say": {func(w *world) {
			for _, s := range w.servers {
				s.Alias(proof, "proofs.example.com")
				s.Publish("proofs.example.com", "t0ken")
			}
			w.servers[0].Behave("proofs.example.com", dnstest.Refuse(dns.RcodeServerFailure))
		}, func(w *world) []status.Found {
			return []status.Found{{Servers: ns(w, 0, 1, 2), Values: []string{"t0ken"}}}
		}, []string{"refused with SERVFAIL"}},
		"different aliases, of which one server cannot say": {func(w *world) {
			for i, s := range w.servers {
				s.Alias(proof, fmt.Sprintf("proofs%d.example.com", i%2))
				s.Publish("proofs0.example.com", "t0ken")
				s.Publish("proofs1.example.com", "t0ken")
			}
			w.servers[0].Behave("proofs0.example.com", dnstest.Refuse(dns.RcodeServerFailure))
			w.servers[0].Behave("proofs1.example.com", dnstest.Refuse(dns.RcodeServerFailure))
		}, func(w *world) []status.Found {
			return []status.Found{{Servers: ns(w, 0, 1, 2), Values: []string{"t0ken"}}}
		}, []string{"refused with SERVFAIL"}},
		"an alias to a circle at one": {func(w *world) {
			w.servers[0].Alias(proof, proof)
			w.servers[1].Publish(proof, "t0ken")
			w.servers[2].Publish(proof, "t0ken")
		}, func(w *world) []status.Found {
			return []status.Found{{Servers: ns(w, 1, 2), Values: []string{"t0ken"}}}
		}, []string{"circle"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 3)
			test.prepare(w)
			got, err := w.client.TXT(t.Context(), proof, authoritative)
			if want := test.want(w); err != nil || !reflect.DeepEqual(got.Found, want) {
				t.Errorf("got %+v, %v; want %+v", got.Found, err, want)
			}
			if len(got.Silent) != len(test.silent) {
				t.Fatalf("silent were %q, want %q", got.Silent, test.silent)
			}
			for i, text := range test.silent {
				if !strings.HasPrefix(got.Silent[i], w.nameOf(i)+": ") || !strings.Contains(got.Silent[i], text) {
					t.Errorf("of server %d it is said %q, want %q", i, got.Silent[i], text)
				}
			}
		})
	}
}

func TestFollowComparesServers(t *testing.T) {
	w := newWorld(t, 2)
	w.servers[1].Alias("www.example.com", "examplebucket.oss-cn-hangzhou.aliyuncs.com")
	got, err := w.client.Follow(t.Context(), "www.example.com", func(name string) bool { return name == "examplebucket.oss-cn-hangzhou.aliyuncs.com" }, authoritative)
	want := []status.Found{{Servers: []string{w.nameOf(0)}, Address: status.No}, {Servers: []string{w.nameOf(1)}, Values: []string{"examplebucket.oss-cn-hangzhou.aliyuncs.com"}}}
	if err != nil || !reflect.DeepEqual(got.Found, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

// TestPanicIsTheCallers has code panic that several servers' answers go
// through at the same time.
func TestPanicIsTheCallers(t *testing.T) {
	w := newWorld(t, 2)
	calls := new(atomic.Int32)
	client := w.newClient(dnsclient.Options{IPv6: func() bool {
		if calls.Add(1) == 2 {
			panic("at the disco")
		}
		return false
	}})
	defer func() {
		if got := recover(); got != "at the disco" {
			t.Errorf("recovered %v", got)
		}
	}()
	_, err := client.TXT(t.Context(), proof, authoritative)
	t.Errorf("got %v, want a panic", err)
}

// TestFollowComparesServersOfItsZone has an alias within the zone that one
// server does not have yet.
func TestFollowComparesServersOfItsZone(t *testing.T) {
	w := newWorld(t, 2)
	for _, s := range w.servers {
		s.Alias("www.example.com", "a.example.com")
	}
	w.servers[1].Alias("a.example.com", "edge.example.net")
	w.cache.Add("edge.example.net. SOA ns1.example.com. host.example.com. 1 2 3 4 5", "edge.example.net. NS ns1.example.com.")
	got, err := w.client.Follow(t.Context(), "www.example.com", nil, authoritative)
	want := []status.Found{{Servers: []string{w.nameOf(0)}, Values: []string{"a.example.com"}, Address: status.No}, {Servers: []string{w.nameOf(1)}, Values: []string{"a.example.com", "edge.example.net"}, Address: status.No}}
	if err != nil || !reflect.DeepEqual(got.Found, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

// TestCDNMayDiffer has the servers of a zone agree on an alias into another's,
// whose servers answer by where they are.
func TestCDNMayDiffer(t *testing.T) {
	w := newWorld(t, 2)
	w.cache.Add("cdn.example.net. SOA ns1.example.com. host.example.com. 1 2 3 4 5",
		"cdn.example.net. NS ns0.example.com.", "cdn.example.net. NS ns1.example.com.", "cdn.example.net. NS ns2.example.com.")
	for i := range 4 { // the first server has no address that answers, and the others' turn comes before its second
		w.cache.Add(fmt.Sprintf("ns0.example.com. A 127.0.0.%d", i+10))
	}
	for i, s := range w.servers {
		s.Alias("www.example.com", "www.cdn.example.net")
		s.Behave("www.cdn.example.net", func(rw dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
			s.Alias("www.cdn.example.net", fmt.Sprintf("edge%d.cdn.example.net", i+1))
			genuine(rw, m)
		})
	}
	recorded := new(trace.Trace)
	got, err := w.client.Follow(trace.With(t.Context(), recorded), "www.example.com", nil, authoritative)
	checkRecords(t, got, err, "www.cdn.example.net", "edge1.cdn.example.net")
	refused := 0
	for _, step := range recorded.Steps() {
		if strings.Contains(step.Text, "connection refused") {
			refused++
		}
	}
	if refused != 2 { // one for each of the two names
		t.Errorf("%d addresses refused before a server answered, want one for each name", refused)
	}
}

// TestSilentServerIsNoDisagreement has one of two servers dead.
func TestSilentServerIsNoDisagreement(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.servers[0].BehaveAlways(dnstest.Silent)
	w.servers[1].Publish(proof, "t0ken")
	got, err := w.newClient(dnsclient.Options{Try: 500 * time.Millisecond}).TXT(t.Context(), proof, authoritative)
	checkRecords(t, got, err, "t0ken")
	if want := []string{w.nameOf(0) + ": no answer in time"}; !reflect.DeepEqual(got.Silent, want) {
		t.Errorf("silent were %q, want %q", got.Silent, want)
	}
}

// TestServerWithoutAddress has a zone that names a server that is gone.
func TestServerWithoutAddress(t *testing.T) {
	w := newWorld(t, 1)
	w.cache.Add("example.com. NS gone.example.com.")
	w.servers[0].Publish(proof, "t0ken")
	got, err := w.client.TXT(t.Context(), proof, authoritative)
	checkRecords(t, got, err, "t0ken")
	if want := []string{"gone.example.com has no address"}; !reflect.DeepEqual(got.Silent, want) {
		t.Errorf("silent were %q, want %q", got.Silent, want)
	}
}

// TestSilentAddressesAreGivenUp has a server with four addresses that are
// silent, and a good one: not all that could be tried is tried.
func TestSilentAddressesAreGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5)
	for i, s := range w.servers[1:] {
		name := fmt.Sprintf("ns%d.example.com", i+2)
		w.cache.Behave(name, dnstest.Refuse(dns.RcodeNameError)) // they are all addresses of ns0
		w.cache.Add(fmt.Sprintf("ns0.example.com. A 127.0.0.%d", i+2))
		s.BehaveAlways(dnstest.Silent)
	}
	w.cache.Add("example.com. NS ns0.example.com.")
	w.servers[0].Publish(proof, "t0ken")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	got, err := w.newClient(dnsclient.Options{Try: time.Hour}).TXT(ctx, proof, authoritative)
	checkRecords(t, got, err, "t0ken")
	sent := 0
	for _, s := range w.servers[1:] {
		sent += len(s.Asked())
	}
	if sent == 0 || sent > 4 || !strings.HasPrefix(got.Silent[0], "ns0.example.com (127.0.0.2:") {
		t.Errorf("sent %d messages to the silent ones, and said %q", sent, got.Silent)
	}
}

// TestNoResolverAnswers has the system's resolvers silent: that is not told as a
// zone without servers.
func TestNoResolverAnswers(t *testing.T) {
	t.Parallel()
	dead := serve(t)
	dead.BehaveAlways(dnstest.Silent)
	client := dnsclient.New(dnsclient.Options{Try: 20 * time.Millisecond, System: func() ([]string, error) { return []string{dead.Address(), dead.Address()}, nil }})
	_, err := client.TXT(t.Context(), proof, authoritative)
	checkFailure(t, err, status.ReasonTimeout, "finding the zone: "+dead.Address()+": no answer in time")
	if n := len(dead.Asked()); n > 10 {
		t.Errorf("%d messages were sent to resolvers that never answered", n)
	}
}

// TestAddressesThatRefuse has a server with four addresses that no server listens
// on, and a good one.
func TestAddressesThatRefuse(t *testing.T) {
	w := newWorld(t, 1)
	for i := range 4 {
		w.cache.Add("example.com. NS ns0.example.com.", fmt.Sprintf("ns0.example.com. A 127.0.0.%d", i+10))
	}
	w.servers[0].Publish(proof, "t0ken")
	got, err := w.client.TXT(t.Context(), proof, authoritative)
	checkRecords(t, got, err, "t0ken")
	if len(got.Silent) != 1 || strings.Count(got.Silent[0], "connection refused") != 4 {
		t.Errorf("silent were %q, want the four addresses of one server", got.Silent)
	}
}

// TestIPv6 has a server that only has an address of IPv6, in the form that a
// machine without IPv6 reaches too.
func TestIPv6(t *testing.T) {
	for has, want := range map[bool]status.Reason{true: "", false: status.ReasonDNS} {
		w := newWorld(t, 1)
		w.servers[0].Publish(proof, "t0ken")
		client := w.newClient(dnsclient.Options{IPv6: func() bool { return has }})
		w.cache.Behave("ns1.example.com", func(rw dns.ResponseWriter, m *dns.Msg, _ dns.HandlerFunc) {
			reply := new(dns.Msg).SetReply(m)
			if q := m.Question[0]; q.Qtype == dns.TypeAAAA {
				reply.Answer = []dns.RR{&dns.AAAA{Hdr: dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET}, AAAA: net.ParseIP("127.0.0.1")}}
			}
			_ = rw.WriteMsg(reply)
		})
		got, err := client.TXT(t.Context(), proof, authoritative)
		if has {
			checkRecords(t, got, err, "t0ken")
		} else {
			checkFailure(t, err, want, "ns1.example.com has no address")
		}
		if n := w.cache.Queries(dns.TypeAAAA); (n > 0) != has {
			t.Errorf("with IPv6, %v: %d addresses of IPv6 were asked for", has, n)
		}
	}
}

// TestAddressesByTurns has a server with more addresses of IPv4, where no server
// listens, than are tried, and one of IPv6.
func TestAddressesByTurns(t *testing.T) {
	w := newWorld(t, 1)
	w.servers[0].Publish(proof, "t0ken")
	client := w.newClient(dnsclient.Options{IPv6: func() bool { return true }})
	w.cache.Add("example.com. NS ns0.example.com.", "ns0.example.com. AAAA ::ffff:127.0.0.1")
	for i := range 9 {
		w.cache.Add(fmt.Sprintf("ns0.example.com. A 127.0.0.%d", i+10))
	}
	got, err := client.TXT(t.Context(), proof, authoritative)
	checkRecords(t, got, err, "t0ken")
	if len(got.Silent) != 0 || len(got.Found[0].Servers) != 2 {
		t.Errorf("got %+v, want both servers to answer", got)
	}
}

// TestSameServersEachTime has more servers than are asked, in an order that
// changes: the same ones are asked.
func TestSameServersEachTime(t *testing.T) {
	w := newWorld(t, 1)
	for i := 20; i > 0; i-- {
		w.cache.Add(fmt.Sprintf("example.com. NS a%02d.example.com.", i), fmt.Sprintf("a%02d.example.com. A 127.0.0.1", i))
	}
	w.servers[0].Publish(proof, "t0ken")
	got, err := w.client.TXT(t.Context(), proof, authoritative)
	checkRecords(t, got, err, "t0ken")
	if servers := got.Found[0].Servers; len(servers) != 8 || !strings.HasPrefix(servers[0], "a01.") || !strings.HasPrefix(servers[7], "a08.") {
		t.Errorf("asked %q, want the first eight", servers)
	}
}

// TestAddressesAreBounded has a server with many addresses of both kinds, where
// no server listens.
func TestAddressesAreBounded(t *testing.T) {
	w := newWorld(t, 1)
	w.servers[0].Publish(proof, "t0ken")
	w.cache.Add("example.com. NS ns0.example.com.")
	for i := range 9 {
		w.cache.Add(fmt.Sprintf("ns0.example.com. A 127.0.0.%d", i+10), fmt.Sprintf("ns0.example.com. AAAA ::ffff:127.0.1.%d", i+10))
	}
	got, err := w.newClient(dnsclient.Options{IPv6: func() bool { return true }}).TXT(t.Context(), proof, authoritative)
	checkRecords(t, got, err, "t0ken")
	want := regexp.MustCompile(`^ns0\S+ \(127\.0\.0\.10:.*; ns0\S+ \(127\.0\.1\.10:.*; ns0\S+ \(127\.0\.0\.11:.*; ns0\S+ \(127\.0\.1\.11:[^;]*$`)
	if len(got.Silent) != 1 || !want.MatchString(got.Silent[0]) {
		t.Errorf("silent were %q, want %s", got.Silent, want)
	}
}

// TestAliasIsFollowedToItsOwnAuthority has the record delegated to another
// zone, as services for such proofs want it, of which the first zone's server
// pretends to know.
func TestAliasIsFollowedToItsOwnAuthority(t *testing.T) {
	w := newWorld(t, 2)
	w.cache.Add("proofs.example.net. SOA ns2.example.com. host.example.com. 1 2 3 4 5", "proofs.example.net. NS ns2.example.com.")
	for _, s := range w.servers {
		s.Alias(proof, "proofs.example.net")
	}
	w.servers[0].Publish("proofs.example.net", "stale")
	w.servers[1].Behave("proofs.example.net", func(rw dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
		w.servers[1].Publish("proofs.example.net", "t0ken")
		genuine(rw, m)
	})
	got, err := w.client.TXT(t.Context(), proof, authoritative)
	checkRecords(t, got, err, "t0ken")
	if n := w.servers[1].Queries(dns.TypeTXT); n != 2 {
		t.Errorf("%d questions, want one about each name", n)
	}
}

// TestAliasAtAZoneCut has an alias of a zone that leads into the zone above:
// the start of authority that is told about it is that of the alias' target.
func TestAliasAtAZoneCut(t *testing.T) {
	w := newWorld(t, 2)
	w.cache.Alias(proof, "proofs.example.com")
	w.cache.Behave(proof, func(rw dns.ResponseWriter, m *dns.Msg, _ dns.HandlerFunc) {
		reply := new(dns.Msg).SetReply(m)
		for to, lines := range map[*[]dns.RR][]string{
			&reply.Answer: {proof + ". CNAME proofs.example.com."}, &reply.Ns: {"example.com. SOA ns1.example.com. host.example.com. 1 2 3 4 5"},
		} {
			for _, line := range lines {
				rr, err := dns.NewRR(line)
				if err != nil {
					t.Error(err)
				}
				*to = append(*to, rr)
			}
		}
		_ = rw.WriteMsg(reply)
	})
	w.cache.Add("www.example.com. SOA ns2.example.com. host.example.com. 1 2 3 4 5", "www.example.com. NS ns2.example.com.")
	w.servers[1].Add("www.example.com. SOA ns2.example.com. host.example.com. 1 2 3 4 5")
	w.servers[1].Alias(proof, "proofs.example.com")
	w.servers[0].Publish("proofs.example.com", "t0ken")
	w.servers[1].Publish("proofs.example.com", "t0ken")
	got, err := w.client.TXT(t.Context(), proof, authoritative)
	checkRecords(t, got, err, "t0ken")
	if servers := got.Found[0].Servers; !reflect.DeepEqual(servers, []string{w.nameOf(1)}) {
		t.Errorf("asked %q, want the server of www.example.com", servers)
	}
}

// TestZoneIsFoundAboveAFailure has resolvers that cannot say which zone a name
// is in, but say it of the name above.
func TestZoneIsFoundAboveAFailure(t *testing.T) {
	for name, behave := range map[string]dnstest.Behaviour{
		"SERVFAIL": dnstest.Refuse(dns.RcodeServerFailure), "REFUSED": dnstest.Refuse(dns.RcodeRefused), "garbled": dnstest.Garble, "silent": dnstest.Silent,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.cache.Behave(proof, behave)
			w.servers[0].Publish(proof, "t0ken")
			got, err := w.newClient(dnsclient.Options{Try: 500 * time.Millisecond}).TXT(t.Context(), proof, authoritative)
			checkRecords(t, got, err, "t0ken")
		})
	}
}

// TestReferralIsNoAnswer has a zone below whose start of authority cannot be
// had: the server above must not be believed that there is nothing.
func TestReferralIsNoAnswer(t *testing.T) {
	w := newWorld(t, 1)
	for _, name := range []string{proof, "www.example.com"} {
		w.cache.Behave(name, dnstest.Refuse(dns.RcodeServerFailure))
	}
	w.servers[0].Behave(proof, func(rw dns.ResponseWriter, m *dns.Msg, _ dns.HandlerFunc) {
		reply := new(dns.Msg).SetReply(m)
		reply.Ns = []dns.RR{&dns.NS{Hdr: dns.RR_Header{Name: "www.example.com.", Rrtype: dns.TypeNS, Class: dns.ClassINET}, Ns: "ns9.example.net."}}
		_ = rw.WriteMsg(reply)
	})
	_, err := w.client.TXT(t.Context(), proof, authoritative)
	checkFailure(t, err, status.ReasonServerError, `not authoritative: it refers to the servers of "www.example.com", such as "ns9.example.net"`)
}

func TestNoAuthority(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(cache, authority *dnstest.Server)
		want  status.Reason
		text  string
	}{
		"a cache in its place": {func(_, authority *dnstest.Server) {
			authority.Behave(proof, dnstest.NotAuthoritative)
		}, status.ReasonServerError, "not authoritative"},
		"its address cannot be found out": {func(cache, _ *dnstest.Server) {
			cache.Behave("ns1.example.com", dnstest.Refuse(dns.RcodeServerFailure))
		}, status.ReasonServerError, "finding the servers of example.com.: finding the address of ns1.example.com: "},
		"it has no address": {func(cache, _ *dnstest.Server) {
			cache.Behave("ns1.example.com", dnstest.Refuse(dns.RcodeNameError))
		}, status.ReasonDNS, "finding the servers of example.com.: ns1.example.com has no address"},
		"no servers": {func(cache, _ *dnstest.Server) {
			cache.Behave("example.com", func(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
				if m.Question[0].Qtype == dns.TypeNS {
					m.Question[0].Qtype = dns.TypeMX
				}
				genuine(w, m)
			})
		}, status.ReasonBadResponse, "finding the servers of example.com.: "},
		"they cannot be found out": {func(cache, _ *dnstest.Server) {
			cache.Behave("example.com", dnstest.Refuse(dns.RcodeServerFailure))
		}, status.ReasonServerError, "finding the servers of example.com.: "},
		"no zone": {func(cache, _ *dnstest.Server) {
			cache.BehaveAlways(dnstest.Refuse(dns.RcodeServerFailure))
		}, status.ReasonServerError, "finding the zone: "},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.servers[0].Publish(proof, "t0ken")
			test.spoil(w.cache, w.servers[0])
			_, err := w.client.TXT(t.Context(), proof, authoritative)
			checkFailure(t, err, test.want, test.text)
		})
	}
}

func TestZoneWithoutServers(t *testing.T) {
	cache := serve(t, "example.com. SOA ns1.example.com. host.example.com. 1 2 3 4 5")
	client := dnsclient.New(dnsclient.Options{System: func() ([]string, error) { return []string{cache.Address()}, nil }})
	_, err := client.TXT(t.Context(), proof, authoritative)
	checkFailure(t, err, status.ReasonDNS, "example.com. has no name server")
}

func TestNobodyHasTheAuthority(t *testing.T) {
	empty := serve(t)
	client := dnsclient.New(dnsclient.Options{System: func() ([]string, error) { return []string{empty.Address()}, nil }})
	_, err := client.TXT(t.Context(), proof, authoritative)
	checkFailure(t, err, status.ReasonDNS, "no server has the authority")
}

// TestAmplification has zones, lists and chains that would have the exporter
// send more than it should, whatever the DNS says.
func TestAmplification(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(*world)
		most    int // messages
	}{
		"1,500 servers of a zone": {func(w *world) {
			for i := range 1500 {
				w.cache.Add(fmt.Sprintf("example.com. NS a%04d.example.com.", i), fmt.Sprintf("a%04d.example.com. A 127.0.0.1", i))
			}
		}, 29},
		"many addresses of a server": {func(w *world) {
			for i := range 200 {
				w.cache.Add(fmt.Sprintf("ns1.example.com. A 127.0.1.%d", i+1))
			}
			w.servers[0].BehaveAlways(dnstest.Refuse(dns.RcodeServerFailure))
		}, 10},
		"a zone for each of many aliases": {func(w *world) {
			name := proof
			for i := range 50 {
				next := fmt.Sprintf("proofs.z%d.example.net", i)
				w.servers[0].Alias(name, next)
				w.cache.Add(fmt.Sprintf("z%d.example.net. SOA ns1.example.com. host.example.com. 1 2 3 4 5", i))
				for j := range 50 {
					w.cache.Add(fmt.Sprintf("z%d.example.net. NS n%d.z%d.example.net.", i, j, i), fmt.Sprintf("n%d.z%d.example.net. A 127.0.0.1", j, i))
				}
				name = next
			}
		}, 100},
		"many system resolvers": {func(*world) {}, 20},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			test.prepare(w)
			sick := serve(t)
			sick.BehaveAlways(dnstest.Refuse(dns.RcodeServerFailure))
			system := []string{w.cache.Address()}
			for range 1000 {
				system = append(system, sick.Address())
			}
			client := w.newClient(dnsclient.Options{System: func() ([]string, error) { return system, nil }})
			_, err := client.TXT(t.Context(), proof, authoritative)
			_, listErr := client.TXT(t.Context(), proof, slices.Repeat([]string{sick.Address()}, 1000))
			if listErr == nil {
				t.Error("the sick resolvers answered")
			}
			if n := len(sick.Asked()); n != 8 {
				t.Errorf("%d of the sick resolvers were asked, want 8", n)
			}
			if n := len(w.cache.Asked()) + len(w.servers[0].Asked()); n > test.most {
				t.Errorf("%d messages (%v), want at most %d", n, err, test.most)
			}
			if test.most == 100 {
				checkFailure(t, err, status.ReasonBadResponse, "given up after 100 messages")
				if sent := len(w.cache.Asked()) + len(w.servers[0].Asked()); sent != 100 {
					t.Errorf("gave up after %d messages", sent)
				}
			}
		})
	}
}
