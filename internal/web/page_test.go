package web_test

import (
	"errors"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
)

func TestPageSaysEachState(t *testing.T) {
	none := status.Status{Facts: status.Facts{Confirmed: now}, Attempt: status.Attempt{Ended: now}}
	for name, test := range map[string]struct {
		result status.Status
		want   []string
	}{
		"plenty":    {token(71 * time.Hour), []string{`class="token ok">expires in 71h0m0s`, "2030-01-04 11:00:00 UTC", "succeeded"}},
		"a day":     {token(23 * time.Hour), []string{`class="token warning">expires in 23h0m0s`}},
		"hours":     {token(5 * time.Hour), []string{`class="token critical">expires in 5h0m0s`}},
		"dead":      {token(-time.Minute), []string{`class="token critical">expired 1m0s ago`}},
		"none":      {none, []string{`class="token none">no token`, "succeeded"}},
		"not asked": {status.Status{}, []string{`class="token none">unknown`, "not asked yet"}},
		"denied":    {failed(status.Status{}, "no right"), []string{`class="token none">unknown`, `class="failed">access_denied<small>no right`}},
		"stale":     {failed(token(time.Hour), "no right"), []string{`class="token critical">expires in 1h0m0s`, "as of 2030-01-01 12:00:00 UTC", "access_denied"}},
	} {
		t.Run(name, func(t *testing.T) {
			resp, body := serve(t, web.Options{}, test.result).get(t, "/")
			if resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
				t.Errorf("got content type %q", resp.Header.Get("Content-Type"))
			}
			for _, want := range append(test.want, "www.example.com", "examplebucket", "team=&#34;web&#34;", "cn-hangzhou") {
				if !strings.Contains(body, want) {
					t.Errorf("no %q in\n%s", want, body)
				}
			}
		})
	}
}

