package flow_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/dnstest"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// setup is the DNS of a domain as people set it up, and the words that a person
// who knows OSS would use for it.
type setup struct {
	name    string
	region  string // "" is cn-hangzhou
	cname   string // "" is www.example.com
	records []string
	want    status.Destination  // "" is that the question fails
	bucket  status.Tristate     // the domain leads to the bucket
	verdict status.ProofVerdict // of the TXT record; "" is that the question fails
	named   string              // part of the words; "" is any
}

const setupToken = "0123456789abcdef0123456789abcdef"

// heldToken is an OSS that has one token.
type heldToken struct{}

func (heldToken) GetCnameToken(context.Context, *config.Account, domain.Name) (ossclient.Token, error) {
	return ossclient.Token{Value: secret.Value(setupToken), Expires: time.Now().Add(time.Hour)}, nil
}

// leads returns setups that differ in the target of the CNAME record.
func leads() []setup {
	var rows []setup
	add := func(region, target string, want status.Destination, bucket status.Tristate) {
		rows = append(rows, setup{name: "leads to " + target + " " + region, region: region, want: want, bucket: bucket, verdict: status.VerdictMissing,
			records: []string{"www.example.com. CNAME " + target + "."}})
	}
	const b = "examplebucket"
	for _, suffix := range []string{
		".oss-cn-hangzhou.aliyuncs.com", ".oss-cn-hangzhou-internal.aliyuncs.com", ".cn-hangzhou.oss.aliyuncs.com", ".s3.oss-cn-hangzhou.aliyuncs.com",
		".oss-accelerate.aliyuncs.com", ".oss-accelerate-overseas.aliyuncs.com", ".cn-hangzhou.taihangcda.cn", ".cn-hangzhou.thepacificxxs.com",
	} {
		add("", b+suffix, status.ToBucket, status.Yes)
		add("", "otherbucket"+suffix, status.ToOther, status.No)
		add("", strings.ToUpper(b+suffix), status.ToBucket, status.Yes)
	}
	for _, other := range []string{"cn-beijing", "cn-hongkong", "us-east-1", "ap-south-1", "cn-nanjing", "eu-central-1"} {
		add("", b+".oss-"+other+".aliyuncs.com", status.ToOther, status.No)
		add("", b+"."+other+".taihangcda.cn", status.ToOther, status.No)
		add(other, b+".oss-"+other+".aliyuncs.com", status.ToBucket, status.Yes)
		add(other, b+"."+other+".thepacificxxs.com", status.ToBucket, status.Yes)
	}
	for _, vague := range []string{
		b + ".oss-website-cn-hangzhou.aliyuncs.com", b + ".oss-cn-hangzhou-a.aliyuncs.com", b + ".oss-internal.aliyuncs.com", b + ".oss.aliyuncs.com",
		b + ".vpc100-oss-cn-hangzhou.aliyuncs.com", b + ".oss-xx-new-1.aliyuncs.com", b + ".xx-new-1.taihangcda.cn",
		"oss-cn-hangzhou.aliyuncs.com", "oss-accelerate.aliyuncs.com", "cn-hangzhou.oss.aliyuncs.com",
		"ap-01-9cd1-ossalias.oss-cn-hangzhou.aliyuncs.com", "fc-01-9cd1-opapalias.oss-cn-hangzhou.aliyuncs.com",
		"ap-1.oss-cn-hangzhou.oss-accesspoint.aliyuncs.com",
	} {
		add("", vague, status.ToOSS, status.Unknown)
	}
	add("xx-new-1", b+".oss-xx-new-1.aliyuncs.com", status.ToBucket, status.Yes)
	for _, elsewhere := range []string{"www.example.com.w.kunluncan.com", "d111.cloudfront.net", "www.example.com.w.alikunlun.net", "taihangcda.cn", "cn-hangzhou.taihangcda.cn", b + ".eviltaihangcda.cn", "a.alicdn.com"} {
		add("", elsewhere, status.Nowhere, status.No) // the simulated DNS does not know the name
		rows = append(rows, setup{name: "leads to the live " + elsewhere, want: status.Elsewhere, verdict: status.VerdictMissing,
			records: []string{"www.example.com. CNAME " + elsewhere + ".", elsewhere + ". A 192.0.2.1"}})
	}
	return rows
}

