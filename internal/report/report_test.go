package report_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

const token = "be1d49d863dea9ffeff3df7d6455a0b1"

// parse returns n targets d0.example.com and so on, with every check.
func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("test.yaml", []byte("checks: {binding: true, dns: true}\naccounts: {main: {region: cn-hangzhou}, other: {region: cn-shanghai}}\ntargets:\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

const one = "  - {bucket: examplebucket, cname: www.example.com, account: main, labels: {team: Web}}\n"

// asked is a status with the token's facts, whose every question was answered.
func asked(f status.Facts, change ...func(*status.Status)) status.Status {
	ok := status.Attempt{Ended: now, Duration: time.Millisecond}
	s := status.Status{Facts: f, Attempt: ok, Checks: map[status.Check]status.CheckStatus{}}
	if s.Facts.Confirmed.IsZero() {
		s.Facts.Confirmed = now
	}
	if f.Exists {
		s.Token = token
	}
	for _, check := range status.Checks() {
		s.Checks[check] = status.CheckStatus{Confirmed: now, Attempt: ok}
	}
	for _, do := range change {
		do(&s)
	}
	return s
}

func live(left time.Duration) status.Facts {
	return status.Facts{Confirmed: now, Exists: true, Expires: now.Add(left)}
}

func bound(left time.Duration) func(*status.Status) {
	return func(s *status.Status) {
		s.Bound, s.Enabled, s.CertificateExpires = status.Yes, status.Yes, now.Add(left)
	}
}

func unbound(s *status.Status) { s.Bound = status.No }

func txt(v status.ProofVerdict) func(*status.Status) {
	return func(s *status.Status) {
		s.Proof, s.DNSVerified = status.Proof{Verdict: v}, status.Of(v == status.VerdictValid)
	}
}

func fails(reason status.Reason) func(*status.Status) {
	return func(s *status.Status) {
		s.Attempt.Reason, s.Attempt.Err = reason, errors.New("403 AccessDenied no right")
	}
}

// byName has statuses from the most urgent to the least.
func byName() map[string]status.Status {
	none := status.Facts{Confirmed: now}
	return map[string]status.Status{
		"disabled":                 asked(none, func(s *status.Status) { s.Bound, s.Enabled = status.Yes, status.No }),
		"certificate expired":      asked(none, bound(-2*time.Hour)),
		"expired unused":           asked(status.Facts{Confirmed: now, Expired: now.Add(-time.Hour)}),
		"hours left, proven":       asked(live(5*time.Hour), unbound, txt(status.VerdictValid)),
		"certificate of days":      asked(none, bound(2*24*time.Hour)),
		"can be taken over":        asked(none, func(s *status.Status) { s.Bound, s.Destination = status.No, status.ToBucket }),
		"a day left, no record":    asked(live(23*time.Hour), unbound, txt(status.VerdictMissing)),
		"certificate of weeks":     asked(none, bound(13*24*time.Hour)),
		"denied":                   asked(status.Facts{}, fails("access_denied"), func(s *status.Status) { s.Facts = status.Facts{} }),
		"never asked":              {},
		"a fresh token, no record": asked(live(71*time.Hour), unbound, txt(status.VerdictMissing)),
		"bound":                    asked(none, bound(90*24*time.Hour)),
	}
}

// TestFindings has the judgement of a domain, and links that lead somewhere.
func TestFindings(t *testing.T) {
	cfg := parse(t, one)
	cfg.Targets[0].Rules = judge.Rules{Severities: map[judge.Kind]judge.Severity{judge.ReadyToBind: judge.Off}}
	memory := judge.NewMemory()
	s := []status.Status{byName()["hours left, proven"]}
	memory.Observe(now.Add(-time.Minute), 1, func(int) judge.Case { return cfg.Targets[0].Case(&s[0], now.Add(-time.Minute)) })
	for external, link := range map[string]string{
		"":                            "docs/runbooks.md#osscnametokenexpiressoon",
		"https://www.example.com/oss": "https://www.example.com/oss/runbooks/OSSCnameTokenExpiresSoon?target=examplebucket%2Fwww.example.com",
	} {
		d := report.New(cfg.Targets, s, report.Options{Now: now, Memory: memory, ExternalURL: external}).Domains[0]
		findings := d.Findings()
		if len(findings) != 1 || d.Severity != judge.Critical || d.Action() != findings[0].Action {
			t.Fatalf("got %s, %q, %+v", d.Severity, d.Action(), findings)
		}
		since := now.Add(-time.Minute)
		want := report.Finding{Problem: "token_expires_soon", Severity: "critical", Since: &since, Alert: "OSSCnameTokenExpiresSoon",
			Text: "the token expires in 5 h, and the domain is not bound (token_critical: 6h)", Threshold: "token_critical: 6h",
			Action: "bind the domain before the token expires", Runbook: link}
		if f := findings[0]; !f.Since.Equal(since) || f.Text != want.Text || f.Threshold != want.Threshold || f.Action != want.Action || f.Runbook != link || f.Alert != want.Alert || f.Problem != want.Problem || f.Severity != want.Severity {
			t.Errorf("got %+v, want %+v", f, want)
		}
	}
}

// TestCauses has one wrong key over many domains: one line, one row, one item.
func TestCauses(t *testing.T) {
	var text strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&text, "  - {bucket: examplebucket, cname: d%d.example.com, account: main}\n", i)
	}
	text.WriteString("  - {bucket: examplebucket, cname: well.example.com, account: other}\n")
	cfg := parse(t, text.String())
	statuses := make([]status.Status, len(cfg.Targets))
	for i := range statuses {
		statuses[i] = asked(status.Facts{}, fails(status.ReasonCredentials), func(s *status.Status) { s.Facts = status.Facts{} })
	}
	statuses[2000] = byName()["bound"]
	const said = "2000 of 2000 domains of account main in cn-hangzhou cannot be asked (token): credentials: 403 AccessDenied no right"
	r := report.New(cfg.Targets, statuses, report.Options{Now: now})
	if want := "CRITICAL: " + said + "; 1 ok"; r.Summary() != want {
		t.Errorf("got %q", r.Summary())
	}
	var b strings.Builder
	if err := r.Write(&b, report.Style{}); err != nil {
		t.Fatal(err)
	}
	want := "warning  " + said + "\n         next: look at the account's credentials\nNot listed are 2000 domains of which nothing else is wrong.\n\n" +
		"SEVERITY  DOMAIN            BUCKET         STATE  TIME LEFT\nok        well.example.com  examplebucket  bound  certificate expires in 90 d\n" + unchecked
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
	doc := report.NewDocument(r, r.Domains[:1], report.Paging{})
	if len(doc.Causes) != 1 || doc.Causes[0].Failing != 2000 || doc.Causes[0].Text != said || doc.Causes[0].Alert != "OSSCnameAccountFailing" ||
		doc.Causes[0].Runbook != "docs/runbooks.md#osscnameaccountfailing" || len(doc.Domains[0].Findings) != 0 {
		t.Errorf("got %+v", doc)
	}
	memory := judge.NewMemory()
	memory.Observe(now, len(statuses), func(i int) judge.Case { return cfg.Targets[i].Case(&statuses[i], now) })
	remembered := report.New(cfg.Targets[:1], statuses[:1], report.Options{Now: now.Add(7 * time.Hour), Memory: memory, ExternalURL: "https://www.example.com"})
	doc = report.NewDocument(remembered, nil, report.Paging{})
	if len(doc.Causes) != 1 || doc.Causes[0].Severity != judge.Critical || !doc.Causes[0].Since.Equal(now) || doc.Causes[0].Runbook != "https://www.example.com/runbooks/OSSCnameAccountFailing" || remembered.Worst() != judge.Critical {
		t.Errorf("got %+v", doc.Causes)
	}
}

