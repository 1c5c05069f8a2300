package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/status"
)

// The thresholds of deploy/rules.yml.
const (
	tokenWarning        = 24 * time.Hour
	tokenCritical       = 6 * time.Hour
	expiredCritical     = 24 * time.Hour // how long it is critical where the binding is not known
	certificateWarning  = 14 * 24 * time.Hour
	certificateCritical = 3 * 24 * time.Hour
	factsStale          = 6 * time.Hour
)

// rule says when an alert holds of a domain, at once and not only after the
// alert's "for": people look at what is true now.
type rule struct {
	alert    string // of deploy/rules.yml, and the section of the runbook
	severity Severity
	applies  func(*Domain) bool
	due      func(*Domain) time.Time // when it gets worse or got as bad; nil is never
	text     func(*Domain) string
	action   func(*Domain) string
}

// rules returns all of them. Of one alert with two thresholds at most one applies.
func rules() []rule {
	already := func(*Domain) time.Time { return time.Time{} }
	expires := func(d *Domain) time.Time { return d.Status.Facts.Expires }
	certificate := func(d *Domain) time.Time { return d.Status.CertificateExpires }
	return []rule{
		{"OSSCnameDomainDisabled", Critical, func(d *Domain) bool { return d.State == status.StateDisabled }, already, disabledText, stateAction},
		{"OSSCnameDomainUnbound", Critical, func(d *Domain) bool { return !d.unbound.IsZero() && !d.elsewhere }, already, unboundText,
			always("bind the domain again, or take its CNAME record out of the DNS")},
		{"OSSCnameTokenExpired", Critical, (*Domain).expiredCritical, (*Domain).expiredAt, expiredText, stateAction},
		{"OSSCnameTokenExpired", Warning, (*Domain).expiredLongAgo, (*Domain).expiredAt, expiredText, stateAction},
		{"OSSCnameTokenExpiresSoon", Critical, func(d *Domain) bool { return d.pending() && d.left() < tokenCritical }, expires, expiresText, tokenAction},
		{"OSSCnameTokenExpiresSoon", Warning, func(d *Domain) bool { return d.pending() && d.left() >= tokenCritical && d.left() < tokenWarning }, expires, expiresText, tokenAction},
		{"OSSCnameCertificateExpiresSoon", Critical, func(d *Domain) bool { return d.certificateWithin(0, certificateCritical) }, certificate, certificateText, always("upload a new certificate")},
		{"OSSCnameCertificateExpiresSoon", Warning, func(d *Domain) bool { return d.certificateWithin(certificateCritical, certificateWarning) }, certificate, certificateText, always("upload a new certificate")},
		{"OSSCnameDangling", Warning, func(d *Domain) bool { return d.Status.Dangling() && !d.elsewhere }, already, danglingText,
			always("bind the domain, or delete the CNAME record before somebody else takes the name")},
		{"OSSCnameTXTMissing", Warning, func(d *Domain) bool {
			return d.pending() && d.left() < tokenWarning && d.Status.DNSVerified == status.No
		}, expires, txtText, stateAction},
		{"OSSCnameReadyToBind", Warning, func(d *Domain) bool { return d.State == status.StateReadyToBind && d.Status.Bound == status.No }, expires,
			always("the TXT record carries the token, and the domain is not bound yet"), stateAction},
		{"OSSCnameTokenMissing", Warning, func(d *Domain) bool { return d.State == status.StateTokenMissing && !d.elsewhere }, nil,
			always("the domain is not bound and has no token"), stateAction},
		{"OSSCnameTargetNeverAnswered", Warning, func(d *Domain) bool { return d.failing() && d.Status.Facts.Confirmed.IsZero() }, nil, failureText, failureAction},
		{"OSSCnameProbeFailing", Warning, func(d *Domain) bool { return d.failing() && !d.Status.Facts.Confirmed.IsZero() }, nil, failureText, failureAction},
		{"OSSCnameFactsStale", Warning, (*Domain).stale, nil, staleText, failureAction},
		{"OSSCnameCheckFailing", Warning, func(d *Domain) bool { return len(d.failingChecks()) > 0 }, nil, checksText, checksAction},
	}
}

// runbook returns where an alert's section is, as runbook_url has it.
func runbook(alert string) string { return "docs/runbooks.md#" + strings.ToLower(alert) }

func always(text string) func(*Domain) string { return func(*Domain) string { return text } }

func stateAction(d *Domain) string { return d.State.Action() }

func (d *Domain) left() time.Duration { return d.Status.Facts.Expires.Sub(d.now) }

func (d *Domain) failing() bool { return d.Status.Attempt.Reason != "" }

