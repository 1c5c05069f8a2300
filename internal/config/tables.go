package config

import (
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
)

// tables has the keys of every mapping of a configuration.
type tables struct {
	root        []key[Config]
	probe       []key[Probe]
	checks      []key[Checks]
	thresholds  []key[judge.Thresholds]
	problems    []key[map[judge.Kind]judge.Severity]
	account     []key[accountText]
	credentials []key[Credentials]
	target      []key[Target]
	group       []key[Target]
}

// accountText is an account as it is written: discover is no part of how it is asked.
type accountText struct {
	Account
	discover bool
}

func (p *parser) newTables() tables {
	return tables{
		rootKeys(), probeKeys(), checksKeys(), thresholdsKeys(), problemsKeys(), p.accountKeys(), p.credentialsKeys(), targetKeys(), groupKeys(),
	}
}

// section is a key whose value is a mapping or a list, which is read by code of its own.
func section[T any](name, values, byDefault, doc string, schema map[string]any) key[T] {
	return key[T]{Key: Key{Name: name, Values: values, Default: byDefault, Doc: doc, Schema: schema}}
}

func rootKeys() []key[Config] {
	list := map[string]any{"type": []string{"array", "null"}, "items": reference("target")}
	named := map[string]any{"type": "object", "additionalProperties": reference("account"), "minProperties": 1}
	return []key[Config]{
		section[Config]("probe", "mapping", "", "how OSS is asked", reference("probe")),
		section[Config]("checks", "mapping", "", "further questions about each domain; all are off by default", reference("checks")),
		section[Config]("thresholds", "mapping", "", "when something becomes a problem", reference("thresholds")),
		section[Config]("problems", "mapping", "{}", "severities of kinds of problems in place of their own", reference("problems")),
		section[Config]("accounts", "mapping of names", "", "as whom OSS is asked; the name is the label account", named).
			needed(`at least one, such as "main: {region: cn-hangzhou}"`),
		section[Config]("targets", "list", "[]", "the domains to watch", list),
		section[Config]("target_files", "list of paths and patterns", "[]", "files with more targets, in the shape of Prometheus' file_sd",
			map[string]any{"type": []string{"array", "null"}, "items": map[string]any{"type": "string", "pattern": `\.(ya?ml|json)$|\$\{`}}),
	}
}

func probeKeys() []key[Probe] {
	return []key[Probe]{
		entryOf("timeout", durations(MinTimeout, MaxTimeout), func(p *Probe) *time.Duration { return &p.Timeout }, "5s", "the bound of one question, retries included"),
		entryOf("concurrency", wholes(1, MaxConcurrency), func(p *Probe) *int { return &p.Concurrency }, "32", "calls in flight, all scrapes together"),
		entryOf("rate_limit", rates(), func(p *Probe) *float64 { return &p.RateLimit }, "0", "calls a second for each account; 0 is unlimited"),
		entryOf("cache_ttl", durations(0, MaxCacheTTL), func(p *Probe) *time.Duration { return &p.CacheTTL }, "0s", "how long an answer is used again; 0s asks on every scrape"),
		entryOf("unlisted", words(nil, UnlistedAllow, UnlistedRefuse), func(p *Probe) *string { return &p.Unlisted }, UnlistedAllow, "what /probe does about a target that is not in the file"),
	}
}

