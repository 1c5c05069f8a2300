package ossclient_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/status"
)

// TestMeanings goes through every refusal that OSS documents for these calls,
// and through those that real bodies show.
func TestMeanings(t *testing.T) {
	const moved = "<Endpoint>oss-cn-shanghai.aliyuncs.com</Endpoint>"
	for _, test := range []struct {
		status   int
		code, ec string
		more     string // of the body
		want     status.Reason
		hint     string // part of it; "" is that there is none
		calls    int
	}{
		{404, "NoSuchBucket", "0015-00000101", "", status.ReasonBucketNotFound, "", 1},
		{400, "InvalidArgument", "", "", status.ReasonInvalidArgument, "", 1},
		{400, "InvalidArgument", "0016-00000500", "", status.ReasonInvalidArgument, "", 1},
		{400, "InvalidBucketName", "", "", status.ReasonInvalidArgument, "", 1},

		{403, "AccessDenied", "0003-00000001", "", status.ReasonAccessDenied, "belongs to its account", 1},
		{403, "AccessDenied", "", "", status.ReasonAccessDenied, "", 1},
		{403, "AccessDenied", "0099-00000001", "", status.ReasonAccessDenied, "", 1},
		{403, "AccessDenied", "0018-00000002", "", status.ReasonAccessDenied, "custom domains are not enabled", 1},
		{403, "AccessDenied", "0003-00001403", moved, status.ReasonWrongEndpoint, "answers at oss-cn-shanghai.aliyuncs.com", 1},
		{403, "AccessDenied", "0003-00001403", "", status.ReasonWrongEndpoint, "region", 1},
		{403, "AccessDenied", "", moved, status.ReasonWrongEndpoint, "answers at oss-cn-shanghai.aliyuncs.com", 1},
		{403, "AccessDenied", "", "<Endpoint>\n  oss-cn-shanghai.aliyuncs.com\n</Endpoint>", status.ReasonWrongEndpoint, "at oss-cn-shanghai.aliyuncs.com:", 1},
		{403, "AccessDenied", "", "<Endpoint> </Endpoint>", status.ReasonAccessDenied, "", 1},
		{403, "AccessDenied", "0002-00000080", "", status.ReasonCredentials, "signature_version to v4", 1},
		{403, "AccessDenied", "0002-00000503", "", status.ReasonCredentials, "", 1},
		{400, "InvalidArgument", "0002-00000226", "", status.ReasonWrongEndpoint, "does not fit the endpoint", 1},
		{400, "InvalidArgument", "0002-00000227", "", status.ReasonWrongEndpoint, "does not fit the endpoint", 1},
		{400, "InvalidArgument", "0002-00000228", "", status.ReasonWrongEndpoint, "does not fit the endpoint", 1},
		{400, "InvalidArgument", "0002-00000226", moved, status.ReasonWrongEndpoint, "answers at oss-cn-shanghai.aliyuncs.com", 1},
		{400, "InvalidArgument", "0002-00000202", "", status.ReasonCredentials, "", 1},
		{403, "SecondLevelDomainForbidden", "0003-00001401", "", status.ReasonWrongEndpoint, "endpoint", 1},
		{403, "NonStandardHostForbidden", "0003-00001402", "", status.ReasonWrongEndpoint, "endpoint", 1},
		{400, "PublicEndpointForbidden", "0048-00000401", "", status.ReasonWrongEndpoint, "network", 1},
		{301, "PermanentRedirect", "", moved, status.ReasonWrongEndpoint, "answers at oss-cn-shanghai.aliyuncs.com", 1},

		{403, "InvalidAccessKeyId", "0002-00000902", "", status.ReasonCredentials, "renew", 1},
		{403, "SignatureDoesNotMatch", "0002-00000040", "", status.ReasonCredentials, "secret", 1},
		{403, "SecurityTokenExpired", "0002-00000007", "", status.ReasonCredentials, "expired", 1},
		{403, "InvalidSecurityToken", "0002-00000008", "", status.ReasonCredentials, "renew", 1},
		{403, "AccessKeyIdAndSecurityTokenNotMatch", "", "", status.ReasonCredentials, "renew", 1},
		{403, "RequestTimeTooSkewed", "0002-00000504", "", status.ReasonClockSkew, "clock", 1},
		{403, "UserDisable", "", "", status.ReasonAccessDenied, "suspended", 1},
		{403, "InDebt", "", "", status.ReasonAccessDenied, "suspended", 1},
		{403, "InDebtOverdue", "", "", status.ReasonAccessDenied, "suspended", 1},
		{403, "BucketDisable", "", "", status.ReasonAccessDenied, "suspended", 1},

		{503, "MetaOperationQpsLimitExceeded", "", "", status.ReasonThrottled, "", 1},
		{503, "TotalQpsLimitExceeded", "0004-00000302", "", status.ReasonThrottled, "", 1},
		{429, "QpsLimitExceeded", "", "", status.ReasonThrottled, "", 1},
		{503, "NewQpsLimitExceeded", "", "", status.ReasonThrottled, "", 1},
		{503, "ServiceUnavailable", "", "", status.ReasonServerError, "", 2},
		{500, "InternalError", "", "", status.ReasonServerError, "", 2},

		{403, "NeedVerifyDomainOwnership", "0018-00000115", "", status.ReasonClientError, "publish the token", 1},
		{403, "NoNeedCreateCnameToken", "0018-00000302", "", status.ReasonClientError, "needs no token", 1},
		{403, "CnameTokenNotFound", "", "", status.ReasonAccessDenied, "", 1},
		{409, "Conflict", "", "", status.ReasonClientError, "", 1},
		{401, "Unheard", "", "", status.ReasonCredentials, "", 1},
		{403, "Unheard", "", "", status.ReasonAccessDenied, "", 1},
		{403, "Unheard", "0002-00000999", "", status.ReasonCredentials, "", 1},
		{400, "Unheard", "0002-00000504", "", status.ReasonClockSkew, "clock", 1},
		{418, "Unheard", "", moved, status.ReasonWrongEndpoint, "answers at oss-cn-shanghai.aliyuncs.com", 1},
		{403, "\n NoSuchBucket ", "", "", status.ReasonBucketNotFound, "", 1},
	} {
		t.Run(fmt.Sprint(test.status, test.code, test.ec, test.more), func(t *testing.T) {
			f := newFixture(t)
			f.oss.Behave(named(false), osstest.Reply(test.status,
				"<Error><Code>"+test.code+"</Code><Message>m</Message><EC>"+test.ec+"</EC>"+test.more+"</Error>"))
			failure := f.failure(t)
			if failure.Reason != test.want || failure.Status != test.status || failure.Code != strings.TrimSpace(test.code) || failure.EC != test.ec {
				t.Errorf("got %+v, want reason %q", failure, test.want)
			}
			if !strings.Contains(failure.Hint, test.hint) || test.hint == "" && failure.Hint != "" || !strings.Contains(failure.Error(), failure.Hint) {
				t.Errorf("got the hint %q, want %q; all of it: %v", failure.Hint, test.hint, failure)
			}
			if n := f.oss.Calls(); n != test.calls {
				t.Errorf("OSS was asked %d times, want %d", n, test.calls)
			}
		})
	}
}

