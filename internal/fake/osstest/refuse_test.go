package osstest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// TestRefusedBindings has each way in which OSS refuses to bind a domain.
func TestRefusedBindings(t *testing.T) {
	taken := domain.Name{Bucket: "other", Base: "taken.example.com"}
	certificate := func(id string) string {
		return "<CertificateConfiguration><CertId>" + id + "</CertId></CertificateConfiguration>"
	}
	for name, test := range map[string]struct {
		bucket, body string
		status       int
		code, ec     string
	}{
		"reserved":                     {"examplebucket", configuration("x.aliyuncs.com", ""), 403, "CnameIsForbidden", "0018-00000401"},
		"reserved, in upper case":      {"examplebucket", configuration("X.Taobao.com", ""), 403, "CnameIsForbidden", "0018-00000401"},
		"of another bucket":            {"examplebucket", configuration("taken.example.com", ""), 409, "CnameAlreadyExists", ""},
		"of the same bucket":           {"other", configuration("taken.example.com", ""), 200, "", ""},
		"not filed":                    {"examplebucket", configuration("www.unfiled.example", ""), 404, "NoSuchCnameInRecord", ""},
		"not filed, abroad":            {"abroad", configuration("www.unfiled.example", ""), 403, "AccessDenied", "0003-00001403"},
		"no such certificate":          {"examplebucket", configuration("new.example.com", certificate("my-certificate")), 400, "CertificateInvalidCasId", "0018-00000204"},
		"agentic, without IsWildCard":  {agentic, configuration("new.example.com", ""), 400, "InvalidArgument", ""},
		"agentic, exact":               {agentic, configuration("new.example.com", "<IsWildCard>false</IsWildCard>"), 200, "", ""},
		"agentic, wildcard":            {agentic, configuration("new.example.com", "<IsWildCard>true</IsWildCard>"), 200, "", ""},
		"a certificate by its id only": {"examplebucket", configuration("new.example.com", certificate("1234-cn-hangzhou")), 200, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, osstest.Options{Now: newClock(noon).Now, Unfiled: func(domain string) bool { return strings.HasSuffix(domain, "unfiled.example") }})
			for _, b := range []osstest.Bucket{{Name: "other"}, {Name: agentic}, {Name: "abroad", Region: "ap-southeast-1"}} {
				s.AddBucket(b)
			}
			s.Bind(taken, osstest.Binding{})
			got := change(t, s, test.bucket, "add", "", test.body, noonDate)
			got.check(t, test.status, test.code, test.ec)
			if test.code == "CnameAlreadyExists" && got.element("CnameType") == "" {
				t.Errorf("no CnameType in\n%s", got.body)
			}
		})
	}
}

// TestCertificatesHaveIDs binds one by its id, and uploads one without.
func TestCertificatesHaveIDs(t *testing.T) {
	s := newServerAt(t, noon)
	list := func() answer { return askAbout(t, s, "examplebucket", "cname") }
	change(t, s, "examplebucket", "add", "", configuration("new.example.com", "<CertificateConfiguration><CertId>1234-cn-hangzhou</CertId></CertificateConfiguration>"), noonDate).check(t, http.StatusOK, "", "")
	if got := list(); got.element("CertId") != "1234-cn-hangzhou" || got.element("Type") != "CAS" || got.element("ValidEndDate") != "Sat, 30 May 2026 12:00:00 GMT" {
		t.Errorf("got\n%s", got.body)
	}
}

// TestBucketsHaveDates has the elements that clients of OSS insist on.
func TestBucketsHaveDates(t *testing.T) {
	s := newServerAt(t, noon)
	s.AddBucket(osstest.Bucket{Name: "aaa", Region: "cn-hangzhou-finance", Created: noon.Add(-time.Hour)})
	got := askAbout(t, s, "", "max-keys=1")
	for element, want := range map[string]string{
		"CreationDate": "2026-03-01T11:00:00.000Z", "ExtranetEndpoint": "oss-cn-hzfinance.aliyuncs.com", "IntranetEndpoint": "oss-cn-hzfinance-internal.aliyuncs.com",
	} {
		if got.element(element) != want {
			t.Errorf("%s is %q, want %q", element, got.element(element), want)
		}
	}
	if body := askAbout(t, s, "", "marker=aaa").body; !strings.Contains(body, "<CreationDate>2026-03-01T12:00:00.000Z</CreationDate>") {
		t.Errorf("a bucket was made at no time:\n%s", body)
	}
}
