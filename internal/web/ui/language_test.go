package ui_test

import (
	"html"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

// ask gets a path with a header, and follows no redirect.
func ask(t *testing.T, f *webtest.Fixture, path, header, value string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(header, value)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, html.UnescapeString(string(text))
}

// TestLanguage has each page, and the JSON, in the language that is asked for:
// by a cookie, else by Accept-Language.
func TestLanguage(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, everything(), status.Status{})
	for path, words := range map[string][2]string{
		"/":                                      {"Last asked", "上次查询"},
		"/domains/examplebucket/www.example.com": {"the token expires in 1 h", "Token 将于 1 小时后失效"},
		"/runbooks/OSSCnameDangling":             {"It means", "含义"},
		"/runbooks/":                             {"needs the check", "需要的检查项"},
		"/api/v1/domains/examplebucket/www.example.com":  {"the token expires in 1 h", "Token 将于 1 小时后失效"},
		"/api/v1/domains?severity=critical&sort=expires": {"the token expires in 1 h", "Token 将于 1 小时后失效"},
	} {
		for _, test := range []struct {
			header, value string
			isChinese     bool
		}{
			{"Accept-Language", "", false},
			{"Accept-Language", "de, en;q=0.5", false},
			{"Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8", true},
			{"Cookie", "oss_cname_exporter_lang=zh", true},
			{"Cookie", "oss_cname_exporter_lang=x", false},
		} {
			resp, text := ask(t, f, path, test.header, test.value)
			want, other, language := words[0], words[1], "en"
			if test.isChinese {
				want, other, language = words[1], words[0], "zh"
			}
			if !strings.Contains(text, want) || strings.Contains(text, other) || resp.Header.Get("Content-Language") != language {
				t.Errorf("%s with %s: %s: got %s, want %q:\n%s", path, test.header, test.value, resp.Header.Get("Content-Language"), want, body(t, text))
			}
			if vary := strings.Join(resp.Header.Values("Vary"), ","); !strings.Contains(vary, "Accept-Language, Cookie") {
				t.Errorf("%s: got Vary: %s", path, vary)
			}
		}
	}
}

// TestSwitch follows the link to the other language: it keeps the view, and the
// choice outranks the browser's language.
func TestSwitch(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour))
	_, page := ask(t, f, "/?q=www&refresh=60", "Accept-Language", "en")
	const link = "?lang=zh&q=www&refresh=60"
	if !strings.Contains(page, `<html lang="en"`) || !strings.Contains(page, `<a lang="zh" hreflang="zh" href="`+link+`">中文</a>`) {
		t.Errorf("no link to the other language in\n%s", body(t, page))
	}
	resp, _ := ask(t, f, "/"+link, "Accept-Language", "en")
	cookies := resp.Cookies()
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "?q=www&refresh=60" || len(cookies) != 1 || cookies[0].Value != "zh" || !cookies[0].HttpOnly {
		t.Fatalf("got %s, %q, %v", resp.Status, resp.Header.Get("Location"), cookies)
	}
	_, page = ask(t, f, "/", "Cookie", cookies[0].String())
	if !strings.Contains(page, `<html lang="zh"`) || !strings.Contains(page, `<a lang="en" hreflang="en" href="?lang=en">English</a>`) {
		t.Errorf("the choice is not kept:\n%s", body(t, page))
	}
	for _, path := range []string{"/?lang=fr", "/domains/examplebucket/www.example.com?lang=", "/runbooks/?lang=x"} {
		if resp, text := ask(t, f, path, "Accept-Language", "en"); resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, "lang") || len(resp.Cookies()) > 0 {
			t.Errorf("%s: got %s: %s", path, resp.Status, text)
		}
	}
}
