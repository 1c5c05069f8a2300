package judge_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

const day = 24 * time.Hour

// asked is a status with the token's facts, whose every question was answered.
func asked(f status.Facts, change ...func(*status.Status)) status.Status {
	s := status.Status{Facts: f, Attempt: answered(), Checks: map[status.Check]status.CheckStatus{}}
	if s.Facts.Confirmed.IsZero() {
		s.Facts.Confirmed = now
	}
	for _, check := range status.Checks() {
		s.Checks[check] = status.CheckStatus{Confirmed: now, Attempt: answered()}
	}
	for _, do := range change {
		do(&s)
	}
	return s
}

func token(left time.Duration) status.Facts {
	return status.Facts{Confirmed: now, Exists: true, Expires: now.Add(left)}
}

func none() status.Facts { return status.Facts{Confirmed: now} }

func expired(ago time.Duration) status.Facts {
	return status.Facts{Confirmed: now, Expired: now.Add(-ago)}
}

func isBound(s *status.Status)   { s.Bound, s.Enabled = status.Yes, status.Yes }
func isUnbound(s *status.Status) { s.Bound = status.No }

func certificate(left time.Duration) func(*status.Status) {
	return func(s *status.Status) { s.CertificateExpires, s.Certificate.ID = now.Add(left), "493-cn-hangzhou" }
}

func word(text string) func(*status.Status) {
	return func(s *status.Status) { s.Certificate = status.Certificate{ID: "493-cn-hangzhou", Status: text} }
}

func blocked(s *status.Status) { s.Enabled, s.BindingWord = status.No, "Blocked\u202e" }

func proof(v status.ProofVerdict) func(*status.Status) {
	return func(s *status.Status) {
		s.Proof, s.DNSVerified = status.Proof{Verdict: v}, status.Of(v == status.VerdictValid)
	}
}

func leads(to status.Destination, name string) func(*status.Status) {
	return func(s *status.Status) { s.Destination, s.LeadsTo = to, name }
}

func attempt(check status.Check, reason status.Reason, err error) func(*status.Status) {
	return func(s *status.Status) {
		a := status.Attempt{Ended: now, Reason: reason, Err: err}
		if check == judge.CheckToken {
			s.Attempt = a
			return
		}
		c := s.Checks[check]
		c.Attempt = a
		s.Checks[check] = c
	}
}

func fail(check status.Check, reason status.Reason) func(*status.Status) {
	return attempt(check, reason, errors.New("403 no right"))
}

// gone is a bucket that OSS says does not exist: nothing is bound there.
func gone(s *status.Status) {
	s.Bound = status.No
	fail(judge.CheckToken, status.ReasonBucketNotFound)(s)
	fail(status.CheckBinding, status.ReasonBucketNotFound)(s)
}

// foreign is a bucket that OSS says is another account's.
func foreign(s *status.Status) {
	err := fmt.Errorf("GetCnameToken: 403: %w", status.ErrOtherOwner)
	attempt(judge.CheckToken, status.ReasonAccessDenied, err)(s)
	attempt(status.CheckBinding, status.ReasonAccessDenied, err)(s)
}

func never(s *status.Status) {
	s.Facts = status.Facts{}
	s.Checks[status.CheckBinding] = status.CheckStatus{Attempt: s.Checks[status.CheckBinding].Attempt}
}

// judged is one status with the judgement of it.
type judged struct {
	name     string
	status   status.Status
	severity judge.Severity
	problems string // as "kind severity", the worst first
	says     string // a part of the texts
	action   string // a part of the next action
}

const (
	ours   = "examplebucket.oss-cn-hangzhou.aliyuncs.com"
	moved  = "examplebucket.oss-cn-shanghai.aliyuncs.com"
	theirs = "oldbucket.oss-cn-hangzhou.aliyuncs.com"
)

