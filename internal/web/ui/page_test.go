package ui_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/docs"
	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

// body returns what is between the page's style and its script.
func body(t *testing.T, page string) string {
	t.Helper()
	_, after, found := strings.Cut(page, "<body")
	before, _, ended := strings.Cut(after, "<script>")
	if !found || !ended {
		t.Fatalf("no page:\n%s", page)
	}
	return before
}

// TestPageSaysEachState looks at the row of one target. TestLives of the
// judge has the rest.
func TestPageSaysEachState(t *testing.T) {
	none := status.Status{Facts: status.Facts{Confirmed: webtest.Now()}, Attempt: status.Attempt{Ended: webtest.Now()}}
	pending := webtest.Token(23 * time.Hour)
	pending.Token = "t0ken"
	for name, test := range map[string]struct {
		status status.Status
		want   []string
	}{
		"plenty": {webtest.Token(71 * time.Hour), []string{`class="ok"`, "in 2 d 23 h", "2030-01-04 11:00:00 UTC", `<rect width="71.0"/>`}},
		"a day, no record": {webtest.Checked(pending, func(s *status.Status) { s.DNSVerified = status.No }), []string{`class="warning"`, "awaiting_dns: the token expires in 23 h",
			`<p class="next">publish the token as the TXT record</p><code class="c">_dnsauth.www.example.com.  TXT  &#34;t0ken&#34;</code>`}},
		"proven":     {webtest.Checked(pending, func(s *status.Status) { s.DNSVerified, s.Bound = status.Yes, status.No }), []string{"ready_to_bind", "bind the domain before", `>and 1 more</a>`}},
		"dead":       {webtest.Token(-time.Minute), []string{`class="critical"`, "token_expired: the token expired unused 1 min ago"}},
		"none":       {none, []string{`class="unknown"`, "unknown", "checks.binding would tell which"}},
		"denied":     {webtest.Failed(status.Status{}, "no right"), []string{`class="warning"`, "OSS has never answered; access_denied: no right", "grant oss:GetCnameToken"}},
		"bound":      {webtest.Checked(none, func(s *status.Status) { s.Bound, s.CertificateExpires = status.Yes, webtest.Now().Add(30*24*time.Hour) }), []string{`class="ok"`, "<p>bound</p><small>not checked: binding, dns, http</small></td>", `certificate <b><time datetime="2030-01-31T12:00:00Z">in 30 d</time></b>`}},
		"disabled":   {webtest.Checked(none, func(s *status.Status) { s.Bound, s.Enabled = status.Yes, status.No; s.BindingWord = "Blocked" }), []string{`class="critical"`, "OSS does not serve the domain, which is Blocked: its visitors get errors"}},
		"a long one": {webtest.Failed(status.Status{}, strings.Repeat("x", 1000)), []string{"xxx…</p>"}},
	} {
		t.Run(name, func(t *testing.T) {
			resp, page := webtest.Serve(t, web.Options{}, test.status).Get(t, "/")
			row := regexp.MustCompile(`<tr id="examplebucket/www.example.com".*</tr>`).FindString(page)
			if resp.StatusCode != http.StatusOK {
				t.Errorf("got %s", resp.Status)
			}
			for _, want := range append(test.want, "www.example.com", "examplebucket · main", "team=&#34;web&#34;", `href="domains/examplebucket/www.example.com"`) {
				if !strings.Contains(row, want) {
					t.Errorf("no %q in\n%s", want, row)
				}
			}
		})
	}
}

// TestPageCounts reads the counts, the title, and follows the links of the counts.
func TestPageCounts(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour), webtest.Token(71*time.Hour))
	_, page := f.Get(t, "/")
	for _, want := range []string{"<title>(1) OSS CNAME</title>", "<b>2</b> domains", "<b>1</b> critical", "<b>0</b> warning", "<b>1</b> ok", "1 to 2 of 2 domains"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, body(t, page))
		}
	}
	links := regexp.MustCompile(`class="chip (\w+)" href="([^"]+)"`).FindAllStringSubmatch(page, -1)
	for _, link := range links {
		_, chosen := f.Get(t, "/"+html.UnescapeString(link[2]))
		if n := strings.Count(chosen, "<tr id="); n != map[string]int{"critical": 1, "warning": 0, "ok": 1}[link[1]] {
			t.Errorf("%s: %d rows", link[2], n)
		}
	}
	if len(links) != 3 {
		t.Errorf("got links %q", links)
	}
	if _, well := webtest.Serve(t, web.Options{}, webtest.Token(71*time.Hour)).Get(t, "/"); !strings.Contains(well, "<title>OSS CNAME</title>") {
		t.Error("the title counts what is well")
	}
}

