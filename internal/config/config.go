// Package config owns the operator's configuration: it reads one strict YAML file into a Config that never changes again.
// It would rather refuse a file with every fault named by line than let a typo surface later as a failed scrape.
//
// Its nouns: a Config has Accounts and Targets, each with its Checks. A Fault is one mistake with its line. A Query is a
// request about one target, which may be Unlisted: in no file. A Shard is one part of the Targets.
package config

import (
	"slices"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

// Defaults and bounds of the file's values.
const (
	DefaultTimeout = 5 * time.Second
	MinTimeout     = time.Millisecond
	MaxTimeout     = 5 * time.Minute

	DefaultConcurrency = 32
	MaxConcurrency     = 1024

	// MinRateLimit keeps a tiny limit from holding a call back for hours.
	MinRateLimit = 0.01
	// MaxRateLimit is the limit of OSS for an account in all.
	MaxRateLimit = 10_000

	// MaxCacheTTL is a third of a token's life: beyond it an answer says little.
	MaxCacheTTL = 24 * time.Hour

	// MaxLabels bounds the names all targets' own labels have together, since each of them is on every series.
	MaxLabels = 32
)

// The known spellings of signature_version, of probe.unlisted and of network; the first of each kind is the default.
const (
	SignatureV4 = "v4"
	SignatureV1 = "v1"

	UnlistedAllow  = "allow"
	UnlistedRefuse = "refuse"

	NetworkPublic    = "public"
	NetworkInternal  = "internal"   // reachable only inside the region's own network, free of traffic charges
	NetworkDualStack = "dual_stack" // IPv4 and IPv6
)

// Config is one accepted file. It is shared between goroutines: neither it nor anything it refers to is changed.
type Config struct {
	Probe    Probe
	Accounts []Account   // by name, at least one
	Rules    judge.Rules // how targets are judged that say nothing of it
	Checks   Checks      // of targets that say nothing of them
	Targets  []Target    // in the file's order, then in the target files'; no two share bucket and cname

	Discover []Account // those of Accounts whose other bound domains are looked for

	Part        Shard    // which part of all targets Targets is
	TargetFiles []string // paths and patterns of the files that were read beside this one

	Warnings Faults // values that were accepted and are probably slips

	LabelNames []string // of all targets' own labels, sorted, each once
	Checksum   uint32   // tells sets of Targets apart by their names, whatever their order

	places map[domain.Name]int // of Targets
	listed map[domain.Name]int // places of all Targets, where this is a shard
	routes []Account           // every account at every region and endpoint that the file has it asked at, its own first
}

// Probe holds the settings of every call.
type Probe struct {
	Timeout     time.Duration // for one target, retries included
	Concurrency int           // calls in flight, all scrapes together
	RateLimit   float64       // calls a second, the accounts' default; 0 = unlimited
	CacheTTL    time.Duration // how long an answer is not asked again, the targets' default; 0 = ask on every scrape
	Unlisted    string        // UnlistedAllow or UnlistedRefuse: whether a query about a target in no file is answered
}

// Account says where and as whom to ask. It is comparable: equal Accounts can share a client.
type Account struct {
	Name             string
	Region           string      // plain id: cn-hangzhou
	Endpoint         string      // scheme://host[:port]; "" = the region's, on Network
	UseCname         bool        // Endpoint is used as it is, without the bucket's name before it
	Network          string      // NetworkPublic, NetworkInternal or NetworkDualStack
	SignatureVersion string      // SignatureV4 or SignatureV1
	RateLimit        float64     // calls a second; 0 = unlimited
	ProxyURL         string      // scheme://host[:port]; "" = that of HTTPS_PROXY and NO_PROXY
	CAFile           string      // PEM certificates to trust beside the system's; "" = none
	Credentials      Credentials // where the keys come from, never the keys
}

// Target is one (bucket, cname) to watch.
type Target struct {
	domain.Name
	Account  *Account          // the target's own region and endpoint already applied; shared by all targets that are asked alike
	CacheTTL time.Duration     // 0 = ask on every scrape
	Checks   Checks            // the questions beside the token
	Rules    judge.Rules       // how it is judged; the map of severities is shared
	Labels   map[string]string // the target's own labels; nil = none
	Unlisted bool              // asked about by a query and in no file: once it is answered, nothing is remembered of it
}

// Checks are the questions about a target beside its token. The zero value asks none.
type Checks struct {
	Binding    bool          // whether the domain is bound and when its certificate expires: ListCname
	BindingTTL time.Duration // how long a bucket's list is not asked for again; 0 = ask on every scrape
	DNS        bool          // whether the domain's TXT and CNAME records fit its binding
	HTTP       bool          // who answers when the domain itself is asked, and with which certificate
	// HTTPVisit is the name below a wildcard domain that is asked; "" = none, and a wildcard domain is not asked.
	HTTPVisit         string
	HTTPRefusePrivate bool // private, loopback and link-local addresses are not asked
	// CNAMESuffixes are further domains of OSS, without a leading dot: CNAME records that lead to
	// <bucket>.<region>.<suffix> lead to that bucket.
	CNAMESuffixes []string
	Resolvers     []string // host:port, asked in turn; nil = the system's, ResolversAuthoritative alone = the zone's own
	// Unasked are checks that are on and not asked now: their known facts are told.
	Unasked []status.Check
}

// checkRow is a check as the configuration names it, and the checks of a status that it makes.
type checkRow struct {
	name   string
	isOn   bool
	checks []status.Check
}

func (c Checks) rows() []checkRow {
	return []checkRow{
		{"binding", c.Binding, []status.Check{status.CheckBinding}},
		{"dns", c.DNS, []status.Check{status.CheckTXT, status.CheckCNAME}},
		{"http", c.HTTP, []status.Check{status.CheckHTTP}},
	}
}

// CheckNames returns the names of all checks, as they are written in the
// configuration.
func CheckNames() (names []string) {
	for _, row := range (Checks{}).rows() {
		names = append(names, row.name)
	}
	return names
}

// Names returns the names of the checks that are on.
func (c Checks) Names() (names []string) {
	for _, row := range c.rows() {
		if row.isOn {
			names = append(names, row.name)
		}
	}
	return names
}

// Asking returns c with none asked of those of its checks that are not named.
func (c Checks) Asking(names []string) Checks {
	c.Unasked = nil
	for _, row := range c.rows() {
		if !slices.Contains(names, row.name) {
			c.Unasked = append(c.Unasked, row.checks...)
		}
	}
	return c
}

// Case returns the target as it is judged at now, with the status s.
func (t *Target) Case(s *status.Status, now time.Time) judge.Case {
	return judge.Case{
		Name: t.Name, Account: t.Account.Name, Region: t.Account.Region, Labels: t.Labels,
		Status: s, Rules: t.Rules, Now: now, IsTransient: t.Unlisted,
	}
}
