package dnsclient

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// Reason says in one word why there is no answer. The set is closed.
type Reason string

// The reasons, in the words of the reasons for which OSS gives none.
const (
	ReasonTimeout     Reason = "timeout"      // no answer before the deadline
	ReasonConnect     Reason = "connect"      // no connection to the server, or it broke
	ReasonDNS         Reason = "dns"          // whom to ask could not be found out
	ReasonServerError Reason = "server_error" // the server refused, SERVFAIL among it
	ReasonBadResponse Reason = "bad_response" // the reply is malformed, answers something else or loops
)

// Reasons returns the whole closed set.
func Reasons() []Reason {
	return []Reason{ReasonTimeout, ReasonConnect, ReasonDNS, ReasonServerError, ReasonBadResponse}
}

var (
	errLoop    = &Error{ReasonBadResponse, errors.New("its CNAME records run in a circle")}
	errTooLong = &Error{ReasonBadResponse, errors.New("its chain of CNAME records does not end")}
)

// Error is any failure to get an answer. It prints on one line.
type Error struct {
	Reason Reason // never empty
	Err    error  // what went wrong, in words
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// failure says what was looked up when err came in between.
func failure(record, name string, err error) error {
	return &Error{reasonOf(err), fmt.Errorf("looking up %s of %s: %w", record, name, err)}
}

// reasonOf names why err came about. What neither timed out nor failed in the
// network is a message that could not be read.
func reasonOf(err error) Reason {
	var (
		known   *Error
		network net.Error
	)
	switch {
	case errors.As(err, &known):
		return known.Reason
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return ReasonTimeout
	case errors.As(err, &network) && network.Timeout():
		return ReasonTimeout
	case errors.As(err, &network):
		return ReasonConnect
	}
	return ReasonBadResponse
}
