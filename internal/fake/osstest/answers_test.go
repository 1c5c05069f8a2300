package osstest_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// The bodies of GetCnameToken's documentation page, and of the refusals around it.
func TestBodies(t *testing.T) {
	s := newServerAt(t, noon)
	s.AddBucket(osstest.Bucket{Name: "moved", Region: "cn-beijing"})
	s.AddBucket(osstest.Bucket{Name: "forbidden", Forbidden: true})
	for _, tc := range []struct {
		name   string
		ask    func(*testing.T) answer
		status int
		body   string // REQUEST_ID stands for the value of x-oss-request-id
	}{
		{"the token is found", func(t *testing.T) answer { return askV4(t, s) }, 200, `
<CnameToken>
  <Bucket>examplebucket</Bucket>
  <Cname>example.com</Cname>
  <Token>be1d49d863dea9ffeff3df7d64550001</Token>
  <ExpireTime>Sun, 01 Mar 2026 13:00:00 GMT</ExpireTime>
</CnameToken>`},
		{"the token is not created or has expired", func(t *testing.T) answer {
			return askAbout(t, s, "examplebucket", "cname=example.org&comp=token")
		}, 404, `
<Error>
  <Code>CnameTokenNotFound</Code>
  <Message>Cname token not found.</Message>
  <RequestId>REQUEST_ID</RequestId>
  <HostId>127.0.0.1</HostId>
  <Bucket>examplebucket</Bucket>
  <Cname>example.org</Cname>
  <EC>0018-00000301</EC>
</Error>`},
		{"the bucket does not exist", func(t *testing.T) answer {
			return askAbout(t, s, "nowhere", "cname=example.com&comp=token")
		}, 404, `
<Error>
  <Code>NoSuchBucket</Code>
  <Message>The specified bucket does not exist.</Message>
  <RequestId>REQUEST_ID</RequestId>
  <HostId>127.0.0.1</HostId>
  <BucketName>nowhere</BucketName>
  <EC>0015-00000101</EC>
</Error>`},
		{"the bucket is in another region", func(t *testing.T) answer {
			return askAbout(t, s, "moved", "cname=example.com&comp=token")
		}, 403, `
<Error>
  <Code>AccessDenied</Code>
  <Message>The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.</Message>
  <RequestId>REQUEST_ID</RequestId>
  <HostId>127.0.0.1</HostId>
  <Bucket>moved</Bucket>
  <Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint>
  <EC>0003-00001403</EC>
</Error>`},
		{"the bucket is somebody else's", func(t *testing.T) answer {
			return askAbout(t, s, "forbidden", "cname=example.com&comp=token")
		}, 403, `
<Error>
  <Code>AccessDenied</Code>
  <Message>The bucket you access does not belong to you.</Message>
  <RequestId>REQUEST_ID</RequestId>
  <HostId>127.0.0.1</HostId>
  <EC>0003-00000001</EC>
</Error>`},
		{"the cname is malformed", func(t *testing.T) answer {
			return askAbout(t, s, "examplebucket", "cname=a%26b&comp=token")
		}, 400, `
<Error>
  <Code>InvalidArgument</Code>
  <Message>The cname is invalid.</Message>
  <RequestId>REQUEST_ID</RequestId>
  <HostId>127.0.0.1</HostId>
  <ArgumentName>cname</ArgumentName>
  <ArgumentValue>a&amp;b</ArgumentValue>
</Error>`},
		{"the clock is off", func(t *testing.T) answer { return askV4(t, newServerAt(t, noon.Add(16*time.Minute))) }, 403, `
<Error>
  <Code>RequestTimeTooSkewed</Code>
  <Message>The difference between the request time and the current time is too large.</Message>
  <RequestId>REQUEST_ID</RequestId>
  <HostId>127.0.0.1</HostId>
  <MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>
  <RequestTime>2026-03-01T12:00:00.000Z</RequestTime>
  <ServerTime>2026-03-01T12:16:00.000Z</ServerTime>
  <EC>0002-00000504</EC>
</Error>`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := tc.ask(t)
			want := `<?xml version="1.0" encoding="UTF-8"?>` +
				strings.Replace(tc.body, "REQUEST_ID", a.header.Get("x-oss-request-id"), 1)
			if a.status != tc.status || a.body != want {
				t.Errorf("got %d:\n%s\nwant %d:\n%s", a.status, a.body, tc.status, want)
			}
		})
	}
}

var requestID = regexp.MustCompile(`^[0-9A-F]{24}$`)

func TestCommonHeaders(t *testing.T) {
	s := newServerAt(t, noon)
	s.Behave(domain.Name{Bucket: "examplebucket", Base: "failing.com"}, osstest.Fail(503, "ServiceUnavailable", ""))
	seen := make(map[string]bool)
	for name, a := range map[string]answer{
		"found":    askV4(t, s),
		"absent":   askAbout(t, s, "examplebucket", "cname=example.org&comp=token"),
		"unsigned": exchange(t, s, "", "GET / HTTP/1.1", "Host: 127.0.0.1"),
		"scripted": askAbout(t, s, "examplebucket", "cname=failing.com&comp=token"),
	} {
		for header, want := range map[string]string{
			"Server":       "AliyunOSS",
			"Content-Type": "application/xml",
			"Date":         "Sun, 01 Mar 2026 12:00:00 GMT",
		} {
			if got := a.header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
		id := a.header.Get("x-oss-request-id")
		if !requestID.MatchString(id) || seen[id] {
			t.Errorf("%s: request id %q is malformed or not new", name, id)
		}
		seen[id] = true
		if a.status != http.StatusOK && a.element("RequestId") != id {
			t.Errorf("%s: the body says request %q, the header %q", name, a.element("RequestId"), id)
		}
	}
}

func TestHostID(t *testing.T) {
	s := newServerAt(t, noon)
	a := exchange(t, s, "", "GET /?comp=token&cname=example.com HTTP/1.1", "Host: examplebucket.oss-cn-hangzhou.aliyuncs.com:80")
	if got, want := a.element("HostId"), "examplebucket.oss-cn-hangzhou.aliyuncs.com"; got != want {
		t.Errorf("HostId is %q, want %q", got, want)
	}
}
