package status

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"oss_cname_exporter/internal/lang"
)

// ProofVerdict says in one word whether the TXT record of a domain counts as the
// proof of its ownership, and why not; "" is unknown. The set is closed.
type ProofVerdict string

// The verdicts.
const (
	VerdictValid     ProofVerdict = "valid"            // all servers have the token
	VerdictMissing   ProofVerdict = "missing"          // there is no TXT record
	VerdictDisagree  ProofVerdict = "servers_disagree" // some servers have the token, others do not
	VerdictQuoted    ProofVerdict = "quotes"           // the token in quotation marks, which are part of the value
	VerdictBlanks    ProofVerdict = "blanks"           // the token with blanks or invisible characters
	VerdictCase      ProofVerdict = "case"             // the token in other letters, upper or lower
	VerdictExtra     ProofVerdict = "extra_text"       // the token with text around it, such as _dnsauth=
	VerdictTruncated ProofVerdict = "truncated"        // only a part of the token
	VerdictPrevious  ProofVerdict = "previous_token"   // the token before this one
	VerdictMisplaced ProofVerdict = "wrong_name"       // the token under another name
	VerdictAlias     ProofVerdict = "cname_record"     // a CNAME record in the place of the TXT record
	VerdictOther     ProofVerdict = "other_value"      // some other value
)

// Verdicts returns the whole closed set.
func Verdicts() []ProofVerdict {
	return []ProofVerdict{
		VerdictValid, VerdictMissing, VerdictDisagree, VerdictQuoted, VerdictBlanks, VerdictCase,
		VerdictExtra, VerdictTruncated, VerdictPrevious, VerdictMisplaced, VerdictAlias, VerdictOther,
	}
}

// Proof is the comparison of the TXT record with the token. The zero value knows nothing.
type Proof struct {
	Verdict ProofVerdict
	Name    string   // the name that has the token instead, or that the CNAME record leads to; only of VerdictMisplaced and VerdictAlias
	Lacking []string // the servers without the token; only of VerdictDisagree
	Having  []string // the servers with the token; only of VerdictDisagree
	Values  []string // the values of the record in place of the token; for pages, never for a log
	Silent  []string // the servers that could not say, and why
}

// NewProof judges TXT records. previous is the token before token, "" if there was
// none; without a token there is nothing to prove.
func NewProof(token, previous string, records Records) Proof {
	if token == "" || len(records.Found) == 0 {
		return Proof{}
	}
	p := Proof{Silent: records.Silent}
	for _, f := range records.Found {
		if slices.Contains(f.Values, token) {
			p.Having = append(p.Having, f.Servers...)
			continue
		}
		p.Lacking = append(p.Lacking, f.Servers...)
		p.Values = append(p.Values, f.Values...)
	}
	switch {
	case len(p.Lacking) == 0:
		p.Verdict, p.Having = VerdictValid, nil
	case len(p.Having) > 0:
		p.Verdict = VerdictDisagree
	default:
		p.Verdict, p.Lacking = nearest(p.Values, token, previous), nil
	}
	if p.Verdict == VerdictMissing {
		if records.Alias != "" {
			p.Verdict, p.Name = VerdictAlias, records.Alias
		}
		for _, f := range records.Misplaced {
			if slices.Contains(f.Values, token) {
				p.Verdict, p.Name = VerdictMisplaced, f.Name
				break
			}
		}
	}
	return p
}

// nearest returns the verdict about the value that is nearest to the token.
func nearest(values []string, token, previous string) ProofVerdict {
	best := VerdictMissing
	for _, value := range values {
		if v := compare(value, token, previous); best == VerdictMissing || rank(v) < rank(best) {
			best = v
		}
	}
	return best
}

// rank orders verdicts about values: the lower, the nearer to the token.
func rank(v ProofVerdict) int { return slices.Index(Verdicts(), v) }

// compare says how value differs from token.
func compare(value, token, previous string) ProofVerdict {
	visible := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc) {
			return -1
		}
		return r
	}, value)
	bare := strings.Map(func(r rune) rune {
		if strings.ContainsRune("\"'`\\“”„‘’«»＂", r) {
			return -1
		}
		return r
	}, visible)
	const shortest = 8 // of a part that is no accident
	switch {
	case visible == token:
		return VerdictBlanks
	case bare == token:
		return VerdictQuoted
	case strings.EqualFold(bare, token):
		return VerdictCase
	case strings.Contains(strings.ToLower(bare), strings.ToLower(token)):
		return VerdictExtra
	case len(bare) >= shortest && strings.Contains(strings.ToLower(token), strings.ToLower(bare)):
		return VerdictTruncated
	case previous != "" && strings.Contains(strings.ToLower(bare), strings.ToLower(previous)):
		return VerdictPrevious
	}
	return VerdictOther
}

// challenge is the form of the value that an ACME client publishes: 32 bytes in
// base64 for URLs.
var challenge = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// otherProof says that a record has another value, and names the service that the
// value was made for, if that is known.
func (p Proof) otherProof() lang.Text {
	for _, value := range p.Values {
		switch {
		case strings.HasPrefix(value, "verify_"):
			return lang.Textf("the TXT record has another value than the token: it has the verification value of the CDN, which belongs to the name verification")
		case challenge.MatchString(value):
			return lang.Textf("the TXT record has another value than the token: it has the form of an ACME challenge, which belongs to the name _acme-challenge")
		}
	}
	return lang.Textf("the TXT record has another value than the token")
}

// String is the Text in English, for the log.
func (p Proof) String() string { return p.Text().String() }

// Text describes in one sentence the fault of the record; no text if there is
// none, or it is unknown. It has no value of a record.
func (p Proof) Text() lang.Text {
	switch p.Verdict {
	case VerdictMissing:
		return lang.Textf("there is no TXT record of that name")
	case VerdictDisagree:
		return lang.Textf("the name servers disagree: %s do not have the token yet, %s do", strings.Join(p.Lacking, ", "), strings.Join(p.Having, ", "))
	case VerdictQuoted:
		return lang.Textf("the value of the TXT record is the token in quotation marks: enter it without them")
	case VerdictBlanks:
		return lang.Textf("the value of the TXT record is the token with blanks or invisible characters: enter it without them")
	case VerdictCase:
		return lang.Textf("the value of the TXT record is the token in other letters, upper or lower: enter it as OSS gave it")
	case VerdictExtra:
		return lang.Textf("the value of the TXT record has text beside the token: enter the token alone, without _dnsauth= or the like")
	case VerdictTruncated:
		return lang.Textf("the value of the TXT record is only a part of the token: enter all of it")
	case VerdictPrevious:
		return lang.Textf("the TXT record has the token before this one: enter the new token")
	case VerdictMisplaced:
		return lang.Textf("the token is in a TXT record of another name, %s: most consoles append the zone to the name that is entered", p.Name)
	case VerdictAlias:
		return lang.Textf("there is no TXT record of that name, but a CNAME record, perhaps of a wildcard, that leads to %s: publish a TXT record", p.Name)
	case VerdictOther:
		return p.otherProof()
	}
	return lang.Text{}
}
