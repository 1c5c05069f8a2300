package dnstest

import (
	"slices"

	"github.com/miekg/dns"
)

// update applies an update message (RFC 2136), whole or not at all, and
// returns the code to answer with.
func (s *Server) update(m *dns.Msg) (rcode int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(m.Question) != 1 || m.Question[0].Qtype != dns.TypeSOA {
		return dns.RcodeFormatError
	}
	zone := m.Question[0].Name
	if len(s.find(zone, dns.TypeSOA)) == 0 {
		return dns.RcodeNotAuth
	}
	if rcode = s.prerequisites(zone, m.Answer); rcode != dns.RcodeSuccess {
		return rcode
	}
	if rcode = checkChanges(zone, m.Ns); rcode != dns.RcodeSuccess {
		return rcode
	}
	before := slices.Clone(s.records)
	for _, rr := range m.Ns {
		s.change(zone, rr)
	}
	if !slices.EqualFunc(before, s.records, func(a, b dns.RR) bool { return a == b }) {
		s.nextSerial(zone)
	}
	return dns.RcodeSuccess
}

// prerequisites checks the conditions of an update (RFC 2136, 3.2).
func (s *Server) prerequisites(zone string, section []dns.RR) (rcode int) {
	var sets []dns.RR
	for _, rr := range section {
		h := rr.Header()
		there := slices.ContainsFunc(s.records, func(have dns.RR) bool { return isAny(have, h.Name, h.Rrtype) })
		switch {
		case h.Ttl != 0, h.Class != dns.ClassINET && h.Rdlength != 0:
			return dns.RcodeFormatError
		case !dns.IsSubDomain(zone, h.Name):
			return dns.RcodeNotZone
		case h.Class == dns.ClassINET:
			sets = append(sets, rr)
		case h.Class == dns.ClassANY && !there && h.Rrtype == dns.TypeANY:
			return dns.RcodeNameError
		case h.Class == dns.ClassANY && !there:
			return dns.RcodeNXRrset
		case h.Class == dns.ClassNONE && there && h.Rrtype == dns.TypeANY:
			return dns.RcodeYXDomain
		case h.Class == dns.ClassNONE && there:
			return dns.RcodeYXRrset
		}
	}
	if !s.hasSets(sets) {
		return dns.RcodeNXRrset
	}
	return dns.RcodeSuccess
}

// hasSets reports whether the server has exactly these records of each name and
// type that is among them.
func (s *Server) hasSets(wanted []dns.RR) bool {
	for _, rr := range wanted {
		same := func(other dns.RR) bool { return is(other, rr.Header().Name, rr.Header().Rrtype) }
		if !slices.ContainsFunc(s.records, func(have dns.RR) bool { return dns.IsDuplicate(have, rr) }) ||
			count(s.records, same) != count(wanted, same) {
			return false
		}
	}
	return true
}

func count(records []dns.RR, is func(dns.RR) bool) (n int) {
	for _, rr := range records {
		if is(rr) {
			n++
		}
	}
	return n
}

// checkChanges refuses an update section with a record that cannot be meant
// (RFC 2136, 3.4.1).
func checkChanges(zone string, section []dns.RR) (rcode int) {
	for _, rr := range section {
		h := rr.Header()
		meta := h.Rrtype >= dns.TypeTKEY && h.Rrtype <= dns.TypeANY
		switch {
		case !dns.IsSubDomain(zone, h.Name):
			return dns.RcodeNotZone
		case h.Class == dns.ClassINET && meta,
			h.Class == dns.ClassNONE && (meta || h.Ttl != 0),
			h.Class == dns.ClassANY && (meta && h.Rrtype != dns.TypeANY || h.Ttl != 0 || h.Rdlength != 0),
			h.Class != dns.ClassINET && h.Class != dns.ClassNONE && h.Class != dns.ClassANY:
			return dns.RcodeFormatError
		}
	}
	return dns.RcodeSuccess
}

// change applies one record of an update section (RFC 2136, 3.4.2). The start
// of authority and the last name server of a zone stay.
func (s *Server) change(zone string, rr dns.RR) {
	switch h := rr.Header(); h.Class {
	case dns.ClassANY:
		s.records = slices.DeleteFunc(s.records, func(have dns.RR) bool {
			return isAny(have, h.Name, h.Rrtype) && !is(have, zone, dns.TypeSOA) && !is(have, zone, dns.TypeNS)
		})
	case dns.ClassNONE:
		gone := dns.Copy(rr)
		gone.Header().Class = dns.ClassINET
		servers := len(s.find(zone, dns.TypeNS))
		s.records = slices.DeleteFunc(s.records, func(have dns.RR) bool {
			return dns.IsDuplicate(have, gone) && !is(have, zone, dns.TypeSOA) && (servers > 1 || !is(have, zone, dns.TypeNS))
		})
	default:
		s.insert(rr)
	}
}

// insert adds a record of an update in place of one that it replaces: the same
// one, or the only one of its name and type. A CNAME record is never beside
// others, and the start of authority is replaced by a newer one only.
func (s *Server) insert(rr dns.RR) {
	name, rrtype := rr.Header().Name, rr.Header().Rrtype
	for _, have := range s.records {
		isCNAME := have.Header().Rrtype == dns.TypeCNAME
		switch {
		case is(have, name, have.Header().Rrtype) && isCNAME != (rrtype == dns.TypeCNAME):
			return
		case rrtype == dns.TypeSOA && is(have, name, dns.TypeSOA) && !isNewer(rr, have):
			return
		}
	}
	if rrtype == dns.TypeCNAME || rrtype == dns.TypeSOA {
		s.remove(name, rrtype)
	}
	s.records = slices.DeleteFunc(s.records, func(have dns.RR) bool { return dns.IsDuplicate(have, rr) })
	s.add(rr)
}

func isNewer(rr, have dns.RR) bool {
	a, b := rr.(*dns.SOA), have.(*dns.SOA)
	return a.Serial != b.Serial && a.Serial-b.Serial < 1<<31 // RFC 1982
}

// nextSerial says to secondaries that the zone has changed.
func (s *Server) nextSerial(zone string) {
	for i, rr := range s.records {
		if soa, ok := rr.(*dns.SOA); ok && is(rr, zone, dns.TypeSOA) {
			next := *soa
			next.Serial++
			s.records[i] = &next
		}
	}
}
