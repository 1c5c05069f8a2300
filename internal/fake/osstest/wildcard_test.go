package osstest_test

import (
	"net/http"
	"strings"
	"testing"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

const noonDate = "Sun, 01 Mar 2026 12:00:00 GMT"

// Bucket, domain and wildcard together are the key of a token. Which one CreateCnameToken is about, its query says.
func TestTokensAreKeptApart(t *testing.T) {
	for name, request := range map[string]struct{ query, element string }{
		"in the query":                       {"&wildcard=true", ""},
		"in the query and the body":          {"&wildcard=true", "<IsWildCard>true</IsWildCard>"},
		"in the query, whatever the body is": {"&wildcard=true", "<IsWildCard>false</IsWildCard>"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServerAt(t, noon)
			s.AddBucket(osstest.Bucket{Name: agentic})
			s.AddBucket(osstest.Bucket{Name: "other"})
			plain := change(t, s, agentic, "token", "&wildcard=false", configuration("new.example.com", "<IsWildCard>true</IsWildCard>"), noonDate)
			wildcard := change(t, s, agentic, "token", request.query, configuration("new.example.com", request.element), noonDate)
			if plain.element("Token") == wildcard.element("Token") {
				t.Errorf("both have the token of\n%s", plain.body)
			}
			for query, want := range map[string]answer{
				"cname=new.example.com&comp=token&wildcard=false": plain,
				"cname=new.example.com&comp=token&wildcard=true":  wildcard,
			} {
				if got := askAbout(t, s, agentic, query); got.body != want.body {
					t.Errorf("%s: got\n%s\nwant\n%s", query, got.body, want.body)
				}
			}
			askAbout(t, s, "other", "cname=new.example.com&comp=token").check(t, 404, "CnameTokenNotFound", "0018-00000301")
		})
	}
}

func TestWildcardIsBoundAndDeleted(t *testing.T) {
	s := newServerAt(t, noon)
	s.AddBucket(osstest.Bucket{Name: agentic})
	count := func() int {
		return strings.Count(askAbout(t, s, agentic, "cname").body, "<Domain>new.example.com</Domain>")
	}
	for _, step := range []struct {
		name, comp, query, element string
		bound                      int
	}{
		{"bind the wildcard", "add", "", "<IsWildCard>true</IsWildCard>", 1},
		{"bind the plain domain", "add", "", "<IsWildCard>false</IsWildCard>", 2},
		{"delete the wildcard", "delete", "&wildcard=true", "", 1},
		{"delete it again", "delete", "&wildcard=true", "", 1},
		{"delete the plain domain", "delete", "&wildcard=false", "", 0},
		{"delete what was never bound", "delete", "&wildcard=false", "", 0},
	} {
		a := change(t, s, agentic, step.comp, step.query, configuration("new.example.com", step.element), noonDate)
		if a.status != http.StatusOK || count() != step.bound {
			t.Errorf("%s: got %d, and %d bound, want %d; body:\n%s", step.name, a.status, count(), step.bound, a.body)
		}
	}
}

// TestWhoTakesWildcards has the vendor's rules: Agentic Buckets only, which insist on the parameter, and three labels.
func TestWhoTakesWildcards(t *testing.T) {
	s := newServerAt(t, noon)
	s.AddBucket(osstest.Bucket{Name: agentic})
	wildcard := "<IsWildCard>true</IsWildCard>"
	for name, a := range map[string]answer{
		"a token for a standard bucket's":      change(t, s, "examplebucket", "token", "&wildcard=true", configuration("new.example.com", ""), noonDate),
		"binding a standard bucket's":          change(t, s, "examplebucket", "add", "", configuration("new.example.com", wildcard), noonDate),
		"a token for one of two labels":        change(t, s, agentic, "token", "&wildcard=true", configuration("example.com", ""), noonDate),
		"binding one of two labels":            change(t, s, agentic, "add", "", configuration("example.com", wildcard), noonDate),
		"an Agentic Bucket without wildcard=":  change(t, s, agentic, "token", "", configuration("new.example.com", ""), noonDate),
		"asking an Agentic Bucket without it":  askAbout(t, s, agentic, "cname=new.example.com&comp=token"),
		"neither true nor false":               change(t, s, "examplebucket", "token", "&wildcard=True", configuration("new.example.com", ""), noonDate),
		"deleting, neither true nor false":     change(t, s, "examplebucket", "delete", "&wildcard=1", configuration("new.example.com", ""), noonDate),
		"deleting at an Agentic Bucket, blank": change(t, s, agentic, "delete", "&wildcard=", configuration("new.example.com", ""), noonDate),
	} {
		if a.status != http.StatusBadRequest || a.element("Code") != "InvalidArgument" {
			t.Errorf("%s: got %d %s; body:\n%s", name, a.status, a.element("Code"), a.body)
		}
	}
	askAbout(t, s, "examplebucket", "cname=new.example.com&comp=token&wildcard=true").check(t, 404, "CnameTokenNotFound", "0018-00000301")
	if list := askAbout(t, s, "", ""); strings.Contains(list.body, agentic) {
		t.Errorf("ListBuckets lists an Agentic Bucket:\n%s", list.body)
	}
}

func TestCaseOfNames(t *testing.T) {
	s := newServerAt(t, noon)
	created := create(t, s, configuration("UPPER.Example.com", ""), noonDate)
	for _, name := range []string{"UPPER.Example.com", "upper.example.com", "Upper.EXAMPLE.com"} {
		if got := askAbout(t, s, "examplebucket", "cname="+name+"&comp=token"); got.body != created.body {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got.body, created.body)
		}
		if again := create(t, s, configuration(name, ""), noonDate); again.body != created.body {
			t.Errorf("%s created again: got\n%s", name, again.body)
		}
		if value := s.Token(domain.Name{Bucket: "examplebucket", Base: name}).Value; value != created.element("Token") {
			t.Errorf("%s: the server holds %q", name, value)
		}
	}
	change(t, s, "examplebucket", "add", "", configuration("Upper.example.com", ""), noonDate)
	if got := askAbout(t, s, "examplebucket", "cname"); strings.Count(got.body, "<Domain>upper.example.com</Domain>") != 1 {
		t.Errorf("lists\n%s", got.body)
	}
	create(t, s, configuration("uppER.example.com", ""), noonDate).check(t, 403, "NoNeedCreateCnameToken", "0018-00000302")
	s.Behave(domain.Name{Bucket: "examplebucket", Base: "Scripted.com"}, osstest.Fail(503, "ServiceUnavailable", ""))
	askAbout(t, s, "examplebucket", "cname=sCripted.com&comp=token").check(t, 503, "ServiceUnavailable", "")
}
