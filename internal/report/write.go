package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/width"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/status"
)

// Style says how a Report is written for a terminal. The zero value is plain.
type Style struct {
	Color bool
	Width int  // of the terminal, in columns; 0 breaks no line
	Quiet bool // leaves out the domains that are well
}

// indented writes text with indent before each line, broken between words at the
// width.
func (style Style) indented(b *bytes.Buffer, indent, text string) {
	for _, line := range wrap(text, style.Width-columns(indent)) {
		b.WriteString(indent + line + "\n")
	}
}

// minWidth is the narrowest column of text that is worth breaking lines for.
const minWidth = 20

// wrap breaks text between words, and between ideographs, into lines of at most
// width columns. A word that is longer stays whole, so that it can be copied.
func wrap(text string, width int) (lines []string) {
	if width < minWidth {
		return []string{text}
	}
	line := ""
	for _, part := range parts(text) {
		if line != "" && columns(line)+columns(strings.TrimRight(part, " ")) > width {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		line += part
	}
	return append(lines, line)
}

// parts cuts text after each blank and each ideograph.
func parts(text string) (parts []string) {
	start := 0
	for i, r := range text {
		if end := i + utf8.RuneLen(r); r == ' ' || columns(string(r)) > 1 {
			parts = append(parts, text[start:end])
			start = end
		}
	}
	return append(parts, text[start:])
}

// paint returns text in the colour of s.
func (style Style) paint(s judge.Severity, text string) string {
	code := map[judge.Severity]string{judge.Critical: "1;31", judge.Warning: "33", judge.Unknown: "36", judge.OK: "32"}[s]
	if !style.Color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Write writes the causes that domains share, then the domains. Those that only
// share a cause are counted.
func (r *Report) Write(w io.Writer, style Style) error {
	var b bytes.Buffer
	for _, c := range r.Causes {
		var text bytes.Buffer
		indent := strings.Repeat(" ", len(c.Severity)+2)
		style.indented(&text, indent, r.say(c.Text()))
		style.indented(&text, indent, r.say(lang.Textf("next: %s", c.Action())))
		fmt.Fprintf(&b, "%s  %s", style.paint(c.Severity, string(c.Severity)), strings.TrimPrefix(text.String(), indent))
	}
	domains := slices.DeleteFunc(slices.Clone(r.Domains), (*Domain).IsCovered)
	n := len(r.Domains) - len(domains)
	if style.Quiet {
		domains = slices.DeleteFunc(domains, func(d *Domain) bool { return d.Severity == judge.OK })
	}
	if n > 0 {
		fmt.Fprintln(&b, r.say(lang.Textf("Not listed are %d domains of which nothing else is wrong.", n)))
	}
	if b.Len() > 0 && len(domains) > 0 {
		b.WriteByte('\n')
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	return WriteTable(w, domains, style)
}

// IsCovered reports whether a shared cause says all that is wrong with d.
func (d *Domain) IsCovered() bool { return len(d.Problems) == 0 && len(d.judged.Shared) > 0 }

// WriteTable writes the domains as a table, in their order, each that is not
// well with the reason and the next step.
func WriteTable(w io.Writer, domains []*Domain, style Style) error {
	if len(domains) == 0 {
		return nil
	}
	first := domains[0]
	rows := make([][5]string, 1, len(domains)+1)
	rows[0] = [5]string{
		first.say(lang.Textf("SEVERITY")), first.say(lang.Textf("DOMAIN")), first.say(lang.Textf("BUCKET")), first.say(lang.Textf("STATE")), first.say(lang.Textf("TIME LEFT")),
	}
	for _, d := range domains {
		rows = append(rows, [5]string{string(d.Severity), d.Target.Cname(), d.Target.Bucket, string(d.State), d.say(d.leftText())})
	}
	var widths [5]int
	total := 2 * (len(widths) - 1)
	for i := range widths {
		for _, row := range rows {
			widths[i] = max(widths[i], columns(row[i]))
		}
		total += widths[i]
	}
	var b bytes.Buffer
	indent := strings.Repeat(" ", widths[0]+2)
	for i, row := range rows {
		severity := pad(row[0], widths[0])
		if i > 0 {
			severity = style.paint(domains[i-1].Severity, severity)
		}
		if style.Width > 0 && total > style.Width {
			fmt.Fprintf(&b, "%s  %s\n", severity, row[1])
			style.indented(&b, indent, strings.Join(row[2:], "  "))
		} else {
			fmt.Fprintf(&b, "%s  %s  %s  %s  %s\n", severity, pad(row[1], widths[1]), pad(row[2], widths[2]), pad(row[3], widths[3]), row[4])
		}
		if i > 0 {
			domains[i-1].writeAdvice(&b, indent, style)
		}
	}
	for _, u := range UncheckedOf(domains) {
		style.indented(&b, "", "checks."+u.Check+": "+u.Text)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// pad returns text with blanks after it, n columns wide or more.
func pad(text string, n int) string { return text + strings.Repeat(" ", max(0, n-columns(text))) }

// columns returns how many columns of a terminal text takes: an ideograph takes two.
func columns(text string) (n int) {
	for _, r := range text {
		if n++; width.LookupRune(r).Kind() == width.EastAsianWide || width.LookupRune(r).Kind() == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}

// leftText says how long the certificate of a bound domain has left, else its token.
func (d *Domain) leftText() lang.Text {
	expires := d.Status.CertificateExpires
	switch {
	case d.Status.Bound != status.Yes:
		return lang.Textf("token %s", d.tokenText())
	case expires.IsZero():
		return lang.Textf("no certificate")
	case d.now.Before(expires):
		return lang.Textf("certificate expires %s", lang.In(expires.Sub(d.now)))
	}
	return lang.Textf("certificate expired %s", lang.Ago(d.now.Sub(expires)))
}

// writeAdvice writes the problems and the next step.
func (d *Domain) writeAdvice(b *bytes.Buffer, indent string, style Style) {
	findings := d.Findings()
	for _, f := range findings {
		style.indented(b, indent, f.Text)
	}
	if len(findings) > 0 || d.State == status.StateAwaitingDNS || d.Severity == judge.Unknown {
		style.indented(b, indent, d.say(lang.Textf("next: %s", d.Verdict.Action(&d.judged))))
	}
	if r := d.Record(); r != nil && d.Status.DNSVerified != status.Yes {
		fmt.Fprintf(b, "%s%s\n", indent, r.Line)
		if r.Problem != "" {
			style.indented(b, indent, r.Problem)
		}
	}
}

// WriteDetail writes all that is said of the domain.
func (d *Domain) WriteDetail(w io.Writer) error {
	var b bytes.Buffer
	for _, line := range d.details() {
		if line[1] != "" {
			fmt.Fprintf(&b, "  %s %s\n", pad(line[0], 16), plain.Printable(line[1]))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// details returns pairs of name and value.
func (d *Domain) details() [][2]string {
	lines := [][2]string{{d.say(lang.Textf("severity")), string(d.Severity)}, {d.say(lang.Textf("next")), d.Action()}}
	for _, f := range d.Findings() {
		lines = append(lines, [2]string{string(f.Severity), f.Text}, [2]string{d.say(lang.Textf("runbook")), f.Runbook})
	}
	for _, f := range d.Facts() {
		lines = append(lines, [2]string{f.Name, strings.Trim(f.Value+", "+d.when(f.At), ", ")})
	}
	lines = append(lines, d.recordDetails()...)
	if a := d.Alias(); a != nil {
		lines = append(lines, [][2]string{
			{d.say(lang.Textf("CNAME record")), a.Text}, {d.say(lang.Textf("to serve it")), a.Line},
			{d.say(lang.Textf("or to")), a.Alternative}, {d.say(lang.Textf("note")), a.Note},
		}...)
	}
	for _, c := range d.Changes() {
		lines = append(lines, [2]string{d.say(lang.Textf("change")), plain.Stamp(c.At) + "  " + d.say(c.Text())})
	}
	return lines
}

func (d *Domain) recordDetails() [][2]string {
	r := d.Record()
	if r == nil {
		return nil
	}
	lines := [][2]string{{d.say(lang.Textf("publish")), r.Line}, {d.say(lang.Textf("TXT record")), r.Problem}}
	if r.Verdict == string(status.VerdictValid) {
		lines = append(lines, [2]string{d.say(lang.Textf("published")), d.say(lang.Textf("yes"))})
	}
	for _, value := range r.Found {
		lines = append(lines, [2]string{d.say(lang.Textf("DNS has")), QuoteTXT(value)})
	}
	for _, server := range r.Silent {
		lines = append(lines, [2]string{d.say(lang.Textf("not asked")), server})
	}
	return lines
}

// when says where t is from now, and t itself; "" for the zero time.
func (d *Domain) when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return d.say(lang.Relative(t, d.now)) + ", " + plain.Stamp(t)
}
