package collector_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
)

// formats are those that a scraper can ask for.
func formats() []expfmt.Format { return expfmt.DefaultOpenMetricsAcceptedFormats() }

// equalsExpfmt wants Encode to write as expfmt does, byte for byte.
func equalsExpfmt(t *testing.T, s *collector.Snapshot) {
	t.Helper()
	families, err := s.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range formats() {
		var got, want bytes.Buffer
		if err := s.Encode(&got, format, nil); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		encoder := expfmt.NewEncoder(&want, format)
		for _, family := range families {
			if err := encoder.Encode(family); err != nil {
				t.Fatalf("%s: %v", format, err)
			}
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%s: got\n%s\nwant\n%s", format, &got, &want)
		}
	}
}

func TestEncodeWritesAsExpfmtDoes(t *testing.T) {
	for _, every := range []func(*testing.T) (*config.Config, []status.Status){everyResult, everyChecked} {
		cfg, results := every(t)
		equalsExpfmt(t, snapshot(t, cfg, results))
	}
	cfg := parse(t, `
accounts: {main: {region: cn-hangzhou}}
targets: [{bucket: abc, cname: a.b, labels: {a: "\"\\ü", zone: ""}}]
`)
	for _, probes := range []uint64{0, 1, 7, 1 << 53, math.MaxUint64} {
		equalsExpfmt(t, snapshot(t, cfg, []status.Status{{Probes: probes, Attempt: status.Attempt{Ended: now, Duration: time.Duration(probes)}}}))
	}
}

func snapshot(t *testing.T, cfg *config.Config, results []status.Status) *collector.Snapshot {
	t.Helper()
	c := collector.New(&fakePoller{results: results}, collector.Options{Now: func() time.Time { return now }})
	return c.Scrape(t.Context(), cfg.Targets, cfg.LabelNames)
}

func TestEncodeWritesNamedFamilies(t *testing.T) {
	cfg, results := everyResult(t)
	s := snapshot(t, cfg, results)
	for _, format := range formats() {
		var none, one, both bytes.Buffer
		for b, names := range map[*bytes.Buffer][]string{
			&none: {"nonsense"}, &one: {"oss_cname_token_exists"}, &both: {"oss_cname_token_exists", "oss_cname_token_probes_total", "nonsense"},
		} {
			if err := s.Encode(b, format, names); err != nil {
				t.Fatalf("%s: %v", format, err)
			}
		}
		isIn := func(b *bytes.Buffer, name string) bool { return strings.Contains(b.String(), name) }
		if none.Len() > 0 || !isIn(&one, "oss_cname_token_exists") || isIn(&one, "oss_cname_token_probes") ||
			!isIn(&both, "oss_cname_token_exists") || !isIn(&both, "oss_cname_token_probes") || isIn(&both, "oss_cname_token_expiry") {
			t.Errorf("%s: got %d bytes,\n%s\n%s", format, none.Len(), &one, &both)
		}
	}
}

// full is a writer that fails once it has taken n bytes.
type full struct{ n, writes int }

var errFull = errors.New("full")

func (f *full) Write(p []byte) (int, error) {
	f.writes++
	if f.n -= len(p); f.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// TestEncodeStopsWithItsWriter has 2,000 targets and a reader that leaves: no
// more is encoded, and no more than a part is in memory before.
func TestEncodeStopsWithItsWriter(t *testing.T) {
	cfg := parse(t, "accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: abc, cname: a.b}]\n")
	results := make([]status.Status, 2000)
	for len(cfg.Targets) < len(results) {
		cfg.Targets = append(cfg.Targets, cfg.Targets[0])
	}
	s := snapshot(t, cfg, results)
	for _, format := range formats() {
		var whole full
		whole.n = math.MaxInt
		if err := s.Encode(&whole, format, nil); err != nil || whole.writes < 4 {
			t.Errorf("%s: %d writes, %v", format, whole.writes, err)
		}
		short := full{n: (math.MaxInt - whole.n) / 2}
		if err := s.Encode(&short, format, nil); !errors.Is(err, errFull) || short.writes >= whole.writes {
			t.Errorf("%s: %d of %d writes, %v", format, short.writes, whole.writes, err)
		}
	}
}