// shapes returns setups that differ in the records themselves.
func shapes() []setup {
	const right = "www.example.com. CNAME examplebucket.cn-hangzhou.taihangcda.cn."
	txt := func(name, value string) string { return name + `. TXT "` + value + `"` }
	bare := func(name string, want status.Destination, bucket status.Tristate, records ...string) setup {
		return setup{name: name, want: want, bucket: bucket, verdict: status.VerdictMissing, records: records}
	}
	proof := func(name string, verdict status.ProofVerdict, named string, records ...string) setup {
		return setup{name: name, want: status.ToBucket, bucket: status.Yes, verdict: verdict, named: named, records: append(records, right)}
	}
	apex := func(name string, want status.Destination, bucket status.Tristate, records ...string) setup {
		return setup{name: name, cname: "example.com", want: want, bucket: bucket, verdict: status.VerdictMissing, records: records}
	}
	const at = "_dnsauth.www.example.com"
	rows := []setup{
		bare("nothing", status.Nowhere, status.No),
		bare("an A record", status.ToAddress, status.Unknown, "www.example.com. A 192.0.2.1"),
		bare("an AAAA record", status.ToAddress, status.Unknown, "www.example.com. AAAA 2001:db8::1"),
		bare("both addresses", status.ToAddress, status.Unknown, "www.example.com. A 192.0.2.1", "www.example.com. AAAA 2001:db8::1"),
		bare("a mail server only", status.Nowhere, status.No, "www.example.com. MX 1 mail.example.com."),
		bare("a name below only", status.Nowhere, status.No, "a.www.example.com. A 192.0.2.1"),
		bare("the zone appended", status.Nowhere, status.No, "www.example.com. CNAME examplebucket.oss-cn-hangzhou.aliyuncs.com.example.com."),
		bare("the zone appended, and a wildcard", status.Elsewhere, status.Unknown, "www.example.com. CNAME examplebucket.oss-cn-hangzhou.aliyuncs.com.example.com.", "examplebucket.oss-cn-hangzhou.aliyuncs.com.example.com. A 192.0.2.1"),
		bare("over another name", status.ToBucket, status.Yes, "www.example.com. CNAME cdn.example.com.", "cdn.example.com. CNAME examplebucket.oss-cn-hangzhou.aliyuncs.com."),
		bare("over another name to another bucket", status.ToOther, status.No, "www.example.com. CNAME cdn.example.com.", "cdn.example.com. CNAME other.oss-cn-hangzhou.aliyuncs.com."),
		bare("over another name to nothing", status.Nowhere, status.No, "www.example.com. CNAME cdn.example.com."),
		bare("two CNAME records", "", status.Unknown, "www.example.com. CNAME examplebucket.oss-cn-hangzhou.aliyuncs.com.", "www.example.com. CNAME other.oss-cn-hangzhou.aliyuncs.com."),
		bare("the same CNAME record twice", status.ToBucket, status.Yes, right, right),
		bare("a circle", "", status.Unknown, "www.example.com. CNAME a.example.com.", "a.example.com. CNAME www.example.com."),
		bare("to itself", "", status.Unknown, "www.example.com. CNAME www.example.com."),
		apex("an apex, flattened", status.ToAddress, status.Unknown, "example.com. A 192.0.2.1"),
		apex("an apex without addresses", status.Nowhere, status.No),
		apex("an apex with a CNAME record", status.ToBucket, status.Yes, "example.com. CNAME examplebucket.oss-cn-hangzhou.aliyuncs.com."),

		proof("the token", status.VerdictValid, "", txt(at, setupToken)),
		proof("the token beside others", status.VerdictValid, "", txt(at, "spf"), txt(at, setupToken)),
		proof("the token behind an alias", status.VerdictValid, "", at+". CNAME proofs.example.net.", txt("proofs.example.net", setupToken)),
		proof("no record", status.VerdictMissing, ""),
		proof("quotes", status.VerdictQuoted, "quotation marks", txt(at, `\"`+setupToken+`\"`)),
		proof("blanks", status.VerdictBlanks, "blanks", txt(at, " "+setupToken)),
		proof("upper case", status.VerdictCase, "upper or lower", txt(at, strings.ToUpper(setupToken))),
		proof("a name before it", status.VerdictExtra, "beside the token", txt(at, "_dnsauth="+setupToken)),
		proof("half of it", status.VerdictTruncated, "a part", txt(at, setupToken[:20])),
		proof("another value", status.VerdictOther, "another value", txt(at, "v=spf1 -all")),
		proof("the CDN's proof", status.VerdictOther, "CDN", txt(at, "verify_0123456789abcdef")),
		proof("an ACME challenge", status.VerdictOther, "ACME", txt(at, strings.Repeat("aB-_9", 8)+"abc")),
		proof("a CNAME record instead", status.VerdictAlias, "CNAME record", at+". CNAME examplebucket.oss-cn-hangzhou.aliyuncs.com."),
		proof("a CNAME record with the token", status.VerdictAlias, setupToken, at+". CNAME "+setupToken+"."),
		proof("33 records", "", "", numbered(at, 33)...),
		proof("32 records and the token among them", status.VerdictValid, "", append(numbered(at, 31), txt(at, setupToken))...),
	}
	for _, place := range []string{
		"_dnsauth.www.example.com.example.com", "_dnsauth.example.com", "_dnsauth.www.example.example.com", "dnsauth.www.example.com",
		"example.com", "verification.example.com",
	} {
		rows = append(rows, proof("the token at "+place, status.VerdictMisplaced, place, txt(place, setupToken)),
			proof("another value at "+place, status.VerdictMissing, "", txt(place, "x")))
	}
	return rows
}

