package flow_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/status"
)

// fault is one way in which OSS, or what stands in its place, can fail a probe.
type fault struct {
	name   string        // the first label of its target's domain
	want   status.Reason // none is no failure, though it looks like one
	answer osstest.Behaviour
	// endpoint is asked in the place of the simulated OSS that gives answer.
	endpoint     func(*testing.T, *stage) endpoint
	fromTheStart bool // the endpoint never works
}

const none status.Reason = ""

func (f fault) cname() string { return f.name + ".example.com" }

func everyFault(t *testing.T) []fault {
	t.Helper()
	return slices.Concat(connectionFaults(), endpointFaults(t), refusals(), replyFaults(), redirects(t))
}

// connectionFaults are what no HTTP answer can do.
func connectionFaults() []fault {
	return []fault{
		{name: "hangs-before-the-headers", want: status.ReasonTimeout, answer: osstest.Hang},
		{name: "hangs-in-the-headers", want: status.ReasonTimeout, answer: sends("HTTP/1.1 200 OK\r\nContent-Le", hangs)},
		{name: "hangs-in-the-body", want: status.ReasonTimeout, answer: sends("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<Cn", hangs)},
		{name: "hangs-in-a-refusal", want: status.ReasonTimeout, answer: sends("HTTP/1.1 403 Forbidden\r\nContent-Length: 99\r\n\r\n<Er", hangs)},
		{name: "one-byte-a-second", want: status.ReasonTimeout, answer: osstest.Raw(drips)},
		{name: "switches-protocols", want: status.ReasonBadResponse, answer: sends("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", hangs)},
		{name: "resets", want: status.ReasonConnect, answer: osstest.Raw(resets)},
		{name: "resets-in-the-body", want: status.ReasonConnect, answer: sends("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<Cn", resets)},
		{name: "closes-before-the-headers", want: status.ReasonConnect, answer: sends("", closes)},
		{name: "malformed", want: status.ReasonConnect, answer: sends("", closes)}, // its name is in the error's text and says nothing
		{name: "closes-in-the-headers", want: status.ReasonConnect, answer: sends("HTTP/1.1 200 OK\r\nServer: AliyunOSS\r\n", closes)},
		{name: "closes-in-the-body", want: status.ReasonConnect, answer: onTheWire("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", +10)},
		{name: "closes-in-a-refusal", want: status.ReasonConnect, answer: sends("HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n<Error><Code>CnameTokenNotFound</Code></Error>", closes)},
		{name: "closes-in-a-chunk", want: status.ReasonConnect, answer: sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n<Cn", closes)},
		{name: "content-length-too-short", want: status.ReasonBadResponse, answer: onTheWire("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", -10)},
		{name: "content-length-no-number", want: status.ReasonBadResponse, answer: sends("HTTP/1.1 200 OK\r\nContent-Length: some\r\n\r\n<Cn", closes)},
		{name: "content-length-twice", want: status.ReasonBadResponse, answer: sends("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n<Cna", closes)},
		{name: "unknown-transfer-encoding", want: status.ReasonBadResponse, answer: sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: braille\r\n\r\n<Cn", closes)},
		{name: "broken-chunk", want: status.ReasonBadResponse, answer: sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<Cn", closes)},
		{name: "broken-header", want: status.ReasonBadResponse, answer: sends("HTTP/1.1 200 OK\r\nno header\r\n\r\n", closes)},
		{name: "not-http", want: status.ReasonBadResponse, answer: sends("220 mail.example.com ESMTP\r\n", closes)},
		{name: "half-a-header", want: status.ReasonConnect, answer: sends("HTTP/1.1 200 OK\r\nContent-Le", closes)},
		{name: "endless-header", want: status.ReasonBadResponse, answer: endless("HTTP/1.1 200 OK\r\n", "X-A: "+strings.Repeat("a", 1000)+"\r\n")},
		{name: "endless-status-line", want: status.ReasonBadResponse, answer: endless("HTTP/1.1 200 ", strings.Repeat("OK", 1000))},
		{name: "endless-early-hints", want: status.ReasonBadResponse, answer: endless("", "HTTP/1.1 103 Early Hints\r\n\r\n")},
	}
}

// refusals are answers with another status than 200.
func refusals() []fault {
	html := func(status int) osstest.Behaviour {
		return osstest.Reply(status, "<html><body>"+http.StatusText(status)+"</body></html>", "Content-Type", "text/html")
	}
	packed := func(status int, code string) osstest.Behaviour {
		return osstest.Reply(status, "", "x-oss-err", base64.StdEncoding.EncodeToString([]byte("<Error><Code>"+code+"</Code></Error>")))
	}
	json := func(body string) osstest.Behaviour {
		return osstest.Reply(404, body, "Content-Type", "application/json")
	}
	return []fault{
		{name: "no-token", want: none, answer: osstest.Fail(404, "CnameTokenNotFound", "0018-00000301")},
		{name: "no-token-in-the-header", want: none, answer: packed(404, "CnameTokenNotFound")},
		{name: "no-token-cut-short", want: status.ReasonBadResponse, answer: osstest.Reply(404, "<Error><Code>CnameTokenNotFound</Code><Bucket>other</Bu")},
		{name: "no-token-elsewhere", want: status.ReasonBadResponse, answer: osstest.Reply(404, "<Error><Code>CnameTokenNotFound</Code><Bucket>other</Bucket></Error>")},
		{name: "no-token-in-a-page", want: status.ReasonBadResponse, answer: osstest.Reply(404, "<html><Code>CnameTokenNotFound</Code></html>")},
		{name: "no-token-status-403", want: status.ReasonAccessDenied, answer: osstest.Reply(403, "<Error><Code>CnameTokenNotFound</Code><StatusCode>404</StatusCode></Error>")},
		{name: "400-argument", want: status.ReasonInvalidArgument, answer: osstest.Fail(400, "InvalidArgument", "")},
		{name: "400-page", want: status.ReasonBadResponse, answer: html(400)},
		{name: "401-page", want: status.ReasonBadResponse, answer: html(401)},
		{name: "401", want: status.ReasonCredentials, answer: osstest.Fail(401, "Unauthorized", "")},
		{name: "403-permission", want: status.ReasonAccessDenied, answer: osstest.Fail(403, "AccessDenied", "0003-00000001")},
		{name: "403-endpoint", want: status.ReasonWrongEndpoint, answer: osstest.Fail(403, "AccessDenied", "0003-00001403")},
		{name: "403-path-style", want: status.ReasonWrongEndpoint, answer: osstest.Fail(403, "SecondLevelDomainForbidden", "0003-00001401")},
		{name: "403-key", want: status.ReasonCredentials, answer: osstest.Fail(403, "InvalidAccessKeyId", "0002-00000902")},
		{name: "403-signature", want: status.ReasonCredentials, answer: osstest.Fail(403, "SignatureDoesNotMatch", "0002-00000040")},
		{name: "403-sts-expired", want: status.ReasonCredentials, answer: osstest.Fail(403, "SecurityTokenExpired", "0002-00000007")},
		{name: "403-sts-invalid", want: status.ReasonCredentials, answer: osstest.Fail(403, "InvalidSecurityToken", "0002-00000008")},
		{name: "403-skew", want: status.ReasonClockSkew, answer: osstest.Fail(403, "RequestTimeTooSkewed", "0002-00000504")},
		{name: "403-in-debt", want: status.ReasonAccessDenied, answer: osstest.Fail(403, "InDebt", "")},
		{name: "400-signing-region", want: status.ReasonWrongEndpoint, answer: osstest.Fail(400, "InvalidArgument", "0002-00000226")},
		{name: "400-public-endpoint", want: status.ReasonWrongEndpoint, answer: osstest.Fail(400, "PublicEndpointForbidden", "0048-00000401")},
		{name: "403-other-host", want: status.ReasonWrongEndpoint, answer: osstest.Fail(403, "NonStandardHostForbidden", "0003-00001402")},
		{name: "403-endpoint-without-ec", want: status.ReasonWrongEndpoint,
			answer: osstest.Reply(403, "<Error><Code>AccessDenied</Code><Endpoint>oss-cn-shanghai.aliyuncs.com</Endpoint></Error>")},
		{name: "403-v1-switched-off", want: status.ReasonCredentials, answer: osstest.Fail(403, "AccessDenied", "0002-00000080")},
		{name: "403-sts-not-the-keys", want: status.ReasonCredentials, answer: osstest.Fail(403, "AccessKeyIdAndSecurityTokenNotMatch", "")},
		{name: "403-unheard-of-authentication", want: status.ReasonCredentials, answer: osstest.Fail(403, "Unheard", "0002-00000999")},
		{name: "403-unheard-of-access", want: status.ReasonAccessDenied, answer: osstest.Fail(403, "AccessDenied", "0099-00000001")},
		{name: "403-cluster", want: status.ReasonAccessDenied, answer: osstest.Fail(403, "AccessDenied", "0018-00000002")},
		{name: "403-in-the-header", want: status.ReasonAccessDenied, answer: packed(403, "AccessDenied")},
		{name: "403-rubbish-in-the-header", want: status.ReasonBadResponse, answer: osstest.Reply(403, "", "x-oss-err", "%%%")},
		{name: "403-empty", want: status.ReasonBadResponse, answer: osstest.Reply(403, "")},
		{name: "403-page", want: status.ReasonBadResponse, answer: html(403)},
		{name: "404-bucket", want: status.ReasonBucketNotFound, answer: osstest.Fail(404, "NoSuchBucket", "0015-00000101")},
		{name: "404-page", want: status.ReasonBadResponse, answer: html(404)},
		{name: "404-json", want: status.ReasonBadResponse, answer: json(`{"Code": "CnameTokenNotFound"}`)},
		{name: "404-json-null", want: status.ReasonBadResponse, answer: json("null")},
		{name: "404-json-null-error", want: status.ReasonBadResponse, answer: json(`{"Error": null}`)},
		{name: "407-page", want: status.ReasonBadResponse, answer: html(407)},
		{name: "409", want: status.ReasonClientError, answer: osstest.Fail(409, "OperationAborted", "")},
		{name: "429", want: status.ReasonThrottled, answer: osstest.Fail(429, "QpsLimitExceeded", "")},
		{name: "429-page", want: status.ReasonThrottled, answer: html(429)},
		{name: "500", want: status.ReasonServerError, answer: osstest.Fail(500, "InternalError", "")},
		{name: "502-page", want: status.ReasonServerError, answer: html(502)},
		{name: "502-long-page", want: status.ReasonServerError, answer: osstest.Reply(502, strings.Repeat("<p>", 1<<20))},
		{name: "503", want: status.ReasonServerError, answer: osstest.Fail(503, "ServiceUnavailable", "")},
		{name: "503-meta-qps", want: status.ReasonThrottled, answer: osstest.Fail(503, "MetaOperationQpsLimitExceeded", "")},
		{name: "503-total-qps", want: status.ReasonThrottled, answer: osstest.Fail(503, "TotalQpsLimitExceeded", "0004-00000302")},
		{name: "504-page", want: status.ReasonServerError, answer: html(504)},
	}
}

// replyFaults are answers that say 200.
func replyFaults() []fault {
	bad := func(name string, answer osstest.Behaviour) fault {
		return fault{name: name, want: status.ReasonBadResponse, answer: answer}
	}
	return []fault{
		bad("empty", osstest.Reply(200, "")),
		bad("204", osstest.Reply(204, "")),
		bad("page", osstest.Reply(200, "<html>Welcome to the hotel's Wi-Fi!</html>", "Content-Type", "text/html")),
		bad("json", osstest.Reply(200, `{"CnameToken": null}`, "Content-Type", "application/json")),
		bad("access-denied-in-a-200", osstest.Reply(200, "<Error><Code>AccessDenied</Code></Error>")),
		bad("refusal-in-a-200", osstest.Reply(200, "<Error><Code>CnameTokenNotFound</Code></Error>")),
		bad("cut-short", changed(func(reply string) string { return reply[:len(reply)-10] })),
		bad("another-root", replaced("CnameToken>", "CnameTokens>")),
		bad("another-bucket", replaced(faultyBucket, "other-bucket")),
		bad("another-cname", replaced("<Cname>another-", "<Cname>")),
		bad("another-wildcard", replaced("<Cname>", "<Cname>*.")),
		bad("no-token-element", replaced("Token>", "Ticket>")),
		bad("no-expiry", dated("")),
		bad("expiry-word", dated("tomorrow")),
		bad("expiry-unix", dated("1893456000")),
		bad("expiry-milliseconds", dated("1893456000000")),
		bad("expiry-impossible", dated("Sat, 31 Feb 2032 00:00:00 GMT")),
		bad("expiry-hour-24", dated("Fri, 27 Feb 2032 24:00:00 GMT")),
		bad("expiry-foreign-zone", dated("Fri, 27 Feb 2032 00:00:00 CST")),
		bad("expiry-numeric-zone", dated("Fri, 27 Feb 2032 00:00:00 +0800")),
		bad("expiry-no-zone", dated("2032-02-27 00:00:00")),
		bad("expiry-american", dated("02/27/2032 12:00:00 AM")),
		bad("deeply-nested", osstest.Reply(200, strings.Repeat("<CnameToken>", 80_000))),
		bad("entities", replaced("<Token>", "<Token>&lol9;")),
		bad("another-charset", replaced("UTF-8", "GBK")),
		bad("utf-16", changed(func(reply string) string { return "\xff\xfe" + strings.Join(strings.Split(reply, ""), "\x00") + "\x00" })),
		bad("gzip", changedAs("gzip", packed)),
		bad("gzip-bomb", changedAs("gzip", func(reply string) string {
			return packed(reply[:len(reply)-20]) + strings.Repeat(packed(strings.Repeat(" ", 1<<20)), 1<<10) + packed(reply[len(reply)-20:])
		})),
		bad("one-gigabyte", endless("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n<CnameToken>", strings.Repeat(" ", 1<<16))),
		bad("endless", endless("HTTP/1.1 200 OK\r\n\r\n<CnameToken>", strings.Repeat(" ", 1<<16))),
	}
}

// redirects point to a server that must never hear of us: the Authorization
// header would travel along.
func redirects(t *testing.T) (faults []fault) {
	t.Helper()
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateNew {
			t.Errorf("a redirect was followed, from %s", c.RemoteAddr())
		}
	}
	stranger.Start()
	t.Cleanup(stranger.Close)
	for _, code := range []int{301, 302, 303, 307, 308} {
		faults = append(faults, fault{
			name: "redirect-" + strconv.Itoa(code), want: status.ReasonBadResponse,
			answer: osstest.Reply(code, "", "Location", stranger.URL),
		})
	}
	return faults
}

// sends writes text and leaves the rest to then.
func sends(text string, then func(net.Conn)) osstest.Behaviour {
	return osstest.Raw(func(c net.Conn) {
		_, _ = io.WriteString(c, text)
		then(c)
	})
}

func closes(net.Conn)   {}
func hangs(c net.Conn)  { _, _ = io.Copy(io.Discard, c) }
func resets(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }

// drips writes a header a byte a second, until nobody reads it any longer.
func drips(c net.Conn) {
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	left := make(chan struct{})
	go func() { defer close(left); hangs(c) }()
	for text := "HTTP/1.1 200 OK\r\n"; text != ""; text = text[1:] {
		_, _ = io.WriteString(c, text[:1])
		select {
		case <-ticks.C:
		case <-left:
			return
		}
	}
}

// endless writes begin and then the same again and again, until nobody reads
// it any longer.
func endless(begin, again string) osstest.Behaviour {
	return osstest.Raw(func(c net.Conn) {
		_, err := io.WriteString(c, begin)
		for err == nil {
			_, err = io.WriteString(c, again)
		}
	})
}

// recorded returns the genuine answer's body.
func recorded(genuine http.Handler, r *http.Request) string {
	w := httptest.NewRecorder()
	genuine.ServeHTTP(w, r)
	return w.Body.String()
}

// onTheWire sends the genuine reply after a header that says a length that is
// wrong by off.
func onTheWire(format string, off int) osstest.Behaviour {
	return func(genuine http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			reply := recorded(genuine, r)
			sends(fmt.Sprintf(format, len(reply)+off, reply), closes)(genuine).ServeHTTP(w, r)
		})
	}
}

// changed sends the genuine reply after change.
func changed(change func(reply string) string) osstest.Behaviour { return changedAs("", change) }

func changedAs(encoding string, change func(reply string) string) osstest.Behaviour {
	return func(genuine http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			reply := change(recorded(genuine, r))
			osstest.Reply(200, reply, "Content-Encoding", encoding)(genuine).ServeHTTP(w, r)
		})
	}
}

func replaced(old, by string) osstest.Behaviour {
	return changed(func(reply string) string { return strings.ReplaceAll(reply, old, by) })
}

var expiryPattern = regexp.MustCompile(`<ExpireTime>.*</ExpireTime>`)

// dated has another ExpireTime; "" is none.
func dated(text string) osstest.Behaviour {
	element := "<ExpireTime>" + text + "</ExpireTime>"
	if text == "" {
		element = ""
	}
	return changed(func(reply string) string { return expiryPattern.ReplaceAllLiteralString(reply, element) })
}

func packed(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}
