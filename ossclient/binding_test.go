package ossclient_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// list asks for the bindings of the fixture's bucket with a new client.
func (f *fixture) list(t *testing.T) ([]ossclient.Binding, error) {
	t.Helper()
	client, err := ossclient.New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	return client.ListCname(context.Background(), bucket)
}

func TestBindingsAreRead(t *testing.T) {
	ends := time.Date(2048, 5, 4, 10, 14, 51, 0, time.UTC)
	for name, change := range map[string]func(*fixture){
		"V4":             func(*fixture) {},
		"V1":             func(f *fixture) { f.opts.SignatureV1 = true },
		"virtual-hosted": virtualHosted,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			change(f)
			f.oss.Bind(named(false), osstest.Binding{Certificate: &osstest.Certificate{ID: "1-cn-hangzhou", NotAfter: ends}})
			f.oss.Bind(named(true), osstest.Binding{Disabled: true})
			f.oss.Bind(domain.Name{Bucket: "otherbucket", Base: "other.example.com"}, osstest.Binding{})
			got, err := f.list(t)
			if err != nil || len(got) != 2 {
				t.Fatalf("got %+v, %v; want two", got, err)
			}
			for _, want := range []ossclient.Binding{
				{Name: exactName, Status: "Enabled", Enabled: true,
					Certificate: ossclient.BoundCertificate{ID: "1-cn-hangzhou", Type: "Upload", Status: "Enabled", Expires: ends}},
				{Name: wildcardName, Status: "Disabled"},
			} {
				if !slices.Contains(got, want) {
					t.Errorf("got %+v, want among them %+v", got, want)
				}
			}
			if n := f.oss.CallsOf("ListCname"); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestNothingBoundIsAnAnswer(t *testing.T) {
	f := newFixture(t)
	if got, err := f.list(t); err != nil || len(got) != 0 {
		t.Errorf("an empty list: got %+v, %v", got, err)
	}
	f.oss.Behave(domain.Name{Bucket: bucket}, osstest.Fail(404, "NoSuchCname", ""))
	if got, err := f.list(t); err != nil || len(got) != 0 {
		t.Errorf("NoSuchCname: got %+v, %v", got, err)
	}
}

// cnames is the body of a ListCname answer.
func cnames(inner string) string {
	return "<ListCnameResult><Bucket>" + bucket + "</Bucket><Owner>o</Owner>" + inner + "</ListCnameResult>"
}

var (
	exactName    = domain.Name{Bucket: bucket, Base: cname}
	wildcardName = domain.Name{Bucket: bucket, Base: cname, Wildcard: true}
)

// TestHowABindingIsListed has every spelling of a domain in the list.
func TestHowABindingIsListed(t *testing.T) {
	const www, enabled = "<Domain>www.example.com</Domain>", "<Status>Enabled</Status>"
	ends := time.Date(2048, 5, 4, 10, 14, 51, 0, time.UTC)
	plain := ossclient.Binding{Name: exactName, Status: "Enabled", Enabled: true}
	with := func(c ossclient.BoundCertificate) ossclient.Binding {
		b := plain
		b.Certificate = c
		return b
	}
	certificate := func(inner string) string { return www + enabled + "<Certificate>" + inner + "</Certificate>" }
	dated := func(date string) string { return certificate("<ValidEndDate>" + date + "</ValidEndDate>") }
	for listed, want := range map[string]ossclient.Binding{
		dated("Mon, 4 May 2048 10:14:51 GMT"):         with(ossclient.BoundCertificate{Expires: ends}),
		dated("Mon, 04 May 2048 10:14:51 GMT"):        with(ossclient.BoundCertificate{Expires: ends}),
		dated("\n  Mon, 4 May 2048 10:14:51 GMT\n  "): with(ossclient.BoundCertificate{Expires: ends}),
		dated("Feb 10 23:59:59 2024 GMT"):             with(ossclient.BoundCertificate{Expires: time.Date(2024, 2, 10, 23, 59, 59, 0, time.UTC)}),
		dated("Feb  1 23:59:59 2024 GMT"):             with(ossclient.BoundCertificate{Expires: time.Date(2024, 2, 1, 23, 59, 59, 0, time.UTC)}),
		certificate("<Type>CAS</Type><CertId>493-cn</CertId><Status>Enabled</Status><ValidEndDate>Mon, 4 May 2048 10:14:51 GMT</ValidEndDate>"): with(
			ossclient.BoundCertificate{ID: "493-cn", Type: "CAS", Status: "Enabled", Expires: ends}),
		certificate("<Status>Disabled</Status><ValidEndDate>Mon, 4 May 2048 10:14:51 GMT</ValidEndDate>"): with(
			ossclient.BoundCertificate{Status: "Disabled", Expires: ends}),
		certificate("<CertId>1</CertId><Status>Disabled</Status>"): with(ossclient.BoundCertificate{ID: "1", Status: "Disabled"}),

		www + enabled:                                          plain,
		www + "<Status>enabled</Status>":                       {Name: exactName, Status: "enabled", Enabled: true},
		www + "<Status>\n ENABLED </Status>":                   {Name: exactName, Status: "ENABLED", Enabled: true},
		"<Domain>WWW.Example.com</Domain>" + enabled:           plain,
		"<Domain>\n    www.example.com\n  </Domain>" + enabled: plain,
		"<Domain>www.example.com.</Domain>" + enabled:          plain,
		"<Domain>bücher.example</Domain>" + enabled:            {Name: domain.Name{Bucket: bucket, Base: "xn--bcher-kva.example"}, Status: "Enabled", Enabled: true},
		"<Domain>a_b.example.com</Domain>" + enabled:           {Name: domain.Name{Bucket: bucket, Base: "a_b.example.com"}, Status: "Enabled", Enabled: true},

		www + "<Status>Disabled</Status>":                         {Name: exactName, Status: "Disabled"},
		www + "<Status>Blocked</Status>":                          {Name: exactName, Status: "Blocked"},
		www + "<Status>Forbidden</Status>":                        {Name: exactName, Status: "Forbidden"},
		www + "<Status>Under Review</Status>":                     {Name: exactName, Status: "Under Review"},
		"<Domain>*.www.example.com</Domain>" + enabled:            {Name: wildcardName, Status: "Enabled", Enabled: true},
		www + enabled + "<IsWildCard>true</IsWildCard>":           {Name: wildcardName, Status: "Enabled", Enabled: true},
		www + enabled + "<IsWildCard>True</IsWildCard>":           {Name: wildcardName, Status: "Enabled", Enabled: true},
		www + enabled + "<IsWildCard>\nTRUE\n</IsWildCard>":       {Name: wildcardName, Status: "Enabled", Enabled: true},
		www + enabled + "<IsWildCard>False</IsWildCard>":          plain,
		www + enabled + "<IsWildCard></IsWildCard>":               plain,
		www + enabled + "<IsPurgeCdnCache>True</IsPurgeCdnCache>": plain,
	} {
		f := newFixture(t)
		f.oss.Behave(domain.Name{Bucket: bucket}, osstest.Reply(200, cnames("<Cname>"+listed+"</Cname>")))
		if got, err := f.list(t); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %+v, %v; want %+v", listed, got, err, want)
		}
	}
}

// TestServedCertificate has each status of a certificate.
func TestServedCertificate(t *testing.T) {
	for status, want := range map[string]bool{"Enabled": true, "enabled": true, "": true, "Disabled": false, "Revoked": false} {
		if got := (ossclient.BoundCertificate{ID: "1", Status: status}).Served(); got != want {
			t.Errorf("%q: got %v", status, got)
		}
	}
}

// TestOneUnreadableBinding has a domain beside it that must not suffer, and
// fields that could be read.
func TestOneUnreadableBinding(t *testing.T) {
	bad := domain.Name{Bucket: bucket, Base: "bad.example.com"}
	named := "<Domain>bad.example.com</Domain>"
	for listed, want := range map[string]struct {
		binding ossclient.Binding
		text    string
	}{
		named:                        {ossclient.Binding{Name: bad}, "no Status"},
		named + "<Status> </Status>": {ossclient.Binding{Name: bad}, "no Status"},
		named + "<Status>Enabled</Status><Certificate/>": {ossclient.Binding{Name: bad, Status: "Enabled", Enabled: true}, "reading ValidEndDate"},
		named + "<Status>Enabled</Status><Certificate><Type>CAS</Type><CertId>1</CertId><Status>Enabled</Status></Certificate>": {
			ossclient.Binding{Name: bad, Status: "Enabled", Enabled: true, Certificate: ossclient.BoundCertificate{ID: "1", Type: "CAS", Status: "Enabled"}}, "reading ValidEndDate"},
		named + "<Status>Blocked</Status><Certificate><ValidEndDate>Feb 10 23:59:59 2024 CST</ValidEndDate></Certificate>": {
			ossclient.Binding{Name: bad, Status: "Blocked"}, "reading ValidEndDate"},
		named + "<Certificate><ValidEndDate>Feb 10 23:59:59 2024 GMT</ValidEndDate></Certificate>": {
			ossclient.Binding{Name: bad, Certificate: ossclient.BoundCertificate{Expires: time.Date(2024, 2, 10, 23, 59, 59, 0, time.UTC)}}, "no Status"},
		named + "<Status>Enabled</Status><IsWildCard>perhaps</IsWildCard>": {
			ossclient.Binding{Name: bad, Ambiguous: true, Status: "Enabled", Enabled: true}, `"perhaps" is neither true nor false`},
	} {
		f := newFixture(t)
		f.oss.Behave(domain.Name{Bucket: bucket}, osstest.Reply(200, cnames(
			"<Cname>"+listed+"</Cname><Cname><Domain>www.example.com</Domain><Status>Enabled</Status></Cname>")))
		got, err := f.list(t)
		if err != nil || len(got) != 2 || got[1] != (ossclient.Binding{Name: exactName, Status: "Enabled", Enabled: true}) {
			t.Fatalf("%q: got %+v, %v", listed, got, err)
		}
		trouble := got[0].Err
		if got[0].Err = nil; trouble == nil || !strings.Contains(trouble.Error(), want.text) || got[0] != want.binding {
			t.Errorf("%q: got %+v with %v, want %+v with %q", listed, got[0], trouble, want.binding, want.text)
		}
	}
}

// TestListThatIsNotWhole has bindings that could be read, and says that there
// are more.
func TestListThatIsNotWhole(t *testing.T) {
	const listed = "<Cname><Domain>www.example.com</Domain><Status>Enabled</Status></Cname>"
	for more, text := range map[string]string{
		"<Cname><Status>Enabled</Status></Cname>":                   "without a name",
		"<Cname><Domain> </Domain><Status>Enabled</Status></Cname>": "without a name",
		"<IsTruncated>true</IsTruncated>":                           "not whole",
		"<IsTruncated>perhaps</IsTruncated>":                        "not whole",
		"<IsTruncated>false</IsTruncated>":                          "",
	} {
		f := newFixture(t)
		f.oss.Behave(domain.Name{Bucket: bucket}, osstest.Reply(200, cnames(more+listed)))
		got, err := f.list(t)
		if err != nil || len(got) == 0 || !got[0].Is(exactName) {
			t.Fatalf("%s: got %+v, %v", more, got, err)
		}
		last := got[len(got)-1]
		if whole := last.Err == nil; whole != (text == "") || !whole && (last.Name != domain.Name{Bucket: bucket} || !strings.Contains(last.Err.Error(), text)) {
			t.Errorf("%s: got %+v, want it to end with %q", more, got, text)
		}
	}
}

func TestAmbiguousBindingMayBeEither(t *testing.T) {
	b := ossclient.Binding{Name: exactName, Ambiguous: true}
	if !b.Is(exactName) || !b.Is(wildcardName) || b.Is(domain.Name{Bucket: bucket, Base: "example.com"}) || b.Is(domain.Name{Bucket: "other", Base: cname}) {
		t.Error("it is the domain or its wildcard, and nothing else")
	}
}

func TestListsThatAreRefused(t *testing.T) {
	other := strings.ReplaceAll(cnames(""), bucket, "otherbucket")
	for name, test := range map[string]struct {
		reply osstest.Behaviour
		want  status.Reason
	}{
		"another bucket":             {osstest.Reply(200, other), status.ReasonBadResponse},
		"no bucket":                  {osstest.Reply(200, "<ListCnameResult/>"), status.ReasonBadResponse},
		"another root":               {osstest.Reply(200, "<CnameToken/>"), status.ReasonBadResponse},
		"cut short":                  {osstest.Reply(200, cnames("")[:40]), status.ReasonBadResponse},
		"empty":                      {osstest.Reply(200, ""), status.ReasonBadResponse},
		"denied":                     {osstest.Fail(403, "AccessDenied", "0003-00000001"), status.ReasonAccessDenied},
		"no bucket of the name":      {osstest.Fail(404, "NoSuchBucket", ""), status.ReasonBucketNotFound},
		"throttled":                  {osstest.Fail(503, "MetaOperationQpsLimitExceeded", ""), status.ReasonThrottled},
		"none, of another bucket":    {osstest.Reply(404, "<Error><Code>NoSuchCname</Code><Bucket>otherbucket</Bucket></Error>"), status.ReasonBadResponse},
		"no domain, but not of OSS":  {osstest.Reply(404, "NoSuchCname"), status.ReasonBadResponse},
		"none, with another status":  {osstest.Fail(403, "NoSuchCname", ""), status.ReasonAccessDenied},
		"the answer to another call": {osstest.Fail(404, "CnameTokenNotFound", ""), status.ReasonClientError},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.oss.Behave(domain.Name{Bucket: bucket}, test.reply)
			got, err := f.list(t)
			var failure *ossclient.Error
			if !errors.As(err, &failure) || failure.Reason != test.want || got != nil {
				t.Fatalf("got %+v, %v; want the reason %q", got, err, test.want)
			}
			if !strings.HasPrefix(err.Error(), "ListCname: ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q", err)
			}
		})
	}
}

