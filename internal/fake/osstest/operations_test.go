package osstest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

func TestGetCnameToken(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, tc := range []struct {
		name   string
		query  string
		status int
		code   string
	}{
		{"plain", "cname=example.com&comp=token", 200, ""},
		{"wildcard=false is the default", "cname=example.com&comp=token&wildcard=false", 200, ""},
		{"an empty wildcard is the default", "cname=example.com&comp=token&wildcard", 200, ""},
		{"wildcard is another domain", "cname=example.com&comp=token&wildcard=true", 404, "CnameTokenNotFound"},
		{"another domain", "cname=www.example.com&comp=token", 404, "CnameTokenNotFound"},
		{"expired this second", "cname=expired.com&comp=token", 404, "CnameTokenNotFound"},
		{"a long domain", "cname=" + long + "." + long + ".com&comp=token", 404, "CnameTokenNotFound"},
		{"neither true nor false", "cname=example.com&comp=token&wildcard=1", 400, "InvalidArgument"},
		{"no cname", "comp=token", 400, "InvalidArgument"},
		{"empty cname", "cname&comp=token", 400, "InvalidArgument"},
		{"wildcard written out", "cname=%2A.example.com&comp=token", 400, "InvalidArgument"},
		{"one label", "cname=localhost&comp=token", 400, "InvalidArgument"},
		{"empty label", "cname=example..com&comp=token", 400, "InvalidArgument"},
		{"leading hyphen", "cname=-example.com&comp=token", 400, "InvalidArgument"},
		{"label too long", "cname=a" + long + ".com&comp=token", 400, "InvalidArgument"},
		{"domain too long", "cname=" + strings.Repeat(long+".", 4) + "com&comp=token", 400, "InvalidArgument"},
		{"a URL", "cname=http%3A%2F%2Fexample.com&comp=token", 400, "InvalidArgument"},
		{"another operation", "acl", 501, "NotImplemented"},
		{"an unknown comp", "cname=example.com&comp=other", 501, "NotImplemented"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServerAt(t, noon)
			s.SetToken(domain.Name{Bucket: "examplebucket", Base: "expired.com"}, osstest.Token{Expires: noon})
			if a := askAbout(t, s, "examplebucket", tc.query); a.status != tc.status || a.element("Code") != tc.code {
				t.Errorf("got %d %q, want %d %q; body:\n%s", a.status, a.element("Code"), tc.status, tc.code, a.body)
			}
		})
	}
}

// The same question of an object, or of no bucket, is another operation, once it is signed.
func TestOnlyBucketsHaveTokens(t *testing.T) {
	s := newServerAt(t, noon)
	for path, status := range map[string]int{"/examplebucket/": 200, "/examplebucket/object": 501, "/": 501} {
		canonical := strings.Replace(canonicalGet, "/examplebucket/", path, 1)
		a := exchange(t, s, "", "GET "+path+"?comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1",
			ossDate, payload, authV4(canonical))
		if a.status != status {
			t.Errorf("%s: got %d, want %d; body:\n%s", path, a.status, status, a.body)
		}
	}
}

func TestABadQueryIsRefused(t *testing.T) {
	s := newServerAt(t, noon)
	for _, query := range []string{"comp=token&cname=%zz", "comp=token;cname=example.com"} {
		exchange(t, s, "", "GET /examplebucket/?"+query+" HTTP/1.1", "Host: 127.0.0.1", ossDate, payload,
			authV4(canonicalGet)).check(t, 400, "InvalidArgument", "")
	}
}

func TestOwner(t *testing.T) {
	s := newServerAt(t, noon)
	s.AddKey("other", "sk")
	for owner, want := range map[string]int{"": 200, "ak": 200, "other": 403} {
		s.AddBucket(osstest.Bucket{Name: "examplebucket", Owner: owner})
		if a := askV4(t, s); a.status != want {
			t.Errorf("owner %q: got %d, want %d", owner, a.status, want)
		}
	}
}

