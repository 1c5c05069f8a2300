package collector

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// series describes one metric family that every target has a part in.
type series struct {
	name string
	kind dto.MetricType
	unit string // OpenMetrics unit; "" if the value has none
	help string
	// ofChecks says that only targets with a check switched on have it.
	ofChecks bool
	// extra names the labels besides the target's own.
	extra []string
	// value reads the sample off a status, with the values of extra. The
	// series is absent if ok is false. nil is the series of problems.
	value func(t *config.Target, s *status.Status, now time.Time) (v float64, extra []string, ok bool)
}

// families returns the rows of every family that a target can have, those of one
// name together.
func families() (all [][]series) {
	checks := checkSeries()
	for i := range checks {
		checks[i].ofChecks = true
	}
	for _, row := range append(append(targetSeries(), problemSeries()), checks...) {
		if last := len(all) - 1; last >= 0 && all[last][0].name == row.name {
			all[last] = append(all[last], row)
		} else {
			all = append(all, []series{row})
		}
	}
	return all
}

// targetSeries is every per-target metric: facts report the last definitive
// answer, probe series the last attempt. What is unknown is absent.
func targetSeries() []series {
	const gauge, counter = dto.MetricType_GAUGE, dto.MetricType_COUNTER
	return []series{
		{
			name: "oss_cname_token_exists", kind: gauge,
			help: "1 if OSS holds a CNAME token for the domain, 0 if it says there is none. Last definitive answer; absent until there is one.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return boolean(s.Facts.Exists), nil, !s.Facts.Confirmed.IsZero()
			},
		},
		{
			name: "oss_cname_token_expiry_timestamp_seconds", kind: gauge, unit: "seconds",
			help: "When the CNAME token expires, in Unix time. Last definitive answer; absent unless it was a token.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return unix(s.Facts.Expires), nil, s.Facts.Exists
			},
		},
		{
			name: "oss_cname_token_expires_in_seconds", kind: gauge, unit: "seconds",
			help: "Seconds until the CNAME token expires, negative once past. Last definitive answer; absent unless it was a token.",
			value: func(_ *config.Target, s *status.Status, now time.Time) (float64, []string, bool) {
				return s.Facts.Expires.Sub(now).Seconds(), nil, s.Facts.Exists
			},
		},
		{
			name: "oss_cname_token_probe_success", kind: gauge,
			help: "1 if the last attempt to ask OSS got a definitive answer, 0 if not. Present for every configured target.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return boolean(s.Attempt.Succeeded()), nil, true
			},
		},
		{
			name: "oss_cname_token_probe_duration_seconds", kind: gauge, unit: "seconds",
			help: "How long the last attempt took, retries included. Absent until there was one.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return s.Attempt.Duration.Seconds(), nil, !s.Attempt.Ended.IsZero()
			},
		},
		{
			name: "oss_cname_token_last_success_timestamp_seconds", kind: gauge, unit: "seconds",
			help: "When OSS last gave a definitive answer, in Unix time. Absent until it did.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return unix(s.Facts.Confirmed), nil, !s.Facts.Confirmed.IsZero()
			},
		},
		{
			name: "oss_cname_token_probes_total", kind: counter,
			help: "Attempts to ask OSS about the target.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return float64(s.Probes), nil, true
			},
		},
		{
			name: "oss_cname_token_probe_errors_total", kind: counter,
			help: "Attempts that got no definitive answer.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return float64(s.Errors), nil, true
			},
		},
		{
			name: "oss_cname_token_probe_failure_reason", kind: gauge, extra: []string{"reason"},
			help: "1 for the reason why the last attempt failed. Absent while the last attempt succeeded.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return 1, []string{string(s.Attempt.Reason)}, s.Attempt.Reason != ""
			},
		},
		{
			name: "oss_cname_token_target_info", kind: gauge, extra: []string{"account", "region", "checks"},
			help: "1; its labels say which account and region of the configuration the target belongs to, and which checks are switched on.",
			value: func(t *config.Target, _ *status.Status, _ time.Time) (float64, []string, bool) {
				return 1, []string{t.Account.Name, t.Account.Region, cmp.Or(strings.Join(t.Checks.Names(), ","), "none")}, true // Prometheus takes an empty label for none
			},
		},
	}
}

// problemSeries is the judgement of the targets.
func problemSeries() series {
	return series{
		name: "oss_cname_problem", kind: dto.MetricType_GAUGE, extra: []string{"problem", "severity"},
		help: "1 for each problem that the domain has now, 0 for one that ended, or whose target was removed, within the last hour. Absent otherwise.",
	}
}

