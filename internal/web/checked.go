package web

import (
	"fmt"
	"strings"
	"time"

	"oss_cname_exporter/internal/status"
)

// checked is what the checks of a target found out, in words.
type checked struct {
	State, Action string
	Binding       string   // the vendor's word for why OSS does not serve the domain; "" if it does
	Proof         []string // why the TXT record does not count, and what it says; none if it does, or if there is no token
	Certificate   string   // which one, and until when it lasts; "" if there is none
	Destination   string   // where the CNAME record leads; "" if nobody knows
	Warnings      []string // what visitors may suffer from
	Failures      []string // why checks failed
}

func newChecked(s *status.Status, now time.Time) *checked {
	state := s.State(now)
	c := &checked{State: string(state), Action: state.Action(), Proof: proof(&s.Proof), Certificate: certificate(s), Destination: destination(s)}
	if s.Enabled == status.No {
		c.Binding = s.BindingWord
	}
	if !s.CertificateExpires.IsZero() && !now.Before(s.CertificateExpires) {
		c.Warnings = append(c.Warnings, "the certificate has expired")
	}
	if s.Dangling() {
		c.Warnings = append(c.Warnings, "the CNAME record leads to OSS, and the bucket does not know the domain: bind it, or delete the record before somebody else takes it")
	}
	if s.Differences != "" {
		c.Warnings = append(c.Warnings, "the name servers disagree about the CNAME record: "+s.Differences)
	}
	for _, check := range status.Checks() {
		if attempt := s.Checks[check].Attempt; attempt.Reason != "" {
			c.Failures = append(c.Failures, fmt.Sprintf("%s: %s: %v", check, attempt.Reason, attempt.Err))
		}
	}
	return c
}

// proof says why the TXT record does not count, then what it says instead, then
// which servers could not be asked.
func proof(p *status.Proof) []string {
	const maxValues = 4
	var lines []string
	if text := p.String(); text != "" {
		lines = append(lines, text)
	}
	for i, value := range p.Values {
		if i == maxValues {
			lines = append(lines, fmt.Sprintf("and %d more values", len(p.Values)-i))
			break
		}
		lines = append(lines, fmt.Sprintf("it says %.80q", value))
	}
	for _, server := range p.Silent {
		lines = append(lines, "could not be asked: "+server)
	}
	return lines
}

// certificate names the bound certificate, so that it can be found and renewed.
func certificate(s *status.Status) string {
	name := s.Certificate.ID
	if s.Certificate.Type != "" {
		name = strings.TrimSpace(name + " (" + s.Certificate.Type + ")")
	}
	switch until := stamp(s.CertificateExpires); {
	case until != "":
		return strings.Join(strings.Fields("certificate "+name+" until "+until), " ")
	case name != "" && s.Certificate.Status != "":
		return "certificate " + name + ": " + s.Certificate.Status
	}
	return ""
}

// destination says where the CNAME record leads.
func destination(s *status.Status) string {
	switch s.Destination {
	case status.ToBucket:
		return "CNAME leads to the bucket: " + s.LeadsTo
	case status.ToOther:
		return "CNAME leads to another bucket: " + s.LeadsTo
	case status.ToOSS:
		return "CNAME leads to OSS; to which bucket, the name does not say: " + s.LeadsTo
	case status.Elsewhere:
		return "CNAME leads to a name that is not known as OSS's, such as a CDN's: " + s.LeadsTo
	case status.Nowhere:
		return "no CNAME record"
	}
	return ""
}
