//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"oss_cname_exporter/internal/fake/osstest"
	problems "oss_cname_exporter/internal/judge"
)

// deserved is an alert that a domain of the demo earns by its state, with the
// labels that it has beside the usual ones.
type deserved struct {
	alert, severity, cname string
	labels                 map[string]string
	summary                string // pattern of the whole
}

// refused is the alert of a domain about which OSS does not answer.
func refused(bucket, cname, reason string) deserved {
	return deserved{"OSSCnameProbeFailing", "warning", cname, map[string]string{"bucket": bucket, "team": "media"}, "OSS does not answer about " + regexp.QuoteMeta(cname) + ": " + reason}
}

// moment is how texts tell one.
const moment = `\d{4}-\d\d-\d\d \d\d:\d\d UTC`

// demoAlerts leaves out the domain that walks from state to state.
func demoAlerts() []deserved {
	media := map[string]string{"team": "media"}
	return []deserved{
		{"OSSCnameTokenExpiresSoon", "critical", "hours.example.com", nil, `The CNAME token of hours\.example\.com expires at ` + moment},
		{"OSSCnameReadyToBind", "warning", "hours.example.com", nil, `The TXT record of hours\.example\.com carries the token, and the domain is not bound`},
		{"OSSCnameTokenExpiresSoon", "warning", "slow.example.com", media, `The CNAME token of slow\.example\.com expires at ` + moment},
		{"OSSCnameTokenMissing", "warning", "never.example.com", nil, `never\.example\.com is not bound and has no CNAME token`},
		{"OSSCnameTokenMissing", "warning", "yours.example.com", nil, `yours\.example\.com is not bound and has no CNAME token`},
		{"OSSCnameTokenMissing", "warning", "dangling.example.com", nil, `dangling\.example\.com is not bound and has no CNAME token`},
		{"OSSCnameDangling", "critical", "dangling.example.com", nil, `dangling\.example\.com leads to OSS, and no watched bucket has it`},
		{"OSSCnameNotServed", "critical", "disabled.example.com", nil, `OSS does not serve disabled\.example\.com, or not with its certificate`},
		{"OSSCnameNotServed", "critical", "blocked.example.com", nil, `OSS does not serve blocked\.example\.com, or not with its certificate`},
		{"OSSCnameNotServed", "critical", "recommended.example.com", nil, `OSS does not serve recommended\.example\.com, or not with its certificate`},
		{"OSSCnameNotServed", "warning", "renewed.example.com", nil, `OSS does not serve renewed\.example\.com, or not with its certificate`},
		{"OSSCnameCertificateExpiresSoon", "warning", "renewed.example.com", nil, `The certificate of renewed\.example\.com ends at ` + moment},
		{"OSSCnameTokenExpiresSoon", "critical", "minutes.example.com", nil, `The CNAME token of minutes\.example\.com expires at ` + moment},
		{"OSSCnameTokenExpired", "critical", "minutes.example.com", nil, `The CNAME token of minutes\.example\.com expired unused`},
		refused("demo-bucket", "rubbish.example.com", "bad_response"),
		refused("demo-elsewhere", "elsewhere.example.com", "wrong_endpoint"),
		refused("demo-forbidden", "denied.example.com", "access_denied"),
	}
}

// TestDemoAlerts waits until the last token has died that will: until then
// every alert must have come that the demo's domains deserve, and no other.
func TestDemoAlerts(t *testing.T) {
	t.Parallel()
	_, oncall := alerted(t, scraping(job{name: "demo", address: startExporter(t, "--demo").address}))
	want := map[string]deserved{}
	for _, d := range demoAlerts() {
		want[d.alert+" "+d.severity+" "+d.cname] = d
	}
	got := map[string]alert{} // as it first came
	eventually(t, patience, func(context.Context) error {
		for _, n := range oncall.notifications() {
			for _, a := range n.Alerts {
				if _, again := got[a.name()]; !again {
					got[a.name()] = a
				}
				if a.Status == "resolved" && a.Labels["cname"] != "minutes.example.com" && a.Labels["cname"] != "walking.example.com" {
					t.Fatalf("resolved, though nothing has changed: %v", a)
				}
			}
		}
		for name := range want {
			if _, came := got[name]; !came {
				return fmt.Errorf("no alert %s", name)
			}
		}
		return nil
	})
	for name, a := range got {
		if d, deserved := want[name]; deserved {
			d.check(t, a)
		} else if a.Labels["cname"] != "walking.example.com" {
			t.Errorf("undeserved: %v", a)
		}
	}
}

