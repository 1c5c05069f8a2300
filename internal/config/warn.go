package config

import (
	"regexp"
	"strings"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/region"
	"oss_cname_exporter/internal/vendor"
)

// warnOfRegion warns of a region that is not known, or that is not the one of account's endpoint: the request would be
// signed for another region than it is sent to. v is where the region is written.
func (p *parser) warnOfRegion(v value, account Account) {
	if account.Region == "" {
		return // refused already
	}
	_, host, _ := strings.Cut(account.Endpoint, "://")
	host, _, _ = strings.Cut(host, ":")
	if at, known := region.ParseHost(host); known && at.Region != "" && at.Region != account.Region {
		p.warn(v, "the endpoint %s is of region %s, and requests are signed for %s; write the same region in both", quote(account.Endpoint), quote(at.Region), quote(account.Region))
		return
	}
	if _, known := region.Lookup(account.Region); known {
		return
	}
	if named, ok := region.ParseHost("oss-" + account.Region + ".aliyuncs.com"); ok && named.Region != account.Region {
		p.warn(v, "%s is the name of an endpoint; write the region id, %s", quote(account.Region), quote(named.Region))
		return
	}
	var ids []string
	for _, r := range vendor.Regions() {
		ids = append(ids, r.ID)
	}
	advice := suggest(account.Region, ids)
	if !strings.HasPrefix(advice, "write ") {
		advice = "see whether it is spelt right"
	}
	p.warn(v, "%s is no region that was known in %s; %s", quote(account.Region), region.Checked(), advice)
}

// warnOfNetwork warns of a network on which account's region is not known to have the endpoint that its id gives.
// v is where the network is written, or the region.
func (p *parser) warnOfNetwork(v value, account Account) {
	r, known := region.Lookup(account.Region)
	if !known || account.Endpoint != "" {
		return
	}
	host := map[string]string{NetworkPublic: r.Public, NetworkInternal: r.Internal, NetworkDualStack: r.DualStack}[account.Network]
	standard := vendor.Standard(r.ID)
	template := map[string]string{NetworkPublic: standard.Public, NetworkInternal: standard.Internal, NetworkDualStack: standard.DualStack}[account.Network]
	switch {
	case host == "":
		p.warn(v, "region %s was not known in %s to have an endpoint on the network %s; choose another network, or write the endpoint",
			quote(r.ID), region.Checked(), quote(account.Network))
	case host != template:
		p.warn(v, `the endpoint of region %s does not follow from its id; write "endpoint: https://%s"`, quote(r.ID), host)
	}
}

// agenticName is the full name of an Agentic Bucket: {prefix}-{uid}-{region}-ab-apsr.
var agenticName = regexp.MustCompile(`^.+-[0-9]+-([a-z]{2,}(?:-[a-z0-9]+)+)-ab-apsr$`)

// warnOfAgentic warns of an Agentic Bucket that is not named in full, or that is of another region than it is asked in.
func (p *parser) warnOfAgentic(v value, bucket, region string) {
	if !strings.HasSuffix(bucket, agenticSuffix) {
		return
	}
	switch named := agenticName.FindStringSubmatch(bucket); {
	case named == nil:
		p.warn(v, "%s is no full name of an Agentic Bucket; write {prefix}-{uid}-{region}%s", quote(bucket), agenticSuffix)
	case region != "" && named[1] != region:
		p.warn(v, "%s is a bucket of region %s, and is asked for in %s; write its region", quote(bucket), quote(named[1]), quote(region))
	}
}

// agenticSuffix ends the name of every Agentic Bucket.
const agenticSuffix = "-ab-apsr"

// warnOfName warns of a domain that can never have a token.
func (p *parser) warnOfName(v value, name domain.Name) {
	_, own := region.ParseHost(name.Base)
	switch {
	case own:
		p.warn(v, "%s is a host of OSS's own, which needs no token; write the domain that is to be bound to the bucket", quote(name.Cname()))
	case name.Wildcard && !strings.HasSuffix(name.Bucket, agenticSuffix):
		p.warn(v, "%s: only an Agentic Bucket, whose name ends in %q, takes a wildcard domain", quote(name.String()), agenticSuffix)
	case name.Wildcard && strings.Count(name.Base, ".") < 2:
		p.warn(v, `%s: the domain of a wildcard needs three labels, such as "*.assets.example.com"`, quote(name.String()))
	}
}