// TestSummaryCounts has several domains that are as bad as the worst.
func TestSummaryCounts(t *testing.T) {
	cfg := parse(t, one+"  - {bucket: examplebucket, cname: second.example.com, account: main}\n  - {bucket: examplebucket, cname: third.example.com, account: main}\n  - {bucket: examplebucket, cname: fourth.example.com, account: main}\n")
	names := byName()
	r := report.New(cfg.Targets, []status.Status{names["disabled"], names["bound"], names["disabled"], names["certificate of weeks"]}, report.Options{Now: now})
	if want := "CRITICAL: www.example.com: OSS does not serve the domain: its visitors get errors, and 1 more; 1 warning, 1 ok"; r.Summary() != want {
		t.Errorf("got %q", r.Summary())
	}
}

// TestStanding is the severity for monitoring.
func TestStanding(t *testing.T) {
	cfg := parse(t, one)
	for name, test := range map[string]struct {
		s        status.Status
		worst    judge.Severity
		standing judge.Severity
		summary  string
	}{
		"critical":    {byName()["disabled"], judge.Critical, judge.Critical, "CRITICAL: www.example.com: OSS does not serve the domain: its visitors get errors"},
		"warning":     {byName()["certificate of weeks"], judge.Warning, judge.Warning, "WARNING: www.example.com: the certificate expires in 13 d (certificate_warning: 14d)"},
		"denied":      {byName()["denied"], judge.Warning, judge.Critical, "CRITICAL: www.example.com: OSS has never answered; access_denied: 403 AccessDenied no right"},
		"never asked": {status.Status{}, judge.Unknown, judge.Unknown, "UNKNOWN: 1 unknown, of 1 domain"},
		"nobody told": {asked(status.Facts{}), judge.Unknown, judge.Unknown, "UNKNOWN: www.example.com: too little is known; next: nothing if the domain is bound, else create a token; checks.binding would tell which"},
		"well":        {byName()["bound"], judge.OK, judge.OK, "OK: 1 ok, of 1 domain"},
	} {
		r := report.New(cfg.Targets, []status.Status{test.s}, report.Options{Now: now})
		if r.Worst() != test.worst || r.Standing() != test.standing || r.Summary() != test.summary || r.IsAsked() != (name != "never asked") {
			t.Errorf("%s: got %s, %s, %q", name, r.Worst(), r.Standing(), r.Summary())
		}
	}
	if r := report.New(nil, nil, report.Options{}); r.Standing() != judge.Warning || r.Summary() != "WARNING: no domain is configured" || r.Now.IsZero() {
		t.Errorf("got %s", r.Summary())
	}
}

