package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/status"
)

// Style says how a Report is written for a terminal. The zero value is plain.
type Style struct {
	Color bool
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
		fmt.Fprintf(&b, "%s  %s\n", style.paint(c.Severity, string(c.Severity)), c.Text())
		fmt.Fprintf(&b, "%*s  next: %s\n", len(c.Severity), "", c.Action())
	}
	domains := slices.DeleteFunc(slices.Clone(r.Domains), (*Domain).isCovered)
	if n := len(r.Domains) - len(domains); n > 0 {
		fmt.Fprintf(&b, "Not listed are %d domains of which nothing else is wrong.\n", n)
	}
	if b.Len() > 0 && len(domains) > 0 {
		b.WriteByte('\n')
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	return WriteTable(w, domains, style)
}

// isCovered reports whether a shared cause says all that is wrong with d.
func (d *Domain) isCovered() bool { return len(d.Problems) == 0 && len(d.judged.Shared) > 0 }

// WriteTable writes the domains as a table, in their order, each that is not
// well with the reason and the next step.
func WriteTable(w io.Writer, domains []*Domain, style Style) error {
	rows := make([][4]string, len(domains))
	widths := [4]int{len("SEVERITY"), len("DOMAIN"), len("BUCKET"), len("STATE")}
	for i, d := range domains {
		rows[i] = [4]string{string(d.Severity), d.Target.Cname(), d.Target.Bucket, string(d.State)}
		for k, cell := range rows[i] {
			widths[k] = max(widths[k], utf8.RuneCountInString(cell))
		}
	}
	var b bytes.Buffer
	if len(domains) > 0 {
		fmt.Fprintf(&b, "%-*s  %-*s  %-*s  %-*s  %s\n", widths[0], "SEVERITY", widths[1], "DOMAIN", widths[2], "BUCKET", widths[3], "STATE", "TIME LEFT")
	}
	for i, d := range domains {
		row := rows[i]
		severity := style.paint(d.Severity, fmt.Sprintf("%-*s", widths[0], row[0]))
		fmt.Fprintf(&b, "%s  %-*s  %-*s  %-*s  %s\n", severity, widths[1], row[1], widths[2], row[2], widths[3], row[3], d.leftText())
		d.writeAdvice(&b, strings.Repeat(" ", widths[0]+2))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// leftText says how long the certificate of a bound domain has left, else its token.
func (d *Domain) leftText() string {
	expires := d.Status.CertificateExpires
	switch {
	case d.Status.Bound != status.Yes:
		return "token " + d.TokenText()
	case expires.IsZero():
		return "no certificate"
	case d.now.Before(expires):
		return "certificate expires " + plain.In(expires.Sub(d.now))
	}
	return "certificate expired " + plain.Ago(d.now.Sub(expires))
}

// writeAdvice writes the problems and the next step.
func (d *Domain) writeAdvice(b *bytes.Buffer, indent string) {
	findings := d.Findings()
	for _, f := range findings {
		fmt.Fprintf(b, "%s%s\n", indent, f.Text)
	}
	if len(findings) > 0 || d.State == status.StateAwaitingDNS {
		fmt.Fprintf(b, "%snext: %s\n", indent, d.Action())
	}
	if r := d.Record(); r != nil && d.Status.DNSVerified != status.Yes {
		fmt.Fprintf(b, "%s%s\n", indent, r.Line)
		if r.Problem != "" {
			fmt.Fprintf(b, "%s%s\n", indent, r.Problem)
		}
	}
}

// WriteDetail writes all that is said of the domain.
func (d *Domain) WriteDetail(w io.Writer) error {
	var b bytes.Buffer
	for _, line := range d.details() {
		if line[1] != "" {
			fmt.Fprintf(&b, "  %-16s %s\n", line[0], plain.Printable(line[1]))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// details returns pairs of name and value.
func (d *Domain) details() [][2]string {
	lines := [][2]string{{"severity", string(d.Severity)}, {"next", d.Action()}}
	for _, f := range d.Findings() {
		lines = append(lines, [2]string{string(f.Severity), f.Text}, [2]string{"runbook", f.Runbook})
	}
	for _, f := range d.Facts() {
		lines = append(lines, [2]string{f.Name, strings.Trim(f.Value+", "+d.when(f.At), ", ")})
	}
	lines = append(lines, d.recordDetails()...)
	if a := d.Alias(); a != nil {
		lines = append(lines, [][2]string{{"CNAME record", a.Text}, {"to serve it", a.Line}, {"or to", a.Alternative}, {"note", a.Note}}...)
	}
	for _, c := range d.Changes() {
		lines = append(lines, [2]string{"change", plain.Stamp(c.At) + "  " + c.Text()})
	}
	return lines
}

func (d *Domain) recordDetails() [][2]string {
	r := d.Record()
	if r == nil {
		return nil
	}
	lines := [][2]string{{"publish", r.Line}, {"published", map[bool]string{true: "yes"}[r.Verdict == string(status.VerdictValid)]}, {"TXT record", r.Problem}}
	for _, value := range r.Found {
		lines = append(lines, [2]string{"DNS has", QuoteTXT(value)})
	}
	for _, server := range r.Silent {
		lines = append(lines, [2]string{"not asked", server})
	}
	return lines
}

// when says where t is from now, and t itself; "" for the zero time.
func (d *Domain) when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return plain.Relative(t, d.now) + ", " + plain.Stamp(t)
}
