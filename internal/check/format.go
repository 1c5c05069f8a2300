package check

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/report"
)

// outcome is the result of a run, to be rendered.
type outcome struct {
	*report.Report
	snapshot *collector.Snapshot
	memory   *judge.Memory
	hints    []string
	opts     Options
}

// format is one way to write an outcome.
type format struct {
	name   string
	render func(o *outcome, b *bytes.Buffer) error
}

// formats has every format; the first is the default.
func formats() []format {
	return []format{
		{"text", (*outcome).text}, {"json", (*outcome).json}, {"prom", (*outcome).prom},
		{"github", (*outcome).github}, {"junit", (*outcome).junit},
		{"table", (*outcome).text}, // another word for text
	}
}

// Formats returns the whole closed set; the first is the default.
func Formats() (names []string) {
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// render returns o in the format of its options.
func (o *outcome) render() ([]byte, error) {
	all := formats()
	i := max(0, slices.IndexFunc(all, func(f format) bool { return f.name == o.opts.Format }))
	var b bytes.Buffer
	err := all[i].render(o, &b)
	return b.Bytes(), err
}

// text writes the first line as monitoring plugins do, then the causes and the
// domains. A bar would begin further perfdata.
func (o *outcome) text(b *bytes.Buffer) error {
	fmt.Fprintf(b, "%s | %s\n", withoutBars(o.Summary()), o.perfdata())
	for _, hint := range o.hints {
		fmt.Fprintln(b, hint)
	}
	b.WriteByte('\n')
	var body bytes.Buffer
	err := o.Write(&body, report.Style{Color: o.opts.Color, Width: o.opts.Width, Quiet: o.opts.Quiet})
	b.WriteString(withoutBars(body.String()))
	return err
}

func withoutBars(text string) string { return strings.ReplaceAll(text, "|", "/") }

// perfdata counts the domains by severity, in the form of the guidelines for
// monitoring plugins: 'label'=value;warn;crit;min;max. A critical domain is
// beyond the range "0".
func (o *outcome) perfdata() string {
	c := o.Counts
	return fmt.Sprintf("critical=%d;;0;0;%[5]d warning=%[2]d;0;;0;%[5]d unknown=%[3]d;;;0;%[5]d ok=%[4]d;;;0;%[5]d", c.Critical, c.Warning, c.Unknown, c.OK, c.Total)
}

func (o *outcome) json(b *bytes.Buffer) error {
	text, err := report.JSON(report.NewDocument(o.Report, o.Domains, report.Paging{Matching: len(o.Domains), Page: 1, Pages: 1}))
	b.Write(append(text, '\n'))
	return err
}

func (o *outcome) prom(b *bytes.Buffer) error {
	families, err := o.gather()
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "# %s\n", o.Summary())
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(b, family); err != nil {
			return fmt.Errorf("writing %s: %w", family.GetName(), err)
		}
	}
	return nil
}

// gather returns the series of the domains and of the accounts.
func (o *outcome) gather() ([]*dto.MetricFamily, error) {
	families, err := o.snapshot.Gather()
	if err != nil || o.memory == nil {
		return families, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector.NewTotals(nil, nil, o.memory, nil))
	shared, err := registry.Gather()
	isOwn := func(f *dto.MetricFamily) bool { return strings.HasPrefix(f.GetName(), "oss_cname_exporter_") }
	return append(families, slices.DeleteFunc(shared, isOwn)...), err
}
