package report

import (
	"fmt"
	"strings"
	"time"

	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/status"
)

// Fact is something that is known of a domain.
type Fact struct {
	Name  string
	Value string    // on one printable line
	At    time.Time // since when or until when; zero if there is no such instant
}

// Facts returns the known facts about the domain, in the order of reading.
func (d *Domain) Facts() []Fact {
	s := d.Status
	facts := []Fact{{Name: "State", Value: string(d.State)}, d.tokenFact()}
	if s.Facts.Confirmed.IsZero() {
		facts = append(facts, Fact{Name: "Token confirmed", Value: "never"})
	} else {
		facts = append(facts, Fact{Name: "Token confirmed", At: s.Facts.Confirmed})
	}
	facts = append(facts, attemptFact("Token asked for", s.Attempt))
	if text := bindingText(s); text != "" {
		facts = append(facts, Fact{Name: "Binding", Value: text})
	}
	if f := certificateFact(s, d.now); f != (Fact{}) {
		facts = append(facts, f)
	}
	facts = append(facts, visitFacts(s)...)
	for _, check := range status.Checks() {
		if c, isMade := s.Checks[check]; isMade {
			facts = append(facts, attemptFact("Check "+string(check), c.Attempt))
		}
	}
	return facts
}

func (d *Domain) tokenFact() Fact {
	f := d.Status.Facts
	switch {
	case f.Exists && d.now.Before(f.Expires):
		return Fact{"Token", "expires", f.Expires}
	case f.Exists:
		return Fact{"Token", "expired", f.Expires}
	case !f.Expired.IsZero():
		return Fact{"Token", "expired unused", f.Expired}
	}
	return Fact{Name: "Token", Value: d.TokenText()}
}

// attemptFact says how the last attempt of a question went.
func attemptFact(name string, a status.Attempt) Fact {
	switch {
	case a.Ended.IsZero():
		return Fact{Name: name, Value: "not yet"}
	case a.Reason != "":
		return Fact{name, fmt.Sprintf("%s: %s", a.Reason, errorText(a.Err)), a.Ended}
	}
	return Fact{name, "succeeded in " + a.Duration.Round(time.Millisecond/10).String(), a.Ended}
}

// bindingText says whether the domain is bound and served; "" is unknown.
func bindingText(s *status.Status) string {
	switch {
	case s.Bound == status.Unknown:
		return ""
	case s.Bound == status.No:
		return "not bound to the bucket"
	case s.Enabled == status.No && s.BindingWord != "":
		return "bound, and not served: OSS calls it " + plain.Printable(s.BindingWord)
	case s.Enabled == status.No:
		return "bound, and not served"
	case s.Enabled == status.Yes:
		return "bound and served"
	}
	return "bound"
}

// certificateFact says which certificate is bound, and until when OSS serves it;
// the zero Fact if there is none.
func certificateFact(s *status.Status, now time.Time) Fact {
	c := s.Certificate
	text := c.ID
	if c.Type != "" {
		text += " (" + c.Type + ")"
	}
	if region := c.Region(); region != "" {
		text += " of the certificate service in " + region
	}
	at := s.CertificateExpires
	switch {
	case c.Starts.After(now):
		text, at = text+", not valid before", c.Starts
	case !s.CertificateExpires.IsZero():
		text += ", expires"
	case c.Status != "":
		text += ", not served: " + c.Status
	}
	text = plain.Printable(strings.TrimPrefix(strings.TrimSpace(text), ", "))
	if text == "" {
		return Fact{}
	}
	return Fact{"Certificate", text, at}
}

// errorText returns err on one printable line.
func errorText(err error) string {
	if err == nil {
		return "no details"
	}
	return plain.Printable(err.Error())
}
