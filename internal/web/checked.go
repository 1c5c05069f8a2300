package web

import (
	"fmt"
	"time"

	"oss_cname_exporter/internal/status"
)

// checked is what the checks of a target found out, in words.
type checked struct {
	State, Action string
	Proof         []string // why the TXT record does not count, and what it says; none if it does, or if there is no token
	Certificate   string   // until when it lasts; "" if there is none
	Warnings      []string // what visitors may suffer from
	Failures      []string // why checks failed
}

func newChecked(s *status.Status, now time.Time) *checked {
	state := s.State(now)
	c := &checked{State: string(state), Action: state.Action(), Proof: proof(&s.Proof), Certificate: stamp(s.CertificateExpires)}
	if c.Certificate != "" && !now.Before(s.CertificateExpires) {
		c.Warnings = append(c.Warnings, "the certificate has expired")
	}
	if s.Dangling() {
		c.Warnings = append(c.Warnings, "the CNAME record leads to a bucket that does not know the domain: bind it, or delete the record before somebody else takes it")
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
