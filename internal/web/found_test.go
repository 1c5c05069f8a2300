package web_test

import (
	"errors"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
)

// TestPageSaysHowALookWent has an account that looked in each way.
func TestPageSaysHowALookWent(t *testing.T) {
	well := status.Attempt{Ended: now}
	denied := status.Attempt{Ended: now, Reason: "access_denied", Err: errors.New("<i>no right</i>")}
	for want, found := range map[string]discovery.Account{
		`<p><b>main</b>: not looked at yet, ask again in a moment <small></small></p>`:            {},
		`: 2 buckets <small>2030-01-01 12:00:00 UTC</small></p>`:                                  {Attempt: well, Buckets: 2, Known: true},
		`: 2 buckets; there are more than are asked about <small>`:                                {Attempt: well, Buckets: 2, Beyond: true},
		`: access_denied: &lt;i&gt;no right&lt;/i&gt; <small>`:                                    {Attempt: denied},
		`: 1 of 2 buckets could not be asked: access_denied: &lt;i&gt;no right&lt;/i&gt; <small>`: {Attempt: denied, Buckets: 2, Failed: 1},
	} {
		f := serve(t, web.Options{})
		found.Account.Name = "main"
		f.found = []discovery.Account{found}
		if _, body := f.get(t, "/"); !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	if _, body := serve(t, web.Options{}).get(t, "/"); strings.Contains(body, "Bound, not configured") {
		t.Error("there is a section for what nobody wants")
	}
}

// TestFoundDomainsCanBeProbed follows the page's link, and hands what /sd lists
// to /probe.
func TestFoundDomainsCanBeProbed(t *testing.T) {
	f := serve(t, web.Options{})
	target, ok := f.cfg.Unlisted(&f.cfg.Accounts[0], "other-bucket", "*.example.net")
	if !ok {
		t.Fatal("the target is configured")
	}
	f.found = []discovery.Account{{Account: *target.Account, Known: true, Attempt: status.Attempt{Ended: now}, Targets: []config.Target{target}}}
	asked := f.asked()
	_, body := f.get(t, "/")
	link := regexp.MustCompile(`href="\./(probe\?[^"]*other-bucket[^"]*)"`).FindStringSubmatch(body)
	if link == nil {
		t.Fatalf("no link in\n%s", body)
	}
	for _, path := range []string{html.UnescapeString(link[1]), "probe?target=other-bucket/*.example.net"} {
		if resp, text := f.get(t, "/"+path); resp.StatusCode != http.StatusOK || asked().Cname() != "*.example.net" || !asked().Unlisted {
			t.Errorf("%s: %s %s", path, resp.Status, text)
		}
	}
	const group = `[{"targets":["other-bucket/*.example.net"],"labels":{"__meta_oss_cname_account":"main","__meta_oss_cname_bucket":"other-bucket",` +
		`"__meta_oss_cname_cname":"*.example.net","__meta_oss_cname_configured":"false","__meta_oss_cname_region":"cn-hangzhou","__meta_oss_cname_wildcard":"true"}}]`
	for query, want := range map[string]string{
		"?configured=false":                 group,
		"?configured=false&account=no":      "[]",
		"?configured=perhaps":               "[]",
		"?configured=true":                  "[" + firstGroup + "," + secondGroup + "]",
		"":                                  "[" + firstGroup + "," + secondGroup + "]",
		"?configured=true&configured=false": "[" + firstGroup + "," + secondGroup + "," + group[1:],
	} {
		if resp, body := f.get(t, "/sd"+query); resp.StatusCode != http.StatusOK || body != want {
			t.Errorf("%s: got %s\n%s\nwant\n%s", query, resp.Status, body, want)
		}
	}
	f.found[0].Known = false
	if resp, body := f.get(t, "/sd?configured=false"); resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, `account "main": `) {
		t.Errorf("not known yet: got %s %s", resp.Status, body)
	}
}
