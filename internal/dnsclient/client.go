// Package dnsclient asks the DNS one question at a time: what a TXT record
// says, and where a CNAME record leads. Empty is an answer; an answer that
// does not belong to the question, or that never came, is an *Error.
package dnsclient

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Authoritative in place of the addresses of resolvers asks the servers that
// a domain's zone names as its own, so that no cache can lie.
const Authoritative = "authoritative"

// mostHops bounds a chain of CNAME records; resolvers give up at about as many.
const mostHops = 10

// Options configures a Client. The zero value works.
type Options struct {
	System func() ([]string, error) // the system's resolvers, asked anew each time; nil is those of /etc/resolv.conf
	Port   string                   // of authoritative servers; "" is "53"
	Try    time.Duration            // how long one server has for one answer; 0 is 2s
}

// Client asks DNS servers. It is safe for concurrent use and keeps nothing.
type Client struct {
	system func() ([]string, error)
	port   string
	try    time.Duration
}

// New returns a Client. It reads nothing and connects nowhere yet.
func New(opts Options) *Client {
	if opts.System == nil {
		opts.System = system
	}
	return &Client{
		system: opts.System,
		port:   cmp.Or(opts.Port, "53"),
		try:    cmp.Or(opts.Try, 2*time.Second),
	}
}

// TXT returns the values of the TXT records of name, each with its strings
// joined; none if there is no such record. CNAME records are followed.
// resolvers are host:port addresses that are asked in turn until one answers;
// none is the system's, and Authoritative alone the zone's own.
func (c *Client) TXT(ctx context.Context, name string, resolvers []string) ([]string, error) {
	at := dns.CanonicalName(name)
	for range mostHops {
		reply, err := c.query(ctx, at, dns.TypeTXT, resolvers)
		if err != nil {
			return nil, failure("TXT", name, err)
		}
		hops, err := hops(reply, at)
		if err != nil {
			return nil, failure("TXT", name, err)
		}
		if len(hops) > 0 {
			at = hops[len(hops)-1]
		}
		values := values(reply, at)
		if len(values) > 0 || len(hops) == 0 || reply.Rcode == dns.RcodeNameError {
			return values, nil
		}
	}
	return nil, failure("TXT", name, errTooLong)
}

// Follow returns the names that the CNAME records of name lead to, in order
// and without the trailing dot; none if it has no such record. It goes no
// further than the first of until.
func (c *Client) Follow(ctx context.Context, name string, until, resolvers []string) ([]string, error) {
	var chain []string
	at := dns.CanonicalName(name)
	for len(chain) < mostHops {
		reply, err := c.query(ctx, at, dns.TypeCNAME, resolvers)
		if err != nil {
			return nil, failure("CNAME", name, err)
		}
		hops, err := hops(reply, at)
		if err != nil {
			return nil, failure("CNAME", name, err)
		}
		if len(hops) == 0 {
			return chain, nil
		}
		for _, at = range hops {
			chain = append(chain, strings.TrimSuffix(at, "."))
			if slices.Contains(until, chain[len(chain)-1]) {
				return chain, nil
			}
		}
	}
	return nil, failure("CNAME", name, errTooLong)
}

// query puts one question to the servers that resolvers stands for.
func (c *Client) query(ctx context.Context, name string, qtype uint16, resolvers []string) (*dns.Msg, error) {
	switch {
	case len(resolvers) == 0:
		return c.resolve(ctx, name, qtype)
	case resolvers[0] == Authoritative:
		servers, err := c.authorities(ctx, name)
		if err != nil {
			return nil, err
		}
		return c.exchange(ctx, servers, question(name, qtype, false))
	}
	return c.exchange(ctx, resolvers, question(name, qtype, true))
}

// resolve asks the system's resolvers.
func (c *Client) resolve(ctx context.Context, name string, qtype uint16) (*dns.Msg, error) {
	servers, err := c.system()
	if err != nil {
		return nil, &Error{ReasonDNS, fmt.Errorf("finding the system's resolvers: %w", err)}
	}
	return c.exchange(ctx, servers, question(name, qtype, true))
}

// system reads which resolvers the system has now.
func system() ([]string, error) {
	conf, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return nil, err
	}
	for i, host := range conf.Servers {
		conf.Servers[i] = net.JoinHostPort(host, conf.Port)
	}
	return conf.Servers, nil
}

// hops returns the names that reply leads to from name, in order.
func hops(reply *dns.Msg, name string) ([]string, error) {
	targets := map[string]string{}
	for _, rr := range reply.Answer {
		if alias, ok := rr.(*dns.CNAME); ok {
			targets[dns.CanonicalName(alias.Hdr.Name)] = dns.CanonicalName(alias.Target)
		}
	}
	var hops []string
	for next, ok := targets[name]; ok; next, ok = targets[next] {
		if hops = append(hops, next); len(hops) > len(targets) {
			return nil, errLoop
		}
	}
	return hops, nil
}

// values returns what the TXT records of name in reply say.
func values(reply *dns.Msg, name string) []string {
	var values []string
	for _, rr := range reply.Answer {
		if txt, ok := rr.(*dns.TXT); ok && dns.CanonicalName(txt.Hdr.Name) == name {
			values = append(values, strings.Join(txt.Txt, ""))
		}
	}
	return values
}