// TestContradictions has lists that say two things of one domain. Neither is
// believed, and the other domains lose nothing.
func TestContradictions(t *testing.T) {
	const (
		healthy = "<Cname><Domain>healthy.example.com</Domain><Status>Enabled</Status></Cname>"
		one     = "<Certificate><CertId>1</CertId><ValidStartDate>Feb 10 23:59:59 2023 GMT</ValidStartDate><ValidEndDate>Feb 10 23:59:59 2024 GMT</ValidEndDate></Certificate>"
		two     = "<Certificate><CertId>2</CertId><ValidEndDate>Feb 10 23:59:59 2025 GMT</ValidEndDate></Certificate>"
		begin   = "<Cname><Domain>www.example.com</Domain><Status>Enabled</Status>"
		off     = "<Cname><Domain>WWW.example.com</Domain><Status>Disabled</Status>"
		end     = "</Cname>"
	)
	for name, test := range map[string]struct{ list, fault string }{
		"twice, enabled and disabled":    {begin + end + off + end, "twice"},
		"twice, disabled and enabled":    {off + end + begin + end, "twice"},
		"twice, two certificates":        {begin + one + end + begin + two + end, "twice"},
		"three times":                    {begin + end + off + end + begin + end, "twice"},
		"twice the same":                 {begin + one + end + begin + one + end, ""},
		"two certificates":               {begin + one + two + end, "2 certificates"},
		"two certificates, the other":    {begin + two + one + end, "2 certificates"},
		"the same certificate twice":     {begin + one + one + end, ""},
		"exact and wildcard":             {begin + end + "<Cname><Domain>www.example.com</Domain><Status>Disabled</Status><IsWildCard>true</IsWildCard></Cname>", ""},
		"start date that cannot be read": {begin + "<Certificate><ValidStartDate>soon</ValidStartDate><ValidEndDate>Feb 10 23:59:59 2024 GMT</ValidEndDate></Certificate>" + end, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.oss.Behave(domain.Name{Bucket: bucket}, osstest.Reply(200, cnames(healthy+test.list)))
			bound, err := f.list(t)
			if err != nil || len(bound) < 2 || bound[0].Err != nil || !bound[0].Enabled {
				t.Fatalf("got %+v, %v", bound, err)
			}
			b := bound[1]
			if b.Name.Base != "www.example.com" || test.fault == "" && b.Err != nil || test.fault != "" && (b.Err == nil || !strings.Contains(b.Err.Error(), test.fault)) {
				t.Errorf("got %+v, want %q", b, test.fault)
			}
			if test.fault != "" && !b.Certificate.Expires.IsZero() || test.fault == "twice" && (b.Enabled || b.Status != "") {
				t.Errorf("one of two answers was believed: %+v", b)
			}
		})
	}
}