func checksKeys() []key[Checks] {
	list := func(item map[string]any) map[string]any {
		return map[string]any{"type": []string{"array", "null"}, "items": item}
	}
	text := map[string]any{"type": "string"}
	return []key[Checks]{
		entryOf("binding", booleans(), func(c *Checks) *bool { return &c.Binding }, "false", "is the domain bound and enabled, when does its certificate expire: one ListCname for each bucket"),
		entryOf("binding_ttl", durations(0, MaxCacheTTL), func(c *Checks) *time.Duration { return &c.BindingTTL }, "0s", "how long a bucket's list is used again; 0s asks on every scrape"),
		entryOf("dns", booleans(), func(c *Checks) *bool { return &c.DNS }, "false", "does the TXT record carry the token, does the CNAME record lead to the bucket"),
		{
			Key{Name: "resolvers", Values: "list of addresses, or [system], or [authoritative]", Default: "[system]", Doc: "the resolvers that are asked, or all servers of the zone", Schema: list(text)},
			func(p *parser, v value, to *Checks) bool { to.Resolvers = p.readResolvers(v); return true },
		},
		{
			Key{Name: "cname_suffixes", Values: "list of domains", Default: "[]", Doc: "further domains of CNAME targets, which lead to <bucket>.<region>.<suffix>; the vendor's known ones need not be written", Schema: list(text)},
			func(p *parser, v value, to *Checks) bool { to.CNAMESuffixes = p.readSuffixes(v); return true },
		},
		entryOf("http", booleans(), func(c *Checks) *bool { return &c.HTTP }, "false", "who answers when the domain itself is asked over http and https, and with which certificate; no key travels there"),
		entryOf("http_visit", texts(visitName, "name below the wildcard"), func(c *Checks) *string { return &c.HTTPVisit }, "", "the name that is asked for a wildcard domain; only in a target"),
		entryOf("http_refuse_private", booleans(), func(c *Checks) *bool { return &c.HTTPRefusePrivate }, "false", "private, loopback and link-local addresses are not asked"),
	}
}

// Bounds of the thresholds. A token lives 72 hours.
const (
	minThreshold      = time.Minute
	maxTokenThreshold = 72 * time.Hour
	maxThreshold      = 365 * 24 * time.Hour
)

func thresholdsKeys() []key[judge.Thresholds] {
	type thresholds = judge.Thresholds
	token, other := durations(minThreshold, maxTokenThreshold), durations(minThreshold, maxThreshold)
	return []key[judge.Thresholds]{
		entryOf("token_warning", token, func(t *thresholds) *time.Duration { return &t.TokenWarning }, short(judge.DefaultTokenWarning), "how long before its end a token that is needed is a warning"),
		entryOf("token_critical", token, func(t *thresholds) *time.Duration { return &t.TokenCritical }, short(judge.DefaultTokenCritical), "the same for critical"),
		entryOf("certificate_warning", other, func(t *thresholds) *time.Duration { return &t.CertificateWarning }, short(judge.DefaultCertificateWarning), "how long before its end a certificate is a warning"),
		entryOf("certificate_critical", other, func(t *thresholds) *time.Duration { return &t.CertificateCritical }, short(judge.DefaultCertificateCritical), "the same for critical"),
		entryOf("facts_stale", other, func(t *thresholds) *time.Duration { return &t.FactsStale }, short(judge.DefaultFactsStale), "how old facts make a failing probe critical"),
	}
}

// severityDefault is the word for the severity that a kind of problem has by itself.
const severityDefault = "default"

func problemsKeys() []key[map[judge.Kind]judge.Severity] {
	severities := words(map[string]string{"on": severityDefault, "true": severityDefault, "false": string(judge.Off), "none": string(judge.Off), "error": string(judge.Critical)},
		string(judge.Critical), string(judge.Warning), string(judge.Off), severityDefault)
	var keys []key[map[judge.Kind]judge.Severity]
	for _, kind := range judge.Kinds() {
		keys = append(keys, key[map[judge.Kind]judge.Severity]{
			Key{Name: string(kind), Values: severities.values, Default: severityDefault, Doc: "the severity of " + string(kind), Schema: severities.schema},
			func(p *parser, v value, to *map[judge.Kind]judge.Severity) bool {
				var word string
				ok := read(p.decoder, v, &word, severities.parse)
				if delete(*to, kind); ok && word != severityDefault {
					(*to)[kind] = judge.Severity(word)
				}
				return ok
			},
		})
	}
	return keys
}

