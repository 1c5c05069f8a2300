package collector

import (
	"time"

	"oss_cname_exporter/internal/status"
)

// checkSeries are the series of the checks, of those targets that have any
// switched on.
var checkSeries = []series{ //nolint:gochecknoglobals // a constant for which Go has no syntax
	{
		name: "oss_cname_token_dns_verified",
		help: "1 if the TXT record _dnsauth.<domain> carries the token that OSS holds, 0 if not. Last definitive answers; absent while there is no token.",
		is:   func(of *targetStatus) status.Tristate { return of.DNSVerified },
	},
	{
		name: "oss_cname_dns_points_to_endpoint",
		help: "1 if the CNAME records of the domain lead to the bucket, 0 if they lead to another bucket of OSS or there are none. Last definitive answer; absent until there is one, and while they lead to a name that does not tell, such as a CDN's.",
		is:   func(of *targetStatus) status.Tristate { return of.PointsToBucket },
	},
	{
		name: "oss_cname_dns_destination", extra: []string{"destination"},
		help: "1 for where the CNAME records of the domain lead: bucket, other_bucket, oss (the name does not say which bucket), elsewhere, address (no CNAME record, but addresses), nowhere. Last definitive answer; absent until there is one.",
		word: func(of *targetStatus) string { return string(of.Destination) },
	},
	{
		name: "oss_cname_bound",
		help: "1 if the domain is bound to the bucket, 0 if not. Last definitive answer; absent until there is one.",
		is:   func(of *targetStatus) status.Tristate { return of.Bound },
	},
	{
		name: "oss_cname_enabled",
		help: "1 if OSS serves the domain, 0 if it is bound and OSS does not, because it is disabled or blocked. Last definitive answer; absent unless the domain is bound.",
		is:   func(of *targetStatus) status.Tristate { return of.Enabled },
	},
	{
		name: "oss_cname_binding_status", extra: []string{"status"},
		help: "1 for what OSS says of the bound domain: enabled, disabled, blocked, forbidden, or other for a word that is not known here. Last definitive answer; absent unless the domain is bound.",
		word: func(of *targetStatus) string { return string(status.NewBindingStatus(of.BindingWord)) },
	},
	{
		name: "oss_cname_certificate_status", extra: []string{"status"},
		help: "1 for what OSS says of the certificate that is bound with the domain: enabled, disabled, expired, or other for a word that is not known here. Last definitive answer; absent unless OSS says it.",
		word: func(of *targetStatus) string { return string(of.Certificate.Word()) },
	},
	{
		name: "oss_cname_certificate_expiry_timestamp_seconds",
		help: "When the certificate that OSS serves the domain with expires, in Unix time. Last definitive answer; absent unless there is one.",
		at:   func(of *targetStatus) time.Time { return of.CertificateExpires },
	},
	{
		name: "oss_cname_certificate_expires_in_seconds",
		help: "Seconds until that certificate expires, negative once past. Last definitive answer; absent unless there is one.",
		number: func(of *targetStatus) (float64, bool) {
			return of.CertificateExpires.Sub(of.now).Seconds(), !of.CertificateExpires.IsZero()
		},
	},
	{
		name: "oss_cname_http_answered_by", extra: []string{"by"},
		help: "1 for the server that answers a visitor of the domain: bucket (OSS, and nothing contradicts the bucket), oss_unbound (OSS, which knows no bucket for the domain), oss_blocked, other, nobody. Last definitive answer; absent until there is one.",
		word: func(of *targetStatus) string { return string(of.HTTP.AnsweredBy) },
	},
	{
		name:   "oss_cname_http_status_code",
		help:   "HTTP status code of the answer to a visitor, over https if the domain answers there. No redirect is followed. Last definitive answer; absent until there is one, and while no server answers.",
		number: func(of *targetStatus) (float64, bool) { return float64(of.HTTP.StatusCode), of.HTTP.StatusCode != 0 },
	},
	{
		name:   "oss_cname_http_first_byte_seconds",
		help:   "Seconds from the start of the visit to the first byte of that answer, connection and TLS handshake included. Absent as the status code is.",
		number: func(of *targetStatus) (float64, bool) { return of.HTTP.FirstByte.Seconds(), of.HTTP.StatusCode != 0 },
	},
	{
		name: "oss_cname_tls_certificate_expiry_timestamp_seconds",
		help: "When the certificate that the domain serves to visitors expires, in Unix time. Last definitive answer; absent while none is served.",
		at:   func(of *targetStatus) time.Time { return of.HTTP.Certificate.Expires },
	},
	{
		name: "oss_cname_tls_certificate_matches",
		help: "1 if the certificate that the domain serves is valid for its name, 0 if not. Last definitive answer; absent while none is served.",
		is:   func(of *targetStatus) status.Tristate { return of.HTTP.Certificate.Matches },
	},
	{
		name: "oss_cname_tls_certificate_trusted",
		help: "1 if the system's certificate authorities vouch for the certificate that the domain serves, its dates aside; 0 if not. Last definitive answer; absent while none is served.",
		is:   func(of *targetStatus) status.Tristate { return of.HTTP.Certificate.Trusted },
	},
	{
		name: "oss_cname_tls_certificate_is_bound",
		help: "1 if the certificate that the domain serves is the one that is bound with it in OSS, by its fingerprint, 0 if it is another. Last definitive answers; absent unless both are known.",
		is:   func(of *targetStatus) status.Tristate { return of.HTTP.Certificate.Is(of.Certificate) },
	},
	{
		name: "oss_cname_state", extra: []string{"state"},
		help: "1 for where the domain stands on its way to being bound, 0 for all other states.",
		each: func(of *targetStatus, add func(float64, extras)) {
			is := of.State(of.now)
			for _, state := range status.States() {
				add(number(state == is), extras{string(state)})
			}
		},
	},
	{
		name: "oss_cname_check_failure_reason", extra: []string{"check", "reason"},
		help: "1 for the reason why the last attempt of a check failed. Absent while it succeeded.",
		each: func(of *targetStatus, add func(float64, extras)) {
			for _, check := range status.Checks() {
				if reason := of.Checks[check].Attempt.Reason; reason != "" {
					add(1, extras{string(check), string(reason)})
				}
			}
		},
	},
	{
		name: "oss_cname_check_last_success_timestamp_seconds", extra: []string{"check"},
		help: "When a check last got a definitive answer, in Unix time. Absent until it did.",
		each: func(of *targetStatus, add func(float64, extras)) {
			for _, check := range status.Checks() {
				if at := of.Checks[check].Confirmed; !at.IsZero() {
					add(unix(at), extras{string(check)})
				}
			}
		},
	},
}