func lives() []judged {
	return []judged{
		{"never asked", status.Status{}, judge.Unknown, "", "", "ask now"},
		{"a fresh token, no record", asked(token(71*time.Hour), isUnbound, proof(status.VerdictMissing)), judge.OK, "", "", "publish the token"},
		{"a day left, no record", asked(token(day-1), isUnbound, proof(status.VerdictMissing)), judge.Warning, "token_expires_soon warning", "there is no TXT record of that name (token_warning: 24h)", "publish the token"},
		{"more than a day", asked(token(day), isUnbound, proof(status.VerdictMissing)), judge.OK, "", "", "publish the token"},
		{"six hours left", asked(token(6*time.Hour), isUnbound), judge.Warning, "token_expires_soon warning", "expires in 6 h, and the domain is not bound", "publish"},
		{"less than six", asked(token(6*time.Hour-1), isUnbound), judge.Critical, "token_expires_soon critical", "(token_critical: 6h)", "publish"},
		{"hours left, a name server lags", asked(token(5*time.Hour), isUnbound, proof("")), judge.Critical, "token_expires_soon critical", "", "publish"},
		{"hours left, proven", asked(token(5*time.Hour), isUnbound, proof(status.VerdictValid)), judge.Critical, "token_expires_soon critical, ready_to_bind warning", "is not bound yet", "bind the domain"},
		{"proven", asked(token(50*time.Hour), isUnbound, proof(status.VerdictValid)), judge.Warning, "ready_to_bind warning", "", "bind the domain"},
		{"proven, who knows", asked(token(50*time.Hour), proof(status.VerdictValid)), judge.OK, "", "", "bind the domain"},
		{"hours left, bound since", asked(token(time.Hour), isBound), judge.OK, "", "", "nothing"},
		{"no check is on", asked(token(50 * time.Hour)), judge.OK, "", "", "checks.dns and checks.binding would tell"},
		{"expired unused", asked(expired(time.Hour)), judge.Critical, "token_expired critical", "expired unused 1 h ago", "create a new token"},
		{"expired, and OSS is down", asked(token(-time.Hour), fail(judge.CheckToken, "timeout")), judge.Critical, "token_expired critical, probe_failing warning", "", "create a new token"},
		{"expired a day ago", asked(expired(day)), judge.Warning, "token_expired warning", "", "create a new token"},
		{"expired days ago, not bound", asked(expired(50*time.Hour), isUnbound), judge.Critical, "token_expired critical", "", "create a new token"},
		{"no token, not bound", asked(none(), isUnbound), judge.Warning, "token_missing warning", "", "create a token"},
		{"no token, who knows", asked(none()), judge.Unknown, "", "", "checks.binding would tell"},
		{"bound", asked(none(), isBound, certificate(90*day)), judge.OK, "", "", "nothing"},
		{"certificate of two weeks", asked(none(), isBound, certificate(14*day-1)), judge.Warning, "certificate_expires_soon warning", "493-cn-hangzhou expires in 13 d 23 h (certificate_warning: 14d)", "upload a new certificate"},
		{"certificate of more", asked(none(), isBound, certificate(14*day)), judge.OK, "", "", "nothing"},
		{"certificate of days", asked(none(), isBound, certificate(3*day-1)), judge.Critical, "certificate_expires_soon critical", "(certificate_critical: 3d)", "upload a new certificate"},
		{"certificate expired", asked(none(), isBound, certificate(-2*time.Hour)), judge.Critical, "certificate_expires_soon critical", "expired 2 h ago, and OSS goes on serving it", "upload a new certificate"},

		{"blocked", asked(none(), isBound, blocked), judge.Critical, "not_served critical", `which is Blocked\u202e: its visitors`, "console"},
		{"not served, without a word", asked(none(), isBound, func(s *status.Status) { s.Enabled = status.No }), judge.Critical, "not_served critical", "does not serve the domain: its visitors", "console"},
		{"certificate disabled", asked(none(), isBound, word("Disabled")), judge.Critical, "not_served critical", "the certificate 493-cn-hangzhou, which is Disabled", "console"},
		{"certificate status expired", asked(none(), isBound, word("Expired")), judge.Critical, "not_served critical", "which is Expired", "console"},
		{"certificate disabled behind a CDN", asked(none(), isBound, word("Disabled"), leads(status.Elsewhere, "a.kunlun.example")), judge.Warning, "not_served warning", "", "console"},
		{"certificate of a new word", asked(none(), isBound, word("Resting")), judge.Warning, "not_served warning", "which is Resting", "console"},
		{"certificate enabled", asked(none(), isBound, word("Enabled")), judge.OK, "", "", "nothing"},
		{"certificate of an unbound domain", asked(token(50*time.Hour), isUnbound, word("Disabled")), judge.OK, "", "", "publish the token"},

		{"bound, the name does not exist", asked(none(), isBound, leads(status.Nowhere, "")), judge.Warning, "not_reachable warning", "no record of its name", "set the CNAME record to examplebucket.cn-hangzhou.taihangcda.cn"},
		{"bound, the target does not exist", asked(none(), isBound, leads(status.Nowhere, "gone.example.com")), judge.Warning, "not_reachable warning", "leads to gone.example.com, which does not exist", "set the CNAME record to examplebucket."},
		{"bound, another region", asked(none(), isBound, leads(status.ToOther, moved)), judge.Warning, "not_reachable warning", "another region (" + moved, "set the CNAME record"},
		{"bound, another bucket", asked(none(), isBound, leads(status.ToOther, theirs)), judge.Warning, "not_reachable warning", "another bucket (" + theirs, "set the CNAME record"},
		{"bound, the zone appended", asked(none(), isBound, leads(status.Nowhere, ours+".example.com")), judge.Warning, "not_reachable warning", "with the zone appended", "final dot"},
		{"bound, the zone appended to a name that exists", asked(none(), isBound, leads(status.Elsewhere, ours+".www.example.com")), judge.Warning, "not_reachable warning", "with the zone appended", "final dot"},
		{"bound, a CDN", asked(none(), isBound, leads(status.Elsewhere, "a.kunlun.example")), judge.OK, "", "", "nothing"},
		{"bound, addresses", asked(none(), isBound, leads(status.ToAddress, "")), judge.OK, "", "", "nothing"},
		{"bound, to OSS", asked(none(), isBound, leads(status.ToOSS, "oss-cn-hangzhou.aliyuncs.com")), judge.OK, "", "", "nothing"},
		{"bound, to the bucket", asked(none(), isBound, leads(status.ToBucket, ours)), judge.OK, "", "", "nothing"},
		{"bound, name servers disagree", asked(none(), isBound, leads("", "")), judge.OK, "", "", "nothing"},
		{"not served, and nowhere", asked(none(), isBound, blocked, leads(status.Nowhere, "")), judge.Critical, "not_served critical", "", "console"},
		{"not bound, nowhere", asked(none(), isUnbound, leads(status.Nowhere, "")), judge.Warning, "token_missing warning", "", "create a token"},

		{"unbound, leads to the bucket", asked(none(), isUnbound, leads(status.ToBucket, ours)), judge.Warning, "dangling warning, token_missing warning", "leads to OSS (" + ours + "), and the domain is not bound", "bind the domain to the bucket, or find out which bucket"},
		{"unbound, leads to the bucket, a token", asked(token(50*time.Hour), isUnbound, proof(status.VerdictMissing), leads(status.ToBucket, ours)), judge.Warning, "dangling warning", "", "publish the token"},
		{"unbound, leads to OSS", asked(none(), isUnbound, leads(status.ToOSS, "oss-cn-hangzhou.aliyuncs.com")), judge.Warning, "dangling warning, token_missing warning", "", "bind the domain"},
		{"who knows, leads to the bucket", asked(none(), leads(status.ToBucket, ours)), judge.Unknown, "", "", "checks.binding"},
		{"the bucket is deleted", asked(none(), gone, leads(status.ToBucket, ours)), judge.Critical, "dangling critical", "does not exist", "create the bucket again and bind the domain, or delete"},
		{"the bucket is deleted, another region", asked(none(), gone, leads(status.ToOther, moved)), judge.Critical, "dangling critical", "does not exist", "create the bucket again"},
		{"the bucket is deleted, by the token's answer alone", asked(none(), isUnbound, fail(judge.CheckToken, status.ReasonBucketNotFound), leads(status.ToBucket, ours)), judge.Critical, "dangling critical", "", "create the bucket"},
		{"the bucket is deleted, by the list's answer alone", asked(none(), isUnbound, fail(status.CheckBinding, status.ReasonBucketNotFound), leads(status.ToBucket, ours)), judge.Critical, "dangling critical", "", "create the bucket"},
		{"the bucket is deleted, a CDN", asked(none(), gone, leads(status.Elsewhere, "a.kunlun.example")), judge.Warning, "probe_failing warning", "bucket_not_found", "correct the bucket's name"},
		{"the bucket is deleted, the DNS leads to another", asked(none(), gone, leads(status.ToOther, theirs)), judge.Warning, "dangling warning, probe_failing warning", "", "watch that bucket as well"},
		{"a stranger has the bucket, it was ours", asked(none(), foreign, leads(status.ToOSS, "x.oss-accelerate.aliyuncs.com")), judge.Critical, "dangling critical", "may have been taken over", "out of the DNS"},
		{"a stranger's bucket answers", asked(none(), foreign, never, leads(status.ToBucket, ours), func(s *status.Status) { s.HTTP.AnsweredBy = status.AnsweredByBucket }), judge.Critical, "dangling critical", "visitors of the domain get its answers", "out of the DNS"},
		{"a stranger has the bucket, from the start", asked(none(), foreign, never, leads(status.ToBucket, ours)), judge.Critical, "dangling critical", "another account now", "out of the DNS"},
		{"a stranger's bucket by mistake", asked(none(), foreign, never, leads(status.ToOSS, "x.oss-accelerate.aliyuncs.com")), judge.Warning, "probe_failing warning", "OSS has never answered; access_denied", "grant oss:GetCnameToken"},
		{"a stranger has the bucket, a CDN", asked(none(), foreign, leads(status.Elsewhere, "a.kunlun.example")), judge.Warning, "probe_failing warning", "", "grant"},
		{"a migration", asked(token(50*time.Hour), isUnbound, proof(status.VerdictMissing), leads(status.ToOther, theirs)), judge.OK, "", "", "publish the token as the TXT record"},
		{"a migration, the token is gone", asked(none(), isUnbound, leads(status.ToOther, theirs)), judge.Warning, "dangling warning, token_missing warning", "leads to another one (" + theirs, "watch that bucket as well"},

		{"denied", asked(none(), fail(judge.CheckToken, "access_denied"), never), judge.Warning, "probe_failing warning", "OSS has never answered; access_denied: 403 no right", "grant oss:GetCnameToken"},
		{"fails now", asked(token(71*time.Hour), fail(judge.CheckToken, "throttled")), judge.Warning, "probe_failing warning", "throttled: 403 no right", "rate_limit"},
		{"fails for six hours", asked(status.Facts{Confirmed: now.Add(-6 * time.Hour), Exists: true, Expires: now.Add(60 * time.Hour)}, fail(judge.CheckToken, "dns")), judge.Warning, "probe_failing warning", "dns: 403", "resolver"},
		{"fails for more", asked(status.Facts{Confirmed: now.Add(-6*time.Hour - 1), Exists: true, Expires: now.Add(60 * time.Hour)}, fail(judge.CheckToken, "dns")), judge.Critical, "probe_failing critical", "nothing is known since 6 h ago; dns: 403 no right (facts_stale: 6h)", "resolver"},
		{"the turn did not come", asked(token(71*time.Hour), fail(judge.CheckToken, "not_probed")), judge.Warning, "probe_failing warning", "", "scrape timeout"},
		{"no right to list", asked(token(71*time.Hour), fail(status.CheckBinding, "access_denied")), judge.Warning, "check_failing warning", "check binding: access_denied: 403 no right", "grant oss:ListCname"},
		{"the list times out", asked(token(71*time.Hour), fail(status.CheckBinding, "timeout")), judge.Warning, "check_failing warning", "", "probe.timeout"},
		{"no resolver", asked(token(71*time.Hour), fail(status.CheckTXT, "timeout"), fail(status.CheckCNAME, "timeout")), judge.Warning, "check_failing warning", "check dns_txt: timeout: 403 no right; check dns_cname", "dig +short TXT _dnsauth.www.example.com"},
		{"one cause for token and list", asked(token(71*time.Hour), fail(judge.CheckToken, "credentials"), fail(status.CheckBinding, "credentials")), judge.Warning, "probe_failing warning", "", "credentials"},
	}
}

