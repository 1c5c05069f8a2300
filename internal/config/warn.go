package config

import (
	"net"
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
	_, host := account.endpointHost()
	if at, known := region.ParseHost(host); known && at.Region != "" && at.Region != account.Region {
		p.warn(v, "the endpoint %s is of region %s, and requests are signed for %s; write the same region in both", quote(account.Endpoint), quote(at.Region), quote(account.Region))
		return
	}
	if r, known := region.Lookup(account.Region); known {
		p.warnOfLife(v, r)
		return
	}
	if named, ok := region.ParseHost("oss-" + account.Region + ".aliyuncs.com"); ok && named.Region != account.Region {
		p.warn(v, "%s is the name of an endpoint; write the region id, %s", quote(account.Region), region.Called(named.Region))
		return
	}
	p.warn(v, "%s is no region that was known in %s; %s", quote(account.Region), region.Checked(), regionAdvice(account.Region))
}

// warnOfLife warns of a region that takes no buckets any more.
func (p *parser) warnOfLife(v value, r vendor.Region) {
	switch r.Life {
	case vendor.Open:
	case vendor.Closing:
		p.warn(v, "region %s is being closed, as was known in %s; move its buckets", region.Called(r.ID), r.Checked)
	case vendor.Closed:
		p.warn(v, "region %s is closed, as was known in %s; write the region that the bucket has now", region.Called(r.ID), r.Checked)
	}
}

// regionAdvice names the region that id may be a slip of: one of the same part of the world, which the id begins with.
func regionAdvice(id string) string {
	part, _, _ := strings.Cut(id, "-")
	var ids []string
	for _, r := range vendor.Regions() {
		if strings.HasPrefix(r.ID, part+"-") && r.Life != vendor.Closed {
			ids = append(ids, r.ID)
		}
	}
	if near, ok := nearest(id, ids, nil); ok {
		return "did you mean " + region.Called(near) + "?"
	}
	return "see whether it is spelt right"
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
	case !own && vendor.IsReserved(name.Base):
		p.warn(v, "%s: OSS binds no name of this domain, which is reserved; write a domain of your own", quote(name.Cname()))
	case own:
		p.warn(v, "%s is a host of OSS's own, which needs no token; write the domain that is to be bound to the bucket", quote(name.Cname()))
	case name.Wildcard && !strings.HasSuffix(name.Bucket, agenticSuffix):
		p.warn(v, "%s: only an Agentic Bucket, whose name ends in %q, takes a wildcard domain", quote(name.String()), agenticSuffix)
	case name.Wildcard && strings.Count(name.Base, ".") < 2:
		p.warn(v, `%s: the domain of a wildcard needs three labels, such as "*.assets.example.com"`, quote(name.String()))
	}
}

// warnOfEndpoint warns of an endpoint that is plain http, over which the signature of a call and the token of a temporary
// key can be read, and of one that is no host of OSS.
func (p *parser) warnOfEndpoint(v value, account Account) {
	scheme, host := account.endpointHost()
	_, known := region.ParseHost(host)
	isName := strings.Contains(host, ".") && net.ParseIP(host) == nil
	if scheme == "http" && !isLoopback(host) {
		p.warn(v, "%s is plain http: the token of a temporary key, and every answer, can be read on the way; write https", quote(account.Endpoint))
	}
	if account.Endpoint != "" && !account.UseCname && !known && isName {
		p.warn(v, "%s is no endpoint of OSS that is known, and the bucket's name is put before it; write use_cname: true for a domain that leads to one bucket", quote(account.Endpoint))
	}
}

// isLoopback reports whether host is this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
