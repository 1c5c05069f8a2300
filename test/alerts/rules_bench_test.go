package alerts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// plainAlert is one alert with as little to do as may be about every domain, to compare with.
const plainAlert = "groups: [{name: plain, rules: [{alert: Plain, expr: oss_cname_token_probe_success == 0}]}]\n"

// BenchmarkRules is one evaluation of all rules, and of one plain alert, while an exporter watches 10,000 domains with all
// checks, of which one in a hundred has a problem.
func BenchmarkRules(b *testing.B) {
	const domains = 10_000
	w := newWorld(b, false)
	w.isStill = true
	e := w.process()
	ends := time.Now().Add(5 * time.Hour)
	for i := range domains {
		d := &domain{bucket: fmt.Sprint(i % 1000), cname: fmt.Sprintf("d%d", i), bound: true}
		if i%100 == 0 {
			d.bound, d.token = false, ends
		}
		e.watch(d, "team", "web")
	}
	samples, ok := e.scrape("/metrics")
	if !ok {
		b.Fatal("the scrape failed")
	}
	w.scrapes("oss", "10.0.0.1:19525", time.Minute, pairs([]string{"namespace", "monitoring", "pod", "oss-0"}), func(now time.Time) ([]sample, bool) {
		for i := range samples {
			if strings.HasSuffix(samples[i].name, "_last_success_timestamp_seconds") {
				samples[i].value = unix(now)
			}
		}
		return samples, true
	})
	plain := filepath.Join(b.TempDir(), "plain.yml")
	if err := os.WriteFile(plain, []byte(plainAlert), 0o600); err != nil {
		b.Fatal(err)
	}
	for name, file := range map[string]string{"rules": rulesFile, "plain alert": plain} {
		w.load(file)
		w.after(5 * time.Minute)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				w.evaluate()
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(b.N)/domains, "µs/domain")
		})
	}
	w.load(rulesFile)
	w.after(time.Minute)
	if n := len(w.groups[0].AlertingRules()); n == 0 || !strings.Contains(w.query(`count(oss_cname:problem{problem="token_expires_soon"})`), "=> 100 ") {
		b.Errorf("the rules see %s", w.query("count(oss_cname:problem) by (problem)"))
	}
}
