package poller

import (
	"time"

	"oss_cname_exporter/internal/config"
)

// Result is what is true of one target now: the last definitive answers, and
// how the last attempts to get them went.
type Result struct {
	Target  *config.Target // in the configuration, which never changes
	Facts   Facts
	Attempt Attempt
	Probes  uint64  // attempts since the target is known
	Errors  uint64  // attempts among them without a definitive answer
	Was     Outcome // what Poll returned before; "" if nothing

	Checks             map[Check]Status // those that the target wants; nil if it wants none
	Bound              Truth            // the domain is bound to the bucket
	Enabled            Truth            // OSS serves it; only if Bound
	CertificateExpires time.Time        // zero if there is no certificate, or nobody knows
	DNSVerified        Truth            // the TXT record carries the token; only if there is a token
	PointsToBucket     Truth            // the CNAME record leads to the bucket
	LeadsTo            string           // where else it leads in the end; "" is nowhere
}

// Facts is the last definitive answer. The zero value: there was none yet.
type Facts struct {
	Confirmed time.Time // when OSS gave the answer; zero if it never did
	Exists    bool      // OSS holds a token
	Expires   time.Time // when the token dies; only if Exists
	Gone      time.Time // when OSS first said that there is no token any more; zero if it never had one
	Died      time.Time // when the token that is gone expired; zero if it went before that: it was used
}

// Attempt is the last try to get an answer. The zero value: there was none yet.
type Attempt struct {
	Ended    time.Time
	Duration time.Duration // the call with its retries, without waiting for its turn
	Reason   Reason        // "" if it got a definitive answer
	Err      error         // nil if Reason is ""
}

// Succeeded reports whether the last attempt got a definitive answer.
func (a Attempt) Succeeded() bool { return !a.Ended.IsZero() && a.Reason == "" }

// Outcome is what a person would call the target's condition in one word; two
// Results with the same Outcome are no news.
type Outcome string

// The outcomes besides every Reason and State.
const (
	OutcomeUnknown Outcome = "unknown"  // never asked
	OutcomeToken   Outcome = "token"    // OSS holds a token
	OutcomeNoToken Outcome = "no_token" // OSS holds none

	OutcomeAnswered Outcome = "answered" // of a check: it got a definitive answer
)

// Outcome condenses the Result: why the last attempt failed, else the State,
// and where that is unknown the answer.
func (r *Result) Outcome() Outcome {
	switch {
	case r.Attempt.Ended.IsZero():
		return OutcomeUnknown
	case r.Attempt.Reason != "":
		return Outcome(r.Attempt.Reason)
	}
	if state := r.State(r.Attempt.Ended); state != StateUnknown {
		return Outcome(state)
	}
	if r.Facts.Exists {
		return OutcomeToken
	}
	return OutcomeNoToken
}
