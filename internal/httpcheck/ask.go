package httpcheck

import (
	"cmp"
	"context"
	"crypto/sha1" //nolint:gosec // the fingerprint that OSS shows, not a signature
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"
)

const (
	maxBody   = 64 << 10 // bytes of a reply that are read
	maxHeader = 64 << 10 // bytes of its head
	userAgent = "oss_cname_exporter (checks.http)"
)

// schemeReply is the answer of one scheme.
type schemeReply struct {
	scheme      string
	err         error // no answer; the fields of an answer are zero then
	refused     bool  // err says that every address refuses connections
	code        int
	header      http.Header
	body        []byte
	location    string
	firstByte   time.Duration
	certificate status.ServedCertificate // also of a reply with err, if the handshake got that far
}

// ask sends one GET to the first of addresses that accepts a connection.
func (c *Client) ask(ctx context.Context, scheme string, t Target, addresses []netip.Addr) (r schemeReply) {
	r.scheme = scheme
	began := c.opts.Now()
	defer func() { record(ctx, began, c.opts.Now(), "%v", r) }()
	conn, err := c.connect(ctx, addresses, map[string]string{"http": "80", "https": "443"}[scheme])
	if err == nil && scheme == "https" {
		conn, r.certificate, err = c.handshake(ctx, conn, t.Host)
	}
	if err != nil {
		r.err, r.refused = oneLine(err), errors.Is(err, syscall.ECONNREFUSED)
		return r
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // net/http lets the body of an upgrade outlive ctx
	defer stop()
	r.err = c.get(ctx, conn, &r, t.Host, began)
	return r
}

// get sends the request over conn and reads the reply into r.
func (c *Client) get(ctx context.Context, conn net.Conn, r *schemeReply, host string, began time.Time) error {
	dial := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	transport := &http.Transport{
		DialContext: dial, DialTLSContext: dial,
		DisableKeepAlives: true, DisableCompression: true, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: maxHeader,
	}
	defer transport.CloseIdleConnections()
	var firstByte atomic.Int64 // the transport writes it in a goroutine that may outlive the request
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotFirstResponseByte: func() { firstByte.Store(int64(c.opts.Now().Sub(began))) },
	})
	target := url.URL{Scheme: r.scheme, Host: host, Path: "/"}
	request, err := http.NewRequestWithContext(traced, http.MethodGet, target.String(), nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", userAgent)
	sent := c.opts.Now()
	response, err := transport.RoundTrip(request)
	if err != nil {
		if ended := ctx.Err(); ended != nil {
			return ended // err may be that the connection was closed for it
		}
		return oneLine(err)
	}
	defer response.Body.Close()
	r.code, r.header, r.firstByte = response.StatusCode, response.Header, time.Duration(firstByte.Load())
	record(ctx, sent, began.Add(r.firstByte), "%s: first byte of the answer (%s)", r.scheme, response.Proto)
	if response.StatusCode >= 300 && response.StatusCode < 400 {
		r.location = printable(response.Header.Get("Location"))
	}
	r.body, _ = io.ReadAll(io.LimitReader(response.Body, maxBody)) // a body that is cut short still tells who sent it
	return nil
}

// String describes r for the trace.
func (r schemeReply) String() string {
	if r.err != nil {
		return r.scheme + " failed: " + r.err.Error()
	}
	text := fmt.Sprintf("%s answered %d", r.scheme, r.code)
	if server := r.header.Get("Server"); server != "" {
		text += ", Server: " + server
	}
	return text
}

// record adds a step of a visit to the trace of ctx, if there is one.
func record(ctx context.Context, began, ended time.Time, format string, args ...any) {
	if recorder := trace.Of(ctx); recorder != nil {
		recorder.Add(trace.Step{At: ended, Took: ended.Sub(began), Text: "visit " + printable(fmt.Sprintf(format, args...))})
	}
}

// connect tries addresses one after another, each with an equal share of the time that is left. If all refuse, the error
// is that of the last.
func (c *Client) connect(ctx context.Context, addresses []netip.Addr, port string) (conn net.Conn, err error) {
	for i, a := range addresses {
		attempt, cancel := ctx, context.CancelFunc(func() {})
		if deadline, ok := ctx.Deadline(); ok {
			share := deadline.Sub(c.opts.Now()) / time.Duration(len(addresses)-i)
			attempt, cancel = context.WithTimeout(ctx, share)
		}
		var next error
		began, address := c.opts.Now(), net.JoinHostPort(a.String(), port)
		conn, next = c.opts.Dial(attempt, "tcp", address)
		cancel()
		if next == nil {
			record(ctx, began, c.opts.Now(), "connected to %s", address)
			return conn, nil
		}
		record(ctx, began, c.opts.Now(), "connection to %s failed: %v", address, next)
		if err == nil || !errors.Is(next, syscall.ECONNREFUSED) { // a refusal is told only if all refuse
			err = next
		}
	}
	return nil, err
}