// see judges s as www.example.com of examplebucket.
func see(s *status.Status, change ...func(*judge.Case)) (*judge.Case, judge.Verdict) {
	c := &judge.Case{Name: domain.Name{Bucket: "examplebucket", Base: "www.example.com"}, Account: "main", Region: "cn-hangzhou", Status: s, Now: now}
	for _, do := range change {
		do(c)
	}
	return c, c.Judge()
}

func list(problems []judge.Problem) string {
	var texts []string
	for _, p := range problems {
		texts = append(texts, fmt.Sprintf("%s %s", p.Kind, p.Severity))
	}
	return strings.Join(texts, ", ")
}

func TestLives(t *testing.T) {
	met := map[string]bool{}
	for _, test := range lives() {
		t.Run(test.name, func(t *testing.T) {
			c, v := see(&test.status)
			var texts []string
			for _, p := range v.Problems {
				texts = append(texts, p.Text(c).String())
				met[fmt.Sprint(p.Kind, p.Severity)] = true
				if p.Text(c).String() == "" || p.Action(c).String() == "" {
					t.Errorf("got %+v", p)
				}
			}
			if got := list(v.Problems); v.Severity != test.severity || got != test.problems {
				t.Errorf("got %s, %q; want %s, %q", v.Severity, got, test.severity, test.problems)
			}
			if said := strings.Join(texts, "\n"); !strings.Contains(said, test.says) || !strings.Contains(v.Action(c).String(), test.action) {
				t.Errorf("got %q and %q; want %q and %q", said, v.Action(c).String(), test.says, test.action)
			}
		})
	}
	for _, kind := range judge.Kinds() {
		for _, severity := range kind.Severities() {
			of := fmt.Sprint(kind, severity)
			if !met[of] && of != "domain_unboundcritical" && of != "not_reachablecritical" { // TestUnbound and TestVisits
				t.Errorf("no life has %s %s", kind, severity)
			}
		}
	}
}

