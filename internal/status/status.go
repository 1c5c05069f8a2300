// Package status has the facts about a domain: the Facts that are known, how
// the last Attempts to learn them went, and the State that follows. It makes no
// request and knows no configuration.
//
// A Status has the facts of the token, and for each Check that is configured how
// that went and its findings. An unknown fact is a zero value.
package status

import (
	"errors"
	"time"

	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/secret"
)

// Status has the facts about one domain now: the last definitive answers, and how
// the last attempts to get them went.
type Status struct {
	Facts   Facts
	Token   secret.Value // the value for the TXT record; "" if there is no token
	Attempt Attempt      // the last to ask for the token
	Probes  uint64       // attempts since the domain is known
	Errors  uint64       // attempts among them without a definitive answer

	Checks             map[Check]CheckStatus // those that are configured; nil if none is
	Bound              Tristate              // the domain is bound to the bucket
	Enabled            Tristate              // OSS serves it; only if Bound
	BindingWord        string                // the vendor's word for that, such as "Blocked"; "" if it is unknown
	Certificate        Certificate           // that is bound with the domain, whether it is served or not
	CertificateExpires time.Time             // zero if no certificate is served, or it is unknown
	DNSVerified        Tristate              // the TXT record carries the token; only if there is a token
	Proof              Proof                 // why it does or does not
	Destination        Destination           // where the CNAME record leads; unknown while name servers disagree
	PointsToBucket     Tristate              // it leads to the bucket
	LeadsTo            string                // the name of OSS or the last one that it leads to; "" is nowhere
	HTTP               HTTP                  // the answer of the domain itself
	Differences        string                // the answers of the name servers about the CNAME record; "" if they agree
}

// Facts is the last definitive answer about a token. The zero value: there was
// none yet.
type Facts struct {
	Confirmed time.Time // when OSS gave the answer; zero if it never did
	Exists    bool      // OSS holds a token
	Expires   time.Time // when the token expires; only if Exists
	Gone      time.Time // when OSS first said that there is no token any more; zero if it never had one
	Expired   time.Time // when the token that is gone expired unused; zero if it was used, or was not watched at its end
}

// Attempt is the last try to get an answer. The zero value: there was none yet.
type Attempt struct {
	Ended    time.Time
	Duration time.Duration // the call with its retries, without waiting for its turn
	Reason   Reason        // "" if it got a definitive answer
	Err      error         // nil if Reason is ""
}

// ErrOtherOwner is in the chain of the Err of an attempt about a bucket that
// belongs to another account.
var ErrOtherOwner = errors.New("the bucket belongs to another account")

// Succeeded reports whether the last attempt got a definitive answer.
func (a Attempt) Succeeded() bool { return !a.Ended.IsZero() && a.Reason == "" }

// Advice returns the action that the error of the attempt asks for in place of
// that of its Reason; no text if there is none.
func (a Attempt) Advice() lang.Text {
	adviser, ok := errors.AsType[interface {
		error
		Advice() lang.Text
	}](a.Err)
	if !ok {
		return lang.Text{}
	}
	return adviser.Advice()
}

// Check is something to find out about a domain beside its token.
type Check string

// The checks.
const (
	CheckBinding Check = "binding"   // is the domain bound: ListCname
	CheckTXT     Check = "dns_txt"   // does the TXT record carry the token
	CheckCNAME   Check = "dns_cname" // does the CNAME record lead to the bucket
	CheckHTTP    Check = "http"      // who answers the visitors of the domain
)

// Checks returns the whole closed set.
func Checks() []Check { return []Check{CheckBinding, CheckTXT, CheckCNAME, CheckHTTP} }

// CheckStatus is how a check goes. The zero value: it was never made.
type CheckStatus struct {
	Confirmed time.Time // when it last got a definitive answer; zero if it never did
	Attempt   Attempt
}

// Tristate is the answer to a yes-or-no question. The zero value is Unknown.
type Tristate int8

// The values of a Tristate.
const (
	Unknown Tristate = iota
	No
	Yes
)

// Of returns Yes or No.
func Of(yes bool) Tristate {
	if yes {
		return Yes
	}
	return No
}
