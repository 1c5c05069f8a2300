package report

import (
	"time"

	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
)

// Fact is something that is known of a domain.
type Fact struct {
	Name  string
	Value string    // on one printable line
	At    time.Time // since when or until when; zero if there is no such instant

	IsUnchecked bool // it says that a check is off
}

// fact is a Fact in every language. The zero value is none.
type fact struct {
	name, value lang.Text
	at          time.Time
}

// Facts returns the known facts about the domain, in the order of reading.
func (d *Domain) Facts() []Fact {
	s := d.Status
	known := []fact{{name: lang.Textf("State"), value: lang.Verbatim(string(d.State))}, d.tokenFact()}
	if s.Facts.Confirmed.IsZero() {
		known = append(known, fact{name: lang.Textf("Token confirmed"), value: lang.Textf("never")})
	} else {
		known = append(known, fact{name: lang.Textf("Token confirmed"), at: s.Facts.Confirmed})
	}
	known = append(known, attemptFact(lang.Textf("Token asked for"), s.Attempt), bindingFact(s), certificateFact(s, d.now))
	known = append(known, visitFacts(s)...)
	for _, check := range status.Checks() {
		if c, isMade := s.Checks[check]; isMade {
			known = append(known, attemptFact(lang.Textf("Check %s", check), c.Attempt))
		}
	}
	facts := make([]Fact, 0, len(known))
	for _, f := range known {
		if !f.name.IsZero() {
			facts = append(facts, Fact{Name: d.say(f.name), Value: d.say(f.value), At: f.at})
		}
	}
	for _, u := range d.Unchecked() {
		facts = append(facts, Fact{Name: d.say(lang.Textf("Check %s", u.Check)), Value: u.Text, IsUnchecked: true})
	}
	return facts
}

func (d *Domain) tokenFact() fact {
	name := lang.Textf("Token")
	switch f := d.Status.Facts; {
	case f.Exists && d.now.Before(f.Expires):
		return fact{name, lang.Textf("expires"), f.Expires}
	case f.Exists:
		return fact{name, lang.Textf("expired"), f.Expires}
	case !f.Expired.IsZero():
		return fact{name, lang.Textf("expired unused"), f.Expired}
	}
	return fact{name: name, value: d.tokenText()}
}

// attemptFact says how the last attempt of a question went.
func attemptFact(name lang.Text, a status.Attempt) fact {
	switch {
	case a.Ended.IsZero():
		return fact{name: name, value: lang.Textf("not yet")}
	case a.Reason != "":
		return fact{name, lang.Textf("%s: %s", a.Reason, errorText(a.Err)), a.Ended}
	}
	return fact{name, lang.Textf("succeeded in %s", a.Duration.Round(time.Millisecond/10)), a.Ended}
}

// bindingFact says whether the domain is bound and served; none if that is unknown.
func bindingFact(s *status.Status) fact {
	name := lang.Textf("Binding")
	switch {
	case s.Bound == status.Unknown:
		return fact{}
	case s.Bound == status.No:
		return fact{name: name, value: lang.Textf("not bound to the bucket")}
	case s.Enabled == status.No && s.BindingWord != "":
		return fact{name: name, value: lang.Textf("bound, and not served: OSS calls it %s", s.BindingWord)}
	case s.Enabled == status.No:
		return fact{name: name, value: lang.Textf("bound, and not served")}
	case s.Enabled == status.Yes:
		return fact{name: name, value: lang.Textf("bound and served")}
	}
	return fact{name: name, value: lang.Textf("bound")}
}

// certificateFact says which certificate is bound, and until when OSS serves it;
// none if none is bound.
func certificateFact(s *status.Status, now time.Time) fact {
	c := s.Certificate
	if c == (status.Certificate{}) && s.CertificateExpires.IsZero() {
		return fact{}
	}
	text := lang.Verbatim(c.ID)
	if c.Type != "" {
		text = lang.Textf("%s (%s)", text, c.Type)
	}
	if region := c.Region(); region != "" {
		text = lang.Textf("%s of the certificate service in %s", text, region)
	}
	name := lang.Textf("Certificate")
	switch {
	case c.Starts.After(now):
		return fact{name, with(text, lang.Textf("not valid before")), c.Starts}
	case !s.CertificateExpires.IsZero():
		return fact{name, with(text, lang.Textf("expires")), s.CertificateExpires}
	case c.Status != "":
		return fact{name: name, value: with(text, lang.Textf("not served: %s", c.Status))}
	}
	return fact{name: name, value: text}
}

// with returns text, if there is one, and more.
func with(text, more lang.Text) lang.Text {
	if text.IsZero() {
		return more
	}
	return lang.Textf("%s, %s", text, more)
}

// errorText returns err as it is: errors are English.
func errorText(err error) lang.Text {
	if err == nil {
		return lang.Textf("no details")
	}
	return lang.Verbatim(err.Error())
}
