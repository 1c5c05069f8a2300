package ossclient_test

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// reply is the http.RoundTripper of an OSS that always answers the same.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: r.status, Header: r.header, Body: io.NopCloser(strings.NewReader(r.body)), ContentLength: -1,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
	}, nil
}

// ask gets an answer out of r, which must be one of the three that there are.
func (r reply) ask(t *testing.T, d domain.Name) (ossclient.Token, error) {
	t.Helper()
	client, err := ossclient.New(ossclient.Options{Region: "cn-hangzhou", Credentials: key(keyID, keySecret), Transport: r, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	token, err := client.GetCnameToken(t.Context(), d)
	switch failure, ok := errors.AsType[*ossclient.Error](err); {
	case err == nil:
		if token.Value == "" {
			t.Error("a token that is none")
		}
	case token != ossclient.Token{}:
		t.Errorf("a token and an error: %+v, %v", token, err)
	case ok:
		checkFailure(t, failure)
	case !errors.Is(err, ossclient.ErrNoToken):
		t.Errorf("neither an *Error nor ErrNoToken: %v", err)
	}
	return token, err
}

// checkFailure wants a reason of the closed set, and a text fit for a log.
func checkFailure(t *testing.T, failure *ossclient.Error) {
	t.Helper()
	if !slices.Contains(status.Reasons(), failure.Reason) {
		t.Errorf("reason %q", failure.Reason)
	}
	text := failure.Error()
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(text) {
		t.Errorf("not one line of text: %q", text)
	}
	if len(text) > 4000 {
		t.Errorf("%d bytes of text: %.100q", len(text), text)
	}
	if strings.Contains(text, keySecret) {
		t.Errorf("shows the secret: %q", text)
	}
	if failure.RetryAfter < 0 || failure.RetryAfter > time.Hour {
		t.Errorf("retry after %v", failure.RetryAfter)
	}
}

// tokenBody is a reply about the fixture's domain.
func tokenBody(expireTime string) string {
	var text strings.Builder
	_ = xml.EscapeText(&text, []byte(expireTime))
	return "<CnameToken><Bucket>" + bucket + "</Bucket><Cname>" + cname + "</Cname><Token>" + tokenVal +
		"</Token><ExpireTime>" + text.String() + "</ExpireTime></CnameToken>"
}

// FuzzReply holds a reply of 200 to answering the question: what is not about
// the very domain, with a token and a date, is no token.
func FuzzReply(f *testing.F) {
	genuine := tokenBody("Wed, 23 Feb 2022 21:39:42 GMT")
	for _, seed := range []string{
		genuine,
		`<?xml version="1.0" encoding="UTF-8"?>` + genuine,
		`<?xml version="1.0" encoding="G` + "\n" + `BK"?>` + genuine,
		genuine[:len(genuine)-9],
		genuine + "<CnameToken>",
		strings.ReplaceAll(genuine, "CnameToken", strings.Repeat("long", 2000)),
		strings.Replace(genuine, cname, "*."+cname, 1),
		strings.Replace(genuine, cname, strings.ToUpper(cname), 1),
		strings.Replace(genuine, bucket, "other", 1),
		strings.Replace(genuine, "<Bucket>", "<Bucket>other</Bucket><Bucket>", 1),
		`<x:CnameToken xmlns:x="u"><!-- --><Bucket><![CDATA[examplebucket]]></Bucket></x:CnameToken>`,
		`<!DOCTYPE a [<!ENTITY b "c">]><CnameToken>&b;&#x0;</CnameToken>`,
		"<Error><Code>CnameTokenNotFound</Code></Error>",
		"<html>", "{}", "\xff\xfe<\x00", "",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, body string, wildcard bool) {
		_, err := reply{200, http.Header{}, body}.ask(t, domain.Name{Bucket: bucket, Base: cname, Wildcard: wildcard})
		if errors.Is(err, ossclient.ErrNoToken) {
			t.Error("a reply of 200 is never ErrNoToken")
		}
		if err != nil {
			return
		}
		var about struct{ Bucket, Cname, Token string }
		if err := xml.Unmarshal([]byte(body), &about); err != nil {
			t.Errorf("a token from what is no XML: %v", err)
		}
		if wildcard {
			about.Cname = strings.TrimPrefix(about.Cname, "*.")
		}
		if about.Bucket != bucket || !strings.EqualFold(about.Cname, cname) || about.Token == "" {
			t.Errorf("a token from a reply about %+v", about)
		}
	})
}

// FuzzRefusal holds any other status to being a failure with a reason, but for
// the one that is an answer.
func FuzzRefusal(f *testing.F) {
	const noToken = "<Error><Code>CnameTokenNotFound</Code><Bucket>examplebucket</Bucket><Cname>www.example.com</Cname></Error>"
	packed := base64.StdEncoding.EncodeToString([]byte(noToken))
	for _, seed := range []struct {
		status                         int
		body, kind, inHeader, ec, wait string
	}{
		{404, noToken, "application/xml", "", "0018-00000301", ""},
		{404, noToken[:70], "application/xml", "", "", ""},
		{404, strings.Replace(noToken, "www.", "ftp.", 1), "", "", "", ""},
		{404, "", "", packed, "", ""},
		{404, "", "", packed[:9], "", ""},
		{404, "null", "application/json", "", "", ""},
		{404, `{"Error": null}`, "application/json", "", "", ""},
		{404, `{"Code": "CnameTokenNotFound"}`, "application/json", "", "", ""},
		{403, "<Error><Code>AccessDenied</Code><StatusCode>404</StatusCode><EC>0003-00001403</EC><Endpoint>a\nb</Endpoint></Error>", "", "", "", ""},
		{403, "<Error><Code>Access\u202eDenied\n</Code><Message>\u00a0" + strings.Repeat("long ", 999) + "</Message><RequestId>\t</RequestId></Error>", "", "", "\x00", ""},
		{503, "<Error><Code>MetaOperationQpsLimitExceeded</Code></Error>", "", "", "", "7"},
		{429, "", "", "", "", "99999999999999999999"},
		{502, "<html>", "text/html", "", "", "-1"},
		{302, "", "", "", "", ""}, {101, "", "", "", "", ""}, {0, "", "", "", "", ""}, {-1, "", "", "", "", ""},
	} {
		f.Add(seed.status, seed.body, seed.kind, seed.inHeader, seed.ec, seed.wait)
	}
	f.Fuzz(func(t *testing.T, status int, body, kind, inHeader, ec, wait string) {
		if status/100 == 2 {
			t.Skip("FuzzReply has these")
		}
		header := http.Header{"Content-Type": {kind}, "X-Oss-Err": {inHeader}, "X-Oss-Ec": {ec}, "Retry-After": {wait}, "X-Oss-Request-Id": {ec + kind}}
		_, err := reply{status, header, body}.ask(t, domain.Name{Bucket: bucket, Base: cname})
		if err == nil {
			t.Errorf("a token from a reply of %d", status)
		}
		if !errors.Is(err, ossclient.ErrNoToken) {
			return
		}
		if body == "" {
			text, _ := base64.StdEncoding.DecodeString(inHeader)
			body = string(text)
		}
		var envelope struct {
			XMLName xml.Name `xml:"Error"`
			Code    string
		}
		if err := xml.Unmarshal([]byte(body), &envelope); err != nil || status != 404 || strings.TrimSpace(envelope.Code) != "CnameTokenNotFound" {
			t.Errorf("no token, says a reply of %d with %.200q (%v)", status, body, err)
		}
	})
}

// FuzzExpireTime writes an instant in every format that OSS is known to use,
// and reads it back. A date in any other words must at least name its zone:
// one hour's error is worse than none.
func FuzzExpireTime(f *testing.F) {
	for _, instant := range []time.Time{
		expires, time.Unix(0, 0), time.Date(2048, 5, 4, 10, 14, 51, 0, time.UTC), time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC),
		time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		f.Add(instant.Unix(), instant.UTC().Format(time.RFC850))
		f.Add(instant.Unix(), instant.UTC().Format(time.RFC1123Z))
		f.Add(instant.Unix(), instant.UTC().Format(time.DateTime))
	}
	f.Fuzz(func(t *testing.T, unix int64, text string) {
		instant := time.Unix(unix, 0).UTC()
		if year := instant.Year(); year < 0 || year > 9999 {
			t.Skip("four digits have no such year")
		}
		for _, layout := range []string{
			http.TimeFormat,
			"Mon, 2 Jan 2006 15:04:05 GMT",
			"Jan _2 15:04:05 2006 GMT",
			"2006-01-02T15:04:05.000Z",
			time.RFC3339,
		} {
			token, err := reply{200, http.Header{}, tokenBody(instant.Format(layout))}.ask(t, domain.Name{Bucket: bucket, Base: cname})
			if err != nil || !token.Expires.Equal(instant) {
				t.Errorf("%s: got %v, %v", instant.Format(layout), token.Expires, err)
			}
		}
		_, err := reply{200, http.Header{}, tokenBody(text)}.ask(t, domain.Name{Bucket: bucket, Base: cname})
		if zoned := strings.ContainsAny(text, "Zz+-") || strings.Contains(strings.ToUpper(text), "GMT"); err == nil && !zoned {
			t.Errorf("%q names no zone", text)
		}
	})
}
