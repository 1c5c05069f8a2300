package dnsclient

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// Answer is what the servers that were asked about a name said.
type Answer struct {
	Findings  []Finding   // at least one; if there are several, the servers disagree
	Silent    []string    // the servers that could not say, and why
	Misplaced []Misplaced // TXT records under other names; only if none has the right name

	zone string // of the name, as far as an answer told; "" if none did
}

// Finding is what one or several servers said alike.
type Finding struct {
	Servers []string // such as "ns1.example.com (192.0.2.53)"
	Records []string // the values of TXT records, sorted, or the names that CNAME records lead to, in order; none if there are none
}

// Misplaced is a TXT record that was found under another name than its own.
type Misplaced struct {
	Name    string // without the trailing dot
	Records []string
}

func (a *Answer) hasRecords() bool {
	return slices.ContainsFunc(a.Findings, func(f Finding) bool { return len(f.Records) > 0 })
}

// add takes in what a server said.
func (a *Answer) add(servers, records []string) {
	for i := range a.Findings {
		if slices.Equal(a.Findings[i].Records, records) {
			a.Findings[i].Servers = append(a.Findings[i].Servers, servers...)
			return
		}
	}
	a.Findings = append(a.Findings, Finding{Servers: servers, Records: records})
}

// alias returns the name that reply leads to from name; "" is to none.
func alias(reply *dns.Msg, name string) string {
	for _, rr := range reply.Answer {
		if cname, ok := rr.(*dns.CNAME); ok && dns.CanonicalName(cname.Hdr.Name) == name {
			return dns.CanonicalName(cname.Target)
		}
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

// values returns what the TXT records of name in reply say, sorted.
func values(reply *dns.Msg, name string) ([]string, error) {
	var values []string
	for _, rr := range reply.Answer {
		if txt, ok := rr.(*dns.TXT); ok && dns.CanonicalName(txt.Hdr.Name) == name {
			values = append(values, raw(strings.Join(txt.Txt, "")))
		}
	}
	if len(values) > maxRecords {
		return nil, errTooMany
	}
	slices.Sort(values)
	return values, nil
}

// escape is how the library writes what is special in zone files: \" and \\, and
// \DDD for what cannot be printed.
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
