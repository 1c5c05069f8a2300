package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"oss_cname_exporter/internal/domain"
)

// The words that stand in a list of resolvers for those that have no fixed address.
const (
	ResolversSystem        = "system"
	ResolversAuthoritative = "authoritative"
)

// maxResolvers is how many of a list are asked.
const maxResolvers = 8

// dnsPort is where resolvers listen unless told otherwise.
const dnsPort = "53"

// readResolvers returns the addresses of the list at v; nil is the system's.
func (p *parser) readResolvers(v value) []string {
	if v.empty() {
		p.fault(v, "empty; write %q, %q, or addresses such as 192.0.2.53", ResolversSystem, ResolversAuthoritative)
	}
	var resolvers []string
	items := p.items(v)
	if len(items) > maxResolvers {
		p.fault(v, "%d resolvers; write at most %d", len(items), maxResolvers)
	}
	for _, item := range items {
		var text string
		if !require(p.decoder, item, &text, resolver, "an address, such as 192.0.2.53") {
			continue
		}
		if len(items) > 1 && (text == ResolversSystem || text == ResolversAuthoritative) {
			p.fault(item, "%q stands alone; write only it, or only addresses", text)
		}
		resolvers = append(resolvers, text)
	}
	if len(resolvers) == 1 && resolvers[0] == ResolversSystem {
		return nil
	}
	return resolvers
}

// maxSuffixes is how many domains of CNAME targets a list may have.
const maxSuffixes = 32

// readSuffixes returns the domains of the list at v; nil is none.
func (p *parser) readSuffixes(v value) (suffixes []string) {
	items := p.items(v)
	if len(items) > maxSuffixes {
		p.fault(v, "%d domains; at most %d", len(items), maxSuffixes)
		return nil
	}
	for _, item := range items {
		var suffix string
		if require(p.decoder, item, &suffix, cnameSuffix, "the domain of a CNAME target, such as oss-cname.example") {
			suffixes = append(suffixes, suffix)
		}
	}
	return suffixes
}

// cnameSuffix accepts a domain, also one with a dot or a "*." before it.
func cnameSuffix(text string) (string, error) {
	suffix, wildcard, err := domain.ParseCname(strings.TrimPrefix(strings.TrimPrefix(text, "*"), "."))
	if err == nil && wildcard {
		err = errors.New("has a wildcard")
	}
	if err != nil {
		return "", errors.New(`not a domain; write what follows <bucket>.<region> in the CNAME target, such as "oss-cname.example"`)
	}
	return suffix, nil
}

// visitName accepts one domain.
func visitName(text string) (string, error) {
	name, wildcard, err := domain.ParseCname(text)
	if err == nil && wildcard {
		err = errors.New(`has a wildcard; write one name below it, such as "www.assets.example.com"`)
	}
	return name, err
}

// checkVisit refuses a name to visit that is not below a wildcard domain.
func (p *parser) checkVisit(v value, t Target) {
	label, below := strings.CutSuffix(t.Checks.HTTPVisit, "."+t.Base)
	switch {
	case t.Base == "" || t.Checks.HTTPVisit == "":
		if t.Wildcard && t.Checks.HTTP {
			p.warn(v, "%s: a wildcard domain cannot be asked by itself; write http_visit, a name below it, into the checks of this target", t.Name)
		}
	case !t.Wildcard:
		p.fault(v, "http_visit is for wildcard domains; remove it, this domain is asked by its own name")
	case !below || strings.Contains(label, "."):
		p.fault(v, `http_visit: %s is no name of %s; write one such as "www.%s"`, quote(t.Checks.HTTPVisit), t.Cname(), t.Base)
	}
}

// resolver accepts an IP address with or without a port, or one of the words, and returns the address with its port.
func resolver(text string) (string, error) {
	if text == ResolversSystem || text == ResolversAuthoritative {
		return text, nil
	}
	if ip, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil && ip.Zone() == "" {
		return net.JoinHostPort(ip.String(), dnsPort), nil
	}
	if at, err := netip.ParseAddrPort(text); err == nil && at.Addr().Zone() == "" && at.Port() != 0 {
		return at.String(), nil
	}
	return "", fmt.Errorf(`not a resolver; write an IP address such as "192.0.2.53" or "192.0.2.53:5353", %q or %q`, ResolversSystem, ResolversAuthoritative)
}
