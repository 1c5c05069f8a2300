package dnstest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Add adds records in the form of a zone file's lines, such as
// "www.example.com. CNAME example.net.". It panics at one that is none.
func (s *Server) Add(records ...string) {
	parsed := parse(records)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, parsed...)
}

func parse(lines []string) []dns.RR {
	var records []dns.RR
	for _, line := range lines {
		rr, err := dns.NewRR(line)
		if err != nil || rr == nil {
			panic(fmt.Sprintf("dnstest: %q is no record: %v", line, err))
		}
		records = append(records, rr)
	}
	return records
}

// Zone returns the records that make a server the authority for the zone of
// that name: its start of authority, and one name server at 127.0.0.1.
func Zone(name string) []string {
	name = dns.Fqdn(name)
	return []string{
		name + " 60 SOA ns." + name + " hostmaster." + name + " 1 3600 600 86400 60",
		name + " 60 NS ns." + name,
		"ns." + name + " 60 A 127.0.0.1",
	}
}

// Publish makes values the TXT records of name in place of those it has.
func (s *Server) Publish(name string, values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(name, dns.TypeTXT)
	for _, value := range values {
		header := dns.RR_Header{Name: dns.Fqdn(name), Rrtype: dns.TypeTXT, Class: dns.ClassINET}
		s.add(&dns.TXT{Hdr: header, Txt: []string{value}})
	}
}

// Alias makes target the value of the CNAME record of name; "" removes the record.
func (s *Server) Alias(name, target string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(name, dns.TypeCNAME)
	if target == "" {
		return
	}
	header := dns.RR_Header{Name: dns.Fqdn(name), Rrtype: dns.TypeCNAME, Class: dns.ClassINET}
	s.add(&dns.CNAME{Hdr: header, Target: dns.Fqdn(target)})
}

// TXT returns the values of the TXT records of name.
func (s *Server) TXT(name string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var values []string
	for _, rr := range s.answer(dns.Fqdn(name), dns.TypeTXT) {
		if txt, ok := rr.(*dns.TXT); ok {
			values = append(values, strings.Join(txt.Txt, ""))
		}
	}
	return values
}

// add adds one record. It is called with s.mu held, as all below.
func (s *Server) add(rr dns.RR) { s.records = append(s.records, rr) }

// remove deletes the records of name and of that type.
func (s *Server) remove(name string, qtype uint16) {
	s.records = slices.DeleteFunc(s.records, func(rr dns.RR) bool { return isAny(rr, name, qtype) })
}

// answer is the answer section: the records of name and of the targets of its
// CNAME records, as far as this server knows. A circle is answered as far as it goes.
func (s *Server) answer(name string, qtype uint16) []dns.RR {
	var answer []dns.RR
	for range 1 + len(s.records) {
		found := s.find(name, qtype)
		answer = append(answer, found...)
		if len(found) != 1 || found[0].Header().Rrtype != dns.TypeCNAME || qtype == dns.TypeCNAME {
			break
		}
		name = found[0].(*dns.CNAME).Target
	}
	return answer
}

// find returns the records of name, or the CNAME record in their place.
func (s *Server) find(name string, qtype uint16) []dns.RR {
	var found []dns.RR
	for _, rr := range s.records {
		if is(rr, name, qtype) || is(rr, name, dns.TypeCNAME) {
			found = append(found, rr)
		}
	}
	return found
}

// exists reports whether there is name or a name under it.
func (s *Server) exists(name string) bool {
	return slices.ContainsFunc(s.records, func(rr dns.RR) bool { return dns.IsSubDomain(name, rr.Header().Name) })
}

func is(rr dns.RR, name string, qtype uint16) bool {
	return rr.Header().Rrtype == qtype && dns.CanonicalName(rr.Header().Name) == dns.CanonicalName(name)
}

// isAny is is, to which the type ANY is every type.
func isAny(rr dns.RR, name string, qtype uint16) bool {
	return is(rr, name, qtype) || qtype == dns.TypeANY && is(rr, name, rr.Header().Rrtype)
}

// authority is the SOA record of the zone that name is in; none if there is none.
func (s *Server) authority(name string) []dns.RR {
	var zone []dns.RR
	for _, rr := range s.records {
		if rr.Header().Rrtype == dns.TypeSOA && dns.IsSubDomain(rr.Header().Name, name) &&
			(len(zone) == 0 || dns.IsSubDomain(zone[0].Header().Name, rr.Header().Name)) {
			zone = []dns.RR{rr}
		}
	}
	return zone
}
