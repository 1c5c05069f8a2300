package report_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

// whole is a domain of which everything is known, and most is wrong.
func whole() status.Status {
	at := func(ago time.Duration) time.Time { return now.Add(-ago).Add(123456 * time.Nanosecond) }
	return asked(status.Facts{Confirmed: at(time.Minute), Exists: true, Expires: now.Add(5 * time.Hour)}, unbound, func(s *status.Status) {
		s.Attempt = status.Attempt{Ended: at(time.Minute), Duration: 1500 * time.Microsecond, Reason: "timeout", Err: errors.New("no\nanswer")}
		s.Checks = map[status.Check]status.CheckStatus{
			status.CheckBinding: {Confirmed: at(2 * time.Minute), Attempt: status.Attempt{Ended: at(2 * time.Minute), Duration: time.Second}},
			status.CheckCNAME:   {Confirmed: at(3 * time.Minute), Attempt: status.Attempt{Ended: at(3 * time.Minute), Reason: "dns"}},
			status.CheckTXT:     {},
		}
		s.BindingWord = "Enabled"
		s.Certificate = status.Certificate{ID: "493-cn-hangzhou", Type: "CAS", Status: "Enabled"}
		s.CertificateExpires = now.Add(48 * time.Hour)
		s.DNSVerified, s.Proof = status.No, status.Proof{
			Verdict: status.VerdictMisplaced, Name: "x.example.com", Values: []string{`a"b\c` + "\x01~ "}, Silent: []string{"ns3: timeout"}, Having: []string{"ns1"}, Lacking: []string{"ns2"},
		}
		s.Destination, s.LeadsTo, s.PointsToBucket = status.ToOther, "oldbucket.oss-cn-hangzhou.aliyuncs.com", status.No
	})
}