// TestECInTheHeaderCounts has a body without one.
func TestECInTheHeaderCounts(t *testing.T) {
	f := newFixture(t)
	f.oss.Behave(named(false), osstest.Reply(400, "<Error><Code>InvalidArgument</Code></Error>", "x-oss-ec", "0002-00000226"))
	if failure := f.failure(t); failure.Reason != status.ReasonWrongEndpoint {
		t.Errorf("got %v", failure)
	}
}

// TestRegionAndEndpointDisagree signs for another region than the endpoint's.
func TestRegionAndEndpointDisagree(t *testing.T) {
	f := newFixture(t)
	f.opts.Region = "cn-beijing"
	if failure := f.failure(t); failure.Reason != status.ReasonWrongEndpoint || failure.EC != "0002-00000226" {
		t.Errorf("got %+v", failure)
	}
}

// TestErrorInA200 has a refusal under a status that says there is none.
func TestErrorInA200(t *testing.T) {
	for body, words := range map[string][]string{
		"<Error><Code>AccessDenied</Code><Message>You have no right.</Message></Error>": {"AccessDenied", "You have no right"},
		"<Error><Code>CnameTokenNotFound</Code></Error>":                                {"CnameTokenNotFound"},
		"<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Endpoint>oss-cn-shanghai.aliyuncs.com</Endpoint></Error>": {
			"AccessDenied", "oss-cn-shanghai.aliyuncs.com"},
		`<Error xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com"><Code>AccessDenied</Code></Error>`:             {"AccessDenied"},
		`<oss:Error xmlns:oss="http://doc.oss-cn-hangzhou.aliyuncs.com"><Code>AccessDenied</Code></oss:Error>`: {"AccessDenied"},
		"<Error\n><Code>AccessDenied</Code></Error>":                                                           {"AccessDenied"},
		"<CnameToken><Error>no</Error></CnameToken>":                                                           {"no Token"},
	} {
		f := newFixture(t)
		f.oss.Behave(named(false), osstest.Reply(200, body))
		want := status.ReasonBadResponse
		if strings.Contains(body, "<Endpoint>") {
			want = status.ReasonWrongEndpoint
		}
		failure := f.failure(t)
		if failure.Reason != want || failure.Status != 200 || failure.Code != "" || f.oss.Calls() != 1 {
			t.Errorf("%s: got %+v after %d calls", body, failure, f.oss.Calls())
		}
		for _, word := range words {
			if !strings.Contains(failure.Error(), word) {
				t.Errorf("%s: got %q, want %q in it", body, failure, word)
			}
		}
		f.oss.Behave(domain.Name{Bucket: bucket}, osstest.Reply(200, body))
		if _, err := f.list(t); !errors.As(err, &failure) || failure.Reason != want {
			t.Errorf("listed: %v", err)
		}
	}
}

