package judge_test

import (
	"testing"
	"time"

	"oss_cname_exporter/internal/status"
)

// TestCertificateThatIsNotValidYet is a problem from the start: browsers refuse it.
func TestCertificateThatIsNotValidYet(t *testing.T) {
	for name, test := range map[string]struct {
		starts      time.Time
		destination status.Destination
		want        string
	}{
		"no date":             {time.Time{}, status.ToBucket, ""},
		"an hour ago":         {now.Add(-time.Hour), status.ToBucket, ""},
		"now":                 {now, status.ToBucket, ""},
		"in an hour":          {now.Add(time.Hour), status.ToBucket, "not_served critical"},
		"in an hour, a CDN's": {now.Add(time.Hour), status.Elsewhere, "not_served warning"},
	} {
		s := status.Status{
			Facts: status.Facts{Confirmed: now}, Attempt: answered(), Bound: status.Yes, Enabled: status.Yes, Destination: test.destination,
			Certificate: status.Certificate{ID: "1-cn-hangzhou", Status: "Enabled", Starts: test.starts}, CertificateExpires: now.AddDate(0, 6, 0),
		}
		if got := newLife().see("examplebucket/www.example.com", s); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
