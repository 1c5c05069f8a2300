package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

// TestVisit has the answers of domains as facts and as JSON.
func TestVisit(t *testing.T) {
	served := status.ServedCertificate{
		Starts: now.Add(-time.Hour), Expires: now.Add(48 * time.Hour), Issuer: "Example CA", Names: []string{"*.oss-cn-hangzhou.aliyuncs.com"},
		Matches: status.No, Trusted: status.Yes, SHA1: strings.Repeat("A", 40),
	}
	for name, test := range map[string]struct {
		visit status.HTTP
		facts []string
		item  string
	}{
		"none": {status.HTTP{}, nil, `null`},
		"OSS": {status.HTTP{AnsweredBy: status.AnsweredByBucket, Evidence: "OSS answers 403", StatusCode: 403, FirstByte: 31 * time.Millisecond, Certificate: served},
			[]string{"Answered by: bucket: OSS answers 403, first byte after 31ms",
				"Served certificate: by Example CA for *.oss-cn-hangzhou.aliyuncs.com, not valid for the domain, not the one that is bound in OSS, expires"},
			`{"answered_by":"bucket","evidence":"OSS answers 403","certain":false,"status_code":403,"first_byte_seconds":0.031,"certificate":{"issuer":"Example CA","names":["*.oss-cn-hangzhou.aliyuncs.com"],"starts":"2030-01-01T11:00:00Z","expires":"2030-01-03T12:00:00Z","matches":false,"trusted":true,"is_bound":false,"asks_for_client_certificate":false}}`},
		"one scheme fails": {status.HTTP{AnsweredBy: status.AnsweredByOther, Evidence: "x", RedirectsTo: "https://a/\x01", Failed: map[string]string{"https": "reset"}},
			[]string{`Answered by: other: x, redirects to https://a/\x01`, "Visit over https: reset"},
			`{"answered_by":"other","evidence":"x","certain":false,"redirects_to":"https://a/\\x01","failed":{"https":"reset"}}`},
		"nobody": {status.HTTP{AnsweredBy: status.AnsweredByNothing, Evidence: "refused", Certain: true, Refused: []string{"http", "https"}},
			[]string{"Answered by: nobody: refused"}, `{"answered_by":"nobody","evidence":"refused","certain":true,"refused":["http","https"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := asked(status.Facts{Confirmed: now}, func(s *status.Status) {
				s.HTTP, s.Certificate.Fingerprint = test.visit, strings.Repeat("BB:", 19)+"BB"
			})
			d := report.New(parse(t, one).Targets, []status.Status{s}, report.Options{Now: now}).Domains[0]
			var facts []string
			for _, f := range d.Facts() {
				if f.Name == "Answered by" || f.Name == "Served certificate" || strings.HasPrefix(f.Name, "Visit") {
					facts = append(facts, f.Name+": "+f.Value)
				}
			}
			if got, want := strings.Join(facts, "\n"), strings.Join(test.facts, "\n"); got != want {
				t.Errorf("got facts\n%s\nwant\n%s", got, want)
			}
			if got, err := json.Marshal(d.Item().Visit); err != nil || string(got) != test.item {
				t.Errorf("got %s, %v; want %s", got, err, test.item)
			}
		})
	}
}
