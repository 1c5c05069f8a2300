package config

import (
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"oss_cname_exporter/internal/domain"
)

// Query is a request about one target, as it was written; "" is nothing.
type Query struct {
	Target                         string // bucket and domain in one, in the place of Bucket and Cname
	Bucket, Cname, Account, Region string
}

// Select returns the target that q names: the configured one, or an Unlisted one if the file has none such.
// An Unlisted target has no checks: a client must not choose whose name servers the exporter asks.
// A query chooses among the accounts, regions and endpoints of the file and brings none of its own: a client must not
// have the exporter sign a request for another host.
func (c *Config) Select(q Query) (*Target, error) {
	name, err := q.name()
	if err != nil {
		return nil, err
	}
	t := &Target{Name: name, CacheTTL: c.Probe.CacheTTL, Rules: c.Rules, Unlisted: true}
	if i, listed := c.places[name]; listed {
		if c.Targets[i].matches(q) {
			return &c.Targets[i], nil
		}
		t.Account = c.Targets[i].Account
	}
	if c.Probe.Unlisted == UnlistedRefuse {
		return nil, fmt.Errorf("%s is not configured so, and probe.unlisted refuses what is not", name)
	}
	if t.Account, err = c.route(q, t.Account); err != nil {
		return nil, err
	}
	return t, nil
}

// Adopt returns the target that q names for an operator, who may ask about any domain: the configured one, or one with the
// configuration's checks if the file has none such. An account is chosen as Select does; the one of the bucket's other
// targets if q names none.
func (c *Config) Adopt(q Query) (*Target, error) {
	name, err := q.name()
	if err != nil {
		return nil, err
	}
	t := &Target{Name: name, Checks: c.Checks, Rules: c.Rules}
	if i, listed := c.places[name]; listed {
		t = new(c.Targets[i])
		if t.matches(q) {
			return t, nil
		}
	}
	for i := range c.Targets {
		if t.Account == nil && c.Targets[i].Bucket == name.Bucket {
			t.Account = c.Targets[i].Account
		}
	}
	if t.Account, err = c.route(q, t.Account); err != nil {
		return nil, err
	}
	return t, nil
}

func (q Query) name() (n domain.Name, err error) {
	if q.Target != "" {
		if n, err = domain.Parse(q.Target); err != nil {
			return n, fmt.Errorf("target: %s: %w", quote(q.Target), err)
		}
		return n, nil
	}
	if n.Bucket, err = domain.ParseBucket(q.Bucket); err != nil {
		return n, fmt.Errorf("bucket: %s: %w", quote(q.Bucket), err)
	}
	if n.Base, n.Wildcard, err = domain.ParseCname(q.Cname); err != nil {
		return n, fmt.Errorf("cname: %s: %w", quote(q.Cname), err)
	}
	return n, nil
}

// matches reports whether q asks at t's own account and region.
func (t *Target) matches(q Query) bool {
	return (q.Account == "" || q.Account == t.Account.Name) && (q.Region == "" || q.Region == t.Account.Region)
}

// route returns the account that q chooses, as the file reaches it; the configured target's if q names none.
func (c *Config) route(q Query, configured *Account) (*Account, error) {
	account, err := c.accountFor(q.Account, configured)
	if err != nil || q.Region == "" || q.Region == account.Region {
		return account, err
	}
	var known []string
	for i := range c.routes {
		r := &c.routes[i]
		if r.Name != account.Name {
			continue
		}
		if r.Region == q.Region {
			return r, nil
		}
		known = append(known, r.Region)
	}
	slices.Sort(known)
	return nil, fmt.Errorf("region: %s: account %s is configured for others; known: %s",
		quote(q.Region), quote(account.Name), strings.Join(slices.Compact(known), ", "))
}

// accountFor returns the account of that name; configured if there is no name, nil if that is none.
func (c *Config) accountFor(name string, configured *Account) (*Account, error) {
	switch {
	case name != "":
		account, err := named(name, c.Accounts)
		if err != nil {
			return nil, fmt.Errorf("account: %s: %w", quote(name), err)
		}
		return &account, nil
	case configured != nil:
		return configured, nil
	case len(c.Accounts) == 1:
		return &c.Accounts[0], nil
	}
	return nil, errors.New("account: missing; the target is not configured, so write the account to ask with")
}

// index prepares the look-ups in an accepted Config, and its checksum.
func (c *Config) index() {
	c.places = make(map[domain.Name]int, len(c.Targets))
	if c.listed == nil {
		c.listed = c.places
	}
	c.routes = slices.Clone(c.Accounts)
	seen := map[Account]bool{}
	for _, account := range c.Accounts {
		seen[account] = true
	}
	for i, t := range c.Targets {
		c.places[t.Name] = i
		c.Checksum ^= crc32.ChecksumIEEE(fmt.Appendf(nil, "%s/%s %t", t.Bucket, t.Base, t.Wildcard))
		if !seen[*t.Account] {
			seen[*t.Account] = true
			c.routes = append(c.routes, *t.Account)
		}
	}
}
