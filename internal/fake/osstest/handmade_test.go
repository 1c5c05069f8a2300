package osstest_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"testing"

	"oss_cname_exporter/internal/fake/osstest"
)

// This file signs by hand, from the documentation of the algorithms: the tests spell out the signed text.

const (
	scope   = "20260301/cn-hangzhou/oss/aliyun_v4_request"
	payload = "x-oss-content-sha256: UNSIGNED-PAYLOAD"
	ossDate = "x-oss-date: 20260301T120000Z"
	gmtDate = "Date: Sun, 01 Mar 2026 12:00:00 GMT"
)

func mac(newHash func() hash.Hash, key []byte, text string) []byte {
	h := hmac.New(newHash, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// signV4 is the signature of a canonical request made at noon by "sk", dated as x-oss-date does.
func signV4(scope, canonical string) string { return signV4Dated("20260301T120000Z", scope, canonical) }

func signV4Dated(date, scope, canonical string) string {
	key := []byte("aliyun_v4" + "sk")
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(sha256.New, key, part)
	}
	toSign := fmt.Sprintf("OSS4-HMAC-SHA256\n%s\n%s\n%x", date, scope, sha256.Sum256([]byte(canonical)))
	return hex.EncodeToString(mac(sha256.New, key, toSign))
}

// signV1 is the signature of a string to sign by "sk".
func signV1(toSign string) string {
	return base64.StdEncoding.EncodeToString(mac(sha1.New, []byte("sk"), toSign))
}

func lines(text ...string) string { return strings.Join(text, "\n") }

// canonicalGet is the canonical request of the plain question after example, with the usual two headers.
var canonicalGet = lines(
	"GET", "/examplebucket/", "cname=example.com&comp=token",
	"x-oss-content-sha256:UNSIGNED-PAYLOAD", "x-oss-date:20260301T120000Z", "", "", "UNSIGNED-PAYLOAD")

func authV4(canonical string) string {
	return "Authorization: OSS4-HMAC-SHA256 Credential=ak/" + scope + ",Signature=" + signV4(scope, canonical)
}

// askV4 sends the question after example, signed by "ak" at noon.
func askV4(t testing.TB, s *osstest.Server) answer {
	t.Helper()
	return exchange(t, s, "", "GET /examplebucket/?comp=token&cname=example.com HTTP/1.1", "Host: 127.0.0.1",
		ossDate, payload, authV4(canonicalGet))
}

// askAbout is askV4 about any other bucket, domain and wildcard: already encoded, the query in canonical order.
func askAbout(t testing.TB, s *osstest.Server, bucket, query string) answer {
	t.Helper()
	path := "/" + bucket + "/"
	if bucket == "" {
		path = "/" // about the account
	}
	canonical := lines("GET", path, query,
		"x-oss-content-sha256:UNSIGNED-PAYLOAD", "x-oss-date:20260301T120000Z", "", "", "UNSIGNED-PAYLOAD")
	return exchange(t, s, "", "GET "+path+"?"+query+" HTTP/1.1", "Host: 127.0.0.1",
		ossDate, payload, authV4(canonical))
}

// create sends a CreateCnameToken request with that body, signed with V1 at date.
func create(t testing.TB, s *osstest.Server, body, date string) answer {
	t.Helper()
	return change(t, s, "examplebucket", "token", "", body, date)
}

// change sends the request that comp names, signed with V1 at date. unsigned is more of the query, such as "&wildcard=true".
func change(t testing.TB, s *osstest.Server, bucket, comp, unsigned, body, date string) answer {
	t.Helper()
	signature := signV1(lines("POST", "", "application/xml", date, "/"+bucket+"/?cname&comp="+comp))
	return exchange(t, s, body, "POST /"+bucket+"/?cname&comp="+comp+unsigned+" HTTP/1.1", "Host: 127.0.0.1",
		fmt.Sprintf("Content-Length: %d", len(body)), "Content-Type: application/xml", "Date: "+date,
		"Authorization: OSS ak:"+signature)
}