// TestDetail has all that is said of a domain on the debug page.
func TestDetail(t *testing.T) {
	cfg := parse(t, one)
	history := changelog.NewHistory()
	history.Add(cfg.Targets[0].Name, changelog.Change{At: now.Add(-time.Hour), Was: "token_missing", Is: "awaiting_dns"})
	d := report.New(cfg.Targets, []status.Status{whole()}, report.Options{Now: now, History: history}).Domains[0]
	var b strings.Builder
	if err := d.WriteDetail(&b); err != nil {
		t.Fatal(err)
	}
	const want = `  severity         critical
  next             publish the token as the TXT record
  critical         the token expires in 5 h, and the domain is not bound; the token is in a TXT record of another name, x.example.com: most consoles append the zone to the name that is entered (token_critical: 6h)
  runbook          docs/runbooks.md#osscnametokenexpiressoon
  critical         the certificate 493-cn-hangzhou expires in 2 d (certificate_critical: 3d)
  runbook          docs/runbooks.md#osscnamecertificateexpiressoon
  warning          timeout: no\nanswer
  runbook          docs/runbooks.md#osscnameprobefailing
  warning          check dns_cname: dns: no details
  runbook          docs/runbooks.md#osscnamecheckfailing
  State            awaiting_dns
  Token            expires, in 5 h, 2030-01-01 17:00:00 UTC
  Token confirmed  59 s ago, 2030-01-01 11:59:00 UTC
  Token asked for  timeout: no\nanswer, 59 s ago, 2030-01-01 11:59:00 UTC
  Binding          not bound to the bucket
  Certificate      493-cn-hangzhou (CAS) of the certificate service in cn-hangzhou, expires, in 2 d, 2030-01-03 12:00:00 UTC
  Check binding    succeeded in 1s, 1 min ago, 2030-01-01 11:58:00 UTC
  Check dns_txt    not yet
  Check dns_cname  dns: no details, 2 min ago, 2030-01-01 11:57:00 UTC
  Check http       not checked: it is unknown who answers the visitors, and with which certificate
  publish          _dnsauth.www.example.com.  TXT  "be1d49d863dea9ffeff3df7d6455a0b1"
  TXT record       the token is in a TXT record of another name, x.example.com: most consoles append the zone to the name that is entered
  DNS has          "a\"b\\c\001~ "
  not asked        ns3: timeout
  CNAME record     leads to another bucket of OSS: oldbucket.oss-cn-hangzhou.aliyuncs.com
  to serve it      www.example.com.  CNAME  examplebucket.cn-hangzhou.taihangcda.cn.
  or to            examplebucket.oss-cn-hangzhou.aliyuncs.com.
  change           2030-01-01 11:00:00 UTC  token_missing → awaiting_dns
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
}

// TestItem has all that is said of a domain as JSON.
func TestItem(t *testing.T) {
	d := report.New(parse(t, one).Targets, []status.Status{whole()}, report.Options{Now: now}).Domains[0]
	text, err := report.JSON(d.Item())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"bucket":"examplebucket","cname":"www.example.com","account":"main","region":"cn-hangzhou","labels":{"team":"Web"},"configured":true,"severity":"critical","state":"awaiting_dns"`,
		`"token":{"exists":true,"expires":"2030-01-01T17:00:00Z","confirmed":"2030-01-01T11:59:00Z"}`,
		`"verdict":"wrong_name"`, `"found":["a\"b\\c\u0001~ "]`, `"having":["ns1"],"lacking":["ns2"],"silent":["ns3: timeout"],"found_at":"x.example.com"`,
		`"destination":"other_bucket","points_to_bucket":false`,
		`"binding":{"bound":false,"word":"Enabled"}`,
		`"certificate":{"id":"493-cn-hangzhou","type":"CAS","word":"Enabled","expires":"2030-01-03T12:00:00Z"}`,
		`"attempt":{"ended":"2030-01-01T11:59:00Z","duration_seconds":0.0015,"reason":"timeout","error":"no\\nanswer"}`,
		`"checks":{"binding":{"confirmed":"2030-01-01T11:58:00Z","attempt":{"ended":"2030-01-01T11:58:00Z","duration_seconds":1}},"dns_cname":{"confirmed":"2030-01-01T11:57:00Z","attempt":{"ended":"2030-01-01T11:57:00Z","duration_seconds":0,"reason":"dns"}},"dns_txt":{}}`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	served := asked(status.Facts{}, bound(time.Hour), func(s *status.Status) { s.PointsToBucket, s.Destination = status.Yes, status.ToBucket })
	text, _ = report.JSON(report.New(parse(t, one).Targets, []status.Status{served}, report.Options{Now: now}).Domains[0].Item())
	for _, want := range []string{`"binding":{"bound":true,"enabled":true}`, `"points_to_bucket":true`, `"certificate":{"expires":"2030-01-01T13:00:00Z"}`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	text, _ = report.JSON(report.New(parse(t, one).Targets, []status.Status{{}}, report.Options{Now: now}).Domains[0].Item())
	for _, unwanted := range []string{"binding", `"certificate"`, "checks", "record", "findings"} {
		if strings.Contains(strings.ReplaceAll(string(text), "checks.binding", ""), unwanted) {
			t.Errorf("%s in\n%s", unwanted, text)
		}
	}
	if !strings.Contains(string(text), `"token":null`) || !strings.Contains(string(text), `"attempt":null`) {
		t.Errorf("got %s", text)
	}
}

// TestFacts has each way in which a fact is worded.
func TestFacts(t *testing.T) {
	none := status.Facts{Confirmed: now}
	yes := func(s *status.Status) { s.Bound = status.Yes }
	for _, test := range []struct {
		s    status.Status
		name string
		want string
		at   time.Time
	}{
		{status.Status{}, "Token", "unknown", time.Time{}},
		{status.Status{}, "Token confirmed", "never", time.Time{}},
		{status.Status{}, "Token asked for", "not yet", time.Time{}},
		{status.Status{}, "Binding", "", time.Time{}},
		{status.Status{}, "Certificate", "", time.Time{}},
		{asked(none), "Token", "none", time.Time{}},
		{asked(none), "Token confirmed", "", now},
		{asked(none), "Token asked for", "succeeded in 1ms", now},
		{asked(live(0)), "Token", "expired", now},
		{asked(live(1)), "Token", "expires", now.Add(1)},
		{asked(status.Facts{Confirmed: now, Expired: now.Add(-1)}), "Token", "expired unused", now.Add(-1)},
		{asked(none, yes), "Binding", "bound", time.Time{}},
		{asked(none, yes, func(s *status.Status) { s.Enabled = status.Yes }), "Binding", "bound and served", time.Time{}},
		{asked(none, yes, func(s *status.Status) { s.Enabled = status.No }), "Binding", "bound, and not served", time.Time{}},
		{asked(none, yes, func(s *status.Status) { s.Enabled, s.BindingWord = status.No, "Blocked" }), "Binding", "bound, and not served: OSS calls it Blocked", time.Time{}},
		{asked(none, unbound), "Binding", "not bound to the bucket", time.Time{}},
		{asked(none, bound(time.Hour)), "Certificate", "expires", now.Add(time.Hour)},
		{asked(none, yes, func(s *status.Status) { s.Certificate.ID, s.Certificate.Status = "1", "Disabled" }), "Certificate", "1, not served: Disabled", time.Time{}},
		{asked(none, bound(time.Hour), func(s *status.Status) { s.Certificate.ID, s.Certificate.Starts = "1", now.Add(1) }), "Certificate", "1, not valid before", now.Add(1)},
		{asked(none, bound(time.Hour), func(s *status.Status) { s.Certificate.ID, s.Certificate.Starts = "1", now }), "Certificate", "1, expires", now.Add(time.Hour)},
	} {
		var got report.Fact
		for _, f := range report.New(parse(t, one).Targets, []status.Status{test.s}, report.Options{Now: now}).Domains[0].Facts() {
			if f.Name == test.name {
				got = f
			}
		}
		if got.Value != test.want || !got.At.Equal(test.at) {
			t.Errorf("%s: got %q at %v, want %q at %v", test.name, got.Value, got.At, test.want, test.at)
		}
	}
}

// TestTimeLeft is the last column of the table.
func TestTimeLeft(t *testing.T) {
	none := status.Facts{Confirmed: now}
	for want, s := range map[string]status.Status{
		"token unknown":               {},
		"token none":                  asked(none, unbound),
		"token expires in 2 h":        asked(live(2*time.Hour), unbound),
		"token expired just now":      asked(live(0)),
		"token expired 3 h ago":       asked(status.Facts{Confirmed: now, Expired: now.Add(-3 * time.Hour)}),
		"no certificate":              asked(none, func(s *status.Status) { s.Bound = status.Yes }),
		"certificate expires in 4 h":  asked(none, bound(4*time.Hour)),
		"certificate expired 5 h ago": asked(none, bound(-5*time.Hour)),
	} {
		var b strings.Builder
		_ = report.WriteTable(&b, report.New(parse(t, one).Targets, []status.Status{s}, report.Options{Now: now}).Domains, report.Style{})
		if line := strings.Split(b.String(), "\n")[1]; !strings.HasSuffix(line, "  "+want) {
			t.Errorf("got %q, want %q", line, want)
		}
	}
	var b strings.Builder
	if err := report.WriteTable(&b, nil, report.Style{}); err != nil || b.Len() > 0 {
		t.Errorf("no domain: got %v, %q", err, &b)
	}
}

// unchecked ends a table of domains that are not visited.
const unchecked = `checks.http: not checked: it is unknown who answers the visitors, and with which certificate
`

// TestTableSaysTheRecord has the record to publish, and why the one there is wrong.
func TestTableSaysTheRecord(t *testing.T) {
	for name, test := range map[string]struct {
		s    status.Status
		want string
	}{
		"not there": {asked(live(71*time.Hour), unbound, txt(status.VerdictMissing)), "          next: publish the token as the TXT record\n          _dnsauth.www.example.com.  TXT  \"" + token + "\"\n          there is no TXT record of that name\n"},
		"there":     {asked(live(71*time.Hour), txt(status.VerdictValid)), ""},
		"unknown":   {asked(live(71*time.Hour), unbound), "          _dnsauth.www.example.com.  TXT  \"" + token + "\"\n"},
	} {
		var b strings.Builder
		_ = report.WriteTable(&b, report.New(parse(t, one).Targets, []status.Status{test.s}, report.Options{Now: now}).Domains, report.Style{})
		lines := strings.SplitAfter(b.String(), "\n")
		if got := strings.Join(lines[2:], ""); got != test.want+unchecked {
			t.Errorf("%s: got\n%q, want\n%q", name, got, test.want)
		}
	}
}

// TestPaint has the colour of each severity.
func TestPaint(t *testing.T) {
	for code, name := range map[string]string{"\x1b[1;31mcritical\x1b[0m": "disabled", "\x1b[33mwarning\x1b[0m": "certificate of weeks", "\x1b[36munknown\x1b[0m": "never asked", "\x1b[32mok\x1b[0m": "bound"} {
		var b strings.Builder
		_ = report.WriteTable(&b, report.New(parse(t, one).Targets, []status.Status{byName()[name]}, report.Options{Now: now}).Domains, report.Style{Color: true})
		if !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(b.String(), " ", ""), " ", ""), code) {
			t.Errorf("%s: no %q in %q", name, code, &b)
		}
	}
}