// TestPagePages has 450 targets of which one is not well.
func TestPagePages(t *testing.T) {
	var statuses []status.Status
	f := webtest.Serve(t, web.Options{})
	for i := range 450 {
		target := f.Config.Targets[0]
		target.Base = fmt.Sprintf("d%d.example.com", i)
		f.Config.Targets = append(f.Config.Targets[:i:i], target)
		statuses = append(statuses, webtest.Token(71*time.Hour))
	}
	statuses[300] = webtest.Token(time.Hour)
	f.Statuses = statuses
	for path, want := range map[string][]string{
		"/":         {"1 to 150 of 450 domains", "300 more are well", "Page 1 of 3", `<a rel="next" href="?page=2">`},
		"/?page=2":  {"151 to 300 of 450 domains", "150 more are well", "Page 2 of 3", `<a rel="prev" href="?page=1">`, `<a rel="next" href="?page=3">`},
		"/?page=99": {"301 to 450 of 450 domains", "Page 3 of 3"},
		"/?q=d4&state=unknown&sort=-cname&page=1": {"1 to 61 of 61 domains that fit, of 450"},
		"/?sort=cname": {"300 more: 1 critical, 299 ok"},
	} {
		_, page := f.Get(t, path)
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s: no %q", path, text)
			}
		}
	}
	_, page := f.Get(t, "/")
	if !strings.Contains(page, "<tbody id=\"rows\" data-live>\n<tr id=\"examplebucket/d300.example.com\"") {
		t.Error("the most urgent is not the first")
	}
}

func TestPageWithoutDomains(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	f.Config.Targets = nil
	if _, page := f.Get(t, "/"); !strings.Contains(page, "No domain is configured") || !strings.Contains(page, "targets:\n  - {bucket") {
		t.Errorf("without targets:\n%s", body(t, page))
	}
	f = webtest.Serve(t, web.Options{}, status.Status{}, status.Status{})
	if _, page := f.Get(t, "/"); !strings.Contains(page, "Before the first scrape") || !strings.Contains(page, "oss_cname_exporter check") || strings.Count(page, "<tr id=") != 2 {
		t.Errorf("before the first scrape:\n%s", body(t, page))
	}
	if _, page := f.Get(t, "/?q=nonsense"); !strings.Contains(page, "None of the 2 domains fits") {
		t.Errorf("nothing found:\n%s", body(t, page))
	}
}

// TestPageRefresh has the refresh switched off and on by links that keep the rest.
func TestPageRefresh(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour))
	for path, want := range map[string]string{
		"/?q=www":               `<noscript><meta http-equiv="refresh" content="30"></noscript>`,
		"/?q=www&refresh=60":    `<body data-refresh="60">`,
		"/?q=www&sort=cname":    `<a href="?q=www&amp;refresh=off&amp;sort=cname">switch off</a>`,
		"/?refresh=off&q=www":   `<a href="?q=www">refresh every 30 s</a>`,
		"/?refresh=off&q=www#x": `<input type="hidden" name="refresh" value="off">`,
	} {
		_, page := f.Get(t, path)
		if !strings.Contains(page, want) {
			t.Errorf("%s: no %s", path, want)
		}
		if strings.Contains(path, "off") == strings.Contains(page, "http-equiv") {
			t.Errorf("%s: refreshes or not", path)
		}
	}
}

