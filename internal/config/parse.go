package config

import (
	"cmp"
	"maps"
	"slices"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
)

// Parse reads a configuration from text alone; name is the file's, for messages.
// A refused text gives Faults with all that is wrong with it.
func Parse(name string, text []byte) (*Config, error) {
	config, _, err := ParseFile(name, text, FileOptions{})
	return config, err
}

// FileOptions describes the surroundings of a configuration's file. The zero value is a text that is no file.
type FileOptions struct {
	Dir   string // folder of the file, which relative paths begin at; "" = the text cannot name target files
	Files Files  // reads target files
	// Expand returns a value's text with the values of its variables; nil leaves ${NAME} as it is, with a warning.
	Expand func(text string) (string, error)
}

// Files reads target files.
type Files interface {
	// Matching returns the files that a path or pattern names. A pattern may match nothing yet.
	Matching(pattern string) ([]string, error)
	Read(path string) ([]byte, error)
}

// ParseFile is Parse for a text that may name files. It returns the paths and patterns of these files also if the text
// is refused.
func ParseFile(name string, text []byte, opts FileOptions) (config *Config, named []string, err error) {
	p := &parser{decoder: &decoder{file: name, expandText: opts.Expand}, dir: opts.Dir, files: opts.Files, pairs: map[domain.Name]place{}, shared: map[Account]*Account{}, labels: map[string]bool{}}
	if root, ok := p.document(text, "write at least accounts and targets, as config.example.yaml does"); ok {
		p.readConfig(root)
	}
	named = p.config.TargetFiles
	for _, account := range p.config.Accounts {
		if account.CAFile != "" {
			named = append(named, account.CAFile)
		}
	}
	if len(p.faults) > 0 {
		return nil, named, p.faults.sorted()
	}
	p.config.Warnings = p.warnings.sorted()
	p.config.index()
	return &p.config, slices.Clone(named), nil
}

// parser builds a Config section by section: accounts build on probe, targets on all before.
type parser struct {
	*decoder
	config Config
	checks Checks                // the targets' default
	rules  judge.Rules           // the targets' default
	dir    string                // where target files are; "" = nowhere
	files  Files                 // reads them
	pairs  map[domain.Name]place // where each target is
	shared map[Account]*Account  // by value: targets that are asked alike have one
	labels map[string]bool       // names of all targets' own labels
}

// place is a line of a file.
type place struct {
	file string
	line int
}

func (p *parser) readConfig(v value) {
	f := p.fields(v, "probe", "checks", "thresholds", "problems", "accounts", "targets", "target_files")
	if f == nil {
		return
	}
	p.readProbe(f["probe"])
	p.readChecks(f["checks"], &p.checks)
	if p.checks.HTTPVisit != "" {
		p.fault(f["checks"], "http_visit is the name for one wildcard domain; write it in the checks of its target")
		p.checks.HTTPVisit = ""
	}
	p.readThresholds(f["thresholds"], &p.rules.Thresholds)
	p.rules.Severities = p.readProblems(f["problems"], nil)
	p.config.Rules = p.rules
	p.readAccounts(f["accounts"])
	if f["targets"].empty() && f["target_files"].empty() {
		p.fault(f["targets"], `missing; write at least one, such as "- {bucket: examplebucket, cname: www.example.com}"`)
	}
	p.readTargets(f["targets"])
	p.readTargetFiles(f["target_files"])
	p.config.labelNames = slices.Sorted(maps.Keys(p.labels))
}

func (p *parser) readProbe(v value) {
	probe := &p.config.Probe
	*probe = Probe{Timeout: DefaultTimeout, Concurrency: DefaultConcurrency, Unlisted: UnlistedAllow}
	f := p.fields(v, "timeout", "concurrency", "rate_limit", "cache_ttl", "unlisted")
	read(p.decoder, f["timeout"], &probe.Timeout, durationIn(MinTimeout, MaxTimeout))
	read(p.decoder, f["concurrency"], &probe.Concurrency, wholeIn(1, MaxConcurrency))
	read(p.decoder, f["rate_limit"], &probe.RateLimit, rate)
	read(p.decoder, f["cache_ttl"], &probe.CacheTTL, durationIn(0, MaxCacheTTL))
	read(p.decoder, f["unlisted"], &probe.Unlisted, oneOf(UnlistedAllow, UnlistedRefuse))
}

func (p *parser) readAccounts(v value) {
	if v.empty() {
		p.fault(v, `missing; write at least one, such as "main: {region: cn-hangzhou}"`)
	}
	for _, e := range p.entries(v) {
		if p.full() {
			break
		}
		if err := checkAccountName(e.key); err != nil {
			p.fault(e.value, "%v", err)
		}
		account, discover := p.account(e)
		p.config.Accounts = append(p.config.Accounts, account)
		if discover {
			p.config.Discover = append(p.config.Discover, account)
		}
	}
	for _, accounts := range [][]Account{p.config.Accounts, p.config.Discover} {
		slices.SortFunc(accounts, func(a, b Account) int { return cmp.Compare(a.Name, b.Name) })
	}
}

// account reads one account, and whether it is asked what else it has.
func (p *parser) account(e entry) (account Account, discover bool) {
	account = Account{
		Name:             e.key,
		Network:          NetworkPublic,
		SignatureVersion: SignatureV4,
		RateLimit:        p.config.Probe.RateLimit,
		Credentials:      Credentials{Type: CredentialsEnvironment},
	}
	f := p.fields(e.value, "region", "endpoint", "use_cname", "network", "signature_version", "rate_limit", "proxy_url", "ca_file", "discover", "credentials")
	if f == nil {
		return account, false
	}
	require(p.decoder, f["region"], &account.Region, regionID, `the plain region id, such as "cn-hangzhou"`)
	read(p.decoder, f["use_cname"], &account.UseCname, trueOrFalse)
	if read(p.decoder, f["endpoint"], &account.Endpoint, endpoint) || account.UseCname {
		p.checkEndpoint(f["endpoint"], account)
	}
	p.warnOfRegion(f["region"], account)
	if read(p.decoder, f["network"], &account.Network, oneOf(NetworkPublic, NetworkInternal, NetworkDualStack)) && account.Endpoint != "" {
		p.fault(f["network"], "the endpoint decides already which network is used; keep one of them")
	}
	if f["network"].node != nil {
		p.warnOfNetwork(f["network"], account)
	} else {
		p.warnOfNetwork(f["region"], account)
	}
	read(p.decoder, f["signature_version"], &account.SignatureVersion, oneOf(SignatureV4, SignatureV1))
	read(p.decoder, f["rate_limit"], &account.RateLimit, rate)
	read(p.decoder, f["proxy_url"], &account.ProxyURL, proxyURL)
	read(p.decoder, f["ca_file"], &account.CAFile, p.path)
	if read(p.decoder, f["discover"], &discover, trueOrFalse) && discover && account.UseCname {
		p.fault(f["discover"], "an endpoint that is used as it is serves no list of buckets; remove it, or use_cname")
	}
	p.readCredentials(f["credentials"], &account.Credentials)
	if slices.Contains([]string{CredentialsOIDC, CredentialsAssumeRole, CredentialsProfile}, account.Credentials.Type) {
		account.Credentials.STSRegion = account.Region
	}
	return account, discover
}
