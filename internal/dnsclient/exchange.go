package dnsclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/miekg/dns"
)

const (
	// mostUDP is the largest answer in bytes that is sure to arrive unfragmented.
	mostUDP = 1232
	// passes is how often all servers are asked: a datagram may get lost.
	passes = 2
)

func question(name string, qtype uint16, recurse bool) *dns.Msg {
	m := new(dns.Msg).SetQuestion(name, qtype)
	m.RecursionDesired = recurse
	return m.SetEdns0(mostUDP, false)
}

// exchange asks servers in turn until one has an answer. The error is that of
// the last; ctx bounds the whole.
func (c *Client) exchange(ctx context.Context, servers []string, m *dns.Msg) (*dns.Msg, error) {
	err := error(&Error{ReasonDNS, errors.New("there is no server to ask")})
	for range passes {
		var again bool
		for _, server := range servers {
			var reply *dns.Msg
			if reply, err = c.ask(ctx, server, m); err == nil {
				return reply, nil
			}
			if ctx.Err() != nil {
				return nil, err
			}
			again = again || reasonOf(err) == ReasonTimeout
		}
		if !again {
			break
		}
	}
	return nil, err
}

// ask puts a question to one server, again over TCP if the answer is too long
// for a datagram, and refuses whatever does not answer it.
func (c *Client) ask(ctx context.Context, server string, m *dns.Msg) (*dns.Msg, error) {
	reply, err := c.send(ctx, "udp", server, m)
	if err == nil && reply.Truncated {
		reply, err = c.send(ctx, "tcp", server, m)
	}
	if err == nil {
		err = check(m, reply)
	}
	if err != nil {
		return nil, &Error{reasonOf(err), fmt.Errorf("asking %s: %w", server, err)}
	}
	return reply, nil
}

// send exchanges two messages over a connection of its own: as long as a
// server has, and no longer than ctx.
func (c *Client) send(ctx context.Context, network, server string, m *dns.Msg) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, c.try)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, network, server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // the library heeds deadlines only
	defer stop()
	client := dns.Client{Net: network}
	m = m.Copy()
	m.Id = dns.Id()
	reply, _, err := client.ExchangeWithConnContext(ctx, m, &dns.Conn{Conn: conn})
	if err != nil && (ctx.Err() != nil || reasonOf(err) == ReasonTimeout) {
		return nil, &Error{ReasonTimeout, errors.New("no answer in time")}
	}
	return reply, err
}

// check refuses a reply that is no answer to m.
func check(m, reply *dns.Msg) error {
	asked := m.Question[0]
	switch {
	case !reply.Response, reply.Truncated, len(reply.Question) != 1,
		reply.Question[0].Qtype != asked.Qtype, !strings.EqualFold(reply.Question[0].Name, asked.Name):
		return &Error{ReasonBadResponse, errors.New("the reply does not answer the question")}
	case reply.Rcode != dns.RcodeSuccess && reply.Rcode != dns.RcodeNameError:
		return &Error{ReasonServerError, errors.New("refused with " + dns.RcodeToString[reply.Rcode])}
	case !m.RecursionDesired && !reply.Authoritative:
		return &Error{ReasonServerError, errors.New("the server is not authoritative")}
	}
	return nil
}
