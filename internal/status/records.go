package status

import (
	"fmt"
	"slices"
	"strings"
)

// Records are the answers of the servers that were asked about a name in the DNS.
type Records struct {
	Found     []Found  // at least one; if there are several, the servers disagree
	Silent    []string // the servers that could not say, and why
	Misplaced []Found  // TXT records under other names; only if none has the right name
	Alias     string   // the target of a CNAME record in the place of the TXT record; only if there is no TXT record
}

// Found is one answer, with the servers that gave it.
type Found struct {
	Name    string   // of misplaced records; else ""
	Servers []string // such as "ns1.example.com (192.0.2.53:53)"; none of misplaced records
	Values  []string // of TXT records, sorted, or the names that CNAME records lead to, in order; none if there are none
	Address Tristate // of CNAME records: the last name has an address; of none, the name itself has one
}

// IsEmpty reports whether no server has a record.
func (r Records) IsEmpty() bool {
	return !slices.ContainsFunc(r.Found, func(f Found) bool { return len(f.Values) > 0 })
}

// Add adds the values that a server gave, and whether the name at the end of the
// CNAME records has an address. Where servers differ on the latter, it is unknown.
func (r *Records) Add(server string, values []string, address Tristate) {
	i := slices.IndexFunc(r.Found, func(f Found) bool { return slices.Equal(f.Values, values) })
	if i < 0 {
		i = len(r.Found)
		r.Found = append(r.Found, Found{Values: values, Address: address})
	}
	if r.Found[i].Address != address {
		r.Found[i].Address = Unknown
	}
	if f := &r.Found[i]; !slices.Contains(f.Servers, server) {
		f.Servers = append(f.Servers, server)
	}
}

// Differences lists the answers in one line, each with its servers; "" if they agree.
func (r Records) Differences() string {
	if len(r.Found) < 2 {
		return ""
	}
	var texts []string
	for _, f := range r.Found {
		says := "no record"
		if len(f.Values) > 0 {
			says = strings.Join(f.Values, ", ")
		}
		texts = append(texts, fmt.Sprintf("%s: %s", strings.Join(f.Servers, ", "), says))
	}
	return strings.Join(texts, "; ")
}