// TestQuoteTXT writes values as zone files have them.
func TestQuoteTXT(t *testing.T) {
	for value, want := range map[string]string{
		"": `""`, "a": `"a"`, `a"b\c`: `"a\"b\\c"`, " ~": `" ~"`, "\x1f\x7f\xff": `"\031\127\255"`,
		strings.Repeat("x", 255): `"` + strings.Repeat("x", 255) + `"`,
		strings.Repeat("x", 256): `"` + strings.Repeat("x", 255) + `" "x"`,
	} {
		if got := report.QuoteTXT(value); got != want {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
}

// TestJSONControlsNoTerminal escapes what cannot be printed.
func TestJSONControlsNoTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"plain": `"plain"`, "\x1b": `"\u001b"`, "\x7f": `"\u007f"`, "例": `"例"`, "\u202e例": `"\u202e例"`, "\u009b": `"\u009b"`, "\U000e0001": `"\udb40\udc01"`, "é": `"é"`,
	} {
		if got, err := report.JSON(text); err != nil || string(got) != want {
			t.Errorf("%q: got %s, %v, want %s", text, got, err, want)
		}
	}
	if _, err := report.JSON(func() {}); err == nil {
		t.Error("a function is written")
	}
}

// TestAllWorst takes the worst of domains and causes, wherever it stands.
func TestAllWorst(t *testing.T) {
	cfg := parse(t, one+"  - {bucket: examplebucket, cname: second.example.com, account: main}\n  - {bucket: examplebucket, cname: third.example.com, account: main}\n")
	names := byName()
	r := report.New(cfg.Targets, []status.Status{names["bound"], names["disabled"], names["certificate of weeks"]}, report.Options{Now: now})
	if r.Worst() != "critical" || r.Domains[2].Severity != "ok" {
		t.Errorf("got %s", r.Worst())
	}
	report.Sort(r.Domains, report.ByCname, true)
	if r.Worst() != "critical" {
		t.Errorf("in another order: got %s", r.Worst())
	}
	failed := asked(live(71*time.Hour), fails("timeout"))
	r = report.New(cfg.Targets, []status.Status{failed, failed, names["disabled"]}, report.Options{Now: now})
	if got := r.Summary(); got != "CRITICAL: third.example.com: OSS does not serve the domain: its visitors get errors; 2 ok" {
		t.Errorf("a critical domain beside a warning cause: got %q", got)
	}
}
