package dnsclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/status"
)

// server is one address that messages are sent to.
type server struct {
	name    string // "" of a resolver
	address string // host:port
}

func (s server) String() string {
	if s.name == "" {
		return s.address
	}
	return fmt.Sprintf("%s (%s)", host(s.name), s.address)
}

// reply is the message of one server.
type reply struct {
	server string // in words
	msg    *dns.Msg
}

func (l *lookup) isAuthoritative() bool {
	return len(l.resolvers) > 0 && l.resolvers[0] == Authoritative
}

// query puts the question to the first resolver that answers, or to all servers
// of the zone, and the answer says which of them could not say. Where CNAME
// records lead in another's zone, one server of that is enough: those of a CDN
// differ on purpose.
func (l *lookup) query(ctx context.Context, name string) ([]reply, answer, error) {
	if !l.isAuthoritative() {
		r, err := l.queryOne(ctx, zone{}, name, l.qtype)
		if err != nil {
			return nil, answer{}, err
		}
		return []reply{r}, answer{zone: zoneIn(r.msg, name)}, nil
	}
	z, err := l.authorities(ctx, name)
	if err != nil {
		return nil, answer{}, err
	}
	l.home = cmp.Or(l.home, z.name)
	if l.qtype == dns.TypeCNAME && z.name != l.home {
		r, err := l.queryOne(ctx, z, name, l.qtype)
		return []reply{r}, answer{zone: z.name}, err
	}
	replies, errs := parallel(ctx, len(z.servers), l.grace(ctx), func(ctx context.Context, i int) (reply, error) {
		return l.ask(ctx, z.servers[i], question{name: name, qtype: l.qtype})
	})
	var got []reply
	var failed failures
	for i, err := range errs {
		if err != nil {
			failed = append(failed, err)
			continue
		}
		got = append(got, replies[i])
	}
	if failed = append(failed, z.failed...); len(got) == 0 {
		return nil, answer{}, failed.join()
	}
	return got, answer{status.Records{Silent: failed.texts()}, z.name}, nil
}

// queryOne puts the question to the first resolver, or server of z, that answers:
// of each server one address is asked before a second of any.
func (l *lookup) queryOne(ctx context.Context, z zone, name string, qtype uint16) (reply, error) {
	if !l.isAuthoritative() {
		return l.recurse(ctx, name, qtype, l.resolvers)
	}
	var servers []server
	for i := range maxAddresses {
		for _, addresses := range z.servers {
			if i < len(addresses) {
				servers = append(servers, addresses[i])
			}
		}
	}
	return l.ask(ctx, servers, question{name: name, qtype: qtype})
}

// recurse puts a question to resolvers; none is the system's.
func (l *lookup) recurse(ctx context.Context, name string, qtype uint16, resolvers []string) (reply, error) {
	if len(resolvers) == 0 {
		var err error
		if resolvers, err = l.opts.System(); err != nil {
			return reply{}, &Error{status.ReasonDNS, fmt.Errorf("finding the system's resolvers: %w", err)}
		}
	}
	var servers []server
	for _, address := range resolvers[:min(len(resolvers), maxServers)] {
		servers = append(servers, server{address: address})
	}
	if len(servers) == 0 {
		return reply{}, &Error{status.ReasonDNS, errors.New("there is no resolver to ask")}
	}
	return l.ask(ctx, servers, question{name: name, qtype: qtype, recurse: true})
}
