package report_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
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

func txt(v status.Verdict) func(*status.Status) {
	return func(s *status.Status) {
		s.Proof, s.DNSVerified = status.Proof{Verdict: v}, status.Of(v == status.VerdictValid)
	}
}

func fails(reason status.Reason) func(*status.Status) {
	return func(s *status.Status) {
		s.Attempt.Reason, s.Attempt.Err = reason, errors.New("403 AccessDenied no right")
	}
}

// judged is one status with what must be said of it.
type judged struct {
	name     string
	status   status.Status
	severity report.Severity
	alerts   string // of the findings, the worst first
	action   string // a part of what to do
}

func everyCase() []judged {
	disabled := func(s *status.Status) { s.Bound, s.Enabled = status.Yes, status.No }
	dangling := func(s *status.Status) {
		s.Bound, s.Destination, s.PointsToBucket = status.No, status.ToBucket, status.Yes
	}
	checkFails := func(check status.Check, reason status.Reason) func(*status.Status) {
		return func(s *status.Status) {
			c := s.Checks[check]
			c.Attempt.Reason, c.Attempt.Err = reason, errors.New("no")
			s.Checks[check] = c
		}
	}
	none := status.Facts{Confirmed: now}
	return []judged{
		{"never asked", status.Status{}, report.Unasked, "", "ask now"},
		{"a fresh token, no record", asked(live(71*time.Hour), unbound, txt(status.VerdictMissing)), report.OK, "", "publish the token"},
		{"a day left, no record", asked(live(23*time.Hour), unbound, txt(status.VerdictMissing)), report.Warning, "OSSCnameTokenExpiresSoon OSSCnameTXTMissing", "publish the token"},
		{"hours left, no record", asked(live(5*time.Hour), unbound, txt(status.VerdictMissing)), report.Critical, "OSSCnameTokenExpiresSoon OSSCnameTXTMissing", "publish the token"},
		{"hours left, proven", asked(live(5*time.Hour), unbound, txt(status.VerdictValid)), report.Critical, "OSSCnameTokenExpiresSoon OSSCnameReadyToBind", "bind the domain"},
		{"proven", asked(live(50*time.Hour), unbound, txt(status.VerdictValid)), report.Warning, "OSSCnameReadyToBind", "bind the domain"},
		{"hours left, bound since", asked(live(time.Hour), bound(90*24*time.Hour)), report.OK, "", "nothing"},
		{"expired unused", asked(status.Facts{Confirmed: now, Expired: now.Add(-time.Hour)}), report.Critical, "OSSCnameTokenExpired", "create a new token"},
		{"expired, and OSS is down", asked(live(-time.Hour), fails("timeout")), report.Critical, "OSSCnameTokenExpired OSSCnameProbeFailing", "create a new token"},
		{"expired days ago", asked(status.Facts{Confirmed: now, Expired: now.Add(-50 * time.Hour)}), report.Warning, "OSSCnameTokenExpired", "create a new token"},
		{"expired days ago, not bound", asked(status.Facts{Confirmed: now, Expired: now.Add(-50 * time.Hour)}, unbound), report.Critical, "OSSCnameTokenExpired", "create a new token"},
		{"no token, not bound", asked(none, unbound), report.Warning, "OSSCnameTokenMissing", "create a token"},
		{"no token, who knows", asked(none), report.OK, "", "checks.binding would tell"},
		{"bound", asked(none, bound(90*24*time.Hour)), report.OK, "", "nothing"},
		{"certificate of two weeks", asked(none, bound(13*24*time.Hour)), report.Warning, "OSSCnameCertificateExpiresSoon", "upload a new certificate"},
		{"certificate of days", asked(none, bound(2*24*time.Hour)), report.Critical, "OSSCnameCertificateExpiresSoon", "upload a new certificate"},
		{"certificate expired", asked(none, bound(-2*time.Hour)), report.Critical, "OSSCnameCertificateExpiresSoon", "upload a new certificate"},
		{"disabled", asked(none, disabled), report.Critical, "OSSCnameDomainDisabled", "console"},
		{"can be taken over", asked(none, dangling), report.Warning, "OSSCnameDangling OSSCnameTokenMissing", "delete the CNAME record"},
		{"denied", asked(status.Facts{}, fails("access_denied"), func(s *status.Status) { s.Facts = status.Facts{} }), report.Warning, "OSSCnameTargetNeverAnswered", "grant oss:GetCnameToken"},
		{"fails now", asked(live(71*time.Hour), fails("throttled")), report.Warning, "OSSCnameProbeFailing", "rate_limit"},
		{"fails for hours", asked(status.Facts{Confirmed: now.Add(-7 * time.Hour), Exists: true, Expires: now.Add(60 * time.Hour)}, fails("dns")), report.Warning, "OSSCnameProbeFailing OSSCnameFactsStale", "resolver"},
		{"the turn did not come", asked(live(71*time.Hour), fails("not_probed")), report.Warning, "OSSCnameProbeFailing", "scrape timeout"},
		{"no right to list", asked(live(71*time.Hour), checkFails(status.CheckBinding, "access_denied")), report.Warning, "OSSCnameCheckFailing", "grant oss:ListCname"},
		{"no resolver", asked(live(71*time.Hour), checkFails(status.CheckTXT, "timeout")), report.Warning, "OSSCnameCheckFailing", "dig +short TXT _dnsauth.www.example.com"},
	}
}

