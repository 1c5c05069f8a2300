package flow_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/dnstest"
	"oss_cname_exporter/internal/fake/osstest"
)

// checkup is an exporter that checks some domains in each of some buckets, on a
// simulated OSS and DNS.
type checkup struct {
	*apptest.Server
	oss *osstest.Server
	dns *dnstest.Server
}

// checkUp gives every domain a token and publishes it.
func checkUp(t *testing.T, buckets, domains int, checks string) checkup {
	t.Helper()
	c := checkup{dns: dnstest.New()}
	t.Cleanup(c.dns.Close)
	c.oss = apptest.NewOSS(t, osstest.Options{TXT: c.dns.TXT})
	var text strings.Builder
	fmt.Fprintf(&text, "probe: {%s}\nchecks: {%s}\naccounts: {main: {region: cn-hangzhou, endpoint: %q}}\ntargets:\n",
		patient, strings.ReplaceAll(checks, "DNS", c.dns.Address()), c.oss.URL())
	for b := range buckets {
		bucket := fmt.Sprintf("bucket-%d", b)
		c.oss.AddBucket(osstest.Bucket{Name: bucket})
		for d := range domains {
			at := domain.Name{Bucket: bucket, Base: fmt.Sprintf("d%d.b%d.example.com", d, b)}
			c.oss.SetToken(at, osstest.Token{})
			c.dns.Publish("_dnsauth."+at.Base, c.oss.Token(at).Value)
			c.dns.Alias(at.Base, bucket+".oss-cn-hangzhou.aliyuncs.com")
			fmt.Fprintf(&text, "- {bucket: %s, cname: %s}\n", bucket, at.Cname())
		}
	}
	c.Server = apptest.Serve(t, text.String())
	return c
}

// TestBudgetOfCalls counts what arrives at OSS and at the DNS: one list for a
// bucket however many domains it has, and nothing that is not switched on.
func TestBudgetOfCalls(t *testing.T) {
	const b, d = 3, 4
	for checks, want := range map[string]struct{ lists, txt, cname int }{
		"":                            {0, 0, 0},
		"binding: true":               {b, 0, 0},
		"dns: true, resolvers: [DNS]": {0, b * d, b * d},
		"binding: true, dns: true, resolvers: [DNS]":                     {b, b * d, b * d},
		"binding: false, dns: false, resolvers: [DNS], binding_ttl: 1ms": {0, 0, 0},
	} {
		t.Run(checks, func(t *testing.T) {
			c := checkUp(t, b, d, checks)
			for scrape := 1; scrape <= 3; scrape++ {
				body := c.Fetch(t, "/metrics")
				if n := strings.Count(body, "\noss_cname_token_exists{"); n != b*d {
					t.Fatalf("%d tokens in\n%s", n, body)
				}
				if tokens, lists := c.oss.CallsOf("GetCnameToken"), c.oss.CallsOf("ListCname"); tokens != scrape*b*d ||
					lists != scrape*want.lists || c.oss.Calls() != tokens+lists {
					t.Errorf("scrape %d: %d GetCnameToken and %d ListCname in %d calls", scrape, tokens, lists, c.oss.Calls())
				}
				if txt, cname := c.dns.Queries(dns.TypeTXT), c.dns.Queries(dns.TypeCNAME); txt != scrape*want.txt || cname != scrape*want.cname {
					t.Errorf("scrape %d: %d TXT and %d CNAME look-ups", scrape, txt, cname)
				}
			}
		})
	}
}

// TestChecksOfARequest has a scrape and a probe name the checks to ask: the others
// make no call and keep their facts, and the configuration's other checks stay off.
func TestChecksOfARequest(t *testing.T) {
	const probe = "/probe?target=bucket-0/d0.b0.example.com&"
	for query, want := range map[string]struct{ lists, txt, cname int }{
		"/metrics?checks=":              {0, 0, 0},
		"/metrics?checks=binding":       {1, 0, 0},
		"/metrics?checks=dns,http":      {0, 1, 1},
		probe + "checks=":               {0, 0, 0},
		probe + "checks=dns":            {0, 1, 1},
		probe + "checks=binding,dns":    {1, 1, 1},
		probe + "debug=1&checks=":       {0, 0, 0},
		"/metrics?bucket=other&checks=": {0, 0, 0},
	} {
		c := checkUp(t, 1, 1, "binding: true, dns: true, resolvers: [DNS]")
		const facts = "\noss_cname_dns_points_to_endpoint{bucket=\"bucket-0\",cname=\"d0.b0.example.com\"} 1\n"
		if body := c.Fetch(t, "/metrics?checks="); strings.Contains(body, facts) {
			t.Errorf("%s: facts that were not asked for: %s", query, body)
		}
		c.Fetch(t, "/metrics")
		lists, txt, cname := c.oss.CallsOf("ListCname"), c.dns.Queries(dns.TypeTXT), c.dns.Queries(dns.TypeCNAME)
		body := c.Fetch(t, query)
		if !strings.Contains(body, facts) && !strings.Contains(query, "bucket=other") {
			t.Errorf("%s: the known facts are lost:\n%s", query, body)
		}
		if lists, txt, cname := c.oss.CallsOf("ListCname")-lists, c.dns.Queries(dns.TypeTXT)-txt, c.dns.Queries(dns.TypeCNAME)-cname; lists != want.lists || txt != want.txt || cname != want.cname {
			t.Errorf("%s: %d ListCname, %d TXT and %d CNAME, want %+v", query, lists, txt, cname, want)
		}
	}
}