// TestOrder has every pair in either order of the configuration: the more urgent
// is above.
func TestOrder(t *testing.T) {
	byName := byName()
	order := []string{"disabled", "certificate expired", "expired unused", "hours left, proven", "certificate of days", "can be taken over",
		"a day left, no record", "certificate of weeks", "denied", "never asked", "a fresh token, no record", "bound"}
	cfg := parse(t, one+"  - {bucket: examplebucket, cname: second.example.com, account: main}\n")
	for i, above := range order {
		for _, below := range order[i+1:] {
			for first, statuses := range [][]status.Status{{byName[above], byName[below]}, {byName[below], byName[above]}} {
				r := report.New(cfg.Targets, statuses, report.Options{Now: now})
				if r.Domains[0].Target != &cfg.Targets[first] {
					t.Errorf("%s is not above %s", above, below)
				}
			}
		}
	}
	same := report.New(cfg.Targets, []status.Status{byName["bound"], byName["bound"]}, report.Options{Now: now})
	if same.Domains[0].Target != &cfg.Targets[0] {
		t.Error("equals are not in the order of the configuration")
	}
}

func TestRecord(t *testing.T) {
	const line = `_dnsauth.assets.example.com.  TXT  "` + token + `"`
	cfg := parse(t, "  - {bucket: examplebucket, cname: '*.assets.example.com', account: main}\n")
	proof := status.Proof{Verdict: status.VerdictDisagree, Lacking: []string{"ns1"}, Having: []string{"ns2"}, Values: []string{"old"}, Silent: []string{"ns3: timeout"}}
	s := asked(live(time.Hour), unbound, func(s *status.Status) { s.Proof, s.DNSVerified = proof, status.No })
	d := report.New(cfg.Targets, []status.Status{s}, report.Options{Now: now}).Domains[0]
	if r := d.Record(); r.Name != "_dnsauth.assets.example.com." || r.Line != line || r.Value != token || !strings.Contains(r.Problem, "ns1 do not have") || !slices.Equal(r.Found, proof.Values) || r.Silent[0] != "ns3: timeout" {
		t.Errorf("got %+v", r)
	}
	var text strings.Builder
	if err := d.WriteDetail(&text); err != nil || !strings.Contains(text.String(), line) || !strings.Contains(text.String(), `DNS has          "old"`) {
		t.Errorf("got %v\n%s", err, &text)
	}
	if a := d.Alias(); a.Line != "*.assets.example.com.  CNAME  examplebucket.cn-hangzhou.taihangcda.cn." || a.LeadsTo != "" || a.ToBucket != nil || !strings.HasPrefix(a.Text, "the name servers disagree") {
		t.Errorf("got %+v", a)
	}
	for name, s := range map[string]status.Status{
		"bound": asked(live(time.Hour), bound(time.Hour)), "expired": asked(live(0)), "none": asked(status.Facts{}), "never asked": {},
	} {
		if r := report.New(cfg.Targets, []status.Status{s}, report.Options{Now: now}).Domains[0].Record(); r != nil {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}

// TestAlias says where the domain leads, and one record to publish: none if it
// leads to the bucket.
func TestAlias(t *testing.T) {
	const (
		www  = one
		apex = "  - {bucket: examplebucket, cname: example.com.cn, account: main}\n"
		line = "www.example.com.  CNAME  examplebucket.cn-hangzhou.taihangcda.cn."
		shop = "examplebucket.oss-cn-hangzhou.aliyuncs.com"
	)
	for name, test := range map[string]struct {
		target      string
		destination status.Destination
		leads       string
		line, text  string
	}{
		"the bucket":         {www, status.ToBucket, shop, "", "leads to the bucket: " + shop},
		"another bucket":     {www, status.ToOther, "other.oss-cn-hangzhou.aliyuncs.com", line, "another bucket"},
		"OSS":                {www, status.ToOSS, "oss-cn-hangzhou.aliyuncs.com", line, "the name does not say"},
		"a CDN":              {www, status.Elsewhere, "a.kunlun.example", line, "such as a CDN's"},
		"addresses":          {www, status.ToAddress, "", line, "cannot be told"},
		"nothing":            {www, status.Nowhere, "", line, "there is none, and no address"},
		"a name that is not": {www, status.Nowhere, "gone.example.com", line, "does not exist: gone.example.com"},
		"the zone appended":  {www, status.Nowhere, shop + ".example.com", line, "this is " + shop + " with the zone appended"},
		"disagreement":       {www, "", "", line, "disagree"},
		"an apex":            {apex, status.ToAddress, "", "example.com.cn.  ALIAS  examplebucket.cn-hangzhou.taihangcda.cn.", "cannot be told"},
	} {
		cfg := parse(t, test.target)
		s := asked(live(time.Hour), unbound, func(s *status.Status) { s.Destination, s.LeadsTo = test.destination, test.leads })
		a := report.New(cfg.Targets, []status.Status{s}, report.Options{Now: now}).Domains[0].Alias()
		if a == nil || a.Line != test.line || !strings.Contains(a.Text, test.text) {
			t.Errorf("%s: got %+v, want %q and %q", name, a, test.line, test.text)
			continue
		}
		if wants := test.line != ""; wants != (a.Alternative == shop+".") || wants != (a.Should != "") || (a.Note != "") != (name == "an apex") {
			t.Errorf("%s: got %+v", name, a)
		}
	}
}

// TestHiddenTokens wants neither the token nor what the DNS has of one in
// whatever is written.
func TestHiddenTokens(t *testing.T) {
	s := asked(live(time.Hour), func(s *status.Status) {
		s.Proof = status.Proof{Verdict: status.VerdictQuoted, Values: []string{`"` + token + `"`}}
	})
	r := report.New(parse(t, one).Targets, []status.Status{s}, report.Options{Now: now, HideTokens: true})
	var text strings.Builder
	_ = r.Domains[0].WriteDetail(&text)
	_ = report.WriteTable(&text, r.Domains, report.Style{})
	asJSON, err := json.Marshal(r.Domains[0].Item())
	if all := text.String() + string(asJSON); err != nil || strings.Contains(all, token) || !strings.Contains(all, "_dnsauth.www.example.com.  TXT  (secret)") {
		t.Errorf("got %v\n%s", err, all)
	}
}

// TestHostileText has remote and configured texts with escape sequences, line
// breaks and marks that turn the direction of a line.
func TestHostileText(t *testing.T) {
	const evil = "\x1b[31m\x07\r\nalert\u202e\u009b\x00\xff"
	cfg := parse(t, one)
	cfg.Targets[0].Labels = map[string]string{"team": evil}
	s := asked(live(time.Hour), fails("timeout"), func(s *status.Status) {
		s.Attempt.Err, s.Token, s.LeadsTo, s.Differences, s.BindingWord = errors.New(evil), evil, evil, evil, evil
		s.Certificate = status.Certificate{ID: evil, Type: evil, Status: evil}
		s.Proof = status.Proof{Verdict: status.VerdictOther, Values: []string{evil}, Silent: []string{evil}, Lacking: []string{evil}}
		s.Checks[status.CheckBinding] = status.CheckStatus{Attempt: status.Attempt{Ended: now, Reason: "timeout", Err: errors.New(evil)}}
	})
	d := report.New(cfg.Targets, []status.Status{s}, report.Options{Now: now}).Domains[0]
	var text strings.Builder
	_ = d.WriteDetail(&text)
	_ = report.WriteTable(&text, []*report.Domain{d}, report.Style{})
	text.WriteString(plain.Labels(d.Target.Labels))
	for _, bad := range []string{"\x1b", "\x07", "\r", "\u202e", "\u009b", "\x00", "\xff"} {
		if strings.Contains(text.String(), bad) {
			t.Errorf("%q reaches the terminal:\n%q", bad, &text)
		}
	}
	if !strings.Contains(text.String(), `\x1b[31m\a\r\nalert`) {
		t.Errorf("the text is lost:\n%s", &text)
	}
}

func TestQueries(t *testing.T) {
	d := report.New(parse(t, one).Targets, []status.Status{{}}, report.Options{}).Domains[0]
	if got := d.Queries(); len(got) != 4 || got[0] != `oss_cname_token_expires_in_seconds{bucket="examplebucket",cname="www.example.com"}` {
		t.Errorf("got %q", got)
	}
}
