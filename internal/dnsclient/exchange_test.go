package dnsclient_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/fake/dnstest"
	"oss_cname_exporter/internal/status"
)

func TestBadServers(t *testing.T) {
	withoutEDNS := func(rcode int) dnstest.Behaviour { return dnstest.WithoutEDNS(dnstest.Refuse(rcode)) }
	explain := dnstest.Explain
	for name, test := range map[string]struct {
		behave  dnstest.Behaviour
		queries int
		want    status.Reason // "" is the answer
		text    string
	}{
		"silent":                  {dnstest.Silent, 2, status.ReasonTimeout, "no answer in time"},
		"SERVFAIL":                {dnstest.Refuse(dns.RcodeServerFailure), 1, status.ReasonServerError, ": refused with SERVFAIL"},
		"REFUSED":                 {dnstest.Refuse(dns.RcodeRefused), 1, status.ReasonServerError, ": refused with REFUSED"},
		"a code nobody knows":     {dnstest.Refuse(14), 1, status.ReasonServerError, ": refused with RCODE 14"},
		"lies":                    {dnstest.Lie, 1, status.ReasonBadResponse, "does not answer the question"},
		"garbles":                 {dnstest.Garble, 2, status.ReasonBadResponse, ": over TCP, since the answer cannot be had over UDP: the reply cannot be read: "},
		"always short":            {dnstest.TruncateAlways, 2, status.ReasonBadResponse, "cut short, over TCP too"},
		"truncates":               {dnstest.Truncate, 2, "", ""},
		"loses a query":           {dnstest.SilentOnce(), 2, "", ""},
		"a cache":                 {dnstest.NotAuthoritative, 1, "", ""},
		"EDNS is FORMERR":         {withoutEDNS(dns.RcodeFormatError), 2, "", ""},
		"EDNS is NOTIMP":          {withoutEDNS(dns.RcodeNotImplemented), 2, "", ""},
		"EDNS is BADVERS":         {withoutEDNS(dns.RcodeBadVers), 2, "", ""},
		"EDNS is dropped":         {dnstest.WithoutEDNS(dnstest.Silent), 2, "", ""},
		"all is FORMERR":          {dnstest.Refuse(dns.RcodeFormatError), 2, status.ReasonServerError, "refused with FORMERR"},
		"EDNS is SERVFAIL":        {withoutEDNS(dns.RcodeServerFailure), 1, status.ReasonServerError, "refused with SERVFAIL"},
		"more than asked for":     {dnstest.Oversize, 1, "", ""},
		"a guess comes before":    {dnstest.Forge(proof + `. TXT "forged"`), 1, "", ""},
		"DNSSEC fails":            {explain(dns.RcodeServerFailure, 6, "no key\nfor you"), 1, status.ReasonServerError, `refused with SERVFAIL (extended error 6, DNSSEC Bogus: "no key\nfor you")`},
		"an error nobody knows":   {explain(dns.RcodeRefused, 4711, ""), 1, status.ReasonServerError, `refused with REFUSED (extended error 4711)`},
		"a long explanation":      {explain(dns.RcodeRefused, 0, strings.Repeat("x", 500)), 1, status.ReasonServerError, strings.Repeat("x", 200) + `" …)`},
		"not too long":            {explain(dns.RcodeRefused, 0, strings.Repeat("x", 200)), 1, status.ReasonServerError, strings.Repeat("x", 200) + `")`},
		"blocked":                 {explain(dns.RcodeNameError, 15, "by law"), 1, status.ReasonServerError, `not that of the zone (extended error 15, Blocked: "by law")`},
		"filtered":                {explain(dns.RcodeSuccess, 17, ""), 1, status.ReasonServerError, `not that of the zone (extended error 17, Filtered)`},
		"none, when last seen":    {explain(dns.RcodeNameError, 19, ""), 1, status.ReasonServerError, "extended error 19"},
		"nothing, when last seen": {explain(dns.RcodeSuccess, 3, ""), 1, status.ReasonServerError, "extended error 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, `_dnsauth.www.example.com. TXT "t0ken"`)
			s.Behave(proof, test.behave)
			opts := dnsclient.Options{Try: time.Second}
			if test.want == status.ReasonTimeout {
				opts.Try = 50 * time.Millisecond
			}
			got, err := dnsclient.New(opts).TXT(t.Context(), proof, []string{s.Address()})
			if test.want == "" {
				checkRecords(t, got, err, "t0ken")
			} else {
				checkFailure(t, err, test.want, "looking up TXT of "+proof+": "+s.Address(), test.text)
			}
			if n := s.Queries(dns.TypeTXT); n != test.queries {
				t.Errorf("%d queries, want %d", n, test.queries)
			}
		})
	}
}

// TestStaleRecordsAreRecords has a resolver that could not ask again whether
// the old records are still right.
func TestStaleRecordsAreRecords(t *testing.T) {
	s := serve(t, proof+`. TXT "t0ken"`)
	s.Behave(proof, func(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
		genuine(explained{w}, m)
	})
	got, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{s.Address()})
	checkRecords(t, got, err, "t0ken")
}

// TestFewExplanations has a server with more to say than fits.
func TestFewExplanations(t *testing.T) {
	s := serve(t)
	s.Behave(proof, func(w dns.ResponseWriter, m *dns.Msg, _ dns.HandlerFunc) {
		reply := new(dns.Msg).SetRcode(m, dns.RcodeRefused).SetEdns0(1232, false)
		for code := range uint16(5) {
			reply.IsEdns0().Option = append(reply.IsEdns0().Option, &dns.EDNS0_EDE{InfoCode: 1000 + code})
		}
		_ = w.WriteMsg(reply)
	})
	_, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{s.Address()})
	checkFailure(t, err, status.ReasonServerError, "refused with REFUSED (extended error 1000; extended error 1001; extended error 1002)")
}

