package osstest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/fake/osstest"
)

// Known answers: signatures published in the tests of the vendor's SDK, over requests of other operations. OSS would
// go on to perform those; this server has checked the signature before it says that it cannot.
func TestKnownAnswers(t *testing.T) {
	const (
		v4target = "PUT /1234%2B-/123/1.txt?%2Bparam1=value3&%2Bparam2=&%7Cparam1=value4&%7Cparam2=&param1=value1&param2= HTTP/1.1"
		v4auth   = "Authorization: OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,"
		v4host   = "Host: bucket.oss-cn-hangzhou.aliyuncs.com"
		v1host   = "Host: examplebucket.oss-cn-hangzhou.aliyuncs.com"
	)
	v4headers := []string{"x-oss-head1: value", "abc: value", "ZAbc: value", "XYZ: value", "content-type: text/plain", payload}
	v1date := []string{"Date: Wed, 28 Dec 2022 10:27:41 GMT", "x-oss-date: Wed, 28 Dec 2022 10:27:41 GMT"}
	v1headers := append([]string{"Content-MD5: eB5eJF1ptWaXm4bijSPyxw==", "Content-Type: text/html",
		"x-oss-meta-author: alice", "x-oss-meta-magic: abracadabra"}, v1date...)
	v1at := time.Date(2022, time.December, 28, 10, 27, 41, 0, time.UTC)

	for _, tc := range []struct {
		name    string
		at      time.Time
		head    []string
		headers []string
	}{
		{"V4", time.Unix(1702743657, 0), []string{v4target, v4host, "x-oss-date: 20231216T162057Z",
			v4auth + "Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe"}, v4headers},
		{"V4 additional headers", time.Unix(1702747512, 0), []string{v4target, v4host, "x-oss-date: 20231216T172512Z",
			v4auth + "AdditionalHeaders=abc;zabc,Signature=4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f"}, v4headers},
		{"V1 object", v1at, []string{"PUT /nelson HTTP/1.1", v1host,
			"Authorization: OSS ak:kSHKmLxlyEAKtZPkJhG9bZb5k7M="}, v1headers},
		{"V1 sub-resource", v1at, []string{"PUT /nelson?acl HTTP/1.1", v1host,
			"Authorization: OSS ak:/afkugFbmWDQ967j1vr6zygBLQk="}, v1headers},
		{"V1 bucket", v1at, []string{"GET /?resourceGroup&non-resousce=null HTTP/1.1", v1host,
			"Authorization: OSS ak:vkQmfuUDyi1uDi3bKt67oemssIs="}, v1date},
		{"V1 two sub-resources", v1at, []string{"GET /?resourceGroup&acl HTTP/1.1", v1host,
			"Authorization: OSS ak:x3E5TgOvl/i7PN618s5mEvpJDYk="}, v1date},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServerAt(t, tc.at)
			head := append(tc.head, tc.headers...)
			exchange(t, s, "", head...).check(t, 501, "NotImplemented", "")
			s.AddKey("ak", "sK")
			exchange(t, s, "", head...).check(t, 403, "SignatureDoesNotMatch", "0002-00000040")
		})
	}

	t.Run("V4 security token", func(t *testing.T) {
		s := newServerAt(t, time.Unix(1702784856, 0))
		s.AddSTSKey("ak", "sk", "token", time.Time{})
		head := append(v4headers, "x-oss-date: 20231217T034736Z", "x-oss-security-token: token",
			"Authorization: OSS4-HMAC-SHA256 Credential=ak/20231217/cn-hangzhou/oss/aliyun_v4_request,"+
				"Signature=b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea")
		exchange(t, s, "", append([]string{v4target, v4host}, head...)...).check(t, 501, "NotImplemented", "")
	})
}