// TestChecksFailVisibly has each way in which only a check fails: the token's
// facts stay, the check's own are absent, and the reason is told.
func TestChecksFailVisibly(t *testing.T) {
	const binding, lookups = "binding: true, dns: true, resolvers: [DNS]", "dns: true, resolvers: [DNS]"
	proof, bucket := "_dnsauth.d0.b0.example.com", domain.Name{Bucket: "bucket-0"}
	dead := closedPort(t)
	for name, test := range map[string]struct {
		checks string
		spoil  func(checkup)
		want   []string
		absent string
	}{
		"RAM denies ListCname": {binding, func(c checkup) { c.oss.Behave(bucket, osstest.Fail(403, "AccessDenied", "0003-00000001")) },
			[]string{`oss_cname_check_failure_reason{bucket="bucket-0",check="binding",cname="d0.b0.example.com",reason="access_denied"} 1`,
				`oss_cname_token_dns_verified{bucket="bucket-0",cname="d0.b0.example.com"} 1`}, "oss_cname_bound{"},
		"the list is rubbish": {binding, func(c checkup) { c.oss.Behave(bucket, osstest.Reply(200, "<html/>")) },
			[]string{`check="binding",cname="d0.b0.example.com",reason="bad_response"} 1`}, "oss_cname_bound{"},
		"the resolver is not there": {"dns: true, resolvers: ['" + dead + "']", func(checkup) {},
			[]string{`check="dns_txt",cname="d0.b0.example.com",reason="connect"} 1`, `check="dns_cname",cname="d0.b0.example.com",reason="connect"} 1`},
			"oss_cname_token_dns_verified{"},
		"the resolver fails": {lookups, func(c checkup) { c.dns.Behave(proof, dnstest.Refuse(dns.RcodeServerFailure)) },
			[]string{`check="dns_txt",cname="d0.b0.example.com",reason="server_error"} 1`, `oss_cname_dns_points_to_endpoint{bucket="bucket-0",cname="d0.b0.example.com"} 1`},
			"oss_cname_token_dns_verified{"},
		"the resolver lies": {lookups, func(c checkup) { c.dns.Behave(proof, dnstest.Lie) },
			[]string{`check="dns_txt",cname="d0.b0.example.com",reason="bad_response"} 1`}, "oss_cname_token_dns_verified{"},
		"the records run in a circle": {lookups, func(c checkup) { c.dns.Alias("d0.b0.example.com", "d0.b0.example.com") },
			[]string{`check="dns_cname",cname="d0.b0.example.com",reason="bad_response"} 1`, `oss_cname_token_dns_verified{bucket="bucket-0",cname="d0.b0.example.com"} 1`},
			"oss_cname_dns_points_to_endpoint{"},
		"the answer is too long for UDP": {lookups, func(c checkup) { c.dns.Behave(proof, dnstest.Truncate) },
			[]string{`oss_cname_token_dns_verified{bucket="bucket-0",cname="d0.b0.example.com"} 1`}, "oss_cname_check_failure_reason{"},
	} {
		t.Run(name, func(t *testing.T) {
			c := checkUp(t, 1, 1, test.checks)
			test.spoil(c)
			body := c.Fetch(t, "/metrics")
			for _, want := range append(test.want, `oss_cname_token_exists{bucket="bucket-0",cname="d0.b0.example.com"} 1`,
				`oss_cname_token_probe_success{bucket="bucket-0",cname="d0.b0.example.com"} 1`) {
				if !strings.Contains(body, want) {
					t.Errorf("no %s", want)
				}
			}
			if strings.Contains(body, "\n"+test.absent) {
				t.Errorf("there is a %s", test.absent)
			}
			if t.Failed() {
				t.Log(body)
			}
		})
	}
}

// closedPort is an address that nobody listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().String()
}
