package dnstest_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/fake/dnstest"
)

const proof = "_dnsauth.www.example.com."

func record(t *testing.T, line string) []dns.RR {
	t.Helper()
	rr, err := dns.NewRR(line)
	if err != nil {
		t.Fatal(err)
	}
	return []dns.RR{rr}
}

func TestUpdate(t *testing.T) {
	type step func(*dns.Msg)
	txt := func(value string) []dns.RR { return record(t, fmt.Sprintf("%s TXT %q", proof, value)) }
	insert := func(rr []dns.RR) step { return func(m *dns.Msg) { m.Insert(rr) } }
	for name, test := range map[string]struct {
		steps []step
		rcode int // of the last step
		want  []string
	}{
		"insert":            {[]step{insert(txt("a"))}, 0, []string{"a"}},
		"insert twice":      {[]step{insert(txt("a")), insert(txt("a"))}, 0, []string{"a"}},
		"insert two":        {[]step{insert(txt("a")), insert(txt("b"))}, 0, []string{"a", "b"}},
		"remove":            {[]step{insert(txt("a")), insert(txt("b")), func(m *dns.Msg) { m.Remove(txt("a")) }}, 0, []string{"b"}},
		"remove the type":   {[]step{insert(txt("a")), func(m *dns.Msg) { m.RemoveRRset(txt("")) }}, 0, nil},
		"remove the name":   {[]step{insert(txt("a")), func(m *dns.Msg) { m.RemoveName(txt("")) }}, 0, nil},
		"a CNAME beside it": {[]step{insert(txt("a")), insert(record(t, proof+" CNAME a.example."))}, 0, []string{"a"}},
		"beside a CNAME":    {[]step{insert(record(t, proof+" CNAME a.example.")), insert(txt("a"))}, 0, nil},
		"another zone":      {[]step{insert(record(t, "a.example.net. TXT a"))}, dns.RcodeNotZone, nil},
		"ANY is no record's type": {[]step{func(m *dns.Msg) {
			m.Ns = []dns.RR{&dns.ANY{Hdr: dns.RR_Header{Name: proof, Rrtype: dns.TypeANY, Class: dns.ClassINET}}}
		}}, dns.RcodeFormatError, nil},
		"no class of an update":      {[]step{func(m *dns.Msg) { m.Insert(txt("a")); m.Ns[0].Header().Class = dns.ClassCHAOS }}, dns.RcodeFormatError, nil},
		"all of it or nothing":       {[]step{func(m *dns.Msg) { m.Insert(txt("a")); m.Insert(record(t, "a.example.net. TXT a")) }}, dns.RcodeNotZone, nil},
		"two zones":                  {[]step{func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }}, dns.RcodeFormatError, nil},
		"not a zone of the server's": {[]step{func(m *dns.Msg) { m.SetUpdate("example.net.") }}, dns.RcodeNotAuth, nil},
		"used, and it is":            {[]step{insert(txt("a")), func(m *dns.Msg) { m.NameUsed(txt("")); m.Insert(txt("b")) }}, 0, []string{"a", "b"}},
		"used, and it is not":        {[]step{func(m *dns.Msg) { m.NameUsed(txt("")); m.Insert(txt("b")) }}, dns.RcodeNameError, nil},
		"not used, and it is":        {[]step{insert(txt("a")), func(m *dns.Msg) { m.NameNotUsed(txt("")); m.Insert(txt("b")) }}, dns.RcodeYXDomain, []string{"a"}},
		"not used, and it is not":    {[]step{func(m *dns.Msg) { m.NameNotUsed(txt("")); m.Insert(txt("b")) }}, 0, []string{"b"}},
		"a type, and it is there":    {[]step{insert(txt("a")), func(m *dns.Msg) { m.RRsetUsed(txt("")); m.Insert(txt("b")) }}, 0, []string{"a", "b"}},
		"a type, and it is not":      {[]step{func(m *dns.Msg) { m.RRsetUsed(txt("")); m.Insert(txt("b")) }}, dns.RcodeNXRrset, nil},
		"no such type, and it is":    {[]step{insert(txt("a")), func(m *dns.Msg) { m.RRsetNotUsed(txt("")); m.Insert(txt("b")) }}, dns.RcodeYXRrset, []string{"a"}},
		"no such type, rightly":      {[]step{func(m *dns.Msg) { m.RRsetNotUsed(txt("")); m.Insert(txt("b")) }}, 0, []string{"b"}},
		"these records, and no more": {[]step{insert(txt("a")), func(m *dns.Msg) { m.Used(txt("a")); m.Insert(txt("b")) }}, 0, []string{"a", "b"}},
		"fewer than there are": {[]step{insert(txt("a")), insert(txt("b")), func(m *dns.Msg) { m.Used(txt("a")); m.Insert(txt("c")) }},
			dns.RcodeNXRrset, []string{"a", "b"}},
		"others than there are":      {[]step{insert(txt("a")), func(m *dns.Msg) { m.Used(txt("b")); m.Insert(txt("c")) }}, dns.RcodeNXRrset, []string{"a"}},
		"a condition elsewhere":      {[]step{func(m *dns.Msg) { m.NameUsed(record(t, "a.example.net. TXT a")) }}, dns.RcodeNotZone, nil},
		"a condition with a TTL":     {[]step{func(m *dns.Msg) { m.NameUsed(txt("")); m.Answer[0].Header().Ttl = 1 }}, dns.RcodeFormatError, nil},
		"a removal with a TTL":       {[]step{func(m *dns.Msg) { m.RemoveName(txt("")); m.Ns[0].Header().Ttl = 1 }}, dns.RcodeFormatError, nil},
		"another removal with a TTL": {[]step{func(m *dns.Msg) { m.Remove(txt("a")); m.Ns[0].Header().Ttl = 1 }}, dns.RcodeFormatError, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := dnstest.New(dnstest.Zone("example.com")...)
			t.Cleanup(s.Close)
			for i, step := range test.steps {
				m := new(dns.Msg).SetUpdate("example.com.")
				step(m)
				want := dns.RcodeSuccess
				if i == len(test.steps)-1 {
					want = test.rcode
				}
				if reply := exchange(t, s, "udp", m); reply.Rcode != want {
					t.Errorf("step %d: got %s, want %s", i, dns.RcodeToString[reply.Rcode], dns.RcodeToString[want])
				}
			}
			got := s.TXT(proof)
			slices.Sort(got)
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestApexStays removes the records that a zone needs.
func TestApexStays(t *testing.T) {
	s := dnstest.New(dnstest.Zone("example.com")...)
	t.Cleanup(s.Close)
	apex := func(qtype uint16) []dns.RR {
		return exchange(t, s, "udp", new(dns.Msg).SetQuestion("example.com.", qtype)).Answer
	}
	for _, change := range []func(*dns.Msg){
		func(m *dns.Msg) { m.RemoveName(record(t, "example.com. TXT a")) },
		func(m *dns.Msg) { m.RemoveRRset(record(t, "example.com. NS a.")) },
		func(m *dns.Msg) { m.Remove(apex(dns.TypeNS)) },
		func(m *dns.Msg) { m.Remove(apex(dns.TypeSOA)) },
		func(m *dns.Msg) { m.Insert(record(t, "example.com. SOA other.example. a.example. 1 2 3 4 5")) },
	} {
		m := new(dns.Msg).SetUpdate("example.com.")
		change(m)
		exchange(t, s, "udp", m)
		if soa := apex(dns.TypeSOA); len(apex(dns.TypeNS)) != 1 || len(soa) != 1 || soa[0].(*dns.SOA).Serial != 1 || soa[0].(*dns.SOA).Ns != "ns.example.com." {
			t.Errorf("after\n%vgot %v and %v", m, apex(dns.TypeNS), soa)
		}
	}
	for i, line := range []string{"example.com. NS other.example.", "example.com. SOA ns.example.com. a.example. 7 2 3 4 5"} {
		m := new(dns.Msg).SetUpdate("example.com.")
		m.Insert(record(t, line))
		exchange(t, s, "udp", m)
		if got, want := apex(dns.TypeSOA)[0].(*dns.SOA).Serial, []uint32{2, 8}[i]; got != want {
			t.Errorf("after %q the serial is %d, want %d", line, got, want)
		}
	}
	m := new(dns.Msg).SetUpdate("example.com.")
	m.Remove(record(t, "example.com. NS other.example."))
	exchange(t, s, "udp", m)
	if got := apex(dns.TypeNS); len(got) != 1 {
		t.Errorf("of two name servers one was removed, and there are %v", got)
	}
}
