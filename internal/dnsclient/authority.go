package dnsclient

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/miekg/dns"
)

// mostServers bounds how many of a zone's servers are asked.
const mostServers = 4

// authorities returns the addresses of the servers that are the authority for
// name. Who they are is asked of the system's resolvers.
func (c *Client) authorities(ctx context.Context, name string) ([]string, error) {
	zone, err := c.zone(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("finding the zone: %w", err)
	}
	reply, err := c.resolve(ctx, zone, dns.TypeNS)
	if err != nil {
		return nil, fmt.Errorf("finding the servers of %s: %w", zone, err)
	}
	var servers []string
	for _, rr := range reply.Answer {
		if ns, ok := rr.(*dns.NS); ok && len(servers) < mostServers {
			servers = append(servers, c.addresses(ctx, ns.Ns)...)
		}
	}
	if len(servers) == 0 {
		return nil, &Error{ReasonDNS, fmt.Errorf("no server of %s has an address", zone)}
	}
	return servers[:min(len(servers), mostServers)], nil
}

// zone returns the name of the zone that name is in: the first of name and
// what it is under that the DNS knows the start of authority for. One that is
// an alias says nothing, the answer is about where it leads.
func (c *Client) zone(ctx context.Context, name string) (string, error) {
	for at, end := 0, false; !end; at, end = dns.NextLabel(name, at) {
		reply, err := c.resolve(ctx, name[at:], dns.TypeSOA)
		if err != nil {
			return "", err
		}
		if hops, err := hops(reply, name[at:]); err != nil || len(hops) > 0 {
			continue
		}
		for _, rr := range append(reply.Answer, reply.Ns...) {
			if soa, ok := rr.(*dns.SOA); ok && dns.IsSubDomain(soa.Hdr.Name, name) {
				return dns.CanonicalName(soa.Hdr.Name), nil
			}
		}
	}
	return "", &Error{ReasonDNS, errors.New("nobody has the authority")}
}

// addresses returns the addresses of a server, IPv4 first; none if they cannot
// be found, since others may do.
func (c *Client) addresses(ctx context.Context, host string) []string {
	var found []string
	for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		reply, err := c.resolve(ctx, dns.CanonicalName(host), qtype)
		if err != nil {
			continue
		}
		for _, rr := range reply.Answer {
			switch rr := rr.(type) {
			case *dns.A:
				found = append(found, net.JoinHostPort(rr.A.String(), c.port))
			case *dns.AAAA:
				found = append(found, net.JoinHostPort(rr.AAAA.String(), c.port))
			}
		}
	}
	return found
}
