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
				{Name: named(false), Enabled: true, Certificate: ends},
				{Name: named(true)},
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

func TestHowABindingIsListed(t *testing.T) {
	certificate := func(date string) string {
		return "<Domain>www.example.com</Domain><Status>Enabled</Status><Certificate><ValidEndDate>" + date + "</ValidEndDate></Certificate>"
	}
	for listed, want := range map[string]ossclient.Binding{
		certificate("Mon, 4 May 2048 10:14:51 GMT"):  {Name: named(false), Enabled: true, Certificate: time.Date(2048, 5, 4, 10, 14, 51, 0, time.UTC)},
		certificate("Mon, 04 May 2048 10:14:51 GMT"): {Name: named(false), Enabled: true, Certificate: time.Date(2048, 5, 4, 10, 14, 51, 0, time.UTC)},
		certificate("Feb 10 23:59:59 2024 GMT"):      {Name: named(false), Enabled: true, Certificate: time.Date(2024, 2, 10, 23, 59, 59, 0, time.UTC)},
		certificate("Feb  1 23:59:59 2024 GMT"):      {Name: named(false), Enabled: true, Certificate: time.Date(2024, 2, 1, 23, 59, 59, 0, time.UTC)},

		"<Domain>WWW.Example.com</Domain><Status>Disabled</Status>":                             {Name: named(false)},
		"<Domain>*.www.example.com</Domain><Status>Enabled</Status>":                            {Name: named(true), Enabled: true},
		"<Domain>www.example.com</Domain><Status>Enabled</Status><IsWildCard>true</IsWildCard>": {Name: named(true), Enabled: true},
	} {
		f := newFixture(t)
		f.oss.Behave(domain.Name{Bucket: bucket}, osstest.Reply(200, cnames("<Cname>"+listed+"</Cname>")))
		if got, err := f.list(t); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %+v, %v; want %+v", listed, got, err, want)
		}
	}
}

// TestOneUnreadableBinding has a domain beside it that must not suffer.
func TestOneUnreadableBinding(t *testing.T) {
	for listed, text := range map[string]string{
		"<Status>Pending</Status>":               `status "Pending"`,
		"":                                       `status ""`,
		"<Status>Enabled</Status><Certificate/>": "reading ValidEndDate",
		"<Status>Enabled</Status><Certificate><ValidEndDate>Feb 10 23:59:59 2024 CST</ValidEndDate></Certificate>": "reading ValidEndDate",
	} {
		f := newFixture(t)
		f.oss.Behave(domain.Name{Bucket: bucket}, osstest.Reply(200, cnames(
			"<Cname><Domain>bad.example.com</Domain>"+listed+"</Cname><Cname><Domain>www.example.com</Domain><Status>Enabled</Status></Cname>")))
		got, err := f.list(t)
		if err != nil || len(got) != 2 {
			t.Fatalf("%q: got %+v, %v", listed, got, err)
		}
		if got[0].Err == nil || !strings.Contains(got[0].Err.Error(), text) || got[1].Err != nil {
			t.Errorf("%q: got errors %v and %v, want the first's only, %q", listed, got[0].Err, got[1].Err, text)
		}
	}
}

func TestListsThatAreRefused(t *testing.T) {
	other := strings.ReplaceAll(cnames(""), bucket, "otherbucket")
	for name, test := range map[string]struct {
		reply osstest.Behaviour
		want  ossclient.Reason
	}{
		"another bucket":             {osstest.Reply(200, other), ossclient.ReasonBadResponse},
		"no bucket":                  {osstest.Reply(200, "<ListCnameResult/>"), ossclient.ReasonBadResponse},
		"another root":               {osstest.Reply(200, "<CnameToken/>"), ossclient.ReasonBadResponse},
		"cut short":                  {osstest.Reply(200, cnames("")[:40]), ossclient.ReasonBadResponse},
		"empty":                      {osstest.Reply(200, ""), ossclient.ReasonBadResponse},
		"denied":                     {osstest.Fail(403, "AccessDenied", "0003-00000001"), ossclient.ReasonAccessDenied},
		"no bucket of the name":      {osstest.Fail(404, "NoSuchBucket", ""), ossclient.ReasonBucketNotFound},
		"throttled":                  {osstest.Fail(503, "MetaOperationQpsLimitExceeded", ""), ossclient.ReasonThrottled},
		"none, of another bucket":    {osstest.Reply(404, "<Error><Code>NoSuchCname</Code><Bucket>otherbucket</Bucket></Error>"), ossclient.ReasonBadResponse},
		"no domain, but not of OSS":  {osstest.Reply(404, "NoSuchCname"), ossclient.ReasonBadResponse},
		"none, with another status":  {osstest.Fail(403, "NoSuchCname", ""), ossclient.ReasonAccessDenied},
		"the answer to another call": {osstest.Fail(404, "CnameTokenNotFound", ""), ossclient.ReasonClientError},
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

func TestHosts(t *testing.T) {
	got := ossclient.Hosts(bucket, "cn-hangzhou", "https://oss-cn-hzfinance.aliyuncs.com:443")
	for _, want := range []string{
		"examplebucket.oss-cn-hangzhou.aliyuncs.com",
		"examplebucket.cn-hangzhou.oss.aliyuncs.com",
		"examplebucket.oss-accelerate.aliyuncs.com",
		"examplebucket.oss-cn-hzfinance.aliyuncs.com",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("got %q, want among them %q", got, want)
		}
	}
	if got := ossclient.Hosts(bucket, "cn-hangzhou", ""); len(got) != 4 {
		t.Errorf("without an endpoint: got %q", got)
	}
}
