package config_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"oss_cname_exporter/internal/config"
)

// FuzzTarget writes a bucket and a domain as operators may. Of what is
// accepted, the result is its own spelling, and case and a trailing dot make no
// difference: else one domain could be two targets.
func FuzzTarget(f *testing.F) {
	for _, seed := range [][2]string{
		{"examplebucket", "www.example.com"},
		{"examplebucket", "*.Example.COM."},
		{"Example-Bucket", "www.example.com"},
		{"oss://examplebucket/path", "https://www.example.com/"},
		{"a-1", "xn--bcher-kva.example"},
		{"abc", "B\u00fccher.example"},
		{"abc", "b\u00fccher\u3002example\uff0e"},
		{"abc", "stra\u00dfe.example"},
		{"abc", "*.*.example.com"},
		{"abc", "\u212aelvin.example"},
		{"abc", "a..b"}, {"abc", "1.2.3.4"}, {"abc", "a.1"}, {"abc", "_dnsauth.example.com"}, {"abc", " a.b"}, {"", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, bucket, cname string) {
		first, ok := parseTarget(bucket, cname)
		if !ok {
			return
		}
		for _, spelling := range []string{first.Cname(), first.Cname() + ".", strings.ToUpper(first.Cname())} {
			again, ok := parseTarget(first.Bucket, spelling)
			if !ok || again.Bucket != first.Bucket || again.Cname() != first.Cname() || again.Wildcard != first.Wildcard {
				t.Errorf("%q is read as %q, but %q as %q", cname, first.Cname(), spelling, again.Cname())
			}
		}
		if first.Bucket != bucket {
			t.Errorf("bucket %q is read as %q", bucket, first.Bucket)
		}
	})
}

// parseTarget reads a configuration of one target; false if it is refused.
func parseTarget(bucket, cname string) (config.Target, bool) {
	text := fmt.Sprintf("accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: %s, cname: %s}]",
		strconv.QuoteToASCII(bucket), strconv.QuoteToASCII(cname))
	c, err := config.Parse("config.yaml", []byte(text))
	if err != nil {
		return config.Target{}, false
	}
	return c.Targets[0], true
}