// TestNoAdviceDestroys wants "delete" said only of a bucket that does not exist.
func TestNoAdviceDestroys(t *testing.T) {
	for _, test := range lives() {
		c, v := see(&test.status)
		for _, p := range v.Problems {
			if strings.Contains(p.Action(c).String(), "delete") && !strings.Contains(p.Text(c).String(), "does not exist") {
				t.Errorf("%s: %s", test.name, p.Action(c).String())
			}
		}
	}
}

// TestElsewhere has another watched bucket with the domain bound: it was moved.
func TestElsewhere(t *testing.T) {
	elsewhere := func(c *judge.Case) { c.IsElsewhere = true }
	for name, test := range map[string]struct {
		s    status.Status
		want string
	}{
		"no token":               {asked(none(), isUnbound), ""},
		"leads to OSS":           {asked(none(), isUnbound, leads(status.ToBucket, ours)), ""},
		"the bucket is gone":     {asked(none(), gone, leads(status.ToBucket, ours)), "probe_failing warning"},
		"a token is still there": {asked(token(time.Hour), isUnbound), "token_expires_soon critical"},
	} {
		if _, v := see(&test.s, elsewhere); list(v.Problems) != test.want {
			t.Errorf("%s: got %q, want %q", name, list(v.Problems), test.want)
		}
	}
}

