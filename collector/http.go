package collector

import (
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"

	dto "github.com/prometheus/client_model/go"
)

// httpSeries is the part of checkSeries that the check http fills.
func httpSeries() []series {
	const gauge = dto.MetricType_GAUGE
	return []series{
		{
			name: "oss_cname_http_answered_by", kind: gauge, extra: []string{"by"},
			help: "1 for the server that answers a visitor of the domain: bucket (OSS, and nothing contradicts the bucket), oss_unbound (OSS, which knows no bucket for the domain), oss_blocked, other, nobody. Last definitive answer; absent until there is one.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return 1, []string{string(s.HTTP.AnsweredBy)}, s.HTTP.AnsweredBy != ""
			},
		},
		{
			name: "oss_cname_http_status_code", kind: gauge,
			help: "HTTP status code of the answer to a visitor, over https if the domain answers there. No redirect is followed. Last definitive answer; absent until there is one, and while no server answers.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return float64(s.HTTP.StatusCode), nil, s.HTTP.StatusCode != 0
			},
		},
		{
			name: "oss_cname_http_first_byte_seconds", kind: gauge, unit: "seconds",
			help: "Seconds from the start of the visit to the first byte of that answer, connection and TLS handshake included. Absent as the status code is.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return s.HTTP.FirstByte.Seconds(), nil, s.HTTP.StatusCode != 0
			},
		},
		{
			name: "oss_cname_tls_certificate_expiry_timestamp_seconds", kind: gauge, unit: "seconds",
			help: "When the certificate that the domain serves to visitors expires, in Unix time. Last definitive answer; absent while none is served.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return unix(s.HTTP.Certificate.Expires), nil, !s.HTTP.Certificate.Expires.IsZero()
			},
		},
		{
			name: "oss_cname_tls_certificate_matches", kind: gauge,
			help: "1 if the certificate that the domain serves is valid for its name, 0 if not. Last definitive answer; absent while none is served.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return tristate(s.HTTP.Certificate.Matches)
			},
		},
		{
			name: "oss_cname_tls_certificate_trusted", kind: gauge,
			help: "1 if the system's certificate authorities vouch for the certificate that the domain serves, its dates aside; 0 if not. Last definitive answer; absent while none is served.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return tristate(s.HTTP.Certificate.Trusted)
			},
		},
		{
			name: "oss_cname_tls_certificate_is_bound", kind: gauge,
			help: "1 if the certificate that the domain serves is the one that is bound with it in OSS, by its fingerprint, 0 if it is another. Last definitive answers; absent unless both are known.",
			value: func(_ *config.Target, s *status.Status, _ time.Time) (float64, []string, bool) {
				return tristate(s.HTTP.Certificate.Is(s.Certificate))
			},
		},
	}
}
