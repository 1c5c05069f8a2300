package collector_test

import (
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"oss_cname_exporter/collector"
)

// TestFamiliesHaveNamesOfTheirOwnInOpenMetrics gives each family the name that it has there: a counter's lacks _total.
func TestFamiliesHaveNamesOfTheirOwnInOpenMetrics(t *testing.T) {
	families, err := collector.NewRegistry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, f := range families {
		name := f.GetName()
		if f.GetType() == dto.MetricType_COUNTER {
			name = strings.TrimSuffix(name, "_total")
		}
		if other, twice := seen[name]; twice {
			t.Errorf("%s and %s are one family", other, f.GetName())
		}
		seen[name] = f.GetName()
	}
	if seen["go_memstats_heap_alloc_bytes"] == "" || seen["go_memstats_alloc_bytes"] != "go_memstats_alloc_bytes_total" {
		t.Error("the runtime's series are missing")
	}
}