// TestPlausibleSkew has dates that are no clock's, and the one in the body.
func TestPlausibleSkew(t *testing.T) {
	tooSkewed := func(serverTime string) string {
		return "<Error><Code>RequestTimeTooSkewed</Code><ServerTime>" + serverTime + "</ServerTime></Error>"
	}
	const now = "Wed, 23 Feb 2022 20:39:42 GMT"
	for name, test := range map[string]struct {
		status     int
		date, body string
		want       time.Duration
		told       bool
	}{
		"as it should be":                {404, now, "<Error><Code>CnameTokenNotFound</Code></Error>", 0, true},
		"1970":                           {404, "Thu, 01 Jan 1970 00:00:00 GMT", "<Error><Code>CnameTokenNotFound</Code></Error>", 0, false},
		"1970, refused":                  {403, "Thu, 01 Jan 1970 00:00:00 GMT", "<Error><Code>AccessDenied</Code></Error>", 0, false},
		"a year off, and accepted":       {404, "Thu, 23 Feb 2023 20:39:42 GMT", "<Error><Code>CnameTokenNotFound</Code></Error>", 0, false},
		"14 minutes off":                 {404, "Wed, 23 Feb 2022 20:53:42 GMT", "<Error><Code>CnameTokenNotFound</Code></Error>", -14 * time.Minute, true},
		"no date":                        {404, "", "<Error><Code>CnameTokenNotFound</Code></Error>", 0, false},
		"too skewed":                     {403, now, tooSkewed("2022-02-23T19:39:42.000Z"), time.Hour, true},
		"too skewed, the header is 1970": {403, "Thu, 01 Jan 1970 00:00:00 GMT", tooSkewed("2022-02-23T19:39:42.000Z"), time.Hour, true},
		"too skewed, the body is 1970":   {403, "Wed, 23 Feb 2022 19:39:42 GMT", tooSkewed("1970-01-01T00:00:00.000Z"), time.Hour, true},
		"too skewed, both are 1970":      {403, "Thu, 01 Jan 1970 00:00:00 GMT", tooSkewed("1970-01-01T00:00:00.000Z"), 0, false},
		"too skewed, by years":           {403, now, tooSkewed("2026-02-23T20:39:42.000Z"), -(4*365 + 1) * 24 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			var seen recorder
			f.opts.Observer = &seen
			f.oss.Behave(named(false), osstest.Reply(test.status, test.body, "Date", test.date))
			_, _ = f.get(t, domain.Name{Bucket: bucket, Base: cname})
			if told := len(seen.skews) == 1; told != test.told || told && seen.skews[0] != test.want {
				t.Errorf("told of %v, want %v, %v", seen.skews, test.want, test.told)
			}
		})
	}
}
