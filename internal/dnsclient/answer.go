package dnsclient

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// alias returns the name that reply leads to from name; "" is to none.
func alias(reply *dns.Msg, name string) string {
	for _, rr := range reply.Answer {
		if cname, ok := rr.(*dns.CNAME); ok && dns.CanonicalName(cname.Hdr.Name) == name {
			return dns.CanonicalName(cname.Target)
		}
	}
	return ""
}

// contradiction returns the name for which reply has two CNAME records with
// different targets; "" if there is none.
func contradiction(reply *dns.Msg) string {
	targets := map[string]string{}
	for _, rr := range reply.Answer {
		cname, ok := rr.(*dns.CNAME)
		if !ok {
			continue
		}
		name, target := dns.CanonicalName(cname.Hdr.Name), dns.CanonicalName(cname.Target)
		if known, twice := targets[name]; twice && known != target {
			return host(name)
		}
		targets[name] = target
	}
	return ""
}

// aliases returns the names that reply leads to from name, in order.
func aliases(reply *dns.Msg, name string) ([]string, error) {
	var names []string
	for next := alias(reply, name); next != ""; next = alias(reply, next) {
		switch {
		case next == name || slices.Contains(names, next):
			return nil, errCircle
		case len(names) == maxAliases:
			return nil, errEndless
		}
		names = append(names, next)
	}
	return names, nil
}

// values returns the values of the TXT records of name in reply, sorted. Long ones are
// cut: they are remembered, and are no token.
func values(reply *dns.Msg, name string) ([]string, error) {
	var values []string
	for _, rr := range reply.Answer {
		if txt, ok := rr.(*dns.TXT); ok && dns.CanonicalName(txt.Hdr.Name) == name {
			value := raw(strings.Join(txt.Txt, ""))
			values = append(values, value[:min(len(value), maxValue)])
		}
	}
	if len(values) > maxRecords {
		return nil, errTooMany
	}
	slices.Sort(values)
	return values, nil
}

// escape matches the escapes of the library for special characters: \" and \\, and
// \DDD for those that cannot be printed.
var escape = regexp.MustCompile(`\\([0-9]{3}|.)`)

// raw takes the escapes out of text.
func raw(text string) string {
	return escape.ReplaceAllStringFunc(text, func(escaped string) string {
		if code, err := strconv.ParseUint(escaped[1:], 10, 8); err == nil {
			return string([]byte{byte(code)})
		}
		return escaped[1:]
	})
}

// clean makes a server's words fit into one line of ours.
func clean(text string) string {
	const longest = 200
	quoted := strconv.QuoteToGraphic(text[:min(len(text), longest)])
	if len(text) > longest {
		quoted += " …"
	}
	return quoted
}

// host is name as people write it.
func host(name string) string { return strings.TrimSuffix(name, ".") }