// What clients of other languages and older versions send.
func TestAcceptsV4(t *testing.T) {
	const get = "GET /examplebucket/?comp=token&cname=example.com HTTP/1.1"
	for _, tc := range []struct {
		name       string
		head       []string
		additional string
		canonical  string
	}{
		{"x-oss-date", []string{get, "Host: 127.0.0.1", ossDate, payload}, "", canonicalGet},
		{"x-oss-date before Date", []string{get, "Host: 127.0.0.1", ossDate, "Date: Mon, 02 Mar 2026 00:00:00 GMT", payload}, "", canonicalGet},
		{"only Date, in ISO 8601", []string{get, "Host: 127.0.0.1", "Date: 20260301T120000Z", payload}, "", lines(
			"GET", "/examplebucket/", "cname=example.com&comp=token", "x-oss-content-sha256:UNSIGNED-PAYLOAD", "", "", "UNSIGNED-PAYLOAD")},
		{"additional headers", []string{get, "Host: 127.0.0.1:9", "User-Agent: curl/8", ossDate, payload}, "host;user-agent", lines(
			"GET", "/examplebucket/", "cname=example.com&comp=token", "host:127.0.0.1:9", "user-agent:curl/8",
			"x-oss-content-sha256:UNSIGNED-PAYLOAD", "x-oss-date:20260301T120000Z", "", "host;user-agent", "UNSIGNED-PAYLOAD")},
		{"content headers", []string{get, "Host: 127.0.0.1", "Content-Type: application/xml", "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==", ossDate, payload}, "", lines(
			"GET", "/examplebucket/", "cname=example.com&comp=token", "content-md5:1B2M2Y8AsgTpgAmY7PhCfg==", "content-type:application/xml",
			"x-oss-content-sha256:UNSIGNED-PAYLOAD", "x-oss-date:20260301T120000Z", "", "", "UNSIGNED-PAYLOAD")},
		{"one header's name the beginning of another's", []string{get, "Host: 127.0.0.1", "x-oss-a-b: 2", "x-oss-a: 1", ossDate, payload}, "", lines(
			"GET", "/examplebucket/", "cname=example.com&comp=token", "x-oss-a:1", "x-oss-a-b:2",
			"x-oss-content-sha256:UNSIGNED-PAYLOAD", "x-oss-date:20260301T120000Z", "", "", "UNSIGNED-PAYLOAD")},
		{"a header twice, padded", []string{get, "Host: 127.0.0.1", "X-OSS-Meta:   1  ", "x-oss-meta: 2", ossDate, payload}, "", lines(
			"GET", "/examplebucket/", "cname=example.com&comp=token", "x-oss-content-sha256:UNSIGNED-PAYLOAD",
			"x-oss-date:20260301T120000Z", "x-oss-meta:1,2", "", "", "UNSIGNED-PAYLOAD")},
		{"wildcard is signed", []string{"GET /examplebucket/?wildcard=false&comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1", ossDate, payload}, "",
			strings.Replace(canonicalGet, "comp=token", "comp=token&wildcard=false", 1)},
		{"a parameter's name the beginning of another's", []string{"GET /examplebucket/?c=1&c-d=2&comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1", ossDate, payload}, "",
			strings.Replace(canonicalGet, "cname", "c=1&c-d=2&cname", 1)},
		{"escaped more than needed", []string{"GET /examplebucket/?comp=token&cname=example%2ecom HTTP/1.1", "Host: 127.0.0.1", ossDate, payload}, "", canonicalGet},
		{"a space as +", []string{"GET /examplebucket/?a=b+c&comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1", ossDate, payload}, "",
			strings.Replace(canonicalGet, "cname", "a=b%20c&cname", 1)},
		{"no slash after the bucket", []string{"GET /examplebucket?comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1", ossDate, payload}, "", canonicalGet},
		{"virtual hosted", []string{"GET /?comp=token&cname=example.com HTTP/1.1", "Host: examplebucket.oss-cn-hangzhou.aliyuncs.com", ossDate, payload}, "", canonicalGet},
		{"virtual hosted on localhost", []string{"GET /?comp=token&cname=example.com HTTP/1.1", "Host: examplebucket.localhost:8080", ossDate, payload}, "", canonicalGet},
		{"path style on localhost", []string{get, "Host: localhost:8080", ossDate, payload}, "", canonicalGet},
		{"path style on IPv6", []string{get, "Host: [::1]:8080", ossDate, payload}, "", canonicalGet},
		{"path style on the endpoint", []string{get, "Host: oss-cn-hangzhou.aliyuncs.com", ossDate, payload}, "", canonicalGet},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServerAt(t, noon)
			credential, signature := "Credential=ak/"+scope, "Signature="+signV4(scope, tc.canonical)
			fields := []string{credential, signature}
			if tc.additional != "" {
				fields = []string{credential, "AdditionalHeaders=" + tc.additional, signature}
			}
			exchange(t, s, "", append(tc.head, "Authorization: OSS4-HMAC-SHA256 "+strings.Join(fields, ","))...).checkToken(t)

			fields[0], fields[len(fields)-1] = signature, credential
			exchange(t, s, "", append(tc.head, "Authorization: OSS4-HMAC-SHA256 "+strings.Join(fields, ", "))...).checkToken(t)
		})
	}
}

