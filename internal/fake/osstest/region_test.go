package osstest_test

import (
	"strings"
	"testing"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// askAt asks host about path, signed by "ak" for region at noon. resource has the bucket and the path.
func askAt(t testing.TB, s *osstest.Server, host, region, path, resource, query string) answer {
	t.Helper()
	scope := "20260301/" + region + "/oss/aliyun_v4_request"
	canonical := lines("GET", resource, query,
		"x-oss-content-sha256:UNSIGNED-PAYLOAD", "x-oss-date:20260301T120000Z", "", "", "UNSIGNED-PAYLOAD")
	return exchange(t, s, "", "GET "+path+"?"+query+" HTTP/1.1", "Host: "+host, ossDate, payload,
		"Authorization: OSS4-HMAC-SHA256 Credential=ak/"+scope+",Signature="+signV4(scope, canonical))
}

// TestListBucketsAtEveryHost asks each endpoint of a region for the buckets.
func TestListBucketsAtEveryHost(t *testing.T) {
	s := newServerAt(t, noon)
	for host, region := range map[string]string{
		"oss-cn-hangzhou.aliyuncs.com":          "cn-hangzhou",
		"oss-cn-hangzhou-internal.aliyuncs.com": "cn-hangzhou",
		"cn-hangzhou.oss.aliyuncs.com":          "cn-hangzhou",
		"oss-accelerate.aliyuncs.com":           "cn-hangzhou",
		"oss-cn-beijing.aliyuncs.com":           "cn-beijing",
		"oss-cn-hzfinance.aliyuncs.com":         "cn-hangzhou-finance",
		"OSS-cn-hangzhou.aliyuncs.com:443":      "cn-hangzhou",
		"127.0.0.1":                             "cn-hangzhou",
		"localhost:80":                          "cn-hangzhou",
	} {
		if a := askAt(t, s, host, region, "/", "/", ""); a.status != 200 || !strings.Contains(a.body, "<Name>examplebucket</Name>") {
			t.Errorf("%s: got %d\n%s", host, a.status, a.body)
		}
	}
}

// TestOtherRegions asks about a bucket at each kind of host, and of region.
func TestOtherRegions(t *testing.T) {
	const query = "cname=example.com&comp=token"
	for _, tc := range []struct {
		name, bucket, host, region string
		status                     int
		code, ec, endpoint         string
	}{
		{"at home", "examplebucket", "oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou", 200, "", "", ""},
		{"at home, inside", "examplebucket", "oss-cn-hangzhou-internal.aliyuncs.com", "cn-hangzhou", 200, "", "", ""},
		{"at home, dual stack", "examplebucket", "cn-hangzhou.oss.aliyuncs.com", "cn-hangzhou", 200, "", "", ""},
		{"accelerated", "examplebucket", "oss-accelerate.aliyuncs.com", "cn-hangzhou", 200, "", "", ""},
		{"elsewhere, accelerated", "northern", "oss-accelerate.aliyuncs.com", "cn-beijing", 200, "", "", ""},
		{"elsewhere, at its home", "northern", "oss-cn-beijing.aliyuncs.com", "cn-beijing", 200, "", "", ""},
		{"of the finance cloud, at its home", "banking", "oss-cn-hzfinance.aliyuncs.com", "cn-hangzhou-finance", 200, "", "", ""},
		{"asked elsewhere", "examplebucket", "oss-cn-beijing.aliyuncs.com", "cn-beijing", 403, "AccessDenied", "0003-00001403", "oss-cn-hangzhou.aliyuncs.com"},
		{"asked elsewhere, inside", "examplebucket", "oss-cn-beijing-internal.aliyuncs.com", "cn-beijing", 403, "AccessDenied", "0003-00001403", "oss-cn-hangzhou.aliyuncs.com"},
		{"asked elsewhere, dual stack", "examplebucket", "cn-beijing.oss.aliyuncs.com", "cn-beijing", 403, "AccessDenied", "0003-00001403", "oss-cn-hangzhou.aliyuncs.com"},
		{"elsewhere, asked here", "northern", "oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou", 403, "AccessDenied", "0003-00001403", "oss-cn-beijing.aliyuncs.com"},
		{"of the finance cloud, asked here", "banking", "oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou", 403, "AccessDenied", "0003-00001403", "oss-cn-hzfinance.aliyuncs.com"},
		{"signed for another region than the host's", "examplebucket", "oss-cn-beijing.aliyuncs.com", "cn-hangzhou", 400, "InvalidArgument", "0002-00000226", ""},
		{"of nobody", "nowhere", "oss-cn-beijing.aliyuncs.com", "cn-beijing", 404, "NoSuchBucket", "0015-00000101", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServerAt(t, noon)
			s.AddBucket(osstest.Bucket{Name: "northern", Region: "cn-beijing"})
			s.AddBucket(osstest.Bucket{Name: "banking", Region: "cn-hangzhou-finance"})
			for _, bucket := range []string{"northern", "banking"} {
				s.SetToken(domain.Name{Bucket: bucket, Base: "example.com"}, token)
			}
			a := askAt(t, s, tc.bucket+"."+tc.host, tc.region, "/", "/"+tc.bucket+"/", query)
			if a.status != tc.status || a.element("Code") != tc.code || a.element("EC") != tc.ec || a.element("Endpoint") != tc.endpoint {
				t.Errorf("got %d, want %d; body:\n%s", a.status, tc.status, a.body)
			}
		})
	}
}
