package collector

import (
	"strings"
	"time"

	"oss_cname_exporter/internal/status"
)

// series is one metric family that every target has a part in. It has one of the
// functions, which read its samples off a targetStatus.
type series struct {
	name, help string
	isCounter  bool
	ofChecks   bool     // only targets with a check switched on have it
	ofRemoved  bool     // removed targets have it as well
	extra      []string // labels besides the target's, sorted

	is     func(*targetStatus) status.Tristate // 1 or 0; absent if unknown
	at     func(*targetStatus) time.Time       // in Unix time; absent if zero
	word   func(*targetStatus) string          // 1, and the word is the extra label; absent if ""
	number func(*targetStatus) (v float64, known bool)
	each   func(of *targetStatus, add func(v float64, extra extras)) // any number of samples

	described [2]string // the lines that describe it, as text and as OpenMetrics
}

// tokenSeries are the series that every target has: facts report the last
// definitive answer, probe series the last attempt. An unknown fact is absent.
var tokenSeries = []series{ //nolint:gochecknoglobals // a constant for which Go has no syntax
	{
		name:   "oss_cname_token_exists",
		help:   "1 if OSS holds a CNAME token for the domain, 0 if it says there is none. Last definitive answer; absent until there is one.",
		number: func(of *targetStatus) (float64, bool) { return number(of.Facts.Exists), !of.Facts.Confirmed.IsZero() },
	},
	{
		name: "oss_cname_token_expiry_timestamp_seconds",
		help: "When the CNAME token expires, in Unix time. Last definitive answer; absent unless it was a token.",
		at:   func(of *targetStatus) time.Time { return of.Facts.Expires },
	},
	{
		name:   "oss_cname_token_expires_in_seconds",
		help:   "Seconds until the CNAME token expires, negative once past. Last definitive answer; absent unless it was a token.",
		number: func(of *targetStatus) (float64, bool) { return of.Facts.Expires.Sub(of.now).Seconds(), of.Facts.Exists },
	},
	{
		name:   "oss_cname_token_probe_success",
		help:   "1 if the last attempt to ask OSS got a definitive answer, 0 if not. Present for every configured target.",
		number: func(of *targetStatus) (float64, bool) { return number(of.Attempt.Succeeded()), true },
	},
	{
		name: "oss_cname_token_probe_duration_seconds",
		help: "How long the last attempt took, retries included. Absent until there was one.",
		number: func(of *targetStatus) (float64, bool) {
			return of.Attempt.Duration.Seconds(), !of.Attempt.Ended.IsZero()
		},
	},
	{
		name: "oss_cname_token_last_success_timestamp_seconds",
		help: "When OSS last gave a definitive answer, in Unix time. Absent until it did.",
		at:   func(of *targetStatus) time.Time { return of.Facts.Confirmed },
	},
	{
		name: "oss_cname_token_probes_total", isCounter: true,
		help:   "Attempts to ask OSS about the target.",
		number: func(of *targetStatus) (float64, bool) { return float64(of.Probes), true },
	},
	{
		name: "oss_cname_token_probe_errors_total", isCounter: true,
		help:   "Attempts that got no definitive answer.",
		number: func(of *targetStatus) (float64, bool) { return float64(of.Errors), true },
	},
	{
		name: "oss_cname_token_probe_failure_reason", extra: []string{"reason"},
		help: "1 for the reason why the last attempt failed. Absent while the last attempt succeeded.",
		word: func(of *targetStatus) string { return string(of.Attempt.Reason) },
	},
	{
		name: "oss_cname_token_target_info", extra: []string{"account", "checks", "region"},
		help: "1; its labels say which account and region of the configuration the target belongs to, and which checks are switched on.",
		each: func(of *targetStatus, add func(float64, extras)) {
			checks := "none" // Prometheus takes an empty label for none
			if hasChecks(of.target) {
				checks = strings.Join(of.target.Checks.Names(), ",")
			}
			add(1, extras{of.target.Account.Name, checks, of.target.Account.Region})
		},
	},
	{
		name: "oss_cname_problem", ofRemoved: true, extra: []string{"problem", "severity"},
		help: "1 for each problem that the domain has now, 0 for one that ended, or whose target was removed, within the last hour. Absent otherwise.",
		each: func(of *targetStatus, add func(float64, extras)) {
			for _, e := range of.problems {
				add(number(!e.IsOver()), extras{string(e.Of.Kind), string(e.Of.Severity)})
			}
		},
	},
}
