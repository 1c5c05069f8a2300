package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Query is what a request says about one target, as it was written there; "" is nothing.
type Query struct{ Bucket, Cname, Account, Region string }

// Only returns the Config of the one target that q means: a configured one if it is among them, else an Unlisted one.
// An Unlisted one wants no checks: whoever may ask us must not choose whose name servers we talk to.
// A query chooses among the accounts, regions and endpoints that the file names and brings none of its own: whoever may
// ask us must not have us sign a request for a stranger's host.
func (c *Config) Only(q Query) (*Config, error) {
	domain, wildcard := strings.CutPrefix(q.Cname, "*.")
	if i, listed := c.places[pair{q.Bucket, domain, wildcard}]; listed && c.Targets[i].answers(q) {
		return c.alone(c.Targets[i : i+1]), nil // nearly always; and what is looked up need not be checked
	}
	return c.spelt(q)
}

// spelt is Only for a q that is spelt in another way than the file, or asks for what is not in it.
func (c *Config) spelt(q Query) (*Config, error) {
	t := Target{CacheTTL: c.Probe.CacheTTL, Unlisted: true}
	var err error
	if t.Bucket, err = bucket(q.Bucket); err != nil {
		return nil, fmt.Errorf("bucket: %s: %w", quote(q.Bucket), err)
	}
	name, err := parseDomain(q.Cname)
	if err != nil {
		return nil, fmt.Errorf("cname: %s: %w", quote(q.Cname), err)
	}
	t.Domain, t.Wildcard = name.base, name.wildcard
	if i, listed := c.places[t.pair()]; listed {
		if c.Targets[i].answers(q) {
			return c.alone(c.Targets[i : i+1]), nil
		}
		t.Account = c.Targets[i].Account
	}
	if t.Account, err = c.route(q, t.Account); err != nil {
		return nil, err
	}
	return c.alone([]Target{t}), nil
}

// answers reports whether q leaves it at t's own account and region.
func (t *Target) answers(q Query) bool {
	return (q.Account == "" || q.Account == t.Account.Name) && (q.Region == "" || q.Region == t.Account.Region)
}

// alone returns c with the one target in targets. The label names stay those of all targets, so that its series look as ever.
func (c *Config) alone(targets []Target) *Config {
	return &Config{Probe: c.Probe, Accounts: c.Accounts, Targets: targets, labelNames: c.labelNames}
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

// pair identifies a target within a Config.
type pair struct {
	bucket, domain string
	wildcard       bool
}

func (t *Target) pair() pair { return pair{t.Bucket, t.Domain, t.Wildcard} }

// index prepares what is looked up in an accepted Config.
func (c *Config) index() {
	c.places = make(map[pair]int, len(c.Targets))
	if c.listed == nil {
		c.listed = c.places
	}
	c.routes = slices.Clone(c.Accounts)
	seen := map[Account]bool{}
	for _, account := range c.Accounts {
		seen[account] = true
	}
	for i, t := range c.Targets {
		c.places[t.pair()] = i
		if !seen[*t.Account] {
			seen[*t.Account] = true
			c.routes = append(c.routes, *t.Account)
		}
	}
}