// TestDomainPage follows a row's link, and the links of that page.
func TestDomainPage(t *testing.T) {
	s := webtest.Checked(webtest.Token(5*time.Hour), func(s *status.Status) {
		s.Token, s.DNSVerified, s.Bound = "t0ken", status.No, status.No
		s.Proof = status.Proof{Verdict: status.VerdictOther, Values: []string{"0ther"}, Silent: []string{"ns2: timeout"}}
		s.LeadsTo, s.PointsToBucket, s.Destination = "elsewhere.example.net", status.No, status.Elsewhere
		s.Certificate = status.Certificate{ID: "1234-cn", Type: "CAS"}
	})
	f := webtest.Serve(t, web.Options{}, s, webtest.Token(time.Hour))
	f.History.Add(f.Config.Targets[0].Name, changelog.Change{At: webtest.Now().Add(-time.Hour), Was: "token_missing", Is: "awaiting_dns"})
	f.History.Add(f.Config.Targets[0].Name, changelog.Change{At: webtest.Now().Add(-time.Minute), Check: status.CheckTXT, Was: "answered", Is: "timeout"})
	_, page := f.Get(t, "/domains/examplebucket/www.example.com")
	for _, want := range []string{
		"<title>www.example.com · critical</title>", `<code class="c">_dnsauth.www.example.com.  TXT  &#34;t0ken&#34;</code>`, "the TXT record has another value", "<code>&#34;0ther&#34;</code>", "ns2: timeout",
		"not known to be OSS&#39;s, such as a CDN&#39;s: elsewhere.example.net", "1234-cn (CAS)", "www.example.com.  CNAME  examplebucket.cn-hangzhou.taihangcda.cn.", "not bound to the bucket", "token_missing → awaiting_dns", "check dns_txt: answered → timeout",
		`oss_cname_token_expires_in_seconds{bucket=&#34;examplebucket&#34;,cname=&#34;www.example.com&#34;}`, `<svg class="life"`, `<title>awaiting_dns from 2030-01-01 11:00:00 UTC</title>`, `<meta http-equiv="refresh" content="30">`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, body(t, page))
		}
	}
	asked := f.Asked()
	for _, link := range regexp.MustCompile(`href="\.\./\.\./([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if resp, text := f.Get(t, "/"+html.UnescapeString(link[1])); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: got %s: %s", link[1], resp.Status, text)
		}
	}
	if got := asked(); got == nil || got.Cname() != "www.example.com" {
		t.Errorf("ask now asked about %+v", got)
	}
	for path, want := range map[string]int{
		"/domains/examplebucket/*.example.org": 200, "/domains/examplebucket/%2A.example.org": 200, "/domains/examplebucket/other.example.com": 404,
		"/domains/Bad/www.example.com": 400, "/domains/examplebucket/www.example.com?x=1": 400, "/domains/examplebucket": 404,
	} {
		if resp, text := f.Get(t, path); resp.StatusCode != want || want != 200 && strings.Count(text, "\n") != 1 {
			t.Errorf("%s: got %s: %s", path, resp.Status, text)
		}
	}
}

func TestRunbookPage(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour))
	for path, want := range map[string][]string{
		"/runbooks/OSSCnameTokenExpiresSoon?target=examplebucket/*.example.org": {
			"<h1>OSSCnameTokenExpiresSoon</h1>", "<strong>It means</strong>", `<pre><code class="language-console">ossutil api get-cname-token --bucket examplebucket --cname example.org`,
			"dig +short TXT _dnsauth.example.org", `'{"Cname":{"Domain":"example.org"}}'`, `href="../domains/examplebucket/*.example.org"`, `<a href="./">All runbooks</a>`, "a record does not count (<code>dns.md</code> of the documentation)",
		},
		"/runbooks/OSSCnameTokenExpired?bucket=examplebucket&cname=www.example.com": {`<a href="OSSCnameTokenExpiresSoon?target=examplebucket%2Fwww.example.com">above</a>`},
		"/runbooks/OSSCnameTokenExpired":                                            {`<a href="OSSCnameTokenExpiresSoon">above</a>`, "--bucket $BUCKET --cname $CNAME"},
		"/runbooks/OSSCnameTokenExpired?bucket=&cname=":                             {"--bucket $BUCKET --cname $CNAME"},
		"/runbooks/OSSCnameProbeFailing?target=examplebucket/www.example.com":       {"https://examplebucket.oss-cn-hangzhou.aliyuncs.com/", "<td><code>access_denied</code></td>", "curl -s " + f.URL + "/metrics"},
		"/runbooks/OSSCnameProbeFailing?target=otherbucket/www.example.com":         {"https://otherbucket.oss-$REGION.aliyuncs.com/"},
		"/runbooks/": {"<h1>Runbooks</h1>", `<td><a href="OSSCnameAccountFailing">OSSCnameAccountFailing</a></td>`},
		"/runbooks/?target=examplebucket/www.example.com": {`<a href="OSSCnameAccountFailing?target=examplebucket%2Fwww.example.com">`},
	} {
		resp, page := f.Get(t, path)
		page = html.UnescapeString(page)
		for _, text := range want {
			if resp.StatusCode != http.StatusOK || !strings.Contains(page, text) {
				t.Errorf("%s: no %q in\n%s", path, text, body(t, page))
			}
		}
	}
	for path, want := range map[string]int{
		"/runbooks/Nonsense": 404, "/runbooks/OSSCnameTokenExpiresSoon?target=x": 400, "/runbooks/OSSCnameTokenExpiresSoon?y=x": 400,
		"/runbooks/OSSCnameTokenExpiresSoon?bucket=examplebucket": 400, "/runbooks/OSSCnameTokenExpiresSoon?bucket=%3Cscript%3E&cname=a.example.com": 400, "/runbooks/?x=y": 400,
	} {
		if resp, _ := f.Get(t, path); resp.StatusCode != want {
			t.Errorf("%s: got %s", path, resp.Status)
		}
	}
}

// TestRunbooksAreWhole follows every link of every runbook, and wants no
// Markdown and no HTML of the documents to be left.
func TestRunbooksAreWhole(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour))
	seen := map[string]bool{}
	for paths := []string{"/runbooks/"}; len(paths) > 0; paths = paths[1:] {
		if seen[paths[0]] {
			continue
		}
		seen[paths[0]] = true
		resp, page := f.Get(t, paths[0])
		_, article, _ := strings.Cut(page, `<article class="box">`)
		article, _, _ = strings.Cut(article, "</article>")
		if odd := regexp.MustCompile("```|\\]\\(|\\*\\*|<!--").FindString(article); resp.StatusCode != http.StatusOK || odd != "" {
			t.Errorf("%s: got %s, %q in\n%s", paths[0], resp.Status, odd, article)
		}
		for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(article, -1) {
			paths = append(paths, "/runbooks/"+link[1])
		}
	}
	if len(seen) != len(docs.Alerts())+1 {
		t.Errorf("saw %d pages, and there are %d alerts", len(seen), len(docs.Alerts()))
	}
}

