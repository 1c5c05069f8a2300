package web

import (
	"fmt"
	"time"

	"oss_cname_exporter/internal/status"
)

// checked is what the checks of a target found out, in words.
type checked struct {
	State, Action string
	Certificate   string   // until when it lasts; "" if there is none
	Warnings      []string // what visitors may suffer from
	Failures      []string // why checks failed
}

func newChecked(s *status.Status, now time.Time) *checked {
	state := s.State(now)
	c := &checked{State: string(state), Action: state.Action(), Certificate: stamp(s.CertificateExpires)}
	if c.Certificate != "" && !now.Before(s.CertificateExpires) {
		c.Warnings = append(c.Warnings, "the certificate has expired")
	}
	if s.Dangling() {
		c.Warnings = append(c.Warnings, "the CNAME record leads to a bucket that does not know the domain: bind it, or delete the record before somebody else takes it")
	}
	for _, check := range status.Checks() {
		if attempt := s.Checks[check].Attempt; attempt.Reason != "" {
			c.Failures = append(c.Failures, fmt.Sprintf("%s: %s: %v", check, attempt.Reason, attempt.Err))
		}
	}
	return c
}
