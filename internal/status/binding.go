package status

import (
	"strings"
	"time"
)

// BindingStatus is the vendor's word for whether OSS serves a bound domain, of a
// closed set; "" is unknown.
type BindingStatus string

// The binding statuses.
const (
	BindingEnabled   BindingStatus = "enabled"   // served
	BindingDisabled  BindingStatus = "disabled"  // switched off by an operator or the vendor
	BindingBlocked   BindingStatus = "blocked"   // by the vendor or an authority
	BindingForbidden BindingStatus = "forbidden" // by the vendor or an authority
	BindingOther     BindingStatus = "other"     // a word that is not known here
)

// BindingStatuses returns the whole closed set.
func BindingStatuses() []BindingStatus {
	return []BindingStatus{BindingEnabled, BindingDisabled, BindingBlocked, BindingForbidden, BindingOther}
}

// NewBindingStatus reads the vendor's word.
func NewBindingStatus(word string) BindingStatus {
	switch s := BindingStatus(strings.ToLower(word)); s {
	case BindingEnabled, BindingDisabled, BindingBlocked, BindingForbidden, "":
		return s
	}
	return BindingOther
}

// Certificate is the one that is bound to a domain. The zero value is none.
type Certificate struct {
	ID     string
	Type   string    // where it comes from, such as "CAS" or "Upload"
	Status string    // the vendor's word; "" if it does not say
	Starts time.Time // zero if it is unknown
	// Fingerprint is the vendor's text, such as "DE:01:CF:...", of SHA-1 or SHA-256; "" if it does not say.
	Fingerprint string
}

// Region returns the region of the certificate service that has the certificate,
// which is not the bucket's; "" if the id does not tell.
func (c Certificate) Region() string {
	_, region, _ := strings.Cut(c.ID, "-")
	return region
}

// CertificateStatus is the vendor's word for whether OSS serves a certificate
// that is bound, of a closed set; "" is unknown.
type CertificateStatus string

// The certificate statuses.
const (
	CertificateEnabled  CertificateStatus = "enabled"
	CertificateDisabled CertificateStatus = "disabled"
	CertificateExpired  CertificateStatus = "expired"
	CertificateOther    CertificateStatus = "other" // a word that is not known here
)

// CertificateStatuses returns the whole closed set.
func CertificateStatuses() []CertificateStatus {
	return []CertificateStatus{CertificateEnabled, CertificateDisabled, CertificateExpired, CertificateOther}
}

// Word returns the vendor's word as one of the closed set.
func (c Certificate) Word() CertificateStatus {
	switch s := CertificateStatus(strings.ToLower(c.Status)); s {
	case CertificateEnabled, CertificateDisabled, CertificateExpired, "":
		return s
	}
	return CertificateOther
}