// TestDateIsSignedAsItStands has requests that only Date dates, in the format of the older clients: its text is what
// they sign. Nothing else is accepted in its place.
func TestDateIsSignedAsItStands(t *testing.T) {
	canonical := lines("GET", "/examplebucket/", "cname=example.com&comp=token", "x-oss-content-sha256:UNSIGNED-PAYLOAD", "", "", "UNSIGNED-PAYLOAD")
	const gmt, iso = "Sun, 01 Mar 2026 12:00:00 GMT", "20260301T120000Z"
	for _, tc := range []struct {
		header, signed string
		status         int
	}{{gmt, gmt, 200}, {iso, iso, 200}, {gmt, iso, 403}, {iso, gmt, 403}} {
		s := newServerAt(t, noon)
		a := exchange(t, s, "", "GET /examplebucket/?comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1", "Date: "+tc.header, payload,
			"Authorization: OSS4-HMAC-SHA256 Credential=ak/"+scope+",Signature="+signV4Dated(tc.signed, scope, canonical))
		if a.status != tc.status {
			t.Errorf("Date %q, signed %q: got %d, want %d; body:\n%s", tc.header, tc.signed, a.status, tc.status, a.body)
		}
	}
}

func TestAcceptsV1(t *testing.T) {
	const (
		get      = "GET /examplebucket/?comp=token&cname=example.com HTTP/1.1"
		date     = "Sun, 01 Mar 2026 12:00:00 GMT"
		resource = "/examplebucket/?cname=example.com&comp=token"
	)
	for _, tc := range []struct {
		name   string
		head   []string
		toSign string
	}{
		{"only Date", []string{get, "Host: 127.0.0.1", gmtDate}, lines("GET", "", "", date, resource)},
		{"x-oss-date", []string{get, "Host: 127.0.0.1", "x-oss-date: " + date}, lines("GET", "", "", date, "x-oss-date:"+date, resource)},
		{"x-oss-date before Date", []string{get, "Host: 127.0.0.1", "Date: Mon, 02 Mar 2026 00:00:00 GMT", "x-oss-date: " + date},
			lines("GET", "", "", date, "x-oss-date:"+date, resource)},
		{"content headers", []string{get, "Host: 127.0.0.1", gmtDate, "Content-Type: application/xml", "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg=="},
			lines("GET", "1B2M2Y8AsgTpgAmY7PhCfg==", "application/xml", date, resource)},
		{"OSS headers", []string{get, "Host: 127.0.0.1", gmtDate, "X-Oss-B: 2", "x-oss-a:1"},
			lines("GET", "", "", date, "x-oss-a:1", "x-oss-b:2", resource)},
		{"wildcard is not signed", []string{"GET /examplebucket/?wildcard=false&comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1", gmtDate},
			lines("GET", "", "", date, resource)},
		{"virtual hosted", []string{"GET /?comp=token&cname=example.com HTTP/1.1", "Host: examplebucket.localhost", gmtDate},
			lines("GET", "", "", date, resource)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServerAt(t, noon)
			exchange(t, s, "", append(tc.head, "Authorization: OSS ak:"+signV1(tc.toSign))...).checkToken(t)
		})
	}
}

