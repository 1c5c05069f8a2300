package dnstest_test

import (
	"testing"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"oss_cname_exporter/internal/fake/dnstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The library's own client, as one that shares nothing with this package.
func exchange(t *testing.T, s *dnstest.Server, network string, m *dns.Msg) *dns.Msg {
	t.Helper()
	client := dns.Client{Net: network, UDPSize: dns.MaxMsgSize - 1}
	reply, _, err := client.ExchangeContext(t.Context(), m, s.Address())
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func TestAnswers(t *testing.T) {
	s := dnstest.New("example.com. SOA ns.example.com. host.example.com. 1 2 3 4 5", "a.www.example.com. A 192.0.2.1")
	t.Cleanup(s.Close)
	for _, network := range []string{"udp", "tcp"} {
		for name, test := range map[string]struct {
			name           string
			rcode, answers int
		}{
			"a record":       {"a.www.example.com.", dns.RcodeSuccess, 1},
			"a name above":   {"www.example.com.", dns.RcodeSuccess, 0},
			"no such name":   {"b.example.com.", dns.RcodeNameError, 0},
			"nobody's names": {"example.net.", dns.RcodeNameError, 0},
		} {
			reply := exchange(t, s, network, new(dns.Msg).SetQuestion(test.name, dns.TypeA))
			if reply.Rcode != test.rcode || len(reply.Answer) != test.answers || !reply.Authoritative {
				t.Errorf("%s over %s: got\n%v", name, network, reply)
			}
		}
	}
	if n := s.Queries(dns.TypeA); n != 8 {
		t.Errorf("counted %d queries, want 8", n)
	}
}
