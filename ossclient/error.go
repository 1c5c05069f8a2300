package ossclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// ErrNoToken is the answer "CnameTokenNotFound": the token was never created,
// has expired, or has been used. OSS does not say which.
var ErrNoToken = errors.New("no CNAME token")

// Error is any failure to get a definitive answer. It prints on one line.
type Error struct {
	Operation  string        // the API operation, such as "GetCnameToken"
	Reason     Reason        // never empty
	Status     int           // HTTP status; 0 if no HTTP answer came
	Code       string        // OSS's error code; "" if no OSS answered
	EC         string        // OSS's detailed error code, for diagnosis only
	RequestID  string        // what Alibaba Cloud's support asks for; may be ""
	Hint       string        // what to do about it; may be ""
	RetryAfter time.Duration // how long OSS asks to be left alone; 0 if it does not say
	Err        error         // what went wrong, in words
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Operation + ":")
	if e.Status != 0 {
		fmt.Fprintf(&b, " %d", e.Status)
	}
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if e.Err != nil {
		b.WriteString(" " + e.Err.Error())
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	if e.RequestID != "" {
		b.WriteString(" (request id " + e.RequestID)
		if e.EC != "" {
			b.WriteString(", EC " + e.EC)
		}
		b.WriteString(")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// credentialsError marks a failure of the credentials provider, which the SDK
// hands through as it is.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "getting credentials: " + e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// newError turns whatever the SDK or the transport reported into an Error. An
// answer of OSS outranks an expired ctx: when the deadline falls into a
// back-off, the last answer says more than "timeout".
func newError(ctx context.Context, operation string, err error) *Error {
	var service *oss.ServiceError
	if errors.As(err, &service) && (ctx.Err() == nil || service.Code != noEnvelope) {
		return newServiceError(operation, service)
	}
	e := &Error{Operation: operation, Reason: transportReason(err), Err: cause(err)}
	if ctx.Err() != nil && e.Reason != ReasonCredentials {
		e.Reason, e.Err = ReasonTimeout, fmt.Errorf("no complete answer in time: %w", ctx.Err())
	}
	return e
}

// noEnvelope is the code the SDK makes up for an error whose body is not OSS's.
const noEnvelope = "BadErrorResponse"

func newServiceError(operation string, s *oss.ServiceError) *Error {
	e := &Error{
		Operation:  operation,
		Status:     s.StatusCode,
		RequestID:  clean(s.RequestID),
		RetryAfter: retryAfter(s.Headers),
	}
	if s.Code == noEnvelope {
		e.Reason, e.Err = reasonForStatus(s.StatusCode), fmt.Errorf("%s, and the body is not an error of OSS", http.StatusText(s.StatusCode))
		if e.Reason == ReasonClientError || e.Reason == ReasonAccessDenied || e.Reason == ReasonCredentials {
			e.Reason = ReasonBadResponse // something between us and OSS answered
		}
		return e
	}
	e.Code, e.EC = clean(s.Code), clean(s.EC)
	if e.EC == "" {
		e.EC = clean(s.Headers.Get("x-oss-ec"))
	}
	e.Reason = reasonFor(s.Code, e.EC, s.StatusCode)
	e.Err = errors.New(strings.TrimSuffix(clean(s.Message), "."))
	e.Hint = hint(e.Reason, s.Snapshot)
	return e
}

// hint says what the operator can do about a refusal that OSS words badly.
func hint(reason Reason, body []byte) string {
	switch reason {
	case ReasonWrongEndpoint:
		var reply struct{ Endpoint string }
		if xml.Unmarshal(body, &reply) == nil && reply.Endpoint != "" {
			return "the bucket answers at " + clean(reply.Endpoint) + ": set its region"
		}
		return "set the bucket's region or endpoint"
	case ReasonClockSkew:
		return "set this machine's clock"
	}
	return ""
}

// retryAfter reads a Retry-After in seconds. The date form is not used by OSS.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

// transportReason names why a call failed below OSS's own answers.
func transportReason(err error) Reason {
	var (
		provider *credentialsError
		invalid  oss.InvalidParamError
		resolve  *net.DNSError
		verify   *tls.CertificateVerificationError
		hostname x509.HostnameError
		alert    tls.AlertError
		record   tls.RecordHeaderError
		tooLong  *http.MaxBytesError
		network  net.Error
	)
	switch {
	case errors.As(err, &provider):
		return ReasonCredentials
	case errors.As(err, &invalid):
		return ReasonInvalidArgument
	case errors.As(err, &resolve):
		return ReasonDNS
	case errors.As(err, &verify), errors.As(err, &hostname), errors.As(err, &alert), errors.As(err, &record),
		errors.Is(err, http.ErrSchemeMismatch):
		return ReasonTLS
	case errors.As(err, &tooLong), strings.Contains(err.Error(), "malformed"):
		return ReasonBadResponse // net/http has no type for a peer that does not speak HTTP
	case errors.As(err, &network) && network.Timeout():
		return ReasonTimeout
	}
	return ReasonConnect
}

// cause strips the SDK's and net/http's wrapping, which repeats the request.
func cause(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	var operation *oss.OperationError
	if errors.As(err, &operation) {
		return operation.Unwrap()
	}
	return err
}

// clean makes a remote text safe to print: one line, printable, bounded.
func clean(text string) string {
	const most = 200
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "?"))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
