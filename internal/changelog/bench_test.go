package changelog_test

import (
	"testing"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/status"
)

// BenchmarkUpdate is the cost of a scrape of one target of which nothing changed,
// as each /probe has it.
func BenchmarkUpdate(b *testing.B) {
	cfg := parse(b, "accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: abc, cname: www.example.com}]\n")
	statuses := []status.Status{{Facts: status.Facts{Confirmed: now}, Attempt: status.Attempt{Ended: now}}}
	l := changelog.New(changelog.Options{})
	b.ReportAllocs()
	for b.Loop() {
		l.Update(cfg.Targets, statuses, now)
	}
}
