package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

// TestRefusalsLeadBack has a browser get a page, and any other client a line.
func TestRefusalsLeadBack(t *testing.T) {
	for path, want := range map[string]struct {
		code       int
		text, back string
	}{
		"/nothing":           {404, "404 page not found", "./"},
		"/a/b/":              {404, "404 page not found", "../../"},
		"/-/reload":          {405, "Method Not Allowed", "../"},
		"/domains/x/":        {404, "404 page not found", "../../"},
		"/runbooks/Other":    {404, `no runbook "Other"`, "../"},
		"/?sort=nothing":     {400, "known: urgency", "./"},
		"/domains/abc/b.org": {404, "is not configured", "../../"},
		"/domains/examplebucket/other.example.com": {404, "is not configured", "../../"},
	} {
		f := webtest.Serve(t, web.Options{Prefix: "/oss"}, webtest.Token(time.Hour))
		resp, page := f.Get(t, "/oss"+path, "Accept", "text/html,*/*")
		if resp.StatusCode != want.code || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") ||
			!strings.Contains(page, "<h1>"+http.StatusText(want.code)+"</h1>") || !strings.Contains(page, `<p><a href="`+want.back+`">All domains</a>`) || resp.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: got %s\n%s", path, resp.Status, page)
		}
		resp, text := f.Get(t, "/oss"+path)
		if resp.StatusCode != want.code || strings.Count(text, "\n") != 1 || !strings.Contains(text, want.text) {
			t.Errorf("%s: got %s %q", path, resp.Status, text)
		}
	}
}