type explained struct{ dns.ResponseWriter }

func (e explained) WriteMsg(m *dns.Msg) error {
	m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: dns.ExtendedErrorCodeStaleAnswer}}
	return e.ResponseWriter.WriteMsg(m)
}

// TestLargeAnswers has answers that fit in no datagram that is read, from
// servers that say so and from one that does not.
func TestLargeAnswers(t *testing.T) {
	values := make([]string, 25)
	for i := range values {
		values[i] = strings.Repeat(string(rune('a'+i)), 200)
	}
	for name, behave := range map[string]dnstest.Behaviour{"genuine": nil, "oversize": dnstest.Oversize, "no EDNS": dnstest.WithoutEDNS(dnstest.Refuse(dns.RcodeFormatError))} {
		s := serve(t)
		s.Publish(proof, values...)
		s.Behave(proof, behave)
		got, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{s.Address()})
		t.Log(name)
		checkRecords(t, got, err, values...)
	}
}

// TestNoTCP has an answer too long for UDP at a server that a firewall lets
// no client reaches over TCP.
func TestNoTCP(t *testing.T) {
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	s := dns.Server{PacketConn: packets, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
		dnstest.Truncate(w, m, nil)
	})}
	ended := make(chan error)
	go func() { ended <- s.ActivateAndServe() }()
	<-started
	defer func() { _ = s.Shutdown(); <-ended }()
	_, err = dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{packets.LocalAddr().String()})
	checkFailure(t, err, status.ReasonConnect, "over TCP, since the answer cannot be had over UDP: ", "connection refused")
}

// TestIDsCannotBeGuessed asks the same again: the messages differ.
func TestIDsCannotBeGuessed(t *testing.T) {
	s := serve(t, proof+`. TXT "t0ken"`)
	client := dnsclient.New(dnsclient.Options{})
	const asked = 8
	for range asked {
		got, err := client.TXT(t.Context(), proof, []string{s.Address()})
		checkRecords(t, got, err, "t0ken")
	}
	ids, steps := map[uint16]bool{}, map[uint16]bool{}
	messages := s.Asked()
	for i, m := range messages {
		ids[m.Id] = true
		steps[m.Id-messages[max(i-1, 0)].Id] = true
	}
	if len(ids) < asked/2 || len(steps) < asked/2 {
		t.Errorf("of %d messages the ids are %v", asked, ids)
	}
}

// TestMessages looks at the messages: to a resolver that it is to find the
// answer, to a server of the zone that it is not.
func TestMessages(t *testing.T) {
	w := newWorld(t, 1)
	w.servers[0].Publish(proof, "t0ken")
	if _, err := w.client.TXT(t.Context(), proof, []string{dnsclient.Authoritative}); err != nil {
		t.Fatal(err)
	}
	for recurse, s := range map[bool]*dnstest.Server{true: w.cache, false: w.servers[0]} {
		for _, m := range s.Asked() {
			if m.RecursionDesired != recurse || m.IsEdns0().UDPSize() != 1232 {
				t.Errorf("recursion desired, %v: got\n%v", recurse, m)
			}
		}
	}
}

// TestSilentResolverIsRemembered has the first of the system's resolvers dead:
// it costs one wait, however many questions the look-up takes.
func TestSilentResolverIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	dead := serve(t)
	dead.BehaveAlways(dnstest.Silent)
	for _, s := range w.servers {
		s.Publish(proof, "t0ken")
	}
	client := w.newClient(dnsclient.Options{System: func() ([]string, error) { return []string{dead.Address(), w.cache.Address()}, nil }})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	got, err := client.TXT(ctx, proof, []string{dnsclient.Authoritative})
	checkRecords(t, got, err, "t0ken")
	if n := len(dead.Asked()); n != 1 {
		t.Errorf("the dead resolver was asked %d times", n)
	}
}

// TestSilentServersLeaveTime has more silent resolvers than fit into the time
// if each had all of its own.
func TestSilentServersLeaveTime(t *testing.T) {
	t.Parallel()
	s := serve(t, proof+`. TXT "t0ken"`)
	var resolvers []string
	for range 3 {
		dead := serve(t)
		dead.BehaveAlways(dnstest.Silent)
		resolvers = append(resolvers, dead.Address())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	got, err := dnsclient.New(dnsclient.Options{Try: time.Hour}).TXT(ctx, proof, append(resolvers, s.Address()))
	checkRecords(t, got, err, "t0ken")
}

// TestNoEDNSIsRemembered has a resolver that refuses EDNS: it does so once.
func TestNoEDNSIsRemembered(t *testing.T) {
	w := newWorld(t, 1)
	w.servers[0].Publish(proof, "t0ken")
	w.cache.BehaveAlways(dnstest.WithoutEDNS(dnstest.Refuse(dns.RcodeNotImplemented)))
	got, err := w.client.TXT(t.Context(), proof, []string{dnsclient.Authoritative})
	checkRecords(t, got, err, "t0ken")
	refused := 0
	for _, m := range w.cache.Asked() {
		if m.IsEdns0() != nil {
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("the resolver refused EDNS %d times", refused)
	}
}