// handshake makes a TLS connection of conn and describes the certificate that is served. A certificate that is wrong
// fails nothing. On an error conn is closed.
func (c *Client) handshake(ctx context.Context, conn net.Conn, host string) (net.Conn, status.ServedCertificate, error) {
	var served status.ServedCertificate
	asksForClient := false
	secure := tls.Client(conn, &tls.Config{
		ServerName:         host,
		InsecureSkipVerify: true, //nolint:gosec // no secret is sent, and the certificate is the fact that is wanted
		MinVersion:         tls.VersionTLS12,
		NextProtos:         []string{"h2", "http/1.1"},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asksForClient = true
			return new(tls.Certificate), nil
		},
		VerifyConnection: func(state tls.ConnectionState) error {
			served = c.describe(state.PeerCertificates, host)
			return nil
		},
	})
	began := c.opts.Now()
	err := secure.HandshakeContext(ctx)
	served.AsksForClient = asksForClient
	if err != nil {
		conn.Close()
		return nil, served, &handshakeError{err}
	}
	record(ctx, began, c.opts.Now(), "%s handshake, certificate by %s for %v", tls.VersionName(secure.ConnectionState().Version), served.Issuer, served.Names)
	return secure, served, nil
}

// handshakeError is a failed TLS handshake.
type handshakeError struct{ cause error }

// Error implements error.
func (e *handshakeError) Error() string { return "TLS handshake: " + e.cause.Error() }

// Unwrap returns the cause.
func (e *handshakeError) Unwrap() error { return e.cause }

// StatusReason is tls, or timeout if the handshake got no answer in time.
func (e *handshakeError) StatusReason() status.Reason {
	if timeout, ok := errors.AsType[net.Error](e.cause); ok && timeout.Timeout() || errors.Is(e.cause, context.DeadlineExceeded) {
		return status.ReasonTimeout
	}
	return status.ReasonTLS
}

// describe reads the facts off the certificates of a server, its own first.
func (c *Client) describe(chain []*x509.Certificate, host string) status.ServedCertificate {
	leaf := chain[0]
	intermediates := x509.NewCertPool()
	for _, other := range chain[1:] {
		intermediates.AddCert(other)
	}
	at := c.opts.Now()
	if at.Before(leaf.NotBefore) {
		at = leaf.NotBefore
	}
	if at.After(leaf.NotAfter) {
		at = leaf.NotAfter
	}
	_, untrusted := leaf.Verify(x509.VerifyOptions{Roots: c.opts.Roots, Intermediates: intermediates, CurrentTime: at})
	names := append([]string{}, leaf.DNSNames...)
	for i := range names {
		names[i] = printable(names[i])
	}
	oldest, newest := sha1.Sum(leaf.Raw), sha256.Sum256(leaf.Raw) //nolint:gosec // see above
	return status.ServedCertificate{
		Expires: leaf.NotAfter, Starts: leaf.NotBefore,
		Issuer:  printable(cmp.Or(leaf.Issuer.CommonName, strings.Join(leaf.Issuer.Organization, ", "))),
		Names:   names[:min(len(names), 5)],
		Matches: status.Of(leaf.VerifyHostname(host) == nil),
		Trusted: status.Of(untrusted == nil),
		SHA1:    strings.ToUpper(hex.EncodeToString(oldest[:])),
		SHA256:  strings.ToUpper(hex.EncodeToString(newest[:])),
	}
}

// oneLine returns err as one printable line.
func oneLine(err error) error { return &line{printable(err.Error()), err} }

// line is an error with a text of its own.
type line struct {
	text  string
	cause error
}

// Error implements error.
func (l *line) Error() string { return l.text }

// Unwrap returns the cause.
func (l *line) Unwrap() error { return l.cause }

// maxText bounds the characters of remote text that are kept.
const maxText = 200

// printable returns remote text on one line, cut to maxText.
func printable(text string) string {
	characters := []rune(plain.Printable(text))
	if len(characters) > maxText {
		return string(characters[:maxText]) + "…"
	}
	return string(characters)
}