// TestPageSaysWhatChecksFound has a second target that wants none.
func TestPageSaysWhatChecksFound(t *testing.T) {
	well := map[status.Check]status.CheckStatus{status.CheckBinding: {Confirmed: now, Attempt: status.Attempt{Ended: now}}}
	fails := map[status.Check]status.CheckStatus{status.CheckTXT: {Attempt: status.Attempt{Ended: now, Reason: "timeout", Err: errors.New("<b>no answer</b>")}}}
	none := status.Status{Facts: status.Facts{Confirmed: now}, Attempt: status.Attempt{Ended: now}}
	with := func(r status.Status, change func(*status.Status)) status.Status { change(&r); return r }
	for name, test := range map[string]struct {
		result status.Status
		want   []string
	}{
		"bound": {with(none, func(r *status.Status) {
			r.Checks, r.Bound, r.Enabled, r.CertificateExpires = well, status.Yes, status.Yes, now.Add(time.Hour)
		}), []string{`<td class="state">bound<small>nothing, but renew`, "certificate until 2030-01-01 13:00:00 UTC"}},
		"blocked": {with(none, func(r *status.Status) {
			r.Checks, r.Bound, r.Enabled, r.BindingWord = well, status.Yes, status.No, "<Blocked>"
		}), []string{`<td class="state">disabled: &lt;Blocked&gt;<small>find out in the console`}},
		"certificate by its name": {with(none, func(r *status.Status) {
			r.Checks, r.Bound, r.Enabled, r.BindingWord, r.CertificateExpires = well, status.Yes, status.Yes, "Enabled", now.Add(time.Hour)
			r.Certificate = status.Certificate{ID: "493-cn-hangzhou", Type: "CAS", Status: "Enabled"}
		}), []string{`<td class="state">bound<small>`, "certificate 493-cn-hangzhou (CAS) until 2030-01-01 13:00:00 UTC"}},
		"certificate that is not served": {with(none, func(r *status.Status) {
			r.Checks, r.Bound, r.Enabled, r.Certificate = well, status.Yes, status.Yes, status.Certificate{ID: "493", Status: "Disabled"}
		}), []string{"<small>certificate 493: Disabled</small>"}},
		"to another bucket": {with(none, func(r *status.Status) {
			r.Checks, r.Destination, r.LeadsTo = well, status.ToOther, "other.cn-hangzhou.taihangcda.cn"
		}), []string{"CNAME leads to another bucket: other.cn-hangzhou.taihangcda.cn"}},
		"to an access point": {with(none, func(r *status.Status) {
			r.Checks, r.Destination, r.LeadsTo = well, status.ToOSS, "ap-1-ossalias.oss-cn-hangzhou.aliyuncs.com"
		}), []string{"CNAME leads to OSS; to which bucket, the name does not say: ap-1-ossalias"}},
		"to a CDN": {with(none, func(r *status.Status) {
			r.Checks, r.Destination, r.LeadsTo = well, status.Elsewhere, "<www>.w.kunluncan.com"
		}), []string{"such as a CDN&#39;s: &lt;www&gt;.w.kunluncan.com"}},
		"to nothing": {with(none, func(r *status.Status) { r.Checks, r.Destination = well, status.Nowhere }), []string{"<small>no CNAME record</small>"}},
		"certificate past": {with(none, func(r *status.Status) {
			r.Checks, r.Bound, r.Enabled, r.CertificateExpires = well, status.Yes, status.Yes, now
		}), []string{`class="critical">the certificate has expired`}},
		"dangling": {with(none, func(r *status.Status) {
			r.Checks, r.Bound, r.Destination, r.LeadsTo = well, status.No, status.ToBucket, "b.oss-cn-hangzhou.aliyuncs.com"
		}),
			[]string{`class="state">token_missing<small>create a token`, `class="critical">the CNAME record leads to OSS, and the bucket does not know`, "CNAME leads to the bucket: b.oss-cn-hangzhou.aliyuncs.com"}},
		"ready":  {with(token(time.Hour), func(r *status.Status) { r.Checks, r.DNSVerified = well, status.Yes }), []string{`class="state">ready_to_bind<small>bind the domain`}},
		"failed": {with(token(time.Hour), func(r *status.Status) { r.Checks = fails }), []string{`class="state">unknown`, `class="failed">dns_txt: timeout: &lt;b&gt;no answer`}},
		"a record that does not count": {with(token(time.Hour), func(r *status.Status) {
			r.Checks, r.DNSVerified = well, status.No
			r.Proof = status.Proof{Verdict: status.VerdictOther, Values: []string{"<i>spf\u200b", strings.Repeat("e", 500), "c", "d", "e", "f"}, Silent: []string{"ns2: no answer"}}
		}), []string{`<small>the TXT record has another value than the token</small><small>it says &#34;&lt;i&gt;spf\u200b&#34;</small>`, `it says &#34;` + strings.Repeat("e", 80) + `&#34;</small>`,
			"<small>and 2 more values</small><small>could not be asked: ns2: no answer</small>"}},
		"a record that counts": {with(token(time.Hour), func(r *status.Status) {
			r.Checks, r.DNSVerified, r.Proof = well, status.Yes, status.Proof{Verdict: status.VerdictValid}
		}), []string{`bind the domain before the token expires</small></td>`}},
		"servers that disagree": {with(none, func(r *status.Status) { r.Checks, r.Differences = well, "ns1: no record; ns2: a.example" }),
			[]string{`class="critical">the name servers disagree about the CNAME record: ns1: no record; ns2: a.example`}},
		"died": {with(none, func(r *status.Status) { r.Facts.Expired = now.Add(-time.Minute) }),
			[]string{`class="state">token_expired`, "no token: it expired<small>2030-01-01 11:59:00 UTC"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, web.Options{}, test.result, none)
			f.cfg.Targets[0].Checks = config.Checks{Binding: true, DNS: true}
			_, body := f.get(t, "/")
			for _, want := range append(test.want, "<th>State</th>", `<td class="state"></td>`) {
				if !strings.Contains(body, want) {
					t.Errorf("no %q in\n%s", want, body)
				}
			}
		})
	}
	if _, body := serve(t, web.Options{}, none).get(t, "/"); strings.Contains(body, "State") || strings.Contains(body, `class="state"`) {
		t.Error("there is a column for what nobody wants")
	}
}

