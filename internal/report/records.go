package report

import (
	"fmt"
	"strings"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/region"
	"oss_cname_exporter/internal/status"
)

// Record is the TXT record that proves a domain, beside the one in the DNS.
type Record struct {
	Name    string   `json:"name"`            // with the final dot
	Value   string   `json:"value,omitempty"` // "" if tokens are hidden
	Line    string   `json:"line"`            // as a zone file has it
	Verdict string   `json:"verdict"`         // on the record in the DNS, such as "valid"; "" if it was not looked up
	Problem string   `json:"problem,omitempty"`
	Found   []string `json:"found,omitempty"`    // the values in the DNS in its place
	Having  []string `json:"having,omitempty"`   // the name servers that have it, where they disagree
	Lacking []string `json:"lacking,omitempty"`  // those that do not
	Silent  []string `json:"silent,omitempty"`   // those that could not be asked, and why
	FoundAt string   `json:"found_at,omitempty"` // the other name under which it was found
}

// Alias is where the CNAME record of a domain leads, and the record to publish.
type Alias struct {
	Name        string `json:"name"`                  // with the final dot
	Line        string `json:"line,omitempty"`        // the record to publish, as a zone file has it; "" if the domain leads to the bucket
	Should      string `json:"should,omitempty"`      // its target, which the console recommends; "" as Line
	Alternative string `json:"alternative,omitempty"` // another target that leads to the bucket; "" is none
	Note        string `json:"note,omitempty"`        // a condition of the record; "" is none
	LeadsTo     string `json:"leads_to"`              // in the end; "" is nowhere
	Destination string `json:"destination"`           // such as "other_bucket"; "" if the name servers disagree
	ToBucket    *bool  `json:"points_to_bucket"`      // nil if it cannot be told
	Differences string `json:"differences,omitempty"`
	Text        string `json:"text"` // all of that in words
}

// Record returns the TXT record to publish; nil if there is no token that the
// domain needs.
func (d *Domain) Record() *Record {
	if !d.judged.IsPending() {
		return nil
	}
	p := &d.Status.Proof
	r := &Record{Name: d.Target.Proof() + ".", Verdict: string(p.Verdict), Problem: d.say(p.Text()), FoundAt: p.Name,
		Having: p.Having, Lacking: p.Lacking, Silent: p.Silent}
	if d.opts.HideTokens {
		r.Line = fmt.Sprintf("%s  TXT  %s", r.Name, d.Status.Token) // which prints that it is hidden
		return r
	}
	r.Value = string(d.Status.Token)
	r.Line = fmt.Sprintf("%s  TXT  %s", r.Name, QuoteTXT(r.Value))
	r.Found = p.Values
	return r
}

// Alias returns where the CNAME record leads and should lead; nil if that was not looked up.
func (d *Domain) Alias() *Alias {
	if d.Status.Checks[status.CheckCNAME].Confirmed.IsZero() {
		return nil
	}
	t := d.Target
	a := &Alias{Name: t.Cname() + ".", LeadsTo: d.Status.LeadsTo, Differences: plain.Printable(d.Status.Differences)}
	if d.Status.Destination != status.ToBucket {
		a.publish(t)
	}
	if a.Line != "" && t.IsApex() {
		a.Note = d.say(lang.Textf("the apex of a zone can have no CNAME record: use the ALIAS, ANAME or flattened record of the DNS provider, or A records"))
	}
	a.ToBucket, a.Destination = truth(d.Status.PointsToBucket), string(d.Status.Destination)
	text := a.text(d.Status.Destination)
	if meant, ok := region.Appended(a.LeadsTo, t.Base, t.Checks.CNAMESuffixes...); ok {
		text = lang.Textf("%s; this is %s with the zone appended: enter the target with a dot at its end", text, meant)
	}
	a.Text = d.say(text)
	return a
}

// publish writes the record that leads to the bucket of t.
func (a *Alias) publish(t *config.Target) {
	targets := region.Targets(t.Account.Region, t.Bucket)
	a.Should = targets[0] + "."
	a.Line = fmt.Sprintf("%s  CNAME  %s", a.Name, a.Should)
	if len(targets) > 1 {
		a.Alternative = targets[1] + "."
	}
	if t.IsApex() {
		a.Line = fmt.Sprintf("%s  ALIAS  %s", a.Name, a.Should)
	}
}

// text says where the CNAME record leads.
func (a *Alias) text(destination status.Destination) lang.Text {
	switch destination {
	case status.ToBucket:
		return lang.Textf("leads to the bucket: %s", a.LeadsTo)
	case status.ToOther:
		return lang.Textf("leads to another bucket of OSS: %s", a.LeadsTo)
	case status.ToOSS:
		return lang.Textf("leads to OSS; to which bucket, the name does not say: %s", a.LeadsTo)
	case status.Elsewhere:
		return lang.Textf("leads to a name that is not known to be OSS's, such as a CDN's: %s", a.LeadsTo)
	case status.ToAddress:
		return lang.Textf("there is none, but addresses; where they lead cannot be told")
	case status.Nowhere:
		if a.LeadsTo != "" {
			return lang.Textf("leads to a name that does not exist: %s", a.LeadsTo)
		}
		return lang.Textf("there is none, and no address")
	}
	return lang.Textf("the name servers disagree: %s", a.Differences)
}

// truth returns nil for Unknown.
func truth(t status.Tristate) *bool {
	if t == status.Unknown {
		return nil
	}
	yes := t == status.Yes
	return &yes
}

// QuoteTXT writes the value of a TXT record as a zone file has it, RFC 1035
// section 5.1: in quotation marks, and in several strings if it is long.
func QuoteTXT(value string) string {
	const longest = 255
	var b strings.Builder
	for first := true; first || value != ""; first = false {
		part := value[:min(len(value), longest)]
		value = value[len(part):]
		if !first {
			b.WriteByte(' ')
		}
		b.WriteByte('"')
		for i := range len(part) {
			switch c := part[i]; {
			case c == '"' || c == '\\':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c < ' ' || c > '~':
				fmt.Fprintf(&b, `\%03d`, c)
			default:
				b.WriteByte(c)
			}
		}
		b.WriteByte('"')
	}
	return b.String()
}