// check compares all labels, and what a person reads.
func (d deserved) check(t *testing.T, a alert) {
	t.Helper()
	labels := map[string]string{"alertname": d.alert, "severity": d.severity, "cname": d.cname, "bucket": "demo-bucket", "team": "web", "job": "demo"}
	for _, kind := range problems.Kinds() {
		if kind.Alert() == d.alert {
			labels["problem"] = string(kind)
		}
	}
	maps.Copy(labels, d.labels)
	if !maps.Equal(a.Labels, labels) {
		t.Errorf("%s: labels %v, want %v", a.name(), a.Labels, labels)
	}
	if !regexp.MustCompile("^" + d.summary + "$").MatchString(a.Annotations["summary"]) {
		t.Errorf("%s: summary %q, want %q", a.name(), a.Annotations["summary"], d.summary)
	}
	if want := "docs/runbooks.md#" + strings.ToLower(d.alert); a.Annotations["runbook_url"] != want || a.Annotations["description"] == "" {
		t.Errorf("%s: annotations %v", a.name(), a.Annotations)
	}
}

// TestOutageIsOneNotification has OSS fail for many domains whose tokens are
// about to die, and the exporter restart in the middle of it.
func TestOutageIsOneNotification(t *testing.T) {
	const domains = 60
	oss := newCrowd(t, domains)
	for _, d := range oss.domains {
		oss.SetToken(d, osstest.Token{Expires: time.Now().Add(5 * time.Hour)})
	}
	config := "--config.file=" + oss.config(t)
	exporter := startExporter(t, config)
	prom, oncall := alerted(t, everyTwoSeconds(exporter.address))
	prom.holds(t, `count(ALERTS{alertname="OSSCnameTokenExpiresSoon", alertstate="firing", severity="critical"}) == 60`)

	oss.behave(osstest.Fail(503, "ServiceUnavailable", ""), osstest.Fail(403, "AccessDenied", ""), osstest.Fail(500, "InternalError", ""))
	told := func(alertname string) (firing []notification) {
		for _, n := range oncall.notifications() {
			if n.GroupLabels["alertname"] == alertname {
				firing = append(firing, n)
			}
		}
		return firing
	}
	eventually(t, patience, func(context.Context) error {
		if len(told("OSSCnameAccountFailing")) == 0 {
			return fmt.Errorf("nobody was told, of %d notifications", len(oncall.notifications()))
		}
		return nil
	})
	exporter.signal(t, syscall.SIGTERM)
	exporter.wait(t)
	start(t, "oss_cname_exporter", config, "--web.listen-address="+exporter.address)
	prom.holds(t, `count(oss_cname_token_probe_success == 0) == 60 and on () absent(oss_cname_token_exists)`) // it knows nothing any more
	prom.holds(t, `min_over_time(count(oss_cname_token_probes_total >= 5)[5s:1s]) == 60`)                     // and has asked in vain again and again

	if n := told("OSSCnameAccountFailing"); len(n) != 1 || len(n[0].Alerts) != 1 || n[0].Receiver != "oss-cname-team" {
		t.Errorf("%d notifications of the outage, the first of %d alerts, grouped by %v", len(n), len(n[0].Alerts), n[0].GroupLabels)
	}
	if n := told("OSSCnameProbeFailing"); len(n) != 0 {
		t.Errorf("%d notifications about domains, whose account fails as a whole", len(n))
	}
	for _, n := range told("OSSCnameTokenExpiresSoon") {
		for _, a := range n.Alerts {
			if a.Status != "firing" || n.Receiver != "oss-cname-pager" {
				t.Fatalf("%s told %s: %v", n.Receiver, a.Status, a)
			}
		}
	}
	prom.holds(t, `count(ALERTS{alertname="OSSCnameTokenExpiresSoon", alertstate="firing", severity="critical"}) == 60`)
	oncall.toldForeign(t)
}