func TestSetToken(t *testing.T) {
	s := newServerAt(t, noon)
	s.SetToken(example, osstest.Token{})
	a := askV4(t, s)
	if value := a.element("Token"); len(value) != 32 || value == token.Value {
		t.Errorf("the token of the zero Token is %q, want 32 new digits", value)
	}
	if got, want := a.element("ExpireTime"), "Wed, 04 Mar 2026 12:00:00 GMT"; got != want {
		t.Errorf("it expires at %q, want %q", got, want)
	}
	s.DeleteToken(example)
	askV4(t, s).check(t, 404, "CnameTokenNotFound", "0018-00000301")
}

// configuration is the body that creates a token for a domain.
func configuration(domain, more string) string {
	return "<BucketCnameConfiguration><Cname><Domain>" + domain + "</Domain>" + more + "</Cname></BucketCnameConfiguration>"
}

func TestCreateCnameToken(t *testing.T) {
	clock := newClock(noon)
	s := newServer(t, osstest.Options{Now: clock.Now})
	date := func() string { return clock.Now().UTC().Format(http.TimeFormat) }
	body := configuration("new.example.com", "")

	first := create(t, s, body, date())
	if got, want := first.element("ExpireTime"), noon.Add(72*time.Hour).Format(http.TimeFormat); got != want {
		t.Fatalf("a new token expires at %q, want %q; body:\n%s", got, want, first.body)
	}
	if a := askAbout(t, s, "examplebucket", "cname=new.example.com&comp=token"); a.body != first.body {
		t.Errorf("read back, the token is\n%s\nwant\n%s", a.body, first.body)
	}

	clock.Advance(72*time.Hour - time.Second)
	if again := create(t, s, body, date()); again.body != first.body {
		t.Errorf("within 72 hours the answer is\n%s\nwant the same again:\n%s", again.body, first.body)
	}

	clock.Advance(time.Second)
	later := create(t, s, body, date())
	if later.status != 200 || later.element("Token") == first.element("Token") {
		t.Errorf("after 72 hours the token is still %q", later.element("Token"))
	}
	if got, want := later.element("ExpireTime"), noon.Add(144*time.Hour).Format(http.TimeFormat); got != want {
		t.Errorf("it expires at %q, want %q", got, want)
	}
}

func TestRefusedConfigurations(t *testing.T) {
	s := newServerAt(t, noon)
	for body, code := range map[string]string{
		"":                            "MalformedXML",
		"example.com":                 "MalformedXML",
		"<BucketCnameConfiguration>":  "MalformedXML",
		"<Other></Other>":             "MalformedXML",
		"<BucketCnameConfiguration/>": "MalformedXML",
		configuration("example.com", "<IsWildCard>perhaps</IsWildCard>"):                    "MalformedXML",
		"<BucketCnameConfiguration><Domain>example.com</Domain></BucketCnameConfiguration>": "MalformedXML",
		strings.Repeat(" ", 64<<10) + configuration("example.com", ""):                      "MalformedXML",
		configuration("", ""):              "InvalidArgument",
		configuration("localhost", ""):     "InvalidArgument",
		configuration("*.example.com", ""): "InvalidArgument",
		configuration("a&amp;b.com", ""):   "InvalidArgument",
	} {
		a := create(t, s, body, "Sun, 01 Mar 2026 12:00:00 GMT")
		if a.status != 400 || a.element("Code") != code {
			t.Errorf("%.80q: got %d %q, want 400 %q", body, a.status, a.element("Code"), code)
		}
	}
}

// A server plays the endpoint of one region: with another, another scope is right.
func TestRegion(t *testing.T) {
	const scope = "20260301/eu-central-1/oss/aliyun_v4_request"
	s := newServer(t, osstest.Options{Now: newClock(noon).Now, Region: "eu-central-1"})
	auth := fmt.Sprintf("Authorization: OSS4-HMAC-SHA256 Credential=ak/%s,Signature=%s", scope, signV4(scope, canonicalGet))
	exchange(t, s, "", "GET /examplebucket/?comp=token&cname=example.com HTTP/1.1", "Host: oss-eu-central-1.aliyuncs.com",
		ossDate, payload, auth).checkToken(t)
	askV4(t, s).check(t, 400, "InvalidArgument", "0002-00000226")
}