func TestSeverity(t *testing.T) {
	met := map[string]bool{}
	for _, test := range everyCase() {
		t.Run(test.name, func(t *testing.T) {
			d := report.New(parse(t, one).Targets, []status.Status{test.status}, report.Options{Now: now}).Domains[0]
			var alerts []string
			for _, f := range d.Findings() {
				alerts = append(alerts, f.Alert)
				met[f.Alert] = true
				if f.Text == "" || f.Action == "" || !strings.HasPrefix(f.Runbook, "docs/runbooks.md#osscname") {
					t.Errorf("got %+v", f)
				}
			}
			if got := strings.Join(alerts, " "); d.Severity != test.severity || got != test.alerts || !strings.Contains(d.Action(), test.action) {
				t.Errorf("got %s, %q, %q; want %s, %q, %q", d.Severity, got, d.Action(), test.severity, test.alerts, test.action)
			}
		})
	}
	for alert := range report.Alerts() {
		if !met[alert] && alert != "OSSCnameDomainUnbound" { // TestNoLongerBound
			t.Errorf("no case has %s", alert)
		}
	}
}

// TestOrder has every pair in either order of the configuration: the more urgent
// is above.
func TestOrder(t *testing.T) {
	byName := map[string]status.Status{}
	for _, c := range everyCase() {
		byName[c.name] = c.status
	}
	order := []string{"disabled", "certificate expired", "expired unused", "hours left, proven", "certificate of days", "can be taken over",
		"a day left, no record", "certificate of two weeks", "denied", "never asked", "a fresh token, no record", "bound"}
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

// TestNoLongerBound has the history tell that a domain was bound once.
func TestNoLongerBound(t *testing.T) {
	cfg := parse(t, one+"  - {bucket: otherbucket, cname: www.example.com, account: main}\n")
	none := asked(status.Facts{Confirmed: now}, unbound)
	h := changelog.NewHistory()
	h.Add(cfg.Targets[0].Name, changelog.Change{At: now.Add(-time.Hour), Was: "bound", Is: "disabled"})
	h.Add(cfg.Targets[0].Name, changelog.Change{At: now.Add(-time.Minute), Was: "disabled", Is: "token_missing"})
	for name, test := range map[string]struct {
		other status.Status
		want  report.Severity
	}{
		"nowhere":              {none, report.Critical},
		"bound to another now": {asked(status.Facts{Confirmed: now}, bound(90*24*time.Hour)), report.OK},
	} {
		r := report.New(cfg.Targets, []status.Status{none, test.other}, report.Options{Now: now, History: h})
		i := slices.IndexFunc(r.Domains, func(d *report.Domain) bool { return d.Target == &cfg.Targets[0] })
		if d := r.Domains[i]; d.Severity != test.want {
			t.Errorf("%s: got %s, %+v", name, d.Severity, d.Findings())
		}
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
	if err := d.WriteDetail(&text); err != nil || !strings.Contains(text.String(), line) || !strings.Contains(text.String(), `DNS has       "old"`) {
		t.Errorf("got %v\n%s", err, &text)
	}
	if a := d.Alias(); a.Line != "*.assets.example.com.  CNAME  examplebucket.cn-hangzhou.taihangcda.cn." || a.LeadsTo != "" || a.ToBucket != nil || !strings.HasPrefix(a.Text, "the name servers disagree") {
		t.Errorf("got %+v", a)
	}
	for name, s := range map[string]status.Status{
		"bound": asked(live(time.Hour), bound(time.Hour)), "expired": asked(live(0)), "none": asked(status.Facts{}), "unasked": {},
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

// TestWordsOfOSS has the vendor's word, the certificate and the target of the
// CNAME record named, whatever is in them.
func TestWordsOfOSS(t *testing.T) {
	for want, change := range map[string]func(*status.Status){
		`which is Blocked\u202e: its visitors`: func(s *status.Status) {
			s.Bound, s.Enabled, s.BindingWord = status.Yes, status.No, "Blocked\u202e"
		},
		"the certificate 493-cn expires": func(s *status.Status) {
			s.Bound, s.Enabled, s.CertificateExpires, s.Certificate.ID = status.Yes, status.Yes, now.Add(time.Hour), "493-cn"
		},
		"leads to OSS (b.cn-hangzhou.taihangcda.cn), and": func(s *status.Status) {
			s.Bound, s.Destination, s.LeadsTo = status.No, status.ToBucket, "b.cn-hangzhou.taihangcda.cn"
		},
	} {
		s := status.Status{Facts: status.Facts{Confirmed: now}, Attempt: status.Attempt{Ended: now}}
		change(&s)
		var texts []string
		for _, f := range report.New(parse(t, one).Targets, []status.Status{s}, report.Options{Now: now}).Domains[0].Findings() {
			texts = append(texts, f.Text)
		}
		if !strings.Contains(strings.Join(texts, "\n"), want) {
			t.Errorf("got %q, want %q in one of them", texts, want)
		}
	}
}
