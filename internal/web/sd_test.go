package web_test

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

const (
	firstGroup = `{"targets":["examplebucket/www.example.com"],"labels":{` +
		`"__meta_oss_cname_account":"main","__meta_oss_cname_bucket":"examplebucket","__meta_oss_cname_cname":"www.example.com","__meta_oss_cname_configured":"true",` +
		`"__meta_oss_cname_label_team":"web","__meta_oss_cname_region":"cn-hangzhou","__meta_oss_cname_wildcard":"false"}}`
	secondGroup = `{"targets":["examplebucket/*.example.org"],"labels":{` +
		`"__meta_oss_cname_account":"main","__meta_oss_cname_bucket":"examplebucket","__meta_oss_cname_cname":"*.example.org","__meta_oss_cname_configured":"true",` +
		`"__meta_oss_cname_region":"cn-hangzhou","__meta_oss_cname_wildcard":"true"}}`
)

func TestDiscovery(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	for query, want := range map[string]string{
		"":              "[" + firstGroup + "," + secondGroup + "]",
		"?account=main": "[" + firstGroup + "," + secondGroup + "]",
		"?team=web":     "[" + firstGroup + "]",
		"?team=":        "[" + secondGroup + "]",
		"?account=main&region=cn-hangzhou&team=web":  "[" + firstGroup + "]",
		"?cname=www.example.com&cname=*.example.org": "[" + firstGroup + "," + secondGroup + "]",
		"?team=web&cname=*.example.org":              "[]",
	} {
		resp, body := f.Get(t, "/sd"+query)
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/json; charset=utf-8" || body != want {
			t.Errorf("%s: got %s %q\n%s\nwant\n%s", query, resp.Status, resp.Header.Get("Content-Type"), body, want)
		}
	}
	for query, want := range map[string]string{
		"?owner=web":          "unknown parameter \"owner\"; known: account, bucket, cname, configured, label, region, team\n",
		"?account=mian":       "account: unknown value \"mian\"; known: main\n",
		"?region=cn-hangzou":  "region: unknown value \"cn-hangzou\"; known: cn-hangzhou\n",
		"?configured=perhaps": "configured: unknown value \"perhaps\"; known: true, false\n",
		"?%zz":                "reading query: invalid URL escape \"%zz\"\n",
	} {
		if resp, body := f.Get(t, "/sd"+query); resp.StatusCode != http.StatusBadRequest || body != want {
			t.Errorf("%s: got %s %q", query, resp.Status, body)
		}
	}
}

// TestDiscoveryRemembersLabels removes the last target with a label and the
// account of another: both lists are empty, and a slip is still refused.
func TestDiscoveryRemembersLabels(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	f.Get(t, "/sd?team=web&account=main")
	f.Config = &config.Config{Accounts: []config.Account{{Name: "second", Region: "cn-beijing"}}}
	for query, want := range map[string]string{
		"?team=web":     "[]",
		"?account=main": "[]",
		"?team=wbe":     "[]", // own labels have no closed set of values
		"?taem=web":     "unknown parameter \"taem\"; known: account, bucket, cname, configured, label, region, team\n",
		"?account=mian": "account: unknown value \"mian\"; known: main, second\n",
	} {
		wantStatus := http.StatusOK
		if want != "[]" {
			wantStatus = http.StatusBadRequest
		}
		if resp, body := f.Get(t, "/sd"+query); resp.StatusCode != wantStatus || body != want {
			t.Errorf("%s: got %s %q, want %q", query, resp.Status, body, want)
		}
	}
}

// TestDiscoveredTargetsCanBeProbed hands each entry of /sd to /probe as it is.
func TestDiscoveredTargetsCanBeProbed(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	asked := f.Asked()
	_, body := f.Get(t, "/sd")
	var groups []struct{ Targets []string }
	if err := json.Unmarshal([]byte(body), &groups); err != nil || len(groups) != 2 {
		t.Fatalf("got %v, %v", groups, err)
	}
	for _, g := range groups {
		resp, _ := f.Get(t, "/probe?target="+g.Targets[0])
		if got := asked(); resp.StatusCode != http.StatusOK || got.Bucket+"/"+got.Cname() != g.Targets[0] || got.Unlisted {
			t.Errorf("%s: got %s, asked about %+v", g.Targets[0], resp.Status, got)
		}
	}
}

func TestDiscoveryTellsOnlyWhatIsNew(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	resp, _ := f.Get(t, "/sd")
	tag := resp.Header.Get("ETag")
	if resp, body := f.Get(t, "/sd", "If-None-Match", tag); resp.StatusCode != http.StatusNotModified || body != "" || resp.Header.Get("ETag") != tag {
		t.Errorf("the same list: got %s %q", resp.Status, body)
	}
	if resp, body := f.Get(t, "/sd?team=web", "If-None-Match", tag); resp.StatusCode != http.StatusOK || body == "" {
		t.Errorf("another list: got %s %q", resp.Status, body)
	}
}

// TestFoundDomainsCanBeProbed follows the page's link, and hands each entry of /sd
// to /probe.
func TestFoundDomainsCanBeProbed(t *testing.T) {
	f := webtest.Serve(t, web.Options{})
	target, ok := f.Config.Unlisted(&f.Config.Accounts[0], "other-bucket", "*.example.net")
	if !ok {
		t.Fatal("the target is configured")
	}
	f.Found = []discovery.AccountReport{{Account: *target.Account, Known: true, Attempt: status.Attempt{Ended: webtest.Now()}, Targets: []config.Target{target}}}
	asked := f.Asked()
	_, body := f.Get(t, "/")
	link := regexp.MustCompile(`href="\./(probe\?[^"]*other-bucket[^"]*)"`).FindStringSubmatch(body)
	if link == nil {
		t.Fatalf("no link in\n%s", body)
	}
	for _, path := range []string{html.UnescapeString(link[1]), "probe?target=other-bucket/*.example.net"} {
		if resp, text := f.Get(t, "/"+path); resp.StatusCode != http.StatusOK || asked().Cname() != "*.example.net" || !asked().Unlisted {
			t.Errorf("%s: %s %s", path, resp.Status, text)
		}
	}
	const group = `[{"targets":["other-bucket/*.example.net"],"labels":{"__meta_oss_cname_account":"main","__meta_oss_cname_bucket":"other-bucket",` +
		`"__meta_oss_cname_cname":"*.example.net","__meta_oss_cname_configured":"false","__meta_oss_cname_region":"cn-hangzhou","__meta_oss_cname_wildcard":"true"}}]`
	for query, want := range map[string]string{
		"?configured=false":                 group,
		"?configured=true":                  "[" + firstGroup + "," + secondGroup + "]",
		"":                                  "[" + firstGroup + "," + secondGroup + "]",
		"?configured=true&configured=false": "[" + firstGroup + "," + secondGroup + "," + group[1:],
	} {
		if resp, body := f.Get(t, "/sd"+query); resp.StatusCode != http.StatusOK || body != want {
			t.Errorf("%s: got %s\n%s\nwant\n%s", query, resp.Status, body, want)
		}
	}
	f.Found[0].Known = false
	if resp, body := f.Get(t, "/sd?configured=false"); resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, `account "main": `) {
		t.Errorf("not known yet: got %s %s", resp.Status, body)
	}
}
