package status

import (
	"strings"
	"time"
)

// AnsweredBy says who answers the visitors of a domain; "" is unknown. The set is closed.
type AnsweredBy string

// The answerers.
const (
	AnsweredByBucket  AnsweredBy = "bucket"      // OSS, and nothing contradicts that it is the bucket
	AnsweredByUnbound AnsweredBy = "oss_unbound" // OSS, which knows no bucket for the domain
	AnsweredByBlocked AnsweredBy = "oss_blocked" // OSS, which refuses to serve the domain or the account
	AnsweredByOther   AnsweredBy = "other"       // a server that is not OSS's, or OSS from another bucket
	AnsweredByNothing AnsweredBy = "nobody"      // no address, or every connection is refused
)

// AllAnsweredBy returns the whole closed set.
func AllAnsweredBy() []AnsweredBy {
	return []AnsweredBy{AnsweredByBucket, AnsweredByUnbound, AnsweredByBlocked, AnsweredByOther, AnsweredByNothing}
}

// HTTP holds the facts that a visit of a domain yields. The zero value knows nothing.
type HTTP struct {
	AnsweredBy  AnsweredBy
	Evidence    string            // the part of the answer that AnsweredBy rests on, one line
	Certain     bool              // the evidence names the bucket or the cause; false if it only fits
	StatusCode  int               // of https if that answered, else of http; 0 if neither did
	FirstByte   time.Duration     // from the first connection attempt to the first byte of that reply
	RedirectsTo string            // the Location of a redirect, which is not followed; "" if there is none
	Refused     []string          // schemes whose connections are refused
	Failed      map[string]string // scheme to the failure of a scheme that gave no answer while the other did
	Certificate ServedCertificate
}

// ServedCertificate describes the certificate that visitors get over https. The zero value is none.
type ServedCertificate struct {
	Expires       time.Time // zero if no certificate was served
	Starts        time.Time
	Issuer        string   // common name or organization
	Names         []string // the first names it is valid for
	Matches       Tristate // whether it is valid for the domain
	Trusted       Tristate // whether the system's certificate authorities vouch for it, its dates aside
	SHA1, SHA256  string   // fingerprints, upper-case hexadecimal
	AsksForClient bool     // the server asks for a client certificate
}

// Is reports whether c is the certificate that is bound with the domain, by its fingerprint. Unknown: one of them is not
// known, or the vendor hides a part of the fingerprint.
func (c ServedCertificate) Is(bound Certificate) Tristate {
	fingerprint := strings.ToUpper(strings.NewReplacer(":", "", " ", "").Replace(bound.Fingerprint))
	served := map[int]string{len(c.SHA1): c.SHA1, len(c.SHA256): c.SHA256}[len(fingerprint)]
	if fingerprint == "" || served == "" || strings.Trim(fingerprint, "0123456789ABCDEF") != "" {
		return Unknown
	}
	return Of(served == fingerprint)
}