// checkSeries are the series of the checks, of those targets that have any
// switched on. Rows of one name are one family and stand together.
func checkSeries() []series {
	const gauge = dto.MetricType_GAUGE
	all := []series{
		{
			name: "oss_cname_token_dns_verified", kind: gauge,
			help: "1 if the TXT record _dnsauth.<domain> carries the token that OSS holds, 0 if not. Last definitive answers; absent while there is no token.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return tristate(s.DNSVerified)
			},
		},
		{
			name: "oss_cname_dns_points_to_endpoint", kind: gauge,
			help: "1 if the CNAME records of the domain lead to the bucket, 0 if they lead to another bucket of OSS or there are none. Last definitive answer; absent until there is one, and while they lead to a name that does not tell, such as a CDN's.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return tristate(s.PointsToBucket)
			},
		},
		{
			name: "oss_cname_dns_destination", kind: gauge, extra: []string{"destination"},
			help: "1 for where the CNAME records of the domain lead: bucket, other_bucket, oss (the name does not say which bucket), elsewhere, address (no CNAME record, but addresses), nowhere. Last definitive answer; absent until there is one.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return 1, []string{string(s.Destination)}, s.Destination != ""
			},
		},
		{
			name: "oss_cname_bound", kind: gauge,
			help: "1 if the domain is bound to the bucket, 0 if not. Last definitive answer; absent until there is one.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return tristate(s.Bound)
			},
		},
		{
			name: "oss_cname_enabled", kind: gauge,
			help: "1 if OSS serves the domain, 0 if it is bound and OSS does not, because it is disabled or blocked. Last definitive answer; absent unless the domain is bound.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return tristate(s.Enabled)
			},
		},
		{
			name: "oss_cname_binding_status", kind: gauge, extra: []string{"status"},
			help: "1 for what OSS says of the bound domain: enabled, disabled, blocked, forbidden, or other for a word that is not known here. Last definitive answer; absent unless the domain is bound.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				word := status.NewBindingStatus(s.BindingWord)
				return 1, []string{string(word)}, word != ""
			},
		},
		{
			name: "oss_cname_certificate_status", kind: gauge, extra: []string{"status"},
			help: "1 for what OSS says of the certificate that is bound with the domain: enabled, disabled, expired, or other for a word that is not known here. Last definitive answer; absent unless OSS says it.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				word := s.Certificate.Word()
				return 1, []string{string(word)}, word != ""
			},
		},
		{
			name: "oss_cname_certificate_expiry_timestamp_seconds", kind: gauge, unit: "seconds",
			help: "When the certificate that OSS serves the domain with expires, in Unix time. Last definitive answer; absent unless there is one.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return unix(s.CertificateExpires), nil, !s.CertificateExpires.IsZero()
			},
		},
		{
			name: "oss_cname_certificate_expires_in_seconds", kind: gauge, unit: "seconds",
			help: "Seconds until that certificate expires, negative once past. Last definitive answer; absent unless there is one.",
			value: func(_ *config.Target, s *status.Status, now time.Time) (float64, []string, bool) {
				return s.CertificateExpires.Sub(now).Seconds(), nil, !s.CertificateExpires.IsZero()
			},
		},
	}
	return slices.Concat(all, httpSeries(), enumeratedSeries())
}

// enumeratedSeries is the series of checkSeries that have a sample for each of a
// closed set.
func enumeratedSeries() (all []series) {
	const gauge = dto.MetricType_GAUGE
	for _, state := range status.States() {
		all = append(all, series{
			name: "oss_cname_state", kind: gauge, extra: []string{"state"},
			help: "1 for where the domain stands on its way to being bound, 0 for all other states.",
			value: func(_ *config.Target, s *status.Status, now time.Time) (float64, []string, bool) {
				return boolean(s.State(now) == state), []string{string(state)}, true
			},
		})
	}
	for _, check := range status.Checks() {
		all = append(all, series{
			name: "oss_cname_check_failure_reason", kind: gauge, extra: []string{"check", "reason"},
			help: "1 for the reason why the last attempt of a check failed. Absent while it succeeded.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				reason := s.Checks[check].Attempt.Reason
				return 1, []string{string(check), string(reason)}, reason != ""
			},
		})
	}
	for _, check := range status.Checks() {
		all = append(all, series{
			name: "oss_cname_check_last_success_timestamp_seconds", kind: gauge, unit: "seconds", extra: []string{"check"},
			help: "When a check last got a definitive answer, in Unix time. Absent until it did.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				confirmed := s.Checks[check].Confirmed
				return unix(confirmed), []string{string(check)}, !confirmed.IsZero()
			},
		})
	}
	return all
}

