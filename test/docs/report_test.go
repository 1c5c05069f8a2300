package docs_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

// TestReportHasTheSeveritiesOfTheAlerts holds what people are told to what they
// are alerted to. The report grades a token that expired long ago, of which the
// alert has ended.
func TestReportHasTheSeveritiesOfTheAlerts(t *testing.T) {
	severities := map[string][]report.Severity{"OSSCnameTokenExpired": {report.Warning}}
	for _, rule := range alertRules(t) {
		severities[rule.Alert] = append(severities[rule.Alert], report.Severity(rule.Labels["severity"]))
	}
	for alert, has := range report.Alerts() {
		for _, severity := range has {
			if !slices.Contains(severities[alert], severity) {
				t.Errorf("no alert %s is %s", alert, severity)
			}
		}
	}
	for alert := range severities {
		if strings.HasPrefix(alert, "OSSCnameToken") && report.Alerts()[alert] == nil {
			t.Errorf("the report does not know %s", alert)
		}
	}
}

// TestReportHasTheThresholdsOfTheAlerts has a token and a certificate a second
// on either side of each threshold.
func TestReportHasTheThresholdsOfTheAlerts(t *testing.T) {
	threshold := regexp.MustCompile(`(\d+) \* (3600|86400)`)
	now := time.Now()
	target := []config.Target{{Name: domain.Name{Bucket: "examplebucket", Base: "www.example.com"}, Account: &config.Account{}}}
	with := map[string]func(left time.Duration) status.Status{
		"OSSCnameTokenExpiresSoon": func(left time.Duration) status.Status {
			return status.Status{Facts: status.Facts{Confirmed: now, Exists: true, Expires: now.Add(left)}}
		},
		"OSSCnameCertificateExpiresSoon": func(left time.Duration) status.Status {
			return status.Status{Facts: status.Facts{Confirmed: now}, CertificateExpires: now.Add(left)}
		},
	}
	tested := 0
	for _, rule := range alertRules(t) {
		match := threshold.FindStringSubmatch(rule.Expr)
		if with[rule.Alert] == nil || match == nil {
			continue
		}
		tested++
		n, _ := strconv.Atoi(match[1])
		seconds, _ := strconv.Atoi(match[2])
		at := time.Duration(n*seconds) * time.Second
		severity := report.Severity(rule.Labels["severity"])
		for _, left := range []time.Duration{at - time.Second, at + time.Second} {
			s := []status.Status{with[rule.Alert](left)}
			got := report.New(target, s, report.Options{Now: now}).Domains[0].Severity
			if (got == severity) != (left < at) {
				t.Errorf("%s %s with %v left: the report says %s", rule.Alert, severity, left, got)
			}
		}
	}
	if tested != 4 {
		t.Errorf("found %d thresholds", tested)
	}
}
