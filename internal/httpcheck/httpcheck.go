// Package httpcheck visits a domain as a browser would: one unsigned GET over http and one over https, no redirect
// followed. A wrong certificate, a redirect or a refused connection is an answer; only a visit that learned nothing fails.
//
// A Client makes visits. A reply is the answer of one scheme. A verdict says who sent a reply, and the evidence for it.
package httpcheck

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"

	"oss_cname_exporter/internal/status"
)

// Options configures a Client. The zero value works.
type Options struct {
	// Addresses looks a host up, at the given resolvers if there are any. It returns no address and no error if the name
	// has none. nil asks them with the Go resolver, or the system's.
	Addresses func(ctx context.Context, host string, resolvers []string) ([]netip.Addr, error)
	// Dial connects to an address and port; nil is net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Roots are the certificate authorities that are trusted; nil is the system's.
	Roots *x509.CertPool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Client visits domains. It keeps no connection and is safe for concurrent use.
type Client struct{ opts Options }

// New returns a Client.
func New(opts Options) *Client {
	if opts.Addresses == nil {
		opts.Addresses = addresses
	}
	if opts.Dial == nil {
		opts.Dial = new(net.Dialer).DialContext
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Client{opts}
}

// Target is a domain to visit.
type Target struct {
	Host          string   // the domain, or the name below a wildcard domain that is visited
	Bucket        string   // the bucket that should answer
	Resolvers     []string // host:port; none is the system's
	RefusePrivate bool     // refuses private, loopback and link-local addresses
}

// Error is a visit that learned nothing. It prints on one line.
type Error struct {
	Reason status.Reason // timeout, dns, connect, tls, bad_response or invalid_argument (a refused address)
	Err    error
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Visit asks t.Host over http and https at once. The error is an *Error: neither scheme answered, or the name could not
// be looked up. If one scheme answers, the failure of the other is in HTTP.Failed.
func (c *Client) Visit(ctx context.Context, t Target) (status.HTTP, error) {
	began := c.opts.Now()
	addresses, err := c.opts.Addresses(ctx, t.Host, t.Resolvers)
	if err != nil {
		err = fmt.Errorf("looking up addresses of %s: %w", t.Host, err)
		record(ctx, began, c.opts.Now(), "failed: %v", err)
		return status.HTTP{}, &Error{reasonOf(err, status.ReasonDNS), err}
	}
	record(ctx, began, c.opts.Now(), "%s has the addresses %v", t.Host, addresses[:min(len(addresses), 2*maxAddresses)])
	if len(addresses) == 0 {
		return status.HTTP{AnsweredBy: status.AnsweredByNothing, Evidence: "the name has no address", Certain: true}, nil
	}
	addresses, err = allowed(addresses, t.RefusePrivate)
	if err != nil {
		return status.HTTP{}, &Error{status.ReasonInvalidArgument, fmt.Errorf("visiting %s: %w", t.Host, err)}
	}
	plain := make(chan schemeReply, 1)
	go func() { plain <- c.ask(ctx, "http", t, addresses) }()
	secure := c.ask(ctx, "https", t, addresses)
	return combine(t, <-plain, secure)
}

// combine turns the replies of both schemes into facts.
func combine(t Target, plain, secure schemeReply) (status.HTTP, error) {
	h := status.HTTP{Certificate: secure.certificate}
	var answered []schemeReply
	for _, r := range []schemeReply{secure, plain} {
		switch {
		case r.err == nil:
			answered = append(answered, r)
		case r.refused:
			h.Refused = append(h.Refused, r.scheme)
		default:
			h.Failed = map[string]string{r.scheme: r.err.Error()}
		}
	}
	if len(answered) == 0 && len(h.Refused) == 2 {
		h.AnsweredBy, h.Evidence, h.Certain = status.AnsweredByNothing, "connections are refused on ports 80 and 443", true
		return h, nil
	}
	if len(answered) == 0 && secure.certificate.AsksForClient {
		return h, nil // only clients with a certificate of their own get further: who answers is unknown
	}
	if len(answered) == 0 {
		failed := secure
		if failed.refused {
			failed = plain
		}
		return status.HTTP{}, &Error{reasonOf(failed.err, replyReason(failed.err)), fmt.Errorf("visiting %s://%s: %w", failed.scheme, t.Host, failed.err)}
	}
	first := answered[0]
	h.StatusCode, h.FirstByte, h.RedirectsTo = first.code, first.firstByte, first.location
	best := verdict{}
	for _, r := range answered {
		if v := r.verdict(t); best.by == "" || v.rank() < best.rank() {
			best = v
		}
	}
	h.AnsweredBy, h.Evidence, h.Certain = best.by, best.evidence, best.certain
	return h, nil
}

// replyReason tells a connection that broke from a reply that is not HTTP.
func replyReason(err error) status.Reason {
	if _, network := errors.AsType[*net.OpError](err); network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		return status.ReasonConnect
	}
	return status.ReasonBadResponse
}

// reasonOf classifies err; otherwise is the reason of an error that carries none.
func reasonOf(err error, otherwise status.Reason) status.Reason {
	var reasoned interface{ StatusReason() status.Reason }
	if errors.As(err, &reasoned) {
		return cmp.Or(reasoned.StatusReason(), otherwise)
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return status.ReasonTimeout
	}
	return otherwise
}
