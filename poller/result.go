package poller

import (
	"time"

	"oss_cname_exporter/config"
)

// Result is what is true of one target now: the last definitive answer, and
// how the last attempt to get one went.
type Result struct {
	Target  config.Target
	Facts   Facts
	Attempt Attempt
	Probes  uint64  // attempts since the target is known
	Errors  uint64  // attempts among them without a definitive answer
	Was     Outcome // what Poll returned before; "" if nothing
}

// Facts is the last definitive answer. The zero value: there was none yet.
type Facts struct {
	Confirmed time.Time // when OSS gave the answer; zero if it never did
	Exists    bool      // OSS holds a token
	Expires   time.Time // when the token dies; only if Exists
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

// The outcomes besides every Reason.
const (
	OutcomeUnknown Outcome = "unknown"  // never asked
	OutcomeToken   Outcome = "token"    // OSS holds a token
	OutcomeNoToken Outcome = "no_token" // OSS holds none
)

// Outcome condenses the Result.
func (r Result) Outcome() Outcome {
	switch {
	case r.Attempt.Ended.IsZero():
		return OutcomeUnknown
	case r.Attempt.Reason != "":
		return Outcome(r.Attempt.Reason)
	case r.Facts.Exists:
		return OutcomeToken
	}
	return OutcomeNoToken
}
