package judge_test

import (
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

// TestVisits has what the domain itself answers, which replaces what the records
// and the list let one infer.
func TestVisits(t *testing.T) {
	visited := func(by status.AnsweredBy, certain bool) func(*status.Status) {
		return func(s *status.Status) {
			s.HTTP.AnsweredBy, s.HTTP.Certain, s.HTTP.Evidence = by, certain, "OSS answers 404"
		}
	}
	shown := func(matches, trusted status.Tristate, left time.Duration) func(*status.Status) {
		return func(s *status.Status) {
			s.HTTP.Certificate = status.ServedCertificate{
				Expires: now.Add(left), Starts: now.Add(-time.Hour), Issuer: "Example CA", Names: []string{"*.oss-cn-hangzhou.aliyuncs.com"},
				Matches: matches, Trusted: trusted, SHA1: strings.Repeat("AB", 20),
			}
		}
	}
	prints := func(of string) func(*status.Status) {
		return func(s *status.Status) { s.Certificate.Fingerprint = strings.Repeat(of, 20) }
	}
	bucket, far := visited(status.AnsweredByBucket, false), 90*day
	for _, test := range []judged{
		{"the bucket", asked(none(), isBound, bucket), judge.OK, "", "", "nothing"},
		{"the bucket, whatever the records say", asked(none(), isBound, bucket, leads(status.ToOther, theirs)), judge.OK, "", "", "nothing"},
		{"nothing", asked(none(), isBound, visited(status.AnsweredByNothing, true)), judge.Critical, "not_reachable critical", "do not reach the bucket: OSS answers 404", "set the CNAME record"},
		{"OSS without a bucket", asked(none(), isBound, visited(status.AnsweredByUnbound, true)), judge.Critical, "not_reachable critical", "", "set the CNAME record"},
		{"another bucket", asked(none(), isBound, visited(status.AnsweredByOther, true)), judge.Critical, "not_reachable critical", "", "set the CNAME record"},
		{"a CDN", asked(none(), isBound, visited(status.AnsweredByOther, false)), judge.OK, "", "", "nothing"},
		{"not bound, and nothing", asked(token(50*time.Hour), isUnbound, visited(status.AnsweredByNothing, true)), judge.OK, "", "", "publish"},

		{"blocked", asked(none(), isBound, visited(status.AnsweredByBlocked, true)), judge.Critical, "not_served critical", "OSS refuses the visitors of the domain: OSS answers 404", "console"},

		{"no bucket", asked(none(), isUnbound, visited(status.AnsweredByUnbound, true)), judge.Critical, "dangling critical, token_missing warning", "no bucket serves the domain", "bind the domain to the bucket, or point"},
		{"no bucket, who knows", asked(none(), visited(status.AnsweredByUnbound, true)), judge.Critical, "dangling critical", "no bucket serves the domain", "bind the domain"},
		{"no bucket yet", asked(token(50*time.Hour), isUnbound, visited(status.AnsweredByUnbound, true)), judge.Warning, "dangling warning", "no bucket serves the domain", "publish"},

		{"a good certificate", asked(none(), isBound, bucket, word("Enabled"), shown(status.Yes, status.Yes, far)), judge.OK, "", "", "nothing"},
		{"a good one in place of a disabled one", asked(none(), isBound, visited(status.AnsweredByOther, false), word("Disabled"), shown(status.Yes, status.Yes, far)), judge.OK, "", "", "nothing"},
		{"for other names", asked(none(), isBound, bucket, word("Enabled"), shown(status.No, status.Yes, far)), judge.Critical, "not_served critical", "for other names (*.oss-cn-hangzhou.aliyuncs.com)", "upload the certificate"},
		{"for other names, none is bound", asked(none(), isBound, bucket, shown(status.No, status.Yes, far)), judge.OK, "", "", "nothing"},
		{"for other names, a CDN", asked(none(), isBound, visited(status.AnsweredByOther, false), shown(status.No, status.Yes, far)), judge.Critical, "not_served critical", "for other names", "give the server"},
		{"not trusted", asked(none(), isBound, bucket, word("Enabled"), shown(status.Yes, status.No, far)), judge.Critical, "not_served critical", "vouches for (Example CA)", "upload the certificate"},
		{"the bound one", asked(none(), isBound, bucket, word("Enabled"), shown(status.Yes, status.Yes, far), prints("AB")), judge.OK, "", "", "nothing"},
		{"another than the bound one", asked(none(), isBound, bucket, word("Enabled"), shown(status.Yes, status.Yes, far), prints("CD")), judge.Warning, "not_served warning", "another certificate than the certificate 493-cn-hangzhou", "upload the certificate"},
		{"another, a CDN's", asked(none(), isBound, visited(status.AnsweredByOther, false), word("Enabled"), shown(status.Yes, status.Yes, far), prints("CD")), judge.OK, "", "", "nothing"},
		{"it ends, and so does the bound one", asked(none(), isBound, bucket, certificate(day), shown(status.Yes, status.Yes, day)), judge.Critical, "certificate_expires_soon critical", "493-cn-hangzhou expires in 1 d (certificate_critical: 3d)", "upload"},
		{"it ends, and a new one is bound", asked(none(), isBound, bucket, certificate(far), shown(status.Yes, status.Yes, day)), judge.Critical, "certificate_expires_soon critical", "visitors get a certificate that expires in 1 d; the certificate 493-cn-hangzhou, which is bound, lasts longer (certificate_critical: 3d)", "give the server that answers"},
		{"it ended, a CDN's", asked(none(), isBound, visited(status.AnsweredByOther, false), shown(status.Yes, status.Yes, -day)), judge.Critical, "certificate_expires_soon critical", "visitors get a certificate that expired 1 d ago", "upload"},
		{"only the bound one ends", asked(none(), isBound, bucket, certificate(day), shown(status.Yes, status.Yes, far)), judge.OK, "", "", "nothing"},
		{"of other names, and the bound one ends", asked(none(), isBound, bucket, certificate(day), shown(status.No, status.Yes, far)), judge.Critical, "not_served critical, certificate_expires_soon critical", "", "upload the certificate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, v := see(&test.status)
			said := ""
			for _, p := range v.Problems {
				said += p.Text(c).String() + "\n"
			}
			if got := list(v.Problems); v.Severity != test.severity || got != test.problems || !strings.Contains(said, test.says) || !strings.Contains(v.Action(c).String(), test.action) {
				t.Errorf("got %s, %q, %q, %q; want %s, %q, %q, %q", v.Severity, got, said, v.Action(c).String(), test.severity, test.problems, test.says, test.action)
			}
		})
	}
	unserved := asked(none(), isUnbound, visited(status.AnsweredByUnbound, true))
	if _, v := see(&unserved, func(c *judge.Case) { c.Unbound = now.Add(-time.Hour) }); list(v.Problems) != "domain_unbound critical, dangling warning, token_missing warning" {
		t.Errorf("no longer bound: got %q", list(v.Problems))
	}
	if _, v := see(&unserved, func(c *judge.Case) { c.IsElsewhere = true }); list(v.Problems) != "" {
		t.Errorf("bound to another watched bucket: got %q", list(v.Problems))
	}
	early := asked(none(), isBound, bucket, word("Enabled"), shown(status.Yes, status.Yes, far))
	early.Certificate.Starts, early.HTTP.Certificate.Starts = now.Add(5*time.Hour), now.Add(5*time.Hour)
	if c, v := see(&early); list(v.Problems) != "not_served critical" || !strings.Contains(v.Problems[0].Text(c).String(), "not valid yet, but in 5 h") {
		t.Errorf("not valid yet: got %q", list(v.Problems))
	}
	if _, v := see(&early); !v.Due.Equal(time.Time{}) {
		t.Errorf("due at %v", v.Due)
	}
}
