package judge_test

import (
	"fmt"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

// BenchmarkObserve is the cost of the judgement of 10,000 domains with every
// check, of which one in a hundred has a problem.
func BenchmarkObserve(b *testing.B) {
	const domains = 10_000
	names := make([]domain.Name, domains)
	statuses := make([]status.Status, domains)
	for i := range statuses {
		names[i] = domain.Name{Bucket: "examplebucket", Base: fmt.Sprintf("d%d.example.com", i)}
		statuses[i] = asked(none(), isBound, certificate(90*day), leads(status.ToBucket, ours))
		if i%100 == 0 {
			blocked(&statuses[i])
		}
	}
	memory := judge.NewMemory()
	at := now
	observe := func() {
		memory.Observe(at, domains, func(i int) judge.Case {
			return judge.Case{Name: names[i], Account: "main", Region: "cn-hangzhou", Status: &statuses[i], Now: at}
		})
	}
	observe()
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(time.Minute)
		observe()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*domains), "ns/domain")
}
