//go:build e2e

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"
)

// target is one of the demo's, and what Prometheus must know of it.
type target struct {
	bucket, cname string
	exists        string        // "" where OSS never gave a definitive answer
	left          time.Duration // until the token dies; 0: no expiry series at all
	reason        string        // of the last attempt's failure; "" for a success
}

// demo leaves out the throttled target, whose success comes and goes: TestThrottledKeepsItsFacts has it.
var demo = []target{
	{bucket: "demo-bucket", cname: "plenty.example.com", exists: "1", left: 71 * time.Hour},
	{bucket: "demo-bucket", cname: "hours.example.com", exists: "1", left: 5 * time.Hour},
	{bucket: "demo-bucket", cname: "minutes.example.com", exists: "1", left: 3 * time.Minute},
	{bucket: "demo-bucket", cname: "never.example.com", exists: "0"},
	{bucket: "demo-1234567890123456-cn-hangzhou-ab-apsr", cname: "*.wildcard.example.com", exists: "1", left: 48 * time.Hour},
	{bucket: "demo-elsewhere", cname: "elsewhere.example.com", reason: "wrong_endpoint"},
	{bucket: "demo-forbidden", cname: "denied.example.com", reason: "access_denied"},
	{bucket: "demo-bucket", cname: "slow.example.com", exists: "1", left: 20 * time.Hour},
	{bucket: "demo-bucket", cname: "rubbish.example.com", reason: "bad_response"},
}

func TestPrometheusKnowsEveryTarget(t *testing.T) {
	t.Parallel()
	started := time.Now()
	prom := startPrometheus(t, scraping(job{name: "demo", address: startExporter(t, "--demo").address}))
	for _, target := range demo {
		t.Run(target.cname, func(t *testing.T) {
			t.Parallel()
			eventually(t, patience, func(ctx context.Context) error {
				samples, err := prom.query(ctx, fmt.Sprintf(`{__name__=~"oss_cname_token_.+", bucket=%q, cname=%q}`, target.bucket, target.cname))
				if err != nil {
					return err
				}
				return target.check(samples, started)
			})
		})
	}
	for name, expr := range map[string]string{
		"every scrape succeeds":       `min_over_time(up[5m]) == 1 and count_over_time(up[5m]) >= 3`,
		"the countdown falls":         `delta(oss_cname_token_expires_in_seconds{cname="plenty.example.com"}[1m]) < 0`,
		"the expiry stands still":     `changes(oss_cname_token_expiry_timestamp_seconds{cname="plenty.example.com"}[1m]) == 0`,
		"countdown and expiry agree":  `abs(oss_cname_token_expiry_timestamp_seconds - timestamp(oss_cname_token_expires_in_seconds) - oss_cname_token_expires_in_seconds) <= 3`, // a scrape's longest
		"slow is seen to be slow":     `oss_cname_token_probe_duration_seconds{cname="slow.example.com"} >= 1`,
		"target_info joins":           `oss_cname_token_exists * on(bucket, cname) group_left(region) oss_cname_token_target_info{account="demo", region="cn-hangzhou"}`,
		"attempts are counted":        `rate(oss_cname_token_probes_total{cname="plenty.example.com"}[1m]) > 0`,
		"failures are counted":        `rate(oss_cname_token_probe_errors_total{cname="denied.example.com"}[1m]) > 0`,
		"and by reason":               `oss_cname_exporter_probe_errors_total{reason="access_denied"} > 0`,
		"reasons begin at zero":       `oss_cname_exporter_probe_errors_total{reason="internal"} == 0`,
		"no target is missing":        `count(oss_cname_token_probe_success) == scalar(oss_cname_exporter_targets)`,
		"the configuration is loaded": `oss_cname_exporter_config_last_reload_successful == 1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prom.holds(t, expr)
		})
	}
}

// check compares what Prometheus holds of the target, all its oss_cname_token_* series, with what it should.
func (want target) check(samples []sample, started time.Time) error {
	got := target{bucket: want.bucket, cname: want.cname}
	success := 1.0
	if want.reason != "" {
		success = 0
	}
	series := map[string]float64{}
	for _, s := range samples {
		if s.labels["team"] == "" {
			return fmt.Errorf("the configured label team is missing: %v", s.labels)
		}
		series[s.labels["__name__"]] = s.value
		got.reason += s.labels["reason"]
	}
	if exists, ok := series["oss_cname_token_exists"]; ok {
		got.exists = fmt.Sprint(exists)
	}
	if expiry, ok := series["oss_cname_token_expiry_timestamp_seconds"]; ok {
		got.left = time.Unix(int64(expiry), 0).Sub(started)
		if off := (got.left - want.left).Abs(); want.left != 0 && off < want.left/20+30*time.Second {
			got.left = want.left // near enough: the token was made when the demo started, a moment after
		}
	}
	if got != want || series["oss_cname_token_probe_success"] != success {
		return fmt.Errorf("got %+v, want %+v, from %v", got, want, series)
	}
	if in, ok := series["oss_cname_token_expires_in_seconds"]; ok != (want.left != 0) || math.IsNaN(in) {
		return fmt.Errorf("%s: expires_in %v (present: %v), want it exactly where there is an expiry", want.cname, in, ok)
	}
	return nil
}

func TestThrottledKeepsItsFacts(t *testing.T) {
	t.Parallel()
	prom := startPrometheus(t, scraping(job{name: "demo", address: startExporter(t, "--demo").address}))
	const throttled = `{cname="throttled.example.com"}`
	prom.holds(t, `count_over_time(oss_cname_token_probe_failure_reason{cname="throttled.example.com", reason="throttled"}[5m]) >= 1`)
	prom.holds(t, `min_over_time(oss_cname_token_probe_success`+throttled+`[5m]) == 0 and max_over_time(oss_cname_token_probe_success`+throttled+`[5m]) == 1`)
	prom.holds(t, `min_over_time(oss_cname_token_exists`+throttled+`[5m]) == 1`)
	prom.holds(t, `count_over_time(oss_cname_token_exists`+throttled+`[5m]) == count_over_time(oss_cname_token_probe_success`+throttled+`[5m])`)
	prom.holds(t, `changes(oss_cname_token_expiry_timestamp_seconds`+throttled+`[5m]) == 0`)
}

func TestTokenRunsOut(t *testing.T) {
	t.Parallel()
	prom := startPrometheus(t, scraping(job{name: "demo", address: startExporter(t, "--demo").address}))
	prom.holds(t, `oss_cname_token_exists{cname="minutes.example.com"} == 1`)
	eventually(t, patience, func(ctx context.Context) error {
		gone, err := prom.query(ctx, `oss_cname_token_exists{cname="minutes.example.com"} == 0`)
		if err == nil && len(gone) == 0 {
			err = errors.New("the token still exists")
		}
		return err
	})
	prom.holds(t, `oss_cname_token_probe_success{cname="minutes.example.com"} == 1`)
	prom.holds(t, `absent(oss_cname_token_expiry_timestamp_seconds{cname="minutes.example.com"})`)
	prom.holds(t, `absent(oss_cname_token_expires_in_seconds{cname="minutes.example.com"})`)
}
