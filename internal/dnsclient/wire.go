package dnsclient

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"
)

// maxDatagram is how much of a datagram is read, should a server send more than
// it was asked for.
const maxDatagram = 4096

// send exchanges two messages over a connection of its own, and records that.
// The error is errBudget if too many messages were sent before.
func (l *lookup) send(ctx context.Context, network string, s server, m *dns.Msg) (*dns.Msg, error) {
	if !l.spend() {
		return nil, errBudget
	}
	l.opts.Sent()
	began := l.opts.Now()
	r, err := exchange(ctx, network, s.address, m)
	if l.trace != nil {
		now := l.opts.Now()
		l.trace.Add(trace.Step{At: now, Took: now.Sub(began), Text: describe(network, s, m, r, err)})
	}
	return r, err
}

// spend takes one message off the budget; false if it is used up.
func (l *lookup) spend() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent++
	return l.sent <= maxMessages
}

// exchange sends m and returns the reply to it. Over UDP it ignores messages that do
// not bear the message's id.
func exchange(ctx context.Context, network, address string, m *dns.Msg) (*dns.Msg, error) {
	dialed, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, inTime(ctx, err)
	}
	defer dialed.Close()
	stop := context.AfterFunc(ctx, func() { dialed.Close() })
	defer stop()
	conn := &dns.Conn{Conn: dialed, UDPSize: maxDatagram}
	if err := conn.WriteMsg(m); err != nil {
		return nil, inTime(ctx, err)
	}
	for {
		r, err := conn.ReadMsg()
		switch {
		case r == nil:
			return nil, inTime(ctx, err)
		case r.Id != m.Id && network == "udp":
			continue
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errUnreadable, err)
		case r.Id != m.Id:
			return nil, &Error{status.ReasonBadResponse, errors.New("the reply does not answer the question")}
		}
		return r, nil
	}
}

// inTime returns err, or that there was no time for anything else.
func inTime(ctx context.Context, err error) error {
	if ctx.Err() != nil || reasonOf(err) == status.ReasonTimeout {
		return &Error{status.ReasonTimeout, errors.New("no answer in time")}
	}
	return err
}

// describe returns one line with the server, the question and the reply.
func describe(network string, s server, m, r *dns.Msg, err error) string {
	q := m.Question[0]
	text := fmt.Sprintf("DNS: %s %s at %s", dns.TypeToString[q.Qtype], clean(host(q.Name)), s)
	if network == "tcp" {
		text += " over TCP"
	}
	if m.IsEdns0() == nil {
		text += " without EDNS"
	}
	if err != nil {
		return text + ": " + err.Error()
	}
	text += fmt.Sprintf(": %s, %s", rcode(r), counted(len(r.Answer)))
	for _, rr := range r.Answer {
		if alias, ok := rr.(*dns.CNAME); ok {
			text += ", CNAME " + clean(host(alias.Target))
			break
		}
	}
	for _, flag := range []struct {
		set  bool
		text string
	}{{r.Authoritative, "authoritative"}, {r.Truncated, "cut short"}} {
		if flag.set {
			text += ", " + flag.text
		}
	}
	return text + explanation(r)
}

func counted(records int) string {
	if records == 1 {
		return "1 record"
	}
	return fmt.Sprintf("%d records", records)
}
