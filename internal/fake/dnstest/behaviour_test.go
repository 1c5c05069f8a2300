package dnstest_test

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/fake/dnstest"
)

func TestGroupSharesAPort(t *testing.T) {
	group := dnstest.NewGroup([]string{proof + " TXT one"}, nil, []string{proof + " TXT three"})
	for i, s := range group {
		t.Cleanup(s.Close)
		host := []string{"127.0.0.1:", "127.0.0.2:", "127.0.0.3:"}[i]
		port := group[0].Address()[len("127.0.0.1:"):]
		if s.Address() != host+port {
			t.Errorf("server %d is at %s, want %s%s", i, s.Address(), host, port)
		}
		want := [][]string{{"one"}, nil, {"three"}}[i]
		if got := s.TXT(proof); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("server %d says %q, want %q", i, got, want)
		}
	}
}

func TestEDNS(t *testing.T) {
	plain, extended := new(dns.Msg).SetQuestion(proof, dns.TypeTXT), new(dns.Msg).SetQuestion(proof, dns.TypeTXT).SetEdns0(1232, false)
	for name, test := range map[string]struct {
		behave       dnstest.Behaviour
		plain, edns  int // rcodes
		hasExtension bool
	}{
		"genuine":         {nil, dns.RcodeSuccess, dns.RcodeSuccess, true},
		"not implemented": {dnstest.WithoutEDNS(dnstest.Refuse(dns.RcodeNotImplemented)), dns.RcodeSuccess, dns.RcodeNotImplemented, false},
		"explained":       {dnstest.Explain(dns.RcodeServerFailure, dns.ExtendedErrorCodeDNSBogus, "no key"), dns.RcodeServerFailure, dns.RcodeServerFailure, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := dnstest.New(proof + " TXT t0ken")
			t.Cleanup(s.Close)
			s.BehaveAlways(test.behave)
			if reply := exchange(t, s, "udp", plain); reply.Rcode != test.plain {
				t.Errorf("without EDNS got %s", dns.RcodeToString[reply.Rcode])
			}
			reply := exchange(t, s, "udp", extended)
			if reply.Rcode != test.edns || (reply.IsEdns0() != nil) != test.hasExtension {
				t.Errorf("with EDNS got\n%v", reply)
			}
			if asked := s.Asked(); len(asked) != 2 || asked[0].IsEdns0() != nil || asked[1].IsEdns0() == nil {
				t.Errorf("recorded %v", asked)
			}
		})
	}
}

func TestOversize(t *testing.T) {
	long := strings.Repeat("x", 200)
	s := dnstest.New(proof+" TXT "+strings.Repeat(long+" ", 5), proof+" TXT "+strings.Repeat(long+" ", 6))
	t.Cleanup(s.Close)
	ask := func() *dns.Msg {
		return exchange(t, s, "udp", new(dns.Msg).SetQuestion(proof, dns.TypeTXT))
	}
	if reply := ask(); !reply.Truncated || reply.Len() > dns.MinMsgSize {
		t.Errorf("got %d bytes, truncated: %v", reply.Len(), reply.Truncated)
	}
	s.Behave(proof, func(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
		m.SetEdns0(512, false)
		dnstest.Oversize(w, m, genuine)
	})
	if reply := ask(); reply.Truncated || len(reply.Answer) != 2 {
		t.Errorf("got\n%v", reply)
	}
}
