package dnsclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"oss_cname_exporter/internal/status"
)

var (
	errCircle     = &Error{status.ReasonBadResponse, errors.New("its CNAME records run in a circle")}
	errEndless    = &Error{status.ReasonBadResponse, fmt.Errorf("its chain of CNAME records has more than %d", maxAliases)}
	errTooMany    = &Error{status.ReasonBadResponse, fmt.Errorf("it has more than %d TXT records", maxRecords)}
	errBudget     = &Error{status.ReasonBadResponse, fmt.Errorf("given up after %d messages: too many servers or aliases", maxMessages)}
	errUnreadable = &Error{status.ReasonBadResponse, errors.New("the reply cannot be read")}
)

// Error is any failure to get an answer. It prints on one line. Its reason is
// timeout, connect, server_error (SERVFAIL among it), bad_response (also of a
// look-up that would take too much), or dns: whom to ask could not be found out.
type Error struct {
	Reason status.Reason // never empty
	Err    error         // the cause, in words
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// failure adds the question that err is about.
func failure(record, name string, err error) error {
	return &Error{reasonOf(err), fmt.Errorf("looking up %s of %s: %w", record, name, err)}
}

// failures are the errors of several servers.
type failures []error

// join returns them as one error, nil if there are none. Its reason is that of a
// server that was reached before that of one that was not.
func (f failures) join() error {
	if len(f) == 0 {
		return nil
	}
	const shown = 4
	reason := slices.MinFunc(f, func(a, b error) int { return rank(a) - rank(b) })
	texts := f.texts()
	text := strings.Join(texts[:min(len(texts), shown)], "; ")
	if more := len(texts) - shown; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return &Error{reasonOf(reason), errors.New(text)}
}

// texts returns their texts, each once.
func (f failures) texts() []string {
	var texts []string
	for _, err := range f {
		if text := err.Error(); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

func rank(err error) int {
	return slices.Index([]status.Reason{status.ReasonServerError, status.ReasonBadResponse, status.ReasonTimeout, status.ReasonConnect, status.ReasonDNS}, reasonOf(err))
}

// reasonOf names why err came about. What neither timed out nor failed in the
// network is a message that could not be read.
func reasonOf(err error) status.Reason {
	var (
		known   *Error
		network net.Error
	)
	switch {
	case errors.As(err, &known):
		return known.Reason
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return status.ReasonTimeout
	case errors.As(err, &network) && network.Timeout():
		return status.ReasonTimeout
	case errors.As(err, &network):
		return status.ReasonConnect
	}
	return status.ReasonBadResponse
}
