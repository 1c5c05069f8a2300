package dnsclient

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"
)

// lookup is one call of TXT or Follow, with its state.
type lookup struct {
	opts      Options
	qtype     uint16 // TXT or CNAME
	resolvers []string
	until     func(name string) bool // where Follow stops; nil is at the end
	trace     *trace.Trace
	home      string // the zone of the first name; "" until it is found, and with resolvers

	mu     sync.Mutex      // guards all below
	sent   int             // messages
	silent map[string]bool // addresses that did not answer in time
	plain  map[string]bool // addresses that answer without EDNS only
	zones  map[string]zone // those whose servers are known
}

func (c *Client) newLookup(ctx context.Context, qtype uint16, resolvers []string, until func(string) bool) *lookup {
	return &lookup{
		opts: c.opts, qtype: qtype, resolvers: resolvers, until: until, trace: trace.Of(ctx),
		silent: map[string]bool{}, plain: map[string]bool{}, zones: map[string]zone{},
	}
}

// answer has the records of one name.
type answer struct {
	status.Records
	zone string // of the name, as far as an answer told; "" if none did
}

// find returns the records of name, to which the aliases in via led. Where
// servers disagree about an alias, each one's is followed.
func (l *lookup) find(ctx context.Context, name string, via []string) (answer, error) {
	if slices.Contains(via, name) {
		return answer{}, errCircle
	}
	if len(via) > maxAliases {
		return answer{}, errEndless
	}
	replies, a, err := l.query(ctx, name)
	if err != nil {
		return answer{}, err
	}
	var failed failures
	beyond := map[string]found{} // by alias
	for _, r := range replies {
		s, err := l.read(r.msg, name)
		if len(via) == 0 {
			a.Alias = cmp.Or(a.Alias, host(alias(r.msg, name)))
		}
		next, known := beyond[s.alias]
		if err == nil && s.alias != "" && !known {
			next.answer, next.err = l.find(ctx, s.alias, slices.Concat(via, s.passed))
			beyond[s.alias] = next
		}
		switch err = cmp.Or(err, next.err); {
		case err != nil:
			failed = append(failed, &Error{reasonOf(err), fmt.Errorf("%s: %w", r.server, err)})
		case s.alias == "":
			a.Add(r.server, s.records, s.address)
		default:
			a.addBeyond(r.server, s.records, next.answer)
		}
	}
	if len(a.Found) == 0 {
		return answer{}, failed.join()
	}
	a.Silent = append(a.Silent, failed.texts()...)
	return a, nil
}

// found is a result of find.
type found struct {
	answer
	err error
}

// step is the content of one reply: all records, or an alias to ask about next.
type step struct {
	records []string        // of TXT the values, else the names that CNAME records lead to
	address status.Tristate // No if the name at the end of records does not exist
	alias   string          // "" if records are all
	passed  []string        // the name that was asked about, and the aliases before alias
}

// read takes a reply about name apart.
func (l *lookup) read(m *dns.Msg, name string) (step, error) {
	chain, err := l.chain(m, name)
	if err != nil {
		return step{}, err
	}
	passed := append([]string{name}, chain...)
	last := len(chain)
	var names []string
	switch {
	case l.qtype == dns.TypeCNAME:
		for _, alias := range chain {
			if names = append(names, host(alias)); l.until != nil && l.until(host(alias)) {
				return step{records: names}, nil
			}
		}
	case last == 0 || !l.isAuthoritative():
		if found, err := values(m, passed[last]); err != nil || len(found) > 0 || m.Rcode == dns.RcodeNameError {
			return step{records: found}, err
		}
	}
	if last == 0 && m.Rcode == dns.RcodeNameError {
		return step{address: status.No}, nil
	} else if last == 0 {
		return step{}, nil
	}
	return step{records: names, alias: passed[last], passed: passed[:last]}, nil
}

// chain returns the aliases from name on that a reply is believed about: of a
// server of the zone only the first, since the target may be in another zone.
func (l *lookup) chain(m *dns.Msg, name string) ([]string, error) {
	if !l.isAuthoritative() {
		return aliases(m, name)
	}
	if next := alias(m, name); next != "" {
		return []string{next}, nil
	}
	return nil, nil
}

// addBeyond adds the records of the name that a server's alias leads to.
func (a *answer) addBeyond(server string, so []string, beyond answer) {
	for _, f := range beyond.Found {
		servers := []string{server}
		if len(beyond.Found) > 1 { // it is not this server that decides
			servers = f.Servers
		}
		for _, s := range servers {
			a.Add(s, slices.Concat(so, f.Values), f.Address)
		}
	}
	for _, silent := range beyond.Silent {
		if !slices.Contains(a.Silent, silent) {
			a.Silent = append(a.Silent, silent)
		}
	}
}

// maxElsewhere bounds how many other names are asked about for a record that is
// not in its place.
const maxElsewhere = 7

// misplaced returns the TXT records at the names where those of name are put by
// mistake.
func (l *lookup) misplaced(ctx context.Context, name, zone string) []status.Found {
	var found []status.Found
	for _, other := range mistakes(name, zone) {
		r, err := l.queryOne(ctx, l.known(zone), other, l.qtype)
		if err != nil {
			continue
		}
		if records, err := values(r.msg, other); err == nil && len(records) > 0 {
			found = append(found, status.Found{Name: host(other), Values: records})
		}
	}
	return found
}

// mistakes returns the names in zone at which consoles and people put a record of
// name, such as "_dnsauth.www.example.com.", the likeliest first.
func mistakes(name, zone string) []string {
	if zone == "" || zone == "." {
		return nil
	}
	first, _ := dns.NextLabel(name, 0)
	above, _ := dns.NextLabel(zone, 0)
	label, domain := name[:first], name[first:]
	var names []string
	for _, other := range []string{
		name + zone, // the zone was appended to the whole name
		domain,
		label + zone,
		strings.TrimSuffix(name, zone[above:]) + zone, // as the vendor's page prints the host record: _dnsauth.example
		strings.TrimPrefix(label, "_") + domain,
		zone,
		"verification." + zone,      // where the CDN wants its own proof
		"_acme-challenge." + domain, // where a certificate authority does
	} {
		_, isName := dns.IsDomainName(other)
		if isName && other != name && dns.IsSubDomain(zone, other) && !slices.Contains(names, other) && len(names) < maxElsewhere {
			names = append(names, other)
		}
	}
	return names
}

// hasAddress reports whether a name without a CNAME record has an address.
func (l *lookup) hasAddress(ctx context.Context, name, zone string) (status.Tristate, error) {
	for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		r, err := l.queryOne(ctx, l.known(zone), name, qtype)
		if err != nil {
			return status.Unknown, err
		}
		if len(ips(r.msg)) > 0 {
			return status.Yes, nil
		}
	}
	return status.No, nil
}