// TestEveryFindingHasARunbook looks up what the pages link to.
func TestEveryFindingHasARunbook(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour))
	for _, kind := range append(judge.Kinds(), judge.AccountFailing) {
		if resp, _ := f.Get(t, "/runbooks/"+kind.Alert()); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: got %s", kind, resp.Status)
		}
	}
}

// TestPageShowsACauseOnce has one wrong key fail every domain.
func TestPageShowsACauseOnce(t *testing.T) {
	failed := webtest.Failed(status.Status{}, "wrong key")
	_, page := webtest.Serve(t, web.Options{}, failed, failed).Get(t, "/")
	page = html.UnescapeString(page)
	const said = "2 of 2 domains of account main in cn-hangzhou cannot be asked (token): access_denied: wrong key"
	if strings.Count(page, "wrong key") != 1 || !strings.Contains(page, said) || !strings.Contains(page, `href="./runbooks/OSSCnameAccountFailing"`) {
		t.Errorf("got\n%s", body(t, page))
	}
	if causes, form := strings.Index(page, said), strings.Index(page, "<form"); causes > form {
		t.Error("the cause is below the form: a phone does not show it at first")
	}
}

// TestPageHeaders wants the policy to allow the page's own style and script, by
// their hashes, and nothing else.
func TestPageHeaders(t *testing.T) {
	for _, path := range []string{"/", "/domains/examplebucket/www.example.com", "/runbooks/OSSCnameTokenExpiresSoon", "/runbooks/"} {
		resp, page := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour)).Get(t, path)
		for name, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; style-src " + hashOf(t, page, "style") + "; script-src " + hashOf(t, page, "script") +
				"; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s: got %q, want %q", path, name, got, want)
			}
		}
		if found := regexp.MustCompile(` (style|on[a-z]+)="`).FindString(page); found != "" {
			t.Errorf("%s: the policy does not allow %s", path, found)
		}
	}
}