// TestRules has thresholds and severities of the operator's.
func TestRules(t *testing.T) {
	soon := asked(token(30*time.Hour), isUnbound, proof(status.VerdictValid))
	stale := asked(status.Facts{Confirmed: now.Add(-2 * time.Hour)}, fail(judge.CheckToken, "dns"))
	old := asked(none(), isBound, certificate(20*day))
	for name, test := range map[string]struct {
		s     status.Status
		rules judge.Rules
		want  string
		says  string
	}{
		"warning":              {soon, judge.Rules{Thresholds: judge.Thresholds{TokenWarning: 48 * time.Hour}}, "token_expires_soon warning, ready_to_bind warning", "(token_warning: 2d)"},
		"critical":             {soon, judge.Rules{Thresholds: judge.Thresholds{TokenWarning: 48 * time.Hour, TokenCritical: 90 * time.Hour}}, "token_expires_soon critical, ready_to_bind warning", "(token_critical: 90h)"},
		"certificate":          {old, judge.Rules{Thresholds: judge.Thresholds{CertificateWarning: 21 * day}}, "certificate_expires_soon warning", "(certificate_warning: 21d)"},
		"certificate critical": {old, judge.Rules{Thresholds: judge.Thresholds{CertificateCritical: 21 * day}}, "certificate_expires_soon critical", "(certificate_critical: 21d)"},
		"stale":                {stale, judge.Rules{Thresholds: judge.Thresholds{FactsStale: 90 * time.Minute}}, "probe_failing critical", "(facts_stale: 90m)"},
		"odd":                  {stale, judge.Rules{Thresholds: judge.Thresholds{FactsStale: 90 * time.Second}}, "probe_failing critical", "(facts_stale: 1m30s)"},
		"off":                  {soon, judge.Rules{Severities: map[judge.Kind]judge.Severity{judge.ReadyToBind: judge.Off}}, "", ""},
		"raised":               {soon, judge.Rules{Severities: map[judge.Kind]judge.Severity{judge.ReadyToBind: judge.Critical}}, "ready_to_bind critical", ""},
		"of another kind":      {soon, judge.Rules{Severities: map[judge.Kind]judge.Severity{judge.Dangling: judge.Critical}}, "ready_to_bind warning", ""},
	} {
		c, v := see(&test.s, func(c *judge.Case) { c.Rules = test.rules })
		if got := list(v.Problems); got != test.want || len(v.Problems) > 0 && !strings.Contains(v.Problems[0].Text(c).String(), test.says) {
			t.Errorf("%s: got %q, %q", name, got, v.Problems[0].Text(c).String())
		}
	}
}

