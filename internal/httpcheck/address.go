package httpcheck

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// maxAddresses bounds the addresses that one scheme tries to connect to.
const maxAddresses = 4

// metadataServices lists the addresses at which clouds hand out keys to their machines. No request goes there.
var metadataServices = []netip.Addr{ //nolint:gochecknoglobals // a constant for which Go has no syntax
	netip.MustParseAddr("100.100.100.200"), // Alibaba Cloud
	netip.MustParseAddr("169.254.169.254"), // most others
	netip.MustParseAddr("169.254.170.2"),   // containers of AWS
	netip.MustParseAddr("fd00:ec2::254"),
	netip.MustParseAddr("fd20:ce::254"),
}

// allowed returns the addresses that may be visited, IPv4 and IPv6 in turn, at most maxAddresses. The error says why none
// is left.
func allowed(addresses []netip.Addr, refusePrivate bool) ([]netip.Addr, error) {
	var v4, v6 []netip.Addr
	refused := errors.New("no address")
	for _, a := range addresses {
		a = a.Unmap()
		if err := refusal(a, refusePrivate); err != nil {
			refused = err
			continue
		}
		if a.Is4() {
			v4 = append(v4, a)
		} else {
			v6 = append(v6, a)
		}
	}
	var all []netip.Addr
	for i := range max(len(v4), len(v6)) {
		all = append(all, v4[min(i, len(v4)):min(i+1, len(v4))]...)
		all = append(all, v6[min(i, len(v6)):min(i+1, len(v6))]...)
	}
	if len(all) == 0 {
		return nil, refused
	}
	return all[:min(len(all), maxAddresses)], nil
}

// refusal says why a must not be visited; nil if it may be. nat64 and 6to4 forms of a metadata service count as that
// service.
func refusal(a netip.Addr, refusePrivate bool) error {
	if slices.Contains(metadataServices, a) || slices.Contains(metadataServices, embedded(a)) {
		return fmt.Errorf("%s is the address of a metadata service: it is never visited", a)
	}
	if a.IsUnspecified() || a.IsMulticast() {
		return fmt.Errorf("%s is no address of a server", a)
	}
	if refusePrivate && (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || isShared(a)) {
		return fmt.Errorf("%s is a private address, which checks.http refuses", a)
	}
	return nil
}

// isShared reports whether a is of 100.64.0.0/10, which carriers and clouds use inside their networks.
func isShared(a netip.Addr) bool {
	return netip.MustParsePrefix("100.64.0.0/10").Contains(a)
}

// embedded returns the IPv4 address that an IPv6 address of a translator stands for; the zero Addr if there is none.
func embedded(a netip.Addr) netip.Addr {
	bytes := a.As16()
	switch {
	case !a.Is6():
		return netip.Addr{}
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a), netip.MustParsePrefix("::/96").Contains(a):
		return netip.AddrFrom4([4]byte(bytes[12:]))
	case netip.MustParsePrefix("2002::/16").Contains(a):
		return netip.AddrFrom4([4]byte(bytes[2:6]))
	}
	return netip.Addr{}
}
