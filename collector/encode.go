package collector

import (
	"bytes"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// flushAt is how much text is written at once, in bytes.
const flushAt = 32 << 10

// Encode writes the families with one of names in a format of Prometheus; no
// names is all families. It leaves out the mark that ends OpenMetrics, which names
// a counter without _total in its description, has units, and marks floats.
//
// It writes text itself: expfmt takes six times the processor time, a tenth of a
// scrape (BenchmarkScrapeBesideBareSDK).
func (s *Snapshot) Encode(w io.Writer, format expfmt.Format, names []string) error {
	kind := format.FormatType()
	if kind != expfmt.TypeTextPlain && kind != expfmt.TypeOpenMetrics {
		return s.encodeProtobuf(w, format, names)
	}
	open, text := 0, make([]byte, 0, flushAt/4)
	if kind == expfmt.TypeOpenMetrics {
		open = 1
	}
	for f, labels := range s.families(names) {
		description := f.described[open]
		for x := range s.samples(f) {
			text = append(text, description...)
			text, description = append(x.appendTo(append(text, f.name...), labels, open == 1), '\n'), ""
			if len(text) < flushAt {
				continue
			}
			if _, err := w.Write(text); err != nil {
				return err
			}
			text = text[:0]
		}
	}
	_, err := w.Write(text)
	return err
}

// appendTo appends the labels and the value of a sample.
func (x *sample) appendTo(text []byte, labels []label, open bool) []byte {
	separator := byte('{')
	for i := range labels {
		text = append(text, separator)
		text = append(text, labels[i].name...)
		text = appendQuoted(append(text, '='), labels[i].value(x))
		separator = ','
	}
	text = append(text, "} "...)
	begin := len(text)
	text = strconv.AppendFloat(text, x.value, 'g', -1, 64)
	if open && !bytes.ContainsAny(text[begin:], ".eIN") { // an integer; neither infinite nor NaN
		text = append(text, ".0"...)
	}
	return text
}

// appendQuoted appends the value of a label.
func appendQuoted(text []byte, value string) []byte {
	text = append(text, '"')
	for i := range len(value) {
		switch c := value[i]; c {
		case '\\', '"':
			text = append(text, '\\', c)
		case '\n':
			text = append(text, `\n`...)
		default:
			text = append(text, c)
		}
	}
	return append(text, '"')
}

// describe returns the lines that describe a family.
func (f *series) describe(open bool) string {
	name, kind, unit := f.name, "gauge", ""
	if f.isCounter {
		kind = "counter"
	}
	if open {
		name = strings.TrimSuffix(name, "_total")
		if f.unit() != "" {
			unit = "# UNIT " + name + " " + f.unit() + "\n"
		}
	}
	return "# HELP " + name + " " + f.help + "\n# TYPE " + name + " " + kind + "\n" + unit
}

// unit returns the unit that the name ends in; "" if the value has none.
func (f *series) unit() string {
	if strings.HasSuffix(f.name, "_seconds") {
		return "seconds"
	}
	return ""
}

func (s *Snapshot) encodeProtobuf(w io.Writer, format expfmt.Format, names []string) error {
	encoder := expfmt.NewEncoder(w, format)
	for family := range s.metricFamilies(names) {
		if err := encoder.Encode(family); err != nil {
			return err
		}
	}
	return nil
}

// Gather implements prometheus.Gatherer. It makes no request and never fails. The
// targets are in the configuration's order.
func (s *Snapshot) Gather() ([]*dto.MetricFamily, error) {
	return slices.Collect(s.metricFamilies(nil)), nil
}

// metricFamilies yields the families as client_golang has them. A family without
// samples is left out.
func (s *Snapshot) metricFamilies(names []string) iter.Seq[*dto.MetricFamily] {
	return func(yield func(*dto.MetricFamily) bool) {
		for f, labels := range s.families(names) {
			family := &dto.MetricFamily{Name: &f.name, Help: &f.help, Type: dto.MetricType_GAUGE.Enum()}
			if f.isCounter {
				family.Type = dto.MetricType_COUNTER.Enum()
			}
			if unit := f.unit(); unit != "" {
				family.Unit = &unit
			}
			for x := range s.samples(f) {
				m := &dto.Metric{Label: make([]*dto.LabelPair, len(labels))}
				for i := range labels {
					m.Label[i] = &dto.LabelPair{Name: &labels[i].name, Value: new(labels[i].value(x))}
				}
				if f.isCounter {
					m.Counter = &dto.Counter{Value: new(x.value)}
				} else {
					m.Gauge = &dto.Gauge{Value: new(x.value)}
				}
				family.Metric = append(family.Metric, m)
			}
			if len(family.Metric) > 0 && !yield(family) {
				return
			}
		}
	}
}
