package collector

import (
	"bytes"
	"io"
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
	open, text, common := kind == expfmt.TypeOpenMetrics, make([]byte, 0, flushAt/4), s.labelsOf(nil)
	for _, family := range s.families {
		if len(names) > 0 && !slices.Contains(names, family[0].name) {
			continue
		}
		labels, described := common, false
		if extra := family[0].extra; len(extra) > 0 {
			labels = s.labelsOf(extra)
		}
		for sample := range s.samples(family) {
			if !described {
				text, described = family[0].appendDescription(text, open), true
			}
			text = sample.appendTo(append(text, family[0].name...), labels, open)
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

func (s *Snapshot) encodeProtobuf(w io.Writer, format expfmt.Format, names []string) error {
	encoder := expfmt.NewEncoder(w, format)
	for family := range s.metricFamilies(names) {
		if err := encoder.Encode(family); err != nil {
			return err
		}
	}
	return nil
}

func (f *series) appendDescription(text []byte, open bool) []byte {
	name, kind := f.name, "gauge"
	if f.kind == dto.MetricType_COUNTER {
		kind = "counter"
		if open {
			name = strings.TrimSuffix(name, "_total")
		}
	}
	lines := [][2]string{{"HELP", f.help}, {"TYPE", kind}, {"UNIT", f.unit}}
	if !open || f.unit == "" {
		lines = lines[:2]
	}
	for _, line := range lines {
		for _, part := range []string{"# ", line[0], " ", name, " ", line[1], "\n"} {
			text = append(text, part...)
		}
	}
	return text
}

// appendTo appends the labels and the value of a sample.
func (s sample) appendTo(text []byte, labels []label, open bool) []byte {
	separator := byte('{')
	for _, l := range labels {
		text = append(text, separator)
		text = append(text, l.name...)
		text = appendQuoted(append(text, '='), l.valueIn(s))
		separator = ','
	}
	text = append(text, "} "...)
	begin := len(text)
	text = strconv.AppendFloat(text, s.value, 'g', -1, 64)
	if open && !bytes.ContainsAny(text[begin:], ".eIN") { // an integer; neither infinite nor NaN
		text = append(text, ".0"...)
	}
	return append(text, '\n')
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
