package dnsclient

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/status"
)

// question is one question to a server.
type question struct {
	name    string
	qtype   uint16
	recurse bool // the server is to find the answer; else it must have it
}

// maxUDP is the largest answer in bytes that is sure to arrive unfragmented.
const maxUDP = 1232

func (q question) message(edns bool) *dns.Msg {
	m := new(dns.Msg).SetQuestion(q.name, q.qtype)
	m.RecursionDesired = q.recurse
	if edns {
		m.SetEdns0(maxUDP, false)
	}
	return m
}

// ask puts a question to servers in turn until one has an answer, those last
// that were silent before. A server that is silent for the first time is asked
// again at the end, without EDNS: the message was lost, or is dropped for that.
func (l *lookup) ask(ctx context.Context, servers []server, q question) (reply, error) {
	var failed failures
	share := shareOf(servers, q)
	for edns := true; len(servers) > 0; edns = false {
		var again []server
		for _, s := range l.inOrder(servers) {
			m, err := l.askOne(ctx, s, q, l.patience(ctx, share), edns)
			if err == nil {
				return reply{s.String(), m}, nil
			}
			failed = append(failed, &Error{reasonOf(err), fmt.Errorf("%s: %w", s, err)})
			if ctx.Err() != nil || errors.Is(err, errBudget) {
				return reply{}, failed.join()
			}
			if reasonOf(err) == status.ReasonTimeout && l.markSilent(s) {
				again = append(again, s)
			}
		}
		servers = again
	}
	return reply{}, failed.join()
}

// inOrder returns servers with those last that were silent before.
func (l *lookup) inOrder(servers []server) []server {
	l.mu.Lock()
	defer l.mu.Unlock()
	var first, last []server
	for _, s := range servers {
		if l.silent[s.address] {
			last = append(last, s)
		} else {
			first = append(first, s)
		}
	}
	return append(first, last...)
}

// markSilent remembers that s did not answer in time. It reports whether that is new.
func (l *lookup) markSilent(s server) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.silent[s.address]
	l.silent[s.address] = true
	return !known
}

// askOne puts a question to one server: without EDNS if the server refuses
// that, over TCP if the answer cannot be had in a datagram. It refuses whatever
// is no answer.
func (l *lookup) askOne(ctx context.Context, s server, q question, patience time.Duration, edns bool) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	edns = edns && !l.isPlain(s)
	m, err := l.send(ctx, "udp", s, q.message(edns))
	if err == nil && edns && refusesEDNS(m) {
		edns = false
		m, err = l.send(ctx, "udp", s, q.message(edns))
	}
	if errors.Is(err, errUnreadable) || err == nil && m.Truncated {
		if m, err = l.send(ctx, "tcp", s, q.message(edns)); err != nil {
			err = &Error{reasonOf(err), fmt.Errorf("over TCP, since the answer cannot be had over UDP: %w", err)}
		}
	}
	if err == nil {
		err = check(q, m)
	}
	if err == nil && !edns {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.plain[s.address] = true
	}
	return m, err
}

func (l *lookup) isPlain(s server) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.plain[s.address]
}

// shareOf returns the part of the time left that one of servers has for q, as one
// over n. The only resolver has more: it may wait itself for a silent server.
func shareOf(servers []server, q question) int {
	if q.recurse && len(servers) == 1 {
		return 2
	}
	return 4
}

// patience returns the time that one server has: a share of the time left, so that
// silent servers leave time for the others.
func (l *lookup) patience(ctx context.Context, share int) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return min(l.opts.Try, time.Until(deadline)/time.Duration(share))
	}
	return l.opts.Try
}

// grace is how long the rest of several servers have once one has answered: two
// times the time for one message, so that a lost one can be sent again.
func (l *lookup) grace(ctx context.Context) time.Duration { return 2 * l.patience(ctx, 4) }

// refusesEDNS reports whether a reply is of a server that may not know EDNS.
func refusesEDNS(m *dns.Msg) bool {
	switch m.Rcode {
	case dns.RcodeFormatError, dns.RcodeNotImplemented, dns.RcodeBadVers:
		return true
	}
	return false
}

// check refuses a reply that is no answer to q.
func check(q question, m *dns.Msg) error {
	switch {
	case m.Truncated:
		return &Error{status.ReasonBadResponse, errors.New("the answer is cut short, over TCP too")}
	case !m.Response, len(m.Question) != 1, m.Question[0].Qtype != q.qtype, !strings.EqualFold(m.Question[0].Name, q.name):
		return &Error{status.ReasonBadResponse, errors.New("the reply does not answer the question")}
	case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
		return &Error{status.ReasonServerError, fmt.Errorf("refused with %s%s", rcode(m), explanation(m))}
	case isDoubtful(m):
		return &Error{status.ReasonServerError, fmt.Errorf("the answer is not that of the zone%s", explanation(m))}
	case contradiction(m) != "":
		return &Error{status.ReasonBadResponse, fmt.Errorf("%s has several CNAME records that lead to different names", clean(contradiction(m)))}
	case !q.recurse && !m.Authoritative:
		return &Error{status.ReasonServerError, fmt.Errorf("the server is not authoritative%s%s", referral(m), explanation(m))}
	}
	return nil
}

func rcode(m *dns.Msg) string {
	if text, ok := dns.RcodeToString[m.Rcode]; ok {
		return text
	}
	return fmt.Sprintf("RCODE %d", m.Rcode)
}

// referral names the servers that a server without an answer refers to; "" is none.
func referral(m *dns.Msg) string {
	for _, rr := range m.Ns {
		if ns, ok := rr.(*dns.NS); ok {
			return fmt.Sprintf(": it refers to the servers of %s, such as %s", clean(host(ns.Hdr.Name)), clean(host(ns.Ns)))
		}
	}
	return ""
}
