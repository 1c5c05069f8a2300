package collector_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
)

// FuzzScrape holds every configuration that is accepted to a scrape without an
// error, whatever the poller has found out.
func FuzzScrape(f *testing.F) {
	example, err := os.ReadFile("../config.example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	const one = "accounts: {a: {region: cn-hangzhou}}\ntargets: [{bucket: abc, "
	for _, seed := range []string{
		string(example),
		everyState,
		everyCheck,
		one + `cname: "*.Bücher.example."}]`,
		one + `cname: a.b, labels: {team: "\ufffe\u2028\U0001f600", le: "0", quantile: "", job: x, instance: y, unit: s}}]`,
		one + `cname: a.b, labels: {Team: a, team: b, _: c}}, {bucket: abc, cname: "*.a.b", labels: {TEAM: d}}]`,
	} {
		f.Add(seed, uint64(0))
		f.Add(seed, uint64(1))
	}
	f.Fuzz(func(t *testing.T, text string, chance uint64) {
		cfg, err := config.Parse("fuzz.yaml", []byte(text))
		if err != nil {
			t.Skip("refused")
		}
		results := anyResults(cfg, chance)
		c := collector.New(&fakePoller{results: results}, collector.Options{Now: func() time.Time { return now }})
		own := prometheus.NewPedanticRegistry()
		own.MustRegister(collector.NewAPI(), totals(cfg, nil))
		snapshot := c.Scrape(t.Context(), cfg.Targets, cfg.LabelNames)
		equalsExpfmt(t, snapshot)
		families, err := prometheus.Gatherers{snapshot, own}.Gather() // checks what it merges
		if err != nil {
			t.Fatalf("gathering: %v\n%s", err, text)
		}
		checkPresence(t, len(cfg.Targets), families)
	})
}

// anyResults makes up what a poller could say of each target.
func anyResults(cfg *config.Config, chance uint64) []status.Status {
	dice := rand.New(rand.NewPCG(chance, 0))
	instant := func() time.Time {
		if dice.IntN(4) == 0 {
			return time.Time{}
		}
		return time.Unix(int64(dice.Uint64()>>1)>>dice.IntN(63), dice.Int64N(1e9))
	}
	reasons := append(status.Reasons(), "")
	results := make([]status.Status, len(cfg.Targets))
	for i := range cfg.Targets {
		results[i] = status.Status{
			Facts:   status.Facts{Confirmed: instant(), Exists: dice.IntN(2) == 0, Expires: instant()},
			Attempt: status.Attempt{Ended: instant(), Duration: time.Duration(dice.Uint64()), Reason: reasons[dice.IntN(len(reasons))], Err: errors.New("made up")},
			Probes:  dice.Uint64(),
			Errors:  dice.Uint64(),
		}
		if len(cfg.Targets[i].Checks.Names()) > 0 {
			anyChecks(dice, instant, &results[i])
		}
	}
	return results
}

// anyChecks makes up what the checks could say of r's target.
func anyChecks(dice *rand.Rand, instant func() time.Time, r *status.Status) {
	truth := func() status.Tristate { return status.Tristate(dice.IntN(3)) }
	reasons := append(status.Reasons(), "")
	r.Checks = map[status.Check]status.CheckStatus{}
	for _, check := range status.Checks() {
		r.Checks[check] = status.CheckStatus{Confirmed: instant(), Attempt: status.Attempt{Ended: instant(), Reason: reasons[dice.IntN(len(reasons))], Err: errors.New("made up")}}
	}
	r.Facts.Gone, r.Facts.Expired, r.CertificateExpires = instant(), instant(), instant()
	r.Bound, r.Enabled, r.DNSVerified, r.PointsToBucket = truth(), truth(), truth(), truth()
}

// checkPresence wants the series that every target has, and only numbers.
func checkPresence(t *testing.T, targets int, families []*dto.MetricFamily) {
	t.Helper()
	found := map[string]int{}
	for _, family := range families {
		found[family.GetName()] = len(family.GetMetric())
		for _, m := range family.GetMetric() {
			if v := m.GetGauge().GetValue() + m.GetCounter().GetValue(); math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%s is %v", family.GetName(), v)
			}
		}
	}
	for _, name := range []string{"probe_success", "probes_total", "probe_errors_total", "target_info"} {
		if n := found["oss_cname_token_"+name]; n != targets {
			t.Errorf("%d oss_cname_token_%s for %d targets", n, name, targets)
		}
	}
}
