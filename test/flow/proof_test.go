package flow_test

import (
	"strings"
	"testing"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/dnstest"
	"oss_cname_exporter/internal/fake/osstest"
)

// TestWhyTheRecordDoesNotCount publishes the token in every way that people get
// wrong: the debug page and the page of the domain say what is wrong with it, and what
// the record says; the metrics have no word of it.
func TestWhyTheRecordDoesNotCount(t *testing.T) {
	const cname = "d0.b0.example.com"
	at := domain.Name{Bucket: "bucket-0", Base: cname}
	for name, test := range map[string]struct {
		publish func(c checkup, token string)
		want    []string // TOKEN is the token
	}{
		"as it should be": {func(c checkup, token string) { c.dns.Publish(at.Proof(), token) }, nil},
		"no record":       {func(c checkup, _ string) { c.dns.Publish(at.Proof()) }, []string{"there is no TXT record of that name"}},
		"another value":   {func(c checkup, _ string) { c.dns.Publish(at.Proof(), "v=spf1 -all") }, []string{"has another value", `"v=spf1 -all"`}},
		"in quotes":       {func(c checkup, token string) { c.dns.Publish(at.Proof(), `\"`+token+`\"`) }, []string{"in quotation marks", `"\"TOKEN\""`}},
		"with a blank":    {func(c checkup, token string) { c.dns.Publish(at.Proof(), token+" ") }, []string{"blanks", `"TOKEN "`}},
		"in upper case":   {func(c checkup, token string) { c.dns.Publish(at.Proof(), strings.ToUpper(token)) }, []string{"upper or lower"}},
		"with a prefix":   {func(c checkup, token string) { c.dns.Publish(at.Proof(), "_dnsauth="+token) }, []string{"without _dnsauth="}},
		"half of it":      {func(c checkup, token string) { c.dns.Publish(at.Proof(), token[:len(token)/2]) }, []string{"only a part of the token"}},
		"the zone twice": {func(c checkup, token string) {
			c.dns.Publish(at.Proof())
			c.dns.Publish(at.Proof()+".example.com", token)
		}, []string{"another name, _dnsauth.d0.b0.example.com.example.com"}},
		"without the prefix": {func(c checkup, token string) { c.dns.Publish(at.Proof()); c.dns.Publish(cname, token) }, []string{"another name, d0.b0.example.com"}},
		"the one of before": {func(c checkup, _ string) {
			c.Fetch(t, "/metrics") // sees the token that is published
			c.oss.SetToken(at, osstest.Token{Value: "0123456789abcdef0123456789abcdef"})
		}, []string{"the token before this one"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := checkUp(t, 1, 1, "dns: true, resolvers: [DNS]")
			c.dns.Add(dnstest.Zone("example.com")...)
			c.dns.Alias(cname, "") // a name with a CNAME record has no other
			test.publish(c, c.oss.Token(at).Value)
			token := c.oss.Token(at).Value
			debug, page := c.Fetch(t, "/probe?target="+at.String()+"&debug=true"), c.Fetch(t, "/domains/"+at.String())
			for _, text := range test.want {
				text = strings.ReplaceAll(text, "TOKEN", token)
				if !strings.Contains(debug, "TXT record  ") || !strings.Contains(debug, text) {
					t.Errorf("the debug page does not say %q:\n%s", text, debug)
				}
				if escaped := strings.NewReplacer(`"`, "&#34;").Replace(text); !strings.Contains(page, escaped) {
					t.Errorf("the page does not say %q:\n%s", escaped, page)
				}
			}
			if wrong := strings.Contains(debug, "TXT record  "); wrong != (test.want != nil) {
				t.Errorf("something is wrong with the record: %v\n%s", wrong, debug)
			}
			metrics := c.Fetch(t, "/metrics")
			verified := map[bool]string{true: "1", false: "0"}[test.want == nil]
			if !strings.Contains(metrics, `oss_cname_token_dns_verified{bucket="bucket-0",cname="`+cname+`"} `+verified) {
				t.Errorf("not %s in\n%s", verified, metrics)
			}
			if strings.Contains(strings.ToLower(metrics), strings.ToLower(token)) {
				t.Error("the metrics have the token")
			}
		})
	}
}