// tristate is the value of a known answer, and absent if it is unknown.
func tristate(t status.Tristate) (float64, []string, bool) {
	return boolean(t == status.Yes), nil, t != status.Unknown
}

// The exporter's own series.

func newAPIDuration() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:                            "oss_cname_exporter_api_request_duration_seconds",
		Help:                            "Seconds from sending a request to OSS to the first byte of its answer or to its failure, each retry by itself.",
		Unit:                            "seconds",
		Buckets:                         []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		NativeHistogramBucketFactor:     1.1,
		NativeHistogramMaxBucketNumber:  100,
		NativeHistogramMinResetDuration: time.Hour,
	}, []string{"operation"})
}

func newCallsCounter() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "oss_cname_exporter_calls_total",
		Help: "Requests to OSS by operation, to STS and to the services of credentials (STS), and messages to DNS servers (DNS), by account. DNS has no account.",
	}, []string{"account", "operation"})
}

func newRefusedCounter() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "oss_cname_exporter_refused_requests_total",
		Help: "HTTP requests that were refused before anything was asked, by status: 400 for what they say, 403 for who sends them, 503 for how many there are.",
	}, []string{"code"})
}

func newConnectionsCounter() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "oss_cname_exporter_closed_connections_total",
		Help: "HTTP connections that were closed because there were too many: evicted is one that waited for a request and made room, refused one that found none.",
	}, []string{"outcome"})
}

func newClockSkewDesc() *prometheus.Desc {
	return seconds("oss_cname_exporter_clock_skew_seconds",
		"This machine's clock minus the clock of OSS at its last answer; OSS refuses requests beyond 900 either way. Absent until OSS answered.")
}

type totalsDescs struct {
	targets, checksum, shard, shards, reloadSuccessful, reloadTimestamp, errors, unlisted *prometheus.Desc
}

func newTotalsDescs() totalsDescs {
	return totalsDescs{
		targets: prometheus.NewDesc("oss_cname_exporter_targets", "Configured targets, of this shard alone.", nil, nil),
		checksum: prometheus.NewDesc("oss_cname_exporter_targets_checksum",
			"Checksum of the names of these targets: exporters that watch the same domains have the same.", nil, nil),
		shard:  prometheus.NewDesc("oss_cname_exporter_shard", "Which part of the targets this exporter watches, from 0.", nil, nil),
		shards: prometheus.NewDesc("oss_cname_exporter_shards", "How many exporters share the targets; 1 if this one watches all.", nil, nil),
		reloadSuccessful: prometheus.NewDesc("oss_cname_exporter_config_last_reload_successful",
			"1 if the last attempt to load the configuration succeeded, 0 if it was refused and the one before stays in force.", nil, nil),
		reloadTimestamp: seconds("oss_cname_exporter_config_last_reload_success_timestamp_seconds",
			"When the configuration in force was loaded, in Unix time."),
		errors: prometheus.NewDesc("oss_cname_exporter_probe_errors_total",
			"Attempts that got no definitive answer, over all configured targets, by reason.", []string{"reason"}, nil),
		unlisted: prometheus.NewDesc("oss_cname_exporter_unlisted_probes_total",
			"Probes of targets that are not configured, by outcome: answered, failed, not_asked.", []string{"outcome"}, nil),
	}
}

type judgementDescs struct{ problem, asked *prometheus.Desc }

func newJudgementDescs() judgementDescs {
	return judgementDescs{
		problem: prometheus.NewDesc("oss_cname_account_problem",
			"1 for a failure that most domains of an account share now, 0 for one that ended within the last hour. Absent otherwise.",
			[]string{"account", "region", "check", "reason", "severity"}, nil),
		asked: prometheus.NewDesc("oss_cname_exporter_targets_asked",
			"Configured targets that a scrape or a probe asked about within the last ten minutes.", nil, nil),
	}
}

func seconds(name, help string) *prometheus.Desc {
	return prometheus.V2.NewDesc(name, help, prometheus.UnconstrainedLabels(nil), nil, prometheus.WithUnit("seconds"))
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1e3 }
