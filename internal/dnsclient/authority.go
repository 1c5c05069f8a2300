package dnsclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/status"
)

// zone is who has the authority for some names.
type zone struct {
	name    string
	servers [][]server // of each name server its addresses
	failed  failures   // name servers without an address, and why
}

// authorities returns the servers that are the authority for name. Who they are
// is asked of the system's resolvers.
func (l *lookup) authorities(ctx context.Context, name string) (zone, error) {
	apex, err := l.apex(ctx, name)
	if err != nil {
		return zone{}, fmt.Errorf("finding the zone: %w", err)
	}
	if z := l.known(apex); z.name != "" {
		return z, nil
	}
	z := zone{name: apex}
	r, err := l.recurse(ctx, apex, dns.TypeNS, nil)
	if err != nil {
		return z, fmt.Errorf("finding the servers of %s: %w", apex, err)
	}
	hosts := nameServers(r.msg)
	if len(hosts) == 0 {
		return z, &Error{status.ReasonDNS, fmt.Errorf("%s has no name server", apex)}
	}
	found, errs := parallel(ctx, len(hosts), l.grace(ctx), func(ctx context.Context, i int) ([]server, error) {
		return l.addresses(ctx, hosts[i])
	})
	for i, servers := range found {
		if errs[i] != nil {
			z.failed = append(z.failed, errs[i])
		} else {
			z.servers = append(z.servers, servers)
		}
	}
	if len(z.servers) == 0 {
		return z, fmt.Errorf("finding the servers of %s: %w", apex, z.failed.join())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.zones[apex] = z
	return z, nil
}

// known returns the zone of that name if its servers were found already.
func (l *lookup) known(apex string) zone {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.zones[apex]
}

// nameServers returns the first names, in alphabetical order, that NS records
// say: the same ones each time.
func nameServers(m *dns.Msg) []string {
	var names []string
	for _, rr := range m.Answer {
		if ns, ok := rr.(*dns.NS); ok {
			names = append(names, dns.CanonicalName(ns.Ns))
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), maxServers)]
}

// apex returns the name of the zone that name is in: the first of name and
// the names above it that the DNS knows the start of authority for. Where that
// cannot be found out the next may do: a zone with servers that are out of
// order hides nothing, since those above it are not authoritative for name.
func (l *lookup) apex(ctx context.Context, name string) (string, error) {
	var failed failures
	for at, end := 0, false; !end && ctx.Err() == nil; at, end = dns.NextLabel(name, at) {
		r, err := l.recurse(ctx, name[at:], dns.TypeSOA, nil)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if zone := zoneIn(r.msg, name[at:]); zone != "" {
			return zone, nil
		}
	}
	if len(failed) > 0 {
		return "", failed[0]
	}
	return "", &Error{status.ReasonDNS, errors.New("no server has the authority")}
}

// zoneIn returns the zone of name as far as a reply about name tells it. One
// about an alias tells of the name that the alias leads to, hence "".
func zoneIn(m *dns.Msg, name string) string {
	if alias(m, name) != "" {
		return ""
	}
	for _, rr := range slices.Concat(m.Answer, m.Ns) {
		if soa, ok := rr.(*dns.SOA); ok && dns.IsSubDomain(soa.Hdr.Name, name) {
			return dns.CanonicalName(soa.Hdr.Name)
		}
	}
	return ""
}

// addresses returns the addresses of a name server, those of IPv4 and of IPv6
// by turns, since one of the two may lead nowhere.
func (l *lookup) addresses(ctx context.Context, name string) ([]server, error) {
	types := []uint16{dns.TypeA}
	if l.opts.IPv6() {
		types = append(types, dns.TypeAAAA)
	}
	var found [][]net.IP
	var failed failures
	for _, qtype := range types {
		r, err := l.recurse(ctx, name, qtype, nil)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		found = append(found, ips(r.msg))
	}
	var servers []server
	for i := range maxAddresses {
		for _, ips := range found {
			if i < len(ips) && len(servers) < maxAddresses {
				servers = append(servers, server{name, net.JoinHostPort(ips[i].String(), l.opts.Port)})
			}
		}
	}
	if len(servers) > 0 {
		return servers, nil
	}
	if err := failed.join(); err != nil {
		return nil, &Error{reasonOf(err), fmt.Errorf("finding the address of %s: %w", host(name), err)}
	}
	return nil, &Error{status.ReasonDNS, fmt.Errorf("%s has no address", host(name))}
}

// ips returns the addresses that a reply says.
func ips(m *dns.Msg) []net.IP {
	var found []net.IP
	for _, rr := range m.Answer {
		switch rr := rr.(type) {
		case *dns.A:
			found = append(found, rr.A)
		case *dns.AAAA:
			found = append(found, rr.AAAA)
		}
	}
	return found
}