// A request changed after it was signed, in each part that a signature covers.
func TestTampering(t *testing.T) {
	const (
		get  = "GET /examplebucket/?comp=token&cname=example.com HTTP/1.1"
		host = "Host: 127.0.0.1"
	)
	v4 := []string{ossDate, payload, "x-oss-meta: 1", "Content-Type: text/plain", "User-Agent: a",
		"Authorization: OSS4-HMAC-SHA256 Credential=ak/" + scope + ",AdditionalHeaders=user-agent,Signature=" + signV4(scope, lines(
			"GET", "/examplebucket/", "cname=example.com&comp=token", "content-type:text/plain", "user-agent:a",
			"x-oss-content-sha256:UNSIGNED-PAYLOAD", "x-oss-date:20260301T120000Z", "x-oss-meta:1", "", "user-agent", "UNSIGNED-PAYLOAD"))}
	v1 := []string{gmtDate, "x-oss-meta: 1", "Content-Type: text/plain",
		"Authorization: OSS ak:" + signV1(lines("GET", "", "text/plain", "Sun, 01 Mar 2026 12:00:00 GMT", "x-oss-meta:1",
			"/examplebucket/?cname=example.com&comp=token"))}

	for version, signed := range map[string][]string{"V1": v1, "V4": v4} {
		t.Run(version, func(t *testing.T) {
			s := newServerAt(t, noon)
			s.AddBucket(osstest.Bucket{Name: "other"})
			exchange(t, s, "", append([]string{get, host}, signed...)...).checkToken(t)
			for _, tc := range []struct{ name, old, changed string }{
				{"verb", "GET", "POST"},
				{"bucket", "/examplebucket/", "/other/"},
				{"query", "cname=example.com", "cname=example.org"},
				{"query, a sub-resource added", "comp=token", "comp=token&acl"},
				{"date", "12:00:00", "12:00:01"},
				{"x-oss-date", "120000Z", "120001Z"},
				{"OSS header", "x-oss-meta: 1", "x-oss-meta: 2"},
				{"OSS header added", "x-oss-meta: 1", "x-oss-meta: 1\r\nx-oss-more: 1"},
				{"content type", "text/plain", "text/html"},
				{"additional header", "User-Agent: a", "User-Agent: b"},
				{"signature", "Signature=", "Signature=0"},
				{"signature", "OSS ak:", "OSS ak:A"},
			} {
				request := strings.Join(append([]string{get, host}, signed...), "\r\n")
				changed := strings.Replace(request, tc.old, tc.changed, 1)
				if changed == request {
					continue // this version does not send that part
				}
				a := exchange(t, s, "", changed)
				if a.element("Code") != "SignatureDoesNotMatch" {
					t.Errorf("%s changed: got %d, want SignatureDoesNotMatch; body:\n%s", tc.name, a.status, a.body)
				}
			}
		})
	}
}

