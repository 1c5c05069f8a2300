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
	p := newParser(name, opts)
	root, isYAML := p.document(text, "write at least accounts and targets, as config.example.yaml does")
	if isYAML && !p.isForeign(root) {
		p.readConfig(root)
	}
	p.nameSlips(text, isYAML)
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
	tables   tables
	config   Config
	checks   Checks                // the targets' default
	unlisted bool                  // whether the file has probe.unlisted
	dir      string                // where target files are; "" = nowhere
	files    Files                 // reads them
	pairs    map[domain.Name]place // where each target is
	shared   map[Account]*Account  // by value: targets that are asked alike have one
	labels   map[string]bool       // names of all targets' own labels
}

func newParser(name string, opts FileOptions) *parser {
	p := &parser{
		decoder: &decoder{file: name, expandText: opts.Expand}, dir: opts.Dir, files: opts.Files,
		pairs: map[domain.Name]place{}, shared: map[Account]*Account{}, labels: map[string]bool{},
	}
	p.tables = p.newTables()
	return p
}

// place is a line of a file.
type place struct {
	file string
	line int
}

func (p *parser) readConfig(v value) {
	f := readKeys(p, v, p.tables.root, &p.config)
	if f == nil {
		return
	}
	setDefaults(p, p.tables.probe, &p.config.Probe)
	p.unlisted = readKeys(p, f["probe"].value, p.tables.probe, &p.config.Probe)["unlisted"].ok
	readKeys(p, f["checks"].value, p.tables.checks, &p.checks)
	if p.checks.HTTPVisit != "" {
		p.fault(f["checks"].value, "http_visit is the name for one wildcard domain; write it in the checks of its target")
		p.checks.HTTPVisit = ""
	}
	p.config.Checks = p.checks
	p.readThresholds(f["thresholds"].value, &p.config.Rules.Thresholds)
	p.config.Rules.Severities = p.readProblems(f["problems"].value, nil)
	p.readAccounts(f["accounts"].value)
	p.checkAsked(f)
	for _, item := range p.items(f["targets"].value) {
		p.readTarget(item)
	}
	p.readTargetFiles(f["target_files"].value)
	p.config.LabelNames = slices.Sorted(maps.Keys(p.labels))
}

// checkAsked refuses a file without targets, of which nothing would ask, and warns of one that only /probe can use.
func (p *parser) checkAsked(f map[string]keyValue) {
	const example = `such as "- {bucket: examplebucket, cname: www.example.com}"`
	switch v := f["targets"].value; {
	case !v.empty() || !f["target_files"].empty() || len(p.config.Discover) > 0:
	case p.config.Probe.Unlisted == UnlistedRefuse:
		p.fault(v, "missing, and probe.unlisted refuses what is not in the file; write at least one, "+example)
	case !p.unlisted:
		p.warn(v, "none, so that only /probe asks; write probe.unlisted: allow if that is meant, else at least one, "+example)
	}
}

// readThresholds changes the thresholds that the file names; the others stay as they are inherited.
func (p *parser) readThresholds(v value, t *judge.Thresholds) {
	if readKeys(p, v, p.tables.thresholds, t); v.node == nil {
		return
	}
	inForce := t.WithDefaults()
	if inForce.TokenCritical > inForce.TokenWarning {
		p.fault(v, "token_critical is %s, and token_warning only %s; write a critical that is no longer than the warning",
			short(inForce.TokenCritical), short(inForce.TokenWarning))
	}
	if inForce.CertificateCritical > inForce.CertificateWarning {
		p.fault(v, "certificate_critical is %s, and certificate_warning only %s; write a critical that is no longer than the warning",
			short(inForce.CertificateCritical), short(inForce.CertificateWarning))
	}
}

// readProblems returns inherited with the severities that the file names.
func (p *parser) readProblems(v value, inherited map[judge.Kind]judge.Severity) map[judge.Kind]judge.Severity {
	if v.node == nil {
		return inherited
	}
	severities := map[judge.Kind]judge.Severity{}
	maps.Copy(severities, inherited)
	readKeys(p, v, p.tables.problems, &severities)
	if len(severities) == 0 {
		return nil
	}
	return severities
}

func (p *parser) readAccounts(v value) {
	if v.node != nil && v.empty() {
		p.missing(v, p.tables.root[slices.IndexFunc(p.tables.root, func(k key[Config]) bool { return k.Name == "accounts" })].Needed)
	}
	for _, e := range p.entries(v) {
		if p.full() {
			break
		}
		if err := checkAccountName(e.key); err != nil {
			p.fault(e.value, "%v", err)
		}
		account := p.readAccount(e)
		p.config.Accounts = append(p.config.Accounts, account.Account)
		if account.discover {
			p.config.Discover = append(p.config.Discover, account.Account)
		}
	}
	for _, accounts := range [][]Account{p.config.Accounts, p.config.Discover} {
		slices.SortFunc(accounts, func(a, b Account) int { return cmp.Compare(a.Name, b.Name) })
	}
}

// readAccount reads one account, and checks the keys that depend on each other.
func (p *parser) readAccount(e entry) accountText {
	var a accountText
	setDefaults(p, p.tables.account, &a)
	a.Name, a.RateLimit, a.Credentials.Type = e.key, p.config.Probe.RateLimit, CredentialsEnvironment
	f := readKeys(p, e.value, p.tables.account, &a)
	if f == nil {
		return a
	}
	if f["endpoint"].ok || a.UseCname && f["endpoint"].node == nil {
		p.checkEndpoint(f["endpoint"].value, a.Account)
	}
	if f["endpoint"].ok {
		p.warnOfEndpoint(f["endpoint"].value, a.Account)
	}
	p.warnOfRegion(f["region"].value, a.Account)
	if f["network"].ok && a.Endpoint != "" {
		p.fault(f["network"].value, "the endpoint decides already which network is used; keep one of them")
	}
	if f["network"].node != nil {
		p.warnOfNetwork(f["network"].value, a.Account)
	} else {
		p.warnOfNetwork(f["region"].value, a.Account)
	}
	if a.discover && a.UseCname {
		p.fault(f["discover"].value, "an endpoint that is used as it is serves no list of buckets; remove it, or use_cname")
	}
	p.readCredentials(f["credentials"].value, &a.Credentials)
	if slices.Contains([]string{CredentialsOIDC, CredentialsAssumeRole, CredentialsProfile}, a.Credentials.Type) {
		a.Credentials.STSRegion = a.Region
	}
	return a
}
