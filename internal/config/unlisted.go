package config

// Unlisted returns the target for a domain that account a has bound to a bucket. It is not ok if the file has a target
// of that bucket and cname already, in whichever account and shard, or could not have it: what a server says is no
// better than what a query says.
func (c *Config) Unlisted(a Account, bucketName, cname string) (t Target, ok bool) {
	name, err := parseDomain(cname)
	if err != nil {
		return Target{}, false
	}
	if _, err := bucket(bucketName); err != nil {
		return Target{}, false
	}
	t = Target{Bucket: bucketName, Domain: name.base, Wildcard: name.wildcard, Account: &a, CacheTTL: c.Probe.CacheTTL, Unlisted: true}
	_, listed := c.listed[t.pair()]
	return t, !listed
}
