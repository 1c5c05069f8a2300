package httpcheck

import (
	"context"
	"errors"
	"net"
	"net/netip"
)

// addresses looks host up at the first of resolvers that answers. Those that are no host:port, such as "authoritative",
// stand for the system's, as an empty list does: visitors have no other.
func addresses(ctx context.Context, host string, resolvers []string) (found []netip.Addr, err error) {
	asked := false
	for _, address := range resolvers {
		if _, _, malformed := net.SplitHostPort(address); malformed != nil {
			continue
		}
		asked = true
		resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}}
		if found, err = lookup(ctx, &resolver, host); err == nil {
			return found, nil
		}
	}
	if asked {
		return nil, err
	}
	return lookup(ctx, net.DefaultResolver, host)
}

// lookup returns the addresses of host. The final dot keeps search domains away.
func lookup(ctx context.Context, resolver *net.Resolver, host string) ([]netip.Addr, error) {
	found, err := resolver.LookupNetIP(ctx, "ip", host+".")
	if failure, ok := errors.AsType[*net.DNSError](err); ok && failure.IsNotFound {
		return nil, nil
	}
	return found, err
}
