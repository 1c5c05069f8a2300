package alerts_test

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkRules is one scrape of a pair of exporters that watch 500 domains, and one evaluation of all rules.
func BenchmarkRules(b *testing.B) {
	w := newWorld(b)
	var domains []*domain
	for i := range 500 {
		domains = append(domains, &domain{bucket: "b", cname: fmt.Sprintf("d%d.example.com", i), token: start.Add(60 * time.Hour)})
	}
	w.pair(domains...)
	w.after(12 * time.Minute)
	for b.Loop() {
		w.after(time.Minute)
	}
}
