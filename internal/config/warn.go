package config

import (
	"strings"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/region"
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
	for _, r := range region.All() {
		ids = append(ids, r.ID)
	}
	advice := suggest(account.Region, ids)
	if !strings.HasPrefix(advice, "write ") {
		advice = "see whether it is spelt right"
	}
	p.warn(v, "%s is no region that was known in %s; %s", quote(account.Region), region.Listed, advice)
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
