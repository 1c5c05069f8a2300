package config

import (
	"fmt"

	"oss_cname_exporter/internal/domain"
)

func (p *parser) readTargets(v value) {
	for _, item := range p.items(v) {
		if p.full() {
			break
		}
		p.readTarget(item)
	}
}

func (p *parser) readTarget(v value) {
	f := p.fields(v, "bucket", "cname", "account", "region", "endpoint", "cache_ttl", "checks", "thresholds", "problems", "labels")
	if f == nil {
		return
	}
	t := Target{CacheTTL: p.config.Probe.CacheTTL, Checks: p.checks, Rules: p.rules}
	hasBucket := require(p.decoder, f["bucket"], &t.Bucket, domain.ParseBucket, `the bucket's name, such as "examplebucket"`)
	hasCname := require(p.decoder, f["cname"], &t.Name, t.withCname, `the domain, such as "www.example.com"`)
	if hasBucket && hasCname {
		p.checkUnique(v, t)
	}
	t.Account = p.readTargetAccount(f)
	p.warnOfAgentic(f["bucket"], t.Bucket, t.Account.Region)
	read(p.decoder, f["cache_ttl"], &t.CacheTTL, durationIn(0, MaxCacheTTL))
	p.readChecks(f["checks"], &t.Checks)
	p.checkVisit(f["checks"], t)
	p.readThresholds(f["thresholds"], &t.Rules.Thresholds)
	t.Rules.Severities = p.readProblems(f["problems"], t.Rules.Severities)
	t.Labels = p.readLabels(p.entries(f["labels"]))
	p.config.Targets = append(p.config.Targets, t)
}

// withCname returns t's Name for the domain in text.
func (t *Target) withCname(text string) (n domain.Name, err error) {
	n.Bucket = t.Bucket
	n.Base, n.Wildcard, err = domain.ParseCname(text)
	return n, err
}

// checkUnique refuses a second target with the same labels bucket and cname: two equal series fail the whole scrape.
func (p *parser) checkUnique(v value, t Target) {
	p.warnOfName(v, t.Name)
	first, twice := p.pairs[t.Name]
	switch {
	case !twice:
		p.pairs[t.Name] = place{p.file, v.line}
	case first.file == p.file:
		p.fault(v, "%s is a target already on line %d; keep one", t.Name, first.line)
	default:
		p.fault(v, "%s is a target already on line %d of %s; keep one", t.Name, first.line, quote(first.file))
	}
}

// readTargetAccount finds the target's account and applies the target's own region and endpoint.
func (p *parser) readTargetAccount(f map[string]value) *Account {
	var account Account
	switch accounts := p.config.Accounts; len(accounts) {
	case 0:
		return &account // one fault about accounts says enough
	case 1:
		account = accounts[0]
		read(p.decoder, f["account"], &account, p.accountNamed)
	default:
		want := fmt.Sprintf("the account to ask with, such as %q", accounts[0].Name)
		require(p.decoder, f["account"], &account, p.accountNamed, want)
	}
	inherited := account.Region
	if read(p.decoder, f["endpoint"], &account.Endpoint, endpoint) {
		account.UseCname = account.UseCname && account.Endpoint != ""
		p.checkEndpoint(f["endpoint"], account)
	}
	if read(p.decoder, f["region"], &account.Region, regionID) && f["endpoint"].node == nil {
		p.checkEndpointServes(f["region"], account, inherited)
	}
	switch {
	case f["region"].node != nil:
		p.warnOfRegion(f["region"], account)
		p.warnOfNetwork(f["region"], account)
	case f["endpoint"].node != nil:
		p.warnOfRegion(f["endpoint"], account)
	}
	if p.shared[account] == nil {
		p.shared[account] = &account
	}
	return p.shared[account]
}

// checkEndpointServes refuses another region with the account's endpoint: it would be asked about buckets it does not hold.
func (p *parser) checkEndpointServes(v value, account Account, served string) {
	if account.Endpoint != "" && served != "" && account.Region != served {
		p.fault(v, `account %s has an endpoint for %s; write this target's endpoint too, "" for the region's own`,
			quote(account.Name), served)
	}
}

func (p *parser) accountNamed(name string) (Account, error) { return named(name, p.config.Accounts) }

func named(name string, accounts []Account) (Account, error) {
	var known []string
	for _, account := range accounts {
		if account.Name == name {
			return account, nil
		}
		known = append(known, account.Name)
	}
	return Account{}, fmt.Errorf("no such account; %s", suggest(name, known))
}

// readLabels returns the target's own labels, nil for none.
func (p *parser) readLabels(entries []entry) map[string]string {
	if len(entries) == 0 {
		return nil
	}
	labels := map[string]string{}
	for _, e := range entries {
		if p.full() || !p.admitLabel(e) {
			break
		}
		if err := checkLabelName(e.key); err != nil {
			p.fault(e.value, "%v", err)
			continue
		}
		if e.key == "instance" || e.key == "job" {
			p.warn(e.value, "Prometheus sets this label on every series, and renames this one to exported_%s; write another name", e.key)
		}
		var text string
		require(p.decoder, e.value, &text, labelValue, `a value, "" for none`)
		labels[e.key] = text
	}
	return labels
}

// admitLabel counts the label's name among all targets' own, as long as there is room.
func (p *parser) admitLabel(e entry) bool {
	if !p.labels[e.key] && len(p.labels) == MaxLabels {
		p.fault(e.value, "one name too many; all targets together have at most %d label names", MaxLabels)
		return false
	}
	p.labels[e.key] = true
	return true
}
