package web_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

// routes are the paths that choose targets, each with the begin of its query.
// /probe asks about the first target.
var routes = map[string]string{
	"/metrics": "/metrics?collect[]=targets&", "/probe": "/probe?target=examplebucket/www.example.com&", "/sd": "/sd?", "/api/v1/domains": "/api/v1/domains?",
}

// served is an exporter whose targets all have a token.
func served(t *testing.T) *webtest.Fixture {
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour), webtest.Token(time.Hour))
	f.Asked()
	return f
}

var inAnswer = regexp.MustCompile(`(oss_cname_token_exists\{[^}]*cname="|"targets":\["examplebucket/|"cname": ?")(www\.example\.com|\*\.example\.org)"`)

// chosen are the first letters of the domains in a response; * is the wildcard.
func chosen(body string) string {
	found := map[string]bool{}
	for _, match := range inAnswer.FindAllStringSubmatch(body, -1) {
		found[match[2][:1]] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), "")
}

// TestFiltersAreTheSame asks each path with the same parameters.
func TestFiltersAreTheSame(t *testing.T) {
	f := served(t)
	for query, want := range map[string]string{
		"":                                 "*w",
		"account=main":                     "*w",
		"region=cn-hangzhou&account=main":  "*w",
		"team=web":                         "w",
		"label=team%3Dweb":                 "w",
		"team=":                            "*",
		"team=web&team=":                   "*w",
		"team=web&label=team%3D":           "*w",
		"team=shop":                        "",
		"team=shop&account=main":           "",
		"bucket=examplebucket":             "*w",
		"bucket=other-bucket":              "",
		"cname=WWW.example.com.":           "w",
		"cname=*.example.org":              "*",
		"cname=*.example.org&team=web":     "",
		"cname=*.example.org&cname=x.test": "*",
	} {
		for path, begin := range routes {
			want := want
			if path == "/probe" {
				if strings.Contains(query, "bucket=") || strings.Contains(query, "cname=") {
					continue // which name the target there
				}
				want = strings.TrimPrefix(want, "*")
			}
			resp, body := f.Get(t, begin+query)
			if got := chosen(body); resp.StatusCode != http.StatusOK || got != want {
				t.Errorf("%s, %s: got %s %q, want %q\n%s", path, query, resp.Status, got, want, body)
			}
		}
	}
}

// TestSlipsAreTheSame asks each path with a slip: the answer names what is known.
func TestSlipsAreTheSame(t *testing.T) {
	f := served(t)
	asked := f.Asked()
	for _, test := range []struct{ query, want, not string }{
		{"taem=web", `unknown parameter "taem"; known: account, bucket, `, ""},
		{"label=taem%3Dweb", `label: "taem": no target has that label; known: team`, ""},
		{"label=team", `label: "team": write name=value`, ""},
		{"account=mian", `"mian"`, ""},
		{"account=mian", `main`, ""},
		{"region=cn-hangzou", `known: cn-hangzhou`, ""},
		{"account=mian&nonsense=1", `unknown parameter "nonsense"`, ""},
		{"%zz", "reading query: invalid URL escape", ""},
		{"bucket=Assets", `bucket: "Assets": bucket names are lower case; write "assets"`, "/probe"},
		{"cname=https://www.example.com", `has a scheme; write only the domain, "www.example.com"`, "/probe"},
		{"timeout=5", `timeout: "5": write a duration, such as 5s`, "/sd /api/v1/domains"},
		{"timeout=-5s", `timeout: "-5s": write a duration, such as 5s`, "/sd /api/v1/domains"},
		{"timeout=5s&timeout=6s", `timeout: given 2 times; write it once`, "/sd /api/v1/domains"},
		{"checks=txt", `checks: unknown value "txt"; known: binding, dns, http`, "/sd /api/v1/domains"},
		{"timeout=5s", `unknown parameter "timeout"; known: `, "/metrics /probe"},
		{"checks=dns", `unknown parameter "checks"; known: `, "/metrics /probe"},
	} {
		for path, begin := range routes {
			if slices.Contains(strings.Fields(test.not), path) {
				continue
			}
			resp, body := f.Get(t, begin+test.query)
			body = strings.ReplaceAll(body, `\"`, `"`) // in JSON
			if resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, test.want) || strings.Count(strings.TrimSpace(body), "\n") > 2 {
				t.Errorf("%s, %s: got %s %s, want %s", path, test.query, resp.Status, body, test.want)
			}
		}
	}
	if asked() != nil {
		t.Errorf("a slip asked about %v", asked())
	}
}