func (p *parser) accountKeys() []key[accountText] {
	networks := words(map[string]string{"vpc": NetworkInternal, "intranet": NetworkInternal, "private": NetworkInternal, "internet": NetworkPublic, "extranet": NetworkPublic, "external": NetworkPublic, "ipv6": NetworkDualStack},
		NetworkPublic, NetworkInternal, NetworkDualStack)
	return []key[accountText]{
		entryOf("region", texts(regionID, "region id"), func(a *accountText) *string { return &a.Region }, "", `the plain region id, without "oss-"`).
			needed(`the plain region id, such as "cn-hangzhou"`),
		entryOf("use_cname", booleans(), func(a *accountText) *bool { return &a.UseCname }, "false", "the endpoint is used as it is, without the bucket's name before it"),
		entryOf("endpoint", texts(endpoint, "host, or http(s)://host[:port]"), func(a *accountText) *string { return &a.Endpoint }, "", "the endpoint to ask, in place of the one of region and network"),
		entryOf("network", networks, func(a *accountText) *string { return &a.Network }, NetworkPublic, "which of the region's endpoints is asked: internal is reachable inside the region only, dual_stack has IPv6 too"),
		entryOf("signature_version", words(map[string]string{"4": SignatureV4, "1": SignatureV1}, SignatureV4, SignatureV1), func(a *accountText) *string { return &a.SignatureVersion }, SignatureV4, "v1 is for accounts that still sign the old way"),
		entryOf("rate_limit", rates(), func(a *accountText) *float64 { return &a.RateLimit }, "", "calls a second; by default probe.rate_limit"),
		entryOf("proxy_url", texts(proxyURL, "http, https, socks5 or socks5h://host:port"), func(a *accountText) *string { return &a.ProxyURL }, "", "the proxy to OSS and STS; by default the one of HTTPS_PROXY and NO_PROXY"),
		entryOf("ca_file", texts(p.path, "path"), func(a *accountText) *string { return &a.CAFile }, "", "PEM certificates to trust beside the system's, also for STS"),
		entryOf("discover", booleans(), func(a *accountText) *bool { return &a.discover }, "false", "show domains bound in the account's region that are no targets; needs oss:ListBuckets"),
		section[accountText]("credentials", "mapping", "", "where the key comes from; by default the environment", reference("credentials")),
	}
}

func targetKeys() []key[Target] {
	labels := map[string]any{"type": []string{"object", "null"}, "additionalProperties": map[string]any{"type": []string{"string", "number", "boolean"}}}
	return []key[Target]{
		entryOf("bucket", texts(bucketName, "bucket name"), func(t *Target) *string { return &t.Bucket }, "", "the bucket").
			needed(`the bucket's name, such as "examplebucket"`),
		{
			Key{Name: "cname", Values: "domain", Needed: `the domain, such as "www.example.com"`, Doc: `the domain whose token is watched; a wildcard is quoted, as in "*.assets.example.com"`, Schema: texts(nil, "").schema},
			func(p *parser, v value, to *Target) bool { return read(p.decoder, v, &to.Name, to.withCname) },
		},
		section[Target]("account", "name", "", "the account to ask with; needed if there are several", texts(nil, "").schema),
		section[Target]("region", "region id", "", "the bucket's region; by default the account's", texts(nil, "").schema),
		section[Target]("endpoint", "host, or http(s)://host[:port]", "", `by default the account's; "" is the region's own`, texts(nil, "").schema),
		entryOf("cache_ttl", durations(0, MaxCacheTTL), func(t *Target) *time.Duration { return &t.CacheTTL }, "", "by default probe.cache_ttl"),
		section[Target]("checks", "mapping", "", "each by default as in the file's checks", reference("checks")),
		section[Target]("thresholds", "mapping", "", "each by default as in the file's thresholds", reference("thresholds")),
		section[Target]("problems", "mapping", "", "each by default as in the file's problems", reference("problems")),
		section[Target]("labels", "mapping", "{}", "your own labels, on every series of the target; names that the exporter or Prometheus sets are refused", labels),
	}
}

func groupKeys() []key[Target] {
	text := map[string]any{"type": []string{"string", "number", "boolean"}}
	return []key[Target]{
		section[Target]("targets", "list of bucket/domain", "", "the domains", map[string]any{"type": "array", "items": text}).
			needed(`a list, such as ["examplebucket/www.example.com"]`),
		section[Target]("labels", "mapping", "{}", "account and region as a target has them; the others are your own", map[string]any{"type": []string{"object", "null"}, "additionalProperties": text}),
	}
}

// withCname returns t's Name for the domain in text.
func (t *Target) withCname(text string) (n domain.Name, err error) {
	n.Bucket = t.Bucket
	n.Base, n.Wildcard, err = domain.ParseCname(text)
	return n, err
}
