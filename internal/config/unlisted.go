package config

import "oss_cname_exporter/internal/domain"

// Unlisted returns the target for a domain that account a has bound to a bucket. It is not ok if the file has a target
// of that bucket and cname already, in any account and shard, or could not have it: names from a server are checked like
// those from a query.
func (c *Config) Unlisted(a *Account, bucket, cname string) (t Target, ok bool) {
	name, err := domain.New(bucket, cname)
	if err != nil {
		return Target{}, false
	}
	_, listed := c.listed[name]
	return Target{Name: name, Account: a, CacheTTL: c.Probe.CacheTTL, Rules: c.Rules, Unlisted: true}, !listed
}