// TestKnownLabelsStayKnown removes the last target with a label, and the account
// and region of another: to name them is no slip, and nothing is found.
func TestKnownLabelsStayKnown(t *testing.T) {
	for path, begin := range routes {
		f := served(t)
		f.Get(t, begin)
		f.Statuses = nil
		f.Config = &config.Config{Accounts: []config.Account{{Name: "second", Region: "cn-beijing"}}}
		for _, query := range []string{"team=web", "label=team%3Dweb", "account=main", "region=cn-hangzhou"} {
			if path == "/probe" && !strings.Contains(query, "team") {
				continue // which choose whom to ask there, and it must be configured
			}
			if resp, body := f.Get(t, begin+query); resp.StatusCode != http.StatusOK || chosen(body) != "" {
				t.Errorf("%s, %s: got %s %s", path, query, resp.Status, body)
			}
		}
		if resp, body := f.Get(t, begin+"taem=web"); resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, "team") {
			t.Errorf("%s: a slip got %s %s", path, resp.Status, body)
		}
	}
}

// TestChecksOfARequest names checks: no other is asked, and none that the
// configuration does not have.
func TestChecksOfARequest(t *testing.T) {
	f := served(t)
	asked := f.Asked()
	for query, want := range map[string]string{
		"":                         "",
		"checks=":                  "binding dns_txt dns_cname http",
		"checks=dns":               "binding http",
		"checks=binding,http":      "dns_txt dns_cname",
		"checks=dns&checks=http":   "binding",
		"checks=dns,binding,http,": "",
	} {
		for _, path := range []string{"/metrics", "/probe"} {
			if path == "/probe" && strings.Count(query, "checks") > 1 {
				continue // which takes each parameter once
			}
			f.Get(t, routes[path]+query)
			var got []string
			for _, check := range asked().Checks.Unasked {
				got = append(got, string(check))
			}
			if strings.Join(got, " ") != want || asked().Checks.Binding || asked().Checks.DNS || asked().Checks.HTTP {
				t.Errorf("%s, %s: the checks %q are not asked, want %q", path, query, got, want)
			}
		}
	}
}

// TestHeadHasTheHeadersOfGet asks OSS nothing: TestNoQuestions holds that.
func TestHeadHasTheHeadersOfGet(t *testing.T) {
	f := served(t)
	f.Statuses = []status.Status{webtest.Token(time.Hour), webtest.Token(time.Hour)}
	for _, path := range []string{
		"/metrics", "/metrics?target=x", "/metrics?collect[]=exporter", "/metrics?team=web", "/probe?target=x",
		"/probe?target=examplebucket/www.example.com", "/probe?target=examplebucket/www.example.com&debug=1",
		"/", "/?sort=x", "/domains/examplebucket/www.example.com", "/domains/examplebucket/x.example.com", "/runbooks/OSSCnameTokenExpired", "/runbooks/x",
		"/sd", "/sd?configured=false", "/sd?x=1", "/api/v1/domains", "/api/v1/domains/examplebucket/www.example.com", "/api/v2", "/favicon.ico", "/nothing",
		"/-/healthy", "/-/ready", "/-/reload",
	} {
		get, body := f.Get(t, path, "Accept-Encoding", "identity")
		head, none := f.Do(t, http.MethodHead, path, "Accept-Encoding", "identity")
		for _, header := range []http.Header{get.Header, head.Header} {
			header.Del("Date")
			if len(body) > 2000 || strings.HasPrefix(path, "/probe") {
				header.Del("Content-Length") // of a body that is made while it is written, or not made for HEAD
			}
		}
		if head.StatusCode != get.StatusCode || none != "" || !maps.EqualFunc(head.Header, get.Header, slices.Equal) {
			t.Errorf("HEAD %s: got %s %v; GET has %s %v", path, head.Status, head.Header, get.Status, get.Header)
		}
	}
}
