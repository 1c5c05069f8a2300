// Package dnsclient asks the DNS two questions: the values of the TXT records of a
// name, and the targets of its CNAME records. The answer holds the reply of each
// server, "no such record" included. If no server gave one, it is an *Error.
//
// A lookup is one question with all that it takes: the messages sent, which
// servers were silent, which do without EDNS. It is bounded in messages,
// servers, addresses and aliases, and nothing of it is kept for the next one.
package dnsclient

import (
	"cmp"
	"context"
	"net"
	"time"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/status"
)

// Authoritative in place of the addresses of resolvers asks the servers that
// the zone of a name has as its own, all of them.
const Authoritative = "authoritative"

// What one look-up may cost, whatever the DNS says.
const (
	maxMessages  = 100 // sent, all servers together
	maxServers   = 8   // asked of one zone, all at the same time, or of a list of resolvers
	maxAddresses = 4   // asked of one server
	maxAliases   = 10  // followed one after another; resolvers give up at about as many
	maxRecords   = 32  // read of one name
	maxValue     = 512 // bytes kept of one of them
)

// Options configures a Client. The zero value works.
type Options struct {
	System func() ([]string, error) // the system's resolvers, asked anew each time; nil is those of /etc/resolv.conf
	IPv6   func() bool              // whether servers can be reached by IPv6, asked anew each time; nil looks for a route
	Port   string                   // of authoritative servers; "" is "53"
	Try    time.Duration            // the longest that one server has for one answer; 0 is 2s
	Sent   func()                   // called for each message that is sent; nil calls nothing
	Now    func() time.Time         // the time of a trace's steps; nil is time.Now
}

// Client asks DNS servers. It is safe for concurrent use and keeps nothing.
type Client struct{ opts Options }

// New returns a Client. It reads nothing and connects nowhere yet.
func New(opts Options) *Client {
	if opts.System == nil {
		opts.System = systemResolvers
	}
	if opts.IPv6 == nil {
		opts.IPv6 = hasIPv6
	}
	if opts.Sent == nil {
		opts.Sent = func() {}
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	opts.Port = cmp.Or(opts.Port, "53")
	opts.Try = cmp.Or(opts.Try, 2*time.Second)
	return &Client{opts}
}

// TXT returns the values of the TXT records of name. CNAME records are followed.
// Where no server has such a record, it also looks at the names where one is put
// by mistake, at most seven.
// resolvers are host:port addresses that are asked in turn until one answers;
// none is the system's, and Authoritative alone all servers of the zone.
func (c *Client) TXT(ctx context.Context, name string, resolvers []string) (status.Records, error) {
	l := c.newLookup(ctx, dns.TypeTXT, resolvers, nil)
	answer, err := l.find(ctx, dns.CanonicalName(name), nil)
	if err != nil {
		return status.Records{}, failure("TXT", name, err)
	}
	if answer.IsEmpty() {
		answer.Misplaced = l.misplaced(ctx, dns.CanonicalName(name), answer.zone)
	}
	if !answer.IsEmpty() {
		answer.Alias = ""
	}
	return answer.Records, nil
}

// Follow returns the names that the CNAME records of name lead to, in order. It
// goes no further than the first for which until is true; nil is to the end. If
// there is no CNAME record, it finds out whether name has an address.
// resolvers are as TXT has them.
func (c *Client) Follow(ctx context.Context, name string, until func(name string) bool, resolvers []string) (status.Records, error) {
	l := c.newLookup(ctx, dns.TypeCNAME, resolvers, until)
	answer, err := l.find(ctx, dns.CanonicalName(name), nil)
	if err == nil && answer.IsEmpty() && len(answer.Found) == 1 && answer.Found[0].Address == status.Unknown {
		answer.Found[0].Address, err = l.hasAddress(ctx, dns.CanonicalName(name), answer.zone)
	}
	if err != nil {
		return status.Records{}, failure("CNAME", name, err)
	}
	answer.Alias = ""
	return answer.Records, nil
}

// systemResolvers reads which resolvers the system has now.
func systemResolvers() ([]string, error) {
	conf, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return nil, err
	}
	for i, host := range conf.Servers {
		conf.Servers[i] = net.JoinHostPort(host, conf.Port)
	}
	return conf.Servers, nil
}

// hasIPv6 reports whether the system has a route to the Internet of IPv6. To
// connect a UDP socket sends nothing.
func hasIPv6() bool {
	rootServer := net.UDPAddr{IP: net.ParseIP("2001:503:ba3e::2:30"), Port: 53}
	conn, err := net.DialUDP("udp6", nil, &rootServer)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
