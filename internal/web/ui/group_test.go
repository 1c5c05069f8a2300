package ui_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

// TestPageGroups has the groups of each kind, the worst first, with a link to
// each group alone.
func TestPageGroups(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(71*time.Hour), webtest.Token(time.Hour))
	for path, want := range map[string][]string{
		"/":                       nil,
		"/?group=":                nil,
		"/?group=account":         {"critical account: main 1 critical, 1 ok, of 2 domains"},
		"/?group=bucket":          {"critical bucket: examplebucket 1 critical, 1 ok, of 2 domains"},
		"/?group=team":            {"critical team: none 1 critical, of 1 domain", "ok team: web 1 ok, of 1 domain"},
		"/?group=team&q=www":      {"ok team: web 1 ok, of 1 domain"},
		"/?group=team&sort=asked": {"critical team: none 1 critical, of 1 domain", "ok team: web 1 ok, of 1 domain"},
	} {
		_, page := f.Get(t, path)
		rows := regexp.MustCompile(`(?m)^<tr id="group .*$`).FindAllString(page, -1)
		var got []string
		for _, row := range rows {
			text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(row, "")
			got = append(got, strings.Join(strings.Fields(html.UnescapeString(text)), " "))
			link := regexp.MustCompile(`href="([^"]*)"`).FindStringSubmatch(row)[1]
			if resp, alone := f.Get(t, "/"+html.UnescapeString(link)); resp.StatusCode != http.StatusOK || strings.Contains(alone, `<tr id="group `) || !strings.Contains(alone, "<tr id=") {
				t.Errorf("%s: %s: got %s", path, link, resp.Status)
			}
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	_, page := f.Get(t, "/?group=team")
	if strings.Index(page, `id="examplebucket/*.example.org"`) > strings.Index(page, `id="group web"`) {
		t.Error("a domain is not below its group")
	}
	if resp, text := f.Get(t, "/?group=tier"); resp.StatusCode != http.StatusBadRequest || text != `group: unknown value "tier"; known: account, bucket, team`+"\n" {
		t.Errorf("got %s %s", resp.Status, text)
	}
}