func (d *Domain) stale() bool {
	confirmed := d.Status.Facts.Confirmed
	return d.failing() && !confirmed.IsZero() && d.now.Sub(confirmed) > factsStale
}

// expiredAt is when the token that was not used expired.
func (d *Domain) expiredAt() time.Time {
	if d.Status.Facts.Exists {
		return d.Status.Facts.Expires
	}
	return d.Status.Facts.Expired
}

// expiredCritical holds for a day; by then somebody knows, or, where the
// binding is not known, it was bound after all.
func (d *Domain) expiredCritical() bool {
	return d.State == status.StateTokenExpired && (d.Status.Bound == status.No || d.now.Sub(d.expiredAt()) < expiredCritical)
}

func (d *Domain) expiredLongAgo() bool {
	return d.State == status.StateTokenExpired && !d.expiredCritical()
}

// certificateWithin reports whether the certificate has less than most left, and
// at least least unless that is 0.
func (d *Domain) certificateWithin(least, most time.Duration) bool {
	left := d.Status.CertificateExpires.Sub(d.now)
	return !d.Status.CertificateExpires.IsZero() && left < most && (least == 0 || left >= least)
}

func (d *Domain) failingChecks() []status.Check {
	var failing []status.Check
	for _, check := range status.Checks() {
		if d.Status.Checks[check].Attempt.Reason != "" {
			failing = append(failing, check)
		}
	}
	return failing
}

func disabledText(d *Domain) string {
	says := ""
	if d.Status.BindingWord != "" {
		says = ", which is " + plain.Printable(d.Status.BindingWord)
	}
	return "OSS does not serve the domain" + says + ": its visitors get errors"
}

func unboundText(d *Domain) string {
	return "the domain is no longer bound: its visitors get errors, since " + plain.Ago(d.now.Sub(d.unbound))
}

func expiredText(d *Domain) string {
	return "the token expired unused " + plain.Ago(d.now.Sub(d.expiredAt()))
}

func expiresText(d *Domain) string {
	text := "the token expires " + plain.In(d.left())
	if d.Status.Bound == status.No {
		text += ", and the domain is not bound"
	}
	return text
}

// tokenAction is what is left to do while a token lives.
func tokenAction(d *Domain) string {
	if d.State == status.StateUnknown {
		return "publish the token as the TXT record, and bind the domain before it expires"
	}
	return d.State.Action()
}

func certificateText(d *Domain) string {
	left := d.Status.CertificateExpires.Sub(d.now)
	name := strings.TrimSpace("the certificate " + plain.Printable(d.Status.Certificate.ID))
	if left <= 0 {
		return name + " expired " + plain.Ago(-left) + ", and OSS goes on serving it"
	}
	return name + " expires " + plain.In(left)
}

func danglingText(d *Domain) string {
	return "the CNAME record leads to OSS (" + plain.Printable(d.Status.LeadsTo) + "), and the bucket does not know the domain: whoever takes the name gets its visitors"
}

func txtText(*Domain) string { return "the TXT record does not carry the token" }

func failureText(d *Domain) string {
	a := &d.Status.Attempt
	text := string(a.Reason) + ": " + errorText(a.Err)
	if d.Status.Facts.Confirmed.IsZero() {
		return "OSS has never answered; " + text
	}
	return text
}

func failureAction(d *Domain) string {
	return cmp.Or(d.Status.Attempt.Advice(), d.Status.Attempt.Reason.Action())
}

func staleText(d *Domain) string {
	return "what is known is " + plain.Words(d.now.Sub(d.Status.Facts.Confirmed)) + " old"
}

func checksText(d *Domain) string {
	var texts []string
	for _, check := range d.failingChecks() {
		a := d.Status.Checks[check].Attempt
		texts = append(texts, fmt.Sprintf("check %s: %s: %s", check, a.Reason, errorText(a.Err)))
	}
	return strings.Join(texts, "; ")
}

func checksAction(d *Domain) string {
	check := d.failingChecks()[0]
	reason := d.Status.Checks[check].Attempt.Reason
	switch {
	case check == status.CheckBinding && reason == status.ReasonAccessDenied:
		return "grant oss:ListCname beside oss:GetCnameToken"
	case check != status.CheckBinding:
		return "ask the configured resolvers from the exporter's host: dig +short TXT " + d.Target.Proof()
	}
	return reason.Action()
}

// errorText returns err on one printable line.
func errorText(err error) string {
	if err == nil {
		return "no details"
	}
	return plain.Printable(err.Error())
}

// Alerts returns the alerts that findings name, with their severities.
func Alerts() map[string][]Severity {
	alerts := map[string][]Severity{}
	for _, r := range rules() {
		alerts[r.alert] = append(alerts[r.alert], r.severity)
	}
	return alerts
}