func TestRefusedSignatures(t *testing.T) {
	const v1 = "/examplebucket/?cname=example.com&comp=token"
	noonV1 := signV1(lines("GET", "", "", "Sun, 01 Mar 2026 12:00:00 GMT", v1))
	scoped := func(scope string) string {
		return "Authorization: OSS4-HMAC-SHA256 Credential=ak/" + scope + ",Signature=" + signV4(scope, canonicalGet)
	}
	v4 := func(fields string) string { return "Authorization: OSS4-HMAC-SHA256 " + fields }
	for _, tc := range []struct {
		name   string
		head   []string
		status int
		code   string
		ec     string
	}{
		{"unsigned", []string{ossDate, payload}, 403, "AccessDenied", "0003-00000001"},
		{"another scheme", []string{ossDate, "Authorization: Bearer abc"}, 400, "InvalidArgument", "0002-00000063"},
		{"only a scheme", []string{ossDate, "Authorization: OSS4-HMAC-SHA256"}, 400, "InvalidArgument", "0002-00000203"},

		{"V1 without a colon", []string{gmtDate, "Authorization: OSS ak"}, 400, "InvalidArgument", "0002-00000062"},
		{"V1 without a key", []string{gmtDate, "Authorization: OSS :" + noonV1}, 400, "InvalidArgument", "0002-00000062"},
		{"V1 without a signature", []string{gmtDate, "Authorization: OSS ak:"}, 400, "InvalidArgument", "0002-00000062"},
		{"V1 without a date", []string{"Authorization: OSS ak:" + noonV1}, 403, "AccessDenied", "0002-00000503"},
		{"V1 with a bad date", []string{"Date: noon", "Authorization: OSS ak:" + noonV1}, 403, "AccessDenied", "0002-00000505"},
		{"V1 unknown key", []string{gmtDate, "Authorization: OSS nobody:" + noonV1}, 403, "InvalidAccessKeyId", "0002-00000902"},

		{"V4 not name=value", []string{ossDate, payload, v4("Credential")}, 400, "InvalidArgument", "0002-00000203"},
		{"V4 unknown field", []string{ossDate, payload, v4("Credential=a,Signature=b,Extra=c")}, 400, "InvalidArgument", "0002-00000203"},
		{"V4 ends in a comma", []string{ossDate, payload, v4("Credential=a,Signature=b,")}, 400, "InvalidArgument", "0002-00000203"},
		{"V4 without a credential", []string{ossDate, payload, v4("Signature=b")}, 400, "InvalidArgument", "0002-00000202"},
		{"V4 without a signature", []string{ossDate, payload, v4("Credential=ak/" + scope)}, 400, "InvalidArgument", "0002-00000202"},
		{"V4 empty signature", []string{ossDate, payload, v4("Credential=ak/" + scope + ",Signature=")}, 400, "InvalidArgument", "0002-00000202"},
		{"V4 empty additional headers", []string{ossDate, payload, v4("Credential=ak/" + scope + ",AdditionalHeaders=,Signature=b")}, 400, "InvalidArgument", "0002-00000209"},
		{"V4 without a key", []string{ossDate, payload, v4("Credential=/" + scope + ",Signature=b")}, 400, "InvalidArgument", "0002-00000206"},
		{"V4 without a scope", []string{ossDate, payload, v4("Credential=ak,Signature=b")}, 400, "InvalidArgument", "0002-00000213"},
		{"V4 scope too long", []string{ossDate, payload, scoped(scope + "/aliyun_v4_request")}, 400, "InvalidArgument", "0002-00000213"},
		{"V4 wrong terminator", []string{ossDate, payload, scoped("20260301/cn-hangzhou/oss/aws4_request")}, 400, "InvalidArgument", "0002-00000213"},
		{"V4 wrong product", []string{ossDate, payload, scoped("20260301/cn-hangzhou/oss-cloudbox/aliyun_v4_request")}, 400, "InvalidArgument", "0002-00000227"},
		{"V4 wrong region", []string{ossDate, payload, scoped("20260301/cn-beijing/oss/aliyun_v4_request")}, 400, "InvalidArgument", "0002-00000226"},
		{"V4 region with oss-", []string{ossDate, payload, scoped("20260301/oss-cn-hangzhou/oss/aliyun_v4_request")}, 400, "InvalidArgument", "0002-00000226"},
		{"V4 scope of yesterday", []string{ossDate, payload, scoped("20260228/cn-hangzhou/oss/aliyun_v4_request")}, 400, "InvalidArgument", ""},
		{"V4 without a date", []string{payload, scoped(scope)}, 403, "AccessDenied", "0002-00000503"},
		{"V4 with a bad date", []string{"x-oss-date: 2026-03-01", payload, scoped(scope)}, 403, "AccessDenied", "0002-00000505"},
		{"V4 without a payload hash", []string{ossDate, scoped(scope)}, 400, "InvalidArgument", "0002-00000214"},
		{"V4 with a real payload hash", []string{ossDate, "x-oss-content-sha256: e3b0", scoped(scope)}, 400, "InvalidArgument", "0002-00000214"},
		{"V4 unknown key", []string{ossDate, payload, v4("Credential=nobody/" + scope + ",Signature=b")}, 403, "InvalidAccessKeyId", "0002-00000902"},
		{"V4 upper-case signature", []string{ossDate, payload, v4("Credential=ak/" + scope + ",Signature=" + strings.ToUpper(signV4(scope, canonicalGet)))},
			403, "SignatureDoesNotMatch", "0002-00000040"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServerAt(t, noon)
			head := append([]string{"GET /examplebucket/?comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1"}, tc.head...)
			exchange(t, s, "", head...).check(t, tc.status, tc.code, tc.ec)
		})
	}
}

