package ui_test

import (
	"encoding/json"
	"html"
	"os"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/ui"
	"oss_cname_exporter/internal/web/webtest"
)

// TestDomainPageLinks has the links with and without the addresses of the
// monitoring.
func TestDomainPageLinks(t *testing.T) {
	const path = "/domains/examplebucket/www.example.com"
	links := []string{
		`<a href="https://prom.example.com/p/graph?g0.tab=0&g0.range_input=1w&g0.expr=oss_cname%3Aproblem%7Bbucket%3D%22examplebucket%22%2Ccname%3D%22www.example.com%22%7D">`,
		`&g0.expr=oss_cname_token_expires_in_seconds%7B`,
		`<a href="https://grafana.example.com/d/oss-cname-tokens?from=now-7d&var-bucket=examplebucket">`,
		`<a href="https://alerts.example.com/#/silences/new?filter=%7Bbucket%3D%22examplebucket%22%2Ccname%3D%22www.example.com%22%7D">`,
		`<a href="https://alerts.example.com/#/silences/new?filter=%7Balertname%3D%22OSSCnameTokenExpiresSoon%22%2Cbucket%3D`,
	}
	known := ui.Links{Prometheus: "https://prom.example.com/p", Grafana: "https://grafana.example.com", Alertmanager: "https://alerts.example.com"}
	for _, test := range []struct {
		links ui.Links
		is    bool
	}{{known, true}, {ui.Links{}, false}} {
		_, page := webtest.Serve(t, web.Options{Links: test.links}, webtest.Token(time.Hour)).Get(t, path)
		page = html.UnescapeString(page)
		for _, link := range links {
			if strings.Contains(page, link) != test.is {
				t.Errorf("%+v: has not %s", test.links, link)
			}
		}
		if !strings.Contains(page, `<a href="https://oss.console.aliyun.com/bucket/oss-cn-hangzhou/examplebucket/overview">`) {
			t.Error("no link to the console")
		}
	}
}

// TestDashboardIsTheLinkedOne compares the links with the dashboard.
func TestDashboardIsTheLinkedOne(t *testing.T) {
	text, err := os.ReadFile("../../../deploy/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		UID        string
		Templating struct{ List []struct{ Name string } }
	}
	if err := json.Unmarshal(text, &dashboard); err != nil || dashboard.UID != "oss-cname-tokens" {
		t.Errorf("got %q, %v", dashboard.UID, err)
	}
	for _, variable := range dashboard.Templating.List {
		if variable.Name == "bucket" {
			return
		}
	}
	t.Error("the dashboard has no variable bucket")
}

// TestDomainPageCommands has a wildcard's domain in each command: what proves
// it is about its base.
func TestDomainPageCommands(t *testing.T) {
	_, page := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour), webtest.Token(time.Hour)).Get(t, "/domains/examplebucket/*.example.org")
	page = html.UnescapeString(page)
	for _, want := range []string{
		`<pre><code>ossutil api create-cname-token --region cn-hangzhou --bucket examplebucket --cname-configuration '{"Cname":{"Domain":"example.org"}}'</code></pre>`,
		`aliyun oss bucket-cname --method put --item token oss://examplebucket example.org --region cn-hangzhou`,
		`"https://examplebucket.oss-cn-hangzhou.aliyuncs.com/?cname&comp=token"`, "<Domain>example.org</Domain>",
		"dig +short TXT _dnsauth.example.org\ndig +short CNAME example.org", `put-cname --region cn-hangzhou --bucket examplebucket --cname-configuration '{"Cname":{"Domain":"*.example.org"}}'`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}
