package ossclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// ErrNoToken is the answer "CnameTokenNotFound": the token was never created,
// has expired, or has been used. OSS does not say which.
var ErrNoToken = errors.New("no CNAME token")

// Error is any failure to get a definitive answer. It prints on one line.
type Error struct {
	Operation  string        // the API operation, such as "GetCnameToken"
	Reason     status.Reason // never empty
	Status     int           // HTTP status; 0 if no HTTP answer came
	Code       string        // OSS's error code; "" if no OSS answered
	EC         string        // OSS's detailed error code, for diagnosis only
	RequestID  string        // the id that Alibaba Cloud's support asks for; may be ""
	Hint       string        // the action that helps; may be ""
	RetryAfter time.Duration // how long OSS asks to be left alone; 0 if it does not say
	Err        error         // the cause, in words

	again         bool      // a second call can help
	advice        lang.Text // replaces the advice of Reason; no text is that of Reason
	otherOwner    bool      // OSS says that the bucket is another account's
	bucket, cname string    // the subject that a refusal names; may be ""

	secrets []secret.Value // that RequestID and EC may still have
}

// Error implements error.
func (e *Error) Error() string {
	id, ec := e.RequestID, e.EC
	if len(e.secrets) > 0 {
		id, ec = secret.RemoteText(id, e.secrets...), secret.RemoteText(ec, e.secrets...)
	}
	var b strings.Builder
	b.WriteString(e.Operation + ":")
	if e.Status != 0 {
		fmt.Fprintf(&b, " %d", e.Status)
	}
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if e.Err != nil {
		b.WriteString(" " + secret.OneLine(e.Err.Error()))
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	if id != "" {
		b.WriteString(" (request id " + id)
		if ec != "" {
			b.WriteString(", EC " + ec)
		}
		b.WriteString(")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether e has the meaning of the sentinel target.
func (e *Error) Is(target error) bool { return e.otherOwner && target == status.ErrOtherOwner }

// Advice returns the action that fits this error better than the action of its
// Reason; no text if none does.
func (e *Error) Advice() lang.Text { return e.advice }

// Timeout reports whether no complete answer came in time.
func (e *Error) Timeout() bool { return e.Reason == status.ReasonTimeout }

// Throttled reports whether OSS asked for fewer calls, and for how long it wants
// to be left alone; 0 if it does not say.
func (e *Error) Throttled() (retryAfter time.Duration, throttled bool) {
	return e.RetryAfter, e.Reason == status.ReasonThrottled
}

// unanswered returns the Error of a request that got no whole reply. A failure
// after the end of ctx is a timeout, whatever broke.
func unanswered(ctx context.Context, operation string, err error, secrets []secret.Value) *Error {
	e := &Error{Operation: operation}
	ours, isOurs := errors.AsType[*Error](err)
	record, isRecord := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case isOurs: // of a transport that knows why it cannot
		e.Reason, e.Err, e.Hint = ours.Reason, ours.Err, ours.Hint
	case ctx.Err() != nil:
		e.Reason, e.Err = status.ReasonTimeout, fmt.Errorf("no complete answer in time: %w", ctx.Err())
	case isRecord && string(record.RecordHeader[:]) == "HTTP/":
		e.Reason, e.Err = status.ReasonTLS, http.ErrSchemeMismatch // as net/http's own client says it
	default:
		e.Reason, e.Err = transportReason(err), &remoteError{err, secrets}
	}
	e.again = e.Reason == status.ReasonConnect
	return e
}

// unsent returns the Error of a request that was never sent. Its failure is never
// the connection's: the key is all that differs from call to call.
func unsent(ctx context.Context, operation string, err error) *Error {
	e := &Error{Operation: operation, Reason: status.ReasonCredentials, Err: err}
	if failed, ok := errors.AsType[*oss.OperationError](err); ok {
		e.Err = failed.Unwrap() // without the operation
	}
	var invalid oss.InvalidParamError
	noKey, isKey := errors.AsType[*credentialsError](err)
	switch {
	case isKey: // the SDK says "canceled" before one that took too long
		e.Err = noKey
	case ctx.Err() != nil:
		e.Reason, e.Err = status.ReasonTimeout, fmt.Errorf("no complete answer in time: %w", ctx.Err())
	case errors.As(err, &invalid):
		e.Reason = status.ReasonInvalidArgument
	}
	return e
}

// transportReason names why a request got no whole reply.
func transportReason(err error) status.Reason {
	var (
		resolve  *net.DNSError
		verify   *tls.CertificateVerificationError
		hostname x509.HostnameError
		record   tls.RecordHeaderError
		tooLong  *http.MaxBytesError
		network  net.Error
	)
	switch {
	case errors.As(err, &resolve):
		return status.ReasonDNS
	case errors.As(err, &verify), errors.As(err, &hostname), errors.As(err, &record),
		handshakeFailed(err):
		return status.ReasonTLS
	case errors.As(err, &tooLong), garbled(err):
		return status.ReasonBadResponse
	case errors.As(err, &network) && network.Timeout():
		return status.ReasonTimeout
	}
	return status.ReasonConnect
}

// handshakeFailed finds the failures that crypto/tls has no exported type for:
// alerts of either side, and a peer that keeps to no version we speak.
func handshakeFailed(cause error) bool {
	if op, ok := errors.AsType[*net.OpError](cause); ok {
		return op.Op == "remote error" || op.Op == "local error"
	}
	return strings.HasPrefix(cause.Error(), "tls: ")
}

// garbled reports whether a reply is not HTTP. net/http has no type for such a
// reply: it is recognized by its text, after the failures of the connection, which
// have types, and the replies that are cut short.
func garbled(cause error) bool {
	var network net.Error
	if errors.Is(cause, io.EOF) || errors.Is(cause, io.ErrUnexpectedEOF) || errors.As(cause, &network) {
		return false
	}
	if body, ok := errors.AsType[*bodyError](cause); ok {
		return body.err.Error() != "http: unexpected EOF reading trailer"
	}
	text, isHead := strings.CutPrefix(cause.Error(), "net/http: HTTP/1.x transport connection broken: ")
	return isHead && !cutShort.MatchString(text)
}

// cutShort has the messages of net/http about a head that ends in the middle of
// the protocol, of the status code, of a header's name or of a line break. net/http reads the last
// line of a connection that was closed as if it were whole.
var cutShort = regexp.MustCompile(`^malformed HTTP response "H(T(T(P(/(1(\.[01]?)?)?)?)?)?)?"$|` +
	`^malformed HTTP status code "[0-9]{0,2}"$|^malformed MIME header: missing colon: "[A-Za-z0-9-]+"$|^malformed MIME header.*\\r"$`)

// remoteError marks a failure of the connection or of the reply, whose text may
// quote text of the peer.
type remoteError struct {
	err     error
	secrets []secret.Value
}

// Error implements error.
func (e *remoteError) Error() string { return secret.RemoteText(e.err.Error(), e.secrets...) }

// Unwrap returns the cause.
func (e *remoteError) Unwrap() error { return e.err }

// credentialsError marks a failure to get a key, which the SDK hands through as
// it is.
type credentialsError struct {
	account string
	err     error
}

// Error implements error.
func (e *credentialsError) Error() string {
	if e.account == "" {
		return "getting credentials: " + e.err.Error()
	}
	return fmt.Sprintf("getting credentials of account %q: %v", e.account, e.err)
}

// Unwrap returns the cause.
func (e *credentialsError) Unwrap() error { return e.err }
