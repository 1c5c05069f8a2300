//go:build attack

package attack_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"oss_cname_exporter/internal/fake/dnstest"
	"oss_cname_exporter/internal/fake/osstest"
)

// stolenToken is a security token that a peer sends back.
const stolenToken = "CAISstolenSecurityTokenOfTheAttackSuite"

// raw answers with text and then goes on with then.
func raw(text string, then func(net.Conn)) osstest.Behaviour {
	return osstest.Raw(func(c net.Conn) {
		_, _ = io.WriteString(c, text)
		if then != nil {
			then(c)
		}
	})
}

// forever writes text again and again until the other side has enough.
func forever(text string) func(net.Conn) {
	return func(c net.Conn) {
		for {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

func bomb() string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(make([]byte, 100<<20))
	w.Close()
	return b.String()
}

// echo refuses with all that it was sent.
func echo(http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-oss-request-id", "5C1B138A109F4E405B2D")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "<Error><Code>AccessDenied</Code><Message>%s</Message></Error>", r.Header.Get("Authorization"))
	})
}

// TestServers has an OSS whose responses are malformed, endless or hostile.
func TestServers(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nx-oss-request-id: 5C1B138A109F4E405B2D\r\n"
	for name, b := range map[string]osstest.Behaviour{
		"an endless body":               raw(ok+"\r\n<CnameToken>", forever(strings.Repeat("x", 4096))),
		"endless headers":               raw("HTTP/1.1 200 OK\r\n", forever("X-A: b\r\n")),
		"an endless status line":        raw("HTTP/1.1 200 ", forever("OK")),
		"endless chunks":                raw(ok+"Transfer-Encoding: chunked\r\n\r\n", forever("1000\r\n"+strings.Repeat("x", 4096)+"\r\n")),
		"a gigabyte":                    raw(ok+"Content-Length: 1073741824\r\n\r\n", forever(strings.Repeat("x", 4096))),
		"a packed bomb":                 osstest.Reply(200, bomb(), "Content-Encoding", "gzip"),
		"deep XML":                      osstest.Reply(200, "<CnameToken>"+strings.Repeat("<a>", 100_000)),
		"XML entities":                  osstest.Reply(200, `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><CnameToken><Token>&b;</Token></CnameToken>`),
		"a refusal with a long message": osstest.Reply(403, "<Error><Code>AccessDenied</Code><Message>"+strings.Repeat("long ", 100_000)+"</Message></Error>"),
		"control characters":            osstest.Reply(403, "<Error><Code>Access\x1b[31mDenied</Code><Message>\x1b]0;owned\x07 a\r\nlevel=error msg=forged</Message></Error>"),
		"a code of 100 kB":              osstest.Reply(400, "<Error><Code>"+strings.Repeat("C", 100_000)+"</Code></Error>"),
		"a redirect elsewhere":          osstest.Reply(302, "", "Location", "http://127.0.0.1:1/"),
		"a redirect to itself":          osstest.Reply(307, "", "Location", "/"),
		"an upgrade":                    osstest.Reply(101, "", "Upgrade", "websocket", "Connection", "Upgrade"),
		"an unsolicited answer":         raw(ok+"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n<Token>"+stolenToken, nil),
		"early hints for ever":          raw("", forever("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")),
		"a reset":                       osstest.Raw(func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }),
		"a date in 1970":                osstest.Reply(403, "<Error><Code>AccessDenied</Code></Error>", "Date", "Thu, 01 Jan 1970 00:00:00 GMT", "x-oss-request-id", "5C1B138A109F4E405B2D"),
		"our own request":               echo,
	} {
		t.Run(name, func(t *testing.T) {
			play(t, attack{
				name: "OSS sends " + name, checks: "{binding: true}", accounts: one("other"),
				targets: func(*arena) []string { return hostileTargets("other", 20) },
				before: func(a *arena) {
					for i := range 20 {
						a.hostile.Behave(hostileName(i), b)
					}
					bucket := hostileName(0)
					bucket.Base = ""
					a.hostile.Behave(bucket, b)
				},
			})
		})
	}
}

// TestResolvers has a DNS that is asked about every hostile target.
func TestResolvers(t *testing.T) {
	for name, b := range map[string]dnstest.Behaviour{
		"is silent": dnstest.Silent, "answers another question": dnstest.Lie, "answers with garbage": dnstest.Garble,
		"wants TCP for ever": dnstest.TruncateAlways, "refuses": dnstest.Refuse(5),
	} {
		t.Run(name, func(t *testing.T) {
			resolver := dnstest.New()
			t.Cleanup(resolver.Close)
			resolver.BehaveAlways(b)
			play(t, attack{
				name: "a DNS that " + name, checks: fmt.Sprintf("{dns: true, resolvers: [%q]}", resolver.Address()),
				accounts: one("other"), targets: func(*arena) []string { return hostileTargets("other", 100) },
				before: func(a *arena) {
					for i := range 100 {
						a.hostile.SetToken(hostileName(i), osstest.Token{})
					}
				},
			})
		})
	}
}

// TestNames has configurations and names that grow.
func TestNames(t *testing.T) {
	for name, file := range map[string]string{
		"an alias that multiplies": "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d]\n",
		"a megabyte of one line":   strings.Repeat("x", 1<<20),
		"100,000 unknown keys": func() string {
			var b strings.Builder
			for i := range 100_000 {
				fmt.Fprintf(&b, "k%d: 1\n", i)
			}
			return b.String()
		}(),
		"deep nesting": strings.Repeat("[", 50_000),
		"a label of a megabyte that an alias multiplies": "accounts: {healthy: {region: cn-hangzhou}}\nx: &x {team: " + strings.Repeat("t", 1<<20) + "}\ntargets:\n" +
			strings.Repeat("  - {bucket: healthy, cname: a.example.com, labels: *x}\n", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			play(t, attack{name: "a reload of " + name, lines: 400, after: func(a *arena) {
				a.write("config.yaml", file)
				if status, body := a.post("/-/reload"); status != 500 || len(body) > 1<<20 {
					a.Errorf("reload: %d and %d bytes", status, len(body))
				}
				if n := a.scrape(); n != healthyCount {
					a.Errorf("after the refusal %d healthy targets are answered", n)
				}
			}})
		})
	}
}
