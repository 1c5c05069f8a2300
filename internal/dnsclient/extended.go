package dnsclient

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// extendedErrors returns the extended errors of a reply (RFC 8914).
func extendedErrors(m *dns.Msg) []*dns.EDNS0_EDE {
	var found []*dns.EDNS0_EDE
	if opt := m.IsEdns0(); opt != nil {
		for _, option := range opt.Option {
			if e, ok := option.(*dns.EDNS0_EDE); ok && len(found) < 3 {
				found = append(found, e)
			}
		}
	}
	return found
}

// explanation says the extended errors of a reply, such as
// ` (extended error 6, DNSSEC Bogus: "no key")`; "" if there are none.
func explanation(m *dns.Msg) string {
	var texts []string
	for _, e := range extendedErrors(m) {
		text := fmt.Sprintf("extended error %d", e.InfoCode)
		if name, ok := dns.ExtendedErrorCodeToString[e.InfoCode]; ok {
			text += ", " + name
		}
		if e.ExtraText != "" {
			text += ": " + clean(e.ExtraText)
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return ""
	}
	return " (" + strings.Join(texts, "; ") + ")"
}

// isDoubtful reports whether a resolver says itself that its answer is another
// than the zone's, or that it could not find the zone's and there was none before.
func isDoubtful(m *dns.Msg) bool {
	for _, e := range extendedErrors(m) {
		switch e.InfoCode {
		case dns.ExtendedErrorCodeForgedAnswer, dns.ExtendedErrorCodeBlocked, dns.ExtendedErrorCodeCensored,
			dns.ExtendedErrorCodeFiltered, dns.ExtendedErrorCodeProhibited, dns.ExtendedErrorCodeStaleNXDOMAINAnswer:
			return true
		case dns.ExtendedErrorCodeStaleAnswer:
			return len(m.Answer) == 0
		}
	}
	return false
}