// TestShared leaves out a failure that most domains of the account share.
func TestShared(t *testing.T) {
	for name, test := range map[string]struct {
		s      status.Status
		shared []status.Check
		want   string
		action string
	}{
		"the token":          {asked(token(71*time.Hour), fail(judge.CheckToken, "credentials")), []status.Check{judge.CheckToken}, "", "credentials"},
		"one of two checks":  {asked(token(71*time.Hour), fail(status.CheckTXT, "timeout"), fail(status.CheckBinding, "access_denied")), []status.Check{status.CheckTXT}, "check_failing warning", "grant"},
		"the list":           {asked(token(71*time.Hour), fail(status.CheckBinding, "access_denied")), []status.Check{status.CheckBinding}, "", "grant oss:ListCname"},
		"and it expires too": {asked(token(time.Hour), fail(judge.CheckToken, "credentials")), []status.Check{judge.CheckToken}, "token_expires_soon critical", "publish"},
	} {
		c, v := see(&test.s, func(c *judge.Case) { c.Shared = test.shared })
		if got := list(v.Problems); got != test.want || !strings.Contains(v.Action(c).String(), test.action) {
			t.Errorf("%s: got %q, %q; want %q, %q", name, got, v.Action(c).String(), test.want, test.action)
		}
	}
}

// TestDue is what domains are sorted by.
func TestDue(t *testing.T) {
	for name, test := range map[string]struct {
		s    status.Status
		want time.Time
	}{
		"a token":             {asked(token(50*time.Hour), isUnbound), now.Add(50 * time.Hour)},
		"a token of the past": {asked(token(-time.Hour)), now.Add(-time.Hour)},
		"a certificate":       {asked(none(), isBound, certificate(90*day)), now.Add(90 * day)},
		"bound, a token":      {asked(token(time.Hour), isBound, certificate(90*day)), now.Add(90 * day)},
		"nothing":             {asked(none(), isBound), judge.Never},
		"an old problem":      {asked(none(), isBound, blocked), time.Time{}},
		"the worst counts":    {asked(none(), isBound, blocked, certificate(day)), time.Time{}},
		"never gets worse":    {asked(none(), isUnbound), judge.Never},
		"the earlier of two":  {asked(token(20*time.Hour), isUnbound, proof(status.VerdictValid), leads(status.ToBucket, ours)), time.Time{}},
	} {
		if _, v := see(&test.s); !v.Due.Equal(test.want) {
			t.Errorf("%s: got %v, want %v", name, v.Due, test.want)
		}
	}
}

func TestNames(t *testing.T) {
	if got := judge.NotServed.Alert(); got != "OSSCnameNotServed" {
		t.Errorf("got %q", got)
	}
	if got := judge.TokenExpiresSoon.Runbook(); got != "docs/runbooks.md#osscnametokenexpiressoon" {
		t.Errorf("got %q", got)
	}
	if got := judge.Kind("none"); got.Condition() != "" || got.Evidence() != nil || got.Severities() != nil {
		t.Errorf("got %+v of a kind that is none", got)
	}
	for _, state := range status.States() {
		if judge.StateAction(state).String() == "" {
			t.Errorf("nothing to do in the state %s", state)
		}
	}
	if judge.StateAction("none").String() != "" {
		t.Error("an action for a state that is none")
	}
	if judge.Critical.Compare(judge.Warning) >= 0 || judge.OK.Compare(judge.Unknown) <= 0 || judge.OK.Compare(judge.OK) != 0 {
		t.Error("severities are out of order")
	}
}