func numbered(name string, n int) (records []string) {
	for i := range n {
		records = append(records, fmt.Sprintf(`%s. TXT "v%02d"`, name, i))
	}
	return records
}

// TestSetups reads the DNS of a domain with the real client: no setup may get a
// firm answer that is another one.
func TestSetups(t *testing.T) {
	rows := slices.Concat(leads(), shapes())
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			dns := dnstest.New(append(dnstest.Zone("example.com"), row.records...)...)
			defer dns.Close()
			region, cname := row.region, row.cname
			if region == "" {
				region = "cn-hangzhou"
			}
			if cname == "" {
				cname = "www.example.com"
			}
			cfg, err := config.Parse("setup", fmt.Appendf(nil,
				"accounts:\n  main: {region: %s}\nchecks: {dns: true, resolvers: [%q]}\ntargets:\n  - {bucket: examplebucket, cname: %s}\n", region, dns.Address(), cname))
			if err != nil {
				t.Fatal(err)
			}
			p := poller.New(heldToken{}, poller.Options{DNS: dnsclient.New(dnsclient.Options{})})
			s := p.Poll(t.Context(), cfg.Targets)[0]
			if s.Destination != row.want || s.PointsToBucket != row.bucket {
				t.Errorf("leads to %q (%v) by %q, %v; want %q (%v)", s.Destination, s.PointsToBucket, s.LeadsTo, s.Checks[status.CheckCNAME].Attempt.Err, row.want, row.bucket)
			}
			if s.Proof.Verdict != row.verdict || !strings.Contains(s.Proof.String(), row.named) {
				t.Errorf("the proof is %q, %q, %v; want %q with %q", s.Proof.Verdict, s.Proof, s.Checks[status.CheckTXT].Attempt.Err, row.verdict, row.named)
			}
		})
	}
	t.Logf("%d setups", len(rows))
}
