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
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range records {
		rr, err := dns.NewRR(line)
		if err != nil || rr == nil {
			panic(fmt.Sprintf("dnstest: %q is no record: %v", line, err))
		}
		s.add(rr)
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

// Alias makes target what the CNAME record of name says.
func (s *Server) Alias(name, target string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(name, dns.TypeCNAME)
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

// update applies the update section of a message (RFC 2136, 3.4.2).
func (s *Server) update(section []dns.RR) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rr := range section {
		switch header := rr.Header(); header.Class {
		case dns.ClassANY:
			s.remove(header.Name, header.Rrtype)
		case dns.ClassNONE:
			gone := dns.Copy(rr)
			gone.Header().Class = dns.ClassINET
			s.records = slices.DeleteFunc(s.records, func(have dns.RR) bool { return dns.IsDuplicate(have, gone) })
		default:
			s.add(rr)
		}
	}
}

// add is called with s.mu held, as all below.
func (s *Server) add(rr dns.RR) { s.records = append(s.records, rr) }

// remove deletes the records of name and of that type; ANY is every type.
func (s *Server) remove(name string, qtype uint16) {
	s.records = slices.DeleteFunc(s.records, func(rr dns.RR) bool {
		return is(rr, name, qtype) || qtype == dns.TypeANY && is(rr, name, rr.Header().Rrtype)
	})
}

// answer is the answer section: the records of name and what its CNAME records
// lead to, as far as this server knows. A circle is answered as far as it goes.
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

// authority is the SOA record of the zone of name; none if there is none.
func (s *Server) authority(name string) []dns.RR {
	for _, rr := range s.records {
		if rr.Header().Rrtype == dns.TypeSOA && dns.IsSubDomain(rr.Header().Name, name) {
			return []dns.RR{rr}
		}
	}
	return nil
}
