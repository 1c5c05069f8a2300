package poller

import "time"

// Check is something to find out about a target beside its token, if its
// configuration says so.
type Check string

// The checks.
const (
	CheckBinding Check = "binding"   // is the domain bound: ListCname
	CheckTXT     Check = "dns_txt"   // does the TXT record carry the token
	CheckCNAME   Check = "dns_cname" // does the CNAME record lead to the bucket
)

// Checks returns the whole closed set.
func Checks() []Check { return []Check{CheckBinding, CheckTXT, CheckCNAME} }

// Status is how a check goes. The zero value: it was never made.
type Status struct {
	Confirmed time.Time // when it last got a definitive answer; zero if it never did
	Attempt   Attempt
	Was       Outcome // what Poll returned before; "" if nothing
}

// Outcome condenses the Status.
func (s Status) Outcome() Outcome {
	switch {
	case s.Attempt.Ended.IsZero():
		return OutcomeUnknown
	case s.Attempt.Reason != "":
		return Outcome(s.Attempt.Reason)
	}
	return OutcomeAnswered
}

// Truth is what is known of a yes-or-no question. The zero value: nothing.
type Truth int8

// The truths.
const (
	Unknown Truth = iota
	No
	Yes
)

func truth(yes bool) Truth {
	if yes {
		return Yes
	}
	return No
}
