package config

import (
	"fmt"
)

func (p *parser) readTarget(v value) {
	if p.full() {
		return
	}
	t := Target{CacheTTL: p.config.Probe.CacheTTL, Checks: p.checks, Rules: p.config.Rules}
	f := readKeys(p, v, p.tables.target, &t)
	if f == nil {
		return
	}
	if f["bucket"].ok && f["cname"].ok {
		p.checkUnique(v, t)
	}
	t.Account = p.readTargetAccount(f["account"].value, f["region"].value, f["endpoint"].value)
	p.warnOfAgentic(f["bucket"].value, t.Bucket, t.Account.Region)
	readKeys(p, f["checks"].value, p.tables.checks, &t.Checks)
	p.checkVisit(f["checks"].value, t)
	p.readThresholds(f["thresholds"].value, &t.Rules.Thresholds)
	t.Rules.Severities = p.readProblems(f["problems"].value, t.Rules.Severities)
	t.Labels = p.readLabels(p.entries(f["labels"].value))
	p.config.Targets = append(p.config.Targets, t)
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
		p.fault(v, "%s is a target already on line %d of %s; keep one", t.Name, first.line, quoteKey(first.file))
	}
}

// readTargetAccount finds the target's account and applies the target's own region and endpoint.
func (p *parser) readTargetAccount(name, region, endpointURL value) *Account {
	var account Account
	switch accounts := p.config.Accounts; len(accounts) {
	case 0:
		return &account // one fault about accounts says enough
	case 1:
		account = accounts[0]
		read(p.decoder, name, &account, p.accountNamed)
	default:
		want := fmt.Sprintf("the account to ask with, such as %q", accounts[0].Name)
		require(p.decoder, name, &account, p.accountNamed, want)
	}
	inherited := account.Region
	if read(p.decoder, endpointURL, &account.Endpoint, endpoint) {
		account.UseCname = account.UseCname && account.Endpoint != ""
		p.checkEndpoint(endpointURL, account)
		p.warnOfEndpoint(endpointURL, account)
	}
	if read(p.decoder, region, &account.Region, regionID) && endpointURL.node == nil {
		p.checkEndpointServes(region, account, inherited)
	}
	switch {
	case region.node != nil:
		p.warnOfRegion(region, account)
		p.warnOfNetwork(region, account)
	case endpointURL.node != nil:
		p.warnOfRegion(endpointURL, account)
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
	return Account{}, fmt.Errorf("no such account; %s", suggest(name, known, nil))
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
