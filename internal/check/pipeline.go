package check

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/report"
)

// notice is one line of a pipeline's report: a cause, or a domain that is not well.
type notice struct {
	severity judge.Severity
	title    string
	text     string // with the next step, on lines of its own
	bucket   string // of a domain
}

// notices returns the causes, then the domains with anything to say, in the order
// of their urgency. A question that got no answer is critical, as it is for the
// exit status.
func (o *outcome) notices() (notices []notice) {
	for _, c := range o.CauseItems() {
		notices = append(notices, notice{severity: judge.Critical, title: "account " + c.Account, text: c.Text + "\nnext: " + c.Action})
	}
	for _, d := range o.Domains {
		severity := d.Severity
		if d.IsUnanswered() {
			severity = judge.Critical
		}
		if severity != judge.OK && !d.IsCovered() {
			notices = append(notices, notice{severity, d.Target.Cname(), o.textOf(d), d.Target.Bucket})
		}
	}
	return notices
}

// textOf returns the problems of d and the next step.
func (o *outcome) textOf(d *report.Domain) string {
	var lines []string
	for _, f := range d.Findings() {
		lines = append(lines, f.Text)
	}
	if len(lines) == 0 {
		lines = append(lines, string(d.State))
	}
	return strings.Join(append(lines, "next: "+d.Action()), "\n")
}

// github writes a workflow command of GitHub Actions for each notice: an
// annotation of the run.
func (o *outcome) github(b *bytes.Buffer) error {
	commands := map[judge.Severity]string{judge.Critical: "error", judge.Warning: "warning", judge.Unknown: "notice"}
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	fmt.Fprintln(b, o.Summary())
	for _, hint := range o.hints {
		fmt.Fprintf(b, "::notice::%s\n", data.Replace(hint))
	}
	for _, n := range o.notices() {
		fmt.Fprintf(b, "::%s title=%s::%s\n", commands[n.severity], property.Replace(n.title), data.Replace(n.text))
	}
	return nil
}

// The elements of JUnit's XML, as CI systems read them.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Time     string      `xml:"time,attr"`
		Stamp    string      `xml:"timestamp,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Time    string       `xml:"time,attr"`
		Failure *junitResult `xml:"failure"`
		Error   *junitResult `xml:"error"`
		Output  string       `xml:"system-out,omitempty"`
	}
	junitResult struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit writes a test case for each cause and each domain. A case that the exit
// status counts is a failure, and an error if too little is known.
func (o *outcome) junit(b *bytes.Buffer) error {
	suite := junitSuite{Name: "oss_cname_exporter", Stamp: o.Now.UTC().Format("2006-01-02T15:04:05"), Time: "0"}
	told := map[string]bool{}
	for _, n := range o.notices() {
		told[n.bucket+"/"+n.title] = true
		suite.add(o.junitCase(n))
	}
	for _, d := range o.Domains {
		if !told[d.Target.String()] {
			suite.add(o.junitCase(notice{d.Severity, d.Target.Cname(), o.textOf(d), d.Target.Bucket}))
		}
	}
	text, err := xml.MarshalIndent(struct {
		XMLName xml.Name `xml:"testsuites"`
		Suite   junitSuite
	}{Suite: suite}, "", "  ")
	b.WriteString(xml.Header)
	b.Write(append(text, '\n'))
	return err
}

func (o *outcome) junitCase(n notice) junitCase {
	c := junitCase{Class: n.bucket, Name: n.title, Time: "0"}
	if n.bucket == "" {
		c.Class = "oss_cname_exporter"
	}
	first, _, _ := strings.Cut(n.text, "\n")
	result := &junitResult{Type: string(n.severity), Message: first, Text: n.text}
	switch {
	case !o.opts.fails(n.severity):
		c.Output = n.text
	case n.severity == judge.Unknown:
		c.Error = result
	default:
		c.Failure = result
	}
	return c
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Error != nil {
		s.Errors++
	}
	s.Cases = append(s.Cases, c)
}