// hashOf returns what a policy calls the text of the page's one element.
func hashOf(t *testing.T, page, element string) string {
	t.Helper()
	texts := regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllStringSubmatch(page, -1)
	if len(texts) != 1 {
		t.Fatalf("%d of %s", len(texts), element)
	}
	sum := sha256.Sum256([]byte(texts[0][1]))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// TestPageEscapes has hostile texts in all that is remote, configured or asked for.
func TestPageEscapes(t *testing.T) {
	const evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\u202e"
	s := webtest.Checked(webtest.Failed(webtest.Token(time.Hour), evil), func(s *status.Status) {
		s.Token, s.LeadsTo, s.Differences, s.DNSVerified, s.Bound = evil, evil, evil, status.No, status.No
		s.Proof = status.Proof{Verdict: status.VerdictOther, Values: []string{evil}, Silent: []string{evil}, Having: []string{evil}}
		s.Checks[status.CheckBinding] = status.CheckStatus{Attempt: status.Attempt{Ended: webtest.Now(), Reason: "timeout", Err: fmt.Errorf("%s", evil)}}
	})
	f := webtest.Serve(t, web.Options{}, s)
	f.Config.Targets = f.Config.Targets[:1]
	account := *f.Config.Targets[0].Account
	account.Name = evil
	f.Config.Targets[0].Account, f.Config.Targets[0].Labels = &account, map[string]string{"team": evil}
	f.Config.Accounts = append([]config.Account{account}, f.Config.Accounts...)
	f.History.Add(f.Config.Targets[0].Name, changelog.Change{At: webtest.Now(), Was: evil, Is: evil})
	for _, path := range []string{"/", "/?q=" + "%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "/domains/examplebucket/www.example.com", "/api/v1/domains", "/api/v1/domains/examplebucket/www.example.com"} {
		resp, page := f.Get(t, path)
		text := page
		if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			text = regexp.MustCompile(`value="[^"]*"`).ReplaceAllString(body(t, page), "") // what a form sends is as it is
		}
		if resp.StatusCode != http.StatusOK || strings.Contains(text, "<script") || strings.Contains(text, "<img") || strings.Contains(text, "\u202e") {
			t.Errorf("%s: got %s\n%s", path, resp.Status, text)
		}
	}
}

func TestPageHidesTokens(t *testing.T) {
	s := webtest.Checked(webtest.Token(time.Hour), func(s *status.Status) {
		s.Token, s.DNSVerified = "t0ken", status.No
		s.Proof = status.Proof{Verdict: status.VerdictQuoted, Values: []string{`"t0ken"`}}
	})
	for _, hide := range []bool{false, true} {
		f := webtest.Serve(t, web.Options{HideTokens: hide}, s)
		f.Asked()
		f.Poller.Results = func([]config.Target) []status.Status { return []status.Status{s} }
		for _, path := range []string{"/", "/domains/examplebucket/www.example.com", "/api/v1/domains", "/api/v1/domains/examplebucket/www.example.com", "/probe?target=examplebucket/www.example.com&debug=true"} {
			resp, page := f.Get(t, path)
			if shown := strings.Contains(page, "t0ken"); resp.StatusCode != http.StatusOK || shown == hide {
				t.Errorf("hide %v, %s: got %s, shown %v", hide, path, resp.Status, shown)
			}
		}
		if _, metrics := f.Get(t, "/metrics"); strings.Contains(metrics, "t0ken") {
			t.Error("/metrics shows the token")
		}
	}
}