// TestPagePutsTheUrgentFirst shows two targets in each pair of situations, in
// either order of the configuration: the more urgent one is above.
func TestPagePutsTheUrgentFirst(t *testing.T) {
	none := status.Status{Facts: status.Facts{Confirmed: now}, Attempt: status.Attempt{Ended: now}}
	bound := func(left time.Duration) status.Status {
		r := none
		r.Bound, r.Enabled, r.CertificateExpires = status.Yes, status.Yes, now.Add(left)
		return r
	}
	dangling := none
	dangling.Bound, dangling.Destination = status.No, status.ToBucket
	usedUp := token(time.Minute) // a bound domain has no use for its token any longer
	usedUp.Bound = status.Yes
	order := []struct {
		name   string
		result status.Status
	}{
		{"can be taken over", dangling},
		{"a token that has expired", token(-time.Minute)},
		{"a token of two hours", token(2 * time.Hour)},
		{"a certificate of five hours", bound(5 * time.Hour)},
		{"a token of ten hours", token(10 * time.Hour)},
		{"a certificate of a month", bound(30 * 24 * time.Hour)},
		{"a failure", failed(status.Status{}, "no right")},
		{"bound, with a token", usedUp},
	}
	place := func(body, cname string) int { return strings.Index(body, cname) }
	for i, first := range order {
		for _, second := range order[i+1:] {
			_, body := serve(t, web.Options{}, first.result, second.result).get(t, "/")
			_, turned := serve(t, web.Options{}, second.result, first.result).get(t, "/")
			const one, two = "www.example.com", "*.example.org" // in the order of the configuration
			if place(body, one) > place(body, two) || place(turned, two) > place(turned, one) || place(body, one) < 0 || place(turned, two) < 0 {
				t.Errorf("%s is not above %s", first.name, second.name)
			}
		}
	}
	_, body := serve(t, web.Options{}, none, none).get(t, "/")
	if place(body, "www.example.com") > place(body, "*.example.org") {
		t.Error("equals are not in the order of the configuration")
	}
}

// TestPageLeadsToTheProbe follows each target's link.
func TestPageLeadsToTheProbe(t *testing.T) {
	f := serve(t, web.Options{}, token(time.Hour), token(time.Hour))
	_, body := f.get(t, "/")
	links := regexp.MustCompile(`href="(probe\?[^"]*)"`).FindAllStringSubmatch(body, -1)
	if len(links) != 2 {
		t.Fatalf("%d links in\n%s", len(links), body)
	}
	asked := f.asked()
	for i, link := range links {
		resp, text := f.get(t, "/"+html.UnescapeString(link[1]))
		want := []string{"www.example.com", "*.example.org"}[i]
		if resp.StatusCode != http.StatusOK || asked().Cname() != want || asked().Unlisted || !strings.HasPrefix(text, "What was asked") {
			t.Errorf("%s: got %s about %+v: %s", link[1], resp.Status, asked(), text)
		}
	}
}

func TestPageHeaders(t *testing.T) {
	resp, _ := serve(t, web.Options{}, token(time.Hour)).get(t, "/")
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	policy := resp.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q has no %s", policy, want)
		}
	}
}

func TestPageEscapesRemoteText(t *testing.T) {
	resp, body := serve(t, web.Options{}, failed(status.Status{}, `<script>alert("x")</script>`)).get(t, "/")
	if strings.Contains(body, "<script") {
		t.Error("remote text reaches the page unescaped")
	}
	if !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("got policy %q", resp.Header.Get("Content-Security-Policy"))
	}
}