// Fifteen minutes are allowed, either way.
func TestClockSkew(t *testing.T) {
	for _, tc := range []struct {
		server time.Duration // the server's clock, against the client's
		ok     bool
	}{
		{0, true},
		{15 * time.Minute, true},
		{-15 * time.Minute, true},
		{15*time.Minute + time.Second, false},
		{-15*time.Minute - time.Second, false},
		{16 * time.Minute, false},
		{-16 * time.Minute, false},
		{24 * time.Hour, false},
	} {
		t.Run(tc.server.String(), func(t *testing.T) {
			s := newServerAt(t, noon.Add(tc.server))
			s.SetToken(example, osstest.Token{Value: token.Value, Expires: noon.Add(72 * time.Hour)})
			a := askV4(t, s)
			if tc.ok {
				a.checkToken(t)
				return
			}
			a.check(t, 403, "RequestTimeTooSkewed", "0002-00000504")
			if got, want := a.element("RequestTime"), "2026-03-01T12:00:00.000Z"; got != want {
				t.Errorf("RequestTime is %s, want %s", got, want)
			}
			if got, want := a.element("ServerTime"), noon.Add(tc.server).Format("2006-01-02T15:04:05.000Z"); got != want {
				t.Errorf("ServerTime is %s, want %s", got, want)
			}
			if got, want := a.header.Get("Date"), noon.Add(tc.server).Format(http.TimeFormat); got != want {
				t.Errorf("Date is %s, want %s", got, want)
			}
		})
	}
}

func TestSecurityToken(t *testing.T) {
	signed := func(key, secretToken string) []string {
		canonical := strings.Replace(canonicalGet, "\n\n", "\nx-oss-security-token:"+secretToken+"\n\n", 1)
		return []string{"x-oss-security-token: " + secretToken,
			"Authorization: OSS4-HMAC-SHA256 Credential=" + key + "/" + scope + ",Signature=" + signV4(scope, canonical)}
	}
	without := func(key string) []string {
		return []string{"Authorization: OSS4-HMAC-SHA256 Credential=" + key + "/" + scope + ",Signature=" + signV4(scope, canonicalGet)}
	}
	for _, tc := range []struct {
		name   string
		head   []string
		status int
		code   string
		ec     string
	}{
		{"temporary, its token", signed("sts", "t0ken"), 200, "", ""},
		{"temporary, no token", without("sts"), 403, "InvalidAccessKeyId", "0002-00000902"},
		{"temporary, another token", signed("sts", "other"), 403, "InvalidSecurityToken", "0002-00000008"},
		{"temporary, token changed after signing", append([]string{"x-oss-security-token: t0ken"}, signed("sts", "other")[1]), 403, "SignatureDoesNotMatch", "0002-00000040"},
		{"temporary, expired", signed("old", "t0ken"), 403, "SecurityTokenExpired", "0002-00000007"},
		{"temporary, not yet expired", signed("new", "t0ken"), 200, "", ""},
		{"permanent, with a token", signed("ak", "t0ken"), 403, "InvalidAccessKeyId", "0002-00000002"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServerAt(t, noon)
			s.AddSTSKey("sts", "sk", "t0ken", time.Time{})
			s.AddSTSKey("old", "sk", "t0ken", noon)
			s.AddSTSKey("new", "sk", "t0ken", noon.Add(time.Second))
			head := append([]string{"GET /examplebucket/?comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1", ossDate, payload}, tc.head...)
			exchange(t, s, "", head...).check(t, tc.status, tc.code, tc.ec)
		})
	}
}

// The answer shows its side of the calculation, as OSS's does.
func TestMismatchExplainsItself(t *testing.T) {
	s := newServerAt(t, noon)
	toSign := lines("GET", "", "", "Sun, 01 Mar 2026 12:00:00 GMT", "/examplebucket/?cname=example.com&comp=token")
	a := exchange(t, s, "", "GET /examplebucket/?comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1", gmtDate,
		"Authorization: OSS ak:wrong")
	for element, want := range map[string]string{
		"OSSAccessKeyId":    "ak",
		"SignatureProvided": "wrong",
		"StringToSign":      strings.NewReplacer("\n", "&#xA;", "&", "&amp;").Replace(toSign),
		"StringToSignBytes": fmt.Sprintf("% X ", toSign),
	} {
		if got := a.element(element); got != want {
			t.Errorf("%s is %q, want %q", element, got, want)
		}
	}
}
