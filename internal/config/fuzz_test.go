package config_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
)

// FuzzParse holds Parse to its word: it never panics, its faults are lines of the file,
// and what it accepts can neither fail a scrape nor mean something else when written out and read again.
func FuzzParse(f *testing.F) {
	example, err := os.ReadFile(examplePath)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(example),
		minimal,
		"x-a: &a {account: main, labels: {t: w}}\naccounts: {main: &m {region: cn-hangzhou, discover: true}, o: {<<: *m}}\ntargets: [{<<: *a, bucket: abc, cname: a.b}, {<<: [*a, {cname: c.d}], bucket: abc}]\n",
		"",
		withTarget("bucket: abc, cname: \"*.Bücher。example.\""),
		"#\n-\n{",
		"a: &a [*a]\n---\n",
		withTarget(`bucket: b-1, cname: "*.Example.com.", region: cn-beijing, endpoint: "[::1]:9", cache_ttl: 1m, labels: {a: "\ufffe", on: off}`),
		withTarget("bucket: Assets, cname: https://x@y.example:1/z?, labels: {le: 1, __a: 2, cname: 3}, cache_ttl: -1s"),
		"probe: {timeout: 1h, concurrency: 0x10, rate_limit: .inf, cache_ttl: 9999999999h}" + minimal,
		"accounts: {a: &x {region: cn-hangzhou, rate_limit: 1e-2, endpoint: h}, b: *x, c: *x}\ntargets: [{bucket: abc, cname: a.b, account: c}]",
		withAccount(`credentials: {type: assume_role, source: static_files, role_arn: "acs:ram::1:role/r", access_key_id_file: a, access_key_secret_file: "\u00e9"}`),
		withAccount("network: dual_stack, proxy_url: http://p:1, ca_file: c, credentials: {type: oidc, session_duration: 20m, session_policy: '{}'}"),
		withAccount("credentials: {type: process, command: a b}"),
		"checks: {binding: true, binding_ttl: 1h, dns: true, resolvers: [192.0.2.1, \"[2001:db8::1]:5\"]}" + minimal,
		"thresholds: {token_critical: 1h, facts_stale: 2d}\nproblems: {dangling: off}" + withTarget("bucket: abc, cname: '*.a.b.c', checks: {http: true, http_visit: x.a.b.c}, problems: {dangling: default}"),
		withTarget("bucket: abc, cname: a.b, checks: {dns: true, resolvers: [authoritative]}"),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := config.Parse("config.yaml", text)
		if err != nil {
			checkRefused(t, c, err, text)
			return
		}
		checkAccepted(t, c)
		again, err := config.Parse("again.yaml", []byte(render(c)))
		if err != nil {
			t.Fatalf("its own rendering is refused:\n%v\n%s", err, render(c))
		}
		again.Warnings = c.Warnings // on other lines
		if !reflect.DeepEqual(c, again) {
			t.Fatalf("read again:\n%.3000s\nis not\n%.3000s", render(again), render(c))
		}
	})
}

func checkRefused(t *testing.T, c *config.Config, err error, text []byte) {
	var faults config.Faults
	if c != nil || !errors.As(err, &faults) || len(faults) == 0 {
		t.Fatalf("refused with %v, %v", c, err)
	}
	// A YAML line break is more than "\n", so there may be more lines than an editor shows.
	last := 2 + strings.Count(string(text), "\n") + strings.Count(string(text), "\r") +
		strings.Count(string(text), "\u2028") + strings.Count(string(text), "\u2029")
	for i, fault := range faults {
		if fault.Line < 1 || fault.Line > last || i > 0 && fault.Line < faults[i-1].Line {
			t.Errorf("line %d of %d: %v", fault.Line, last, fault)
		}
		if shown := fault.String(); strings.ContainsAny(shown, "\n\r") || !utf8.ValidString(shown) {
			t.Errorf("not one line of text: %q", shown)
		}
	}
}

var (
	labelName  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	domainName = regexp.MustCompile(`^([a-z0-9-]{1,63}\.)+[a-z0-9-]{1,63}$`)
	bucketName = regexp.MustCompile(`^[a-z0-9-]{3,63}$`)
)

// checkAccepted checks whatever a scrape relies on.
func checkAccepted(t *testing.T, c *config.Config) {
	p := c.Probe
	if p.Timeout <= 0 || p.Timeout > config.MaxTimeout || p.Concurrency < 1 || p.Concurrency > config.MaxConcurrency || p.CacheTTL < 0 {
		t.Errorf("probe: %+v", p)
	}
	if len(c.Accounts) == 0 {
		t.Errorf("%d accounts, %d targets", len(c.Accounts), len(c.Targets))
	}
	for _, a := range c.Accounts {
		if a.Name == "" || a.Region == "" || !(a.RateLimit >= 0 && a.RateLimit <= config.MaxRateLimit) {
			t.Errorf("account: %+v", a)
		}
	}
	union, pairs := map[string]bool{}, map[string]bool{}
	for _, target := range c.Targets {
		checkTarget(t, c, target)
		pair := target.Bucket + "/" + target.Cname()
		if pairs[pair] {
			t.Errorf("%s twice", pair)
		}
		pairs[pair] = true
		for name := range target.Labels {
			union[name] = true
		}
	}
	names := c.LabelNames
	if len(names) != len(union) || len(names) > config.MaxLabels || !slices.IsSorted(names) {
		t.Errorf("label names %q of %v", names, union)
	}
}

func checkTarget(t *testing.T, c *config.Config, target config.Target) {
	if !bucketName.MatchString(target.Bucket) || !domainName.MatchString(target.Base) || len(target.Base) > 253 || target.CacheTTL < 0 {
		t.Errorf("target: %+v", target)
	}
	if !slices.ContainsFunc(c.Accounts, func(a config.Account) bool {
		a.Region, a.Endpoint = target.Account.Region, target.Account.Endpoint
		return a == *target.Account
	}) {
		t.Errorf("no such account: %+v", target.Account)
	}
	ours := append(config.SeriesLabels(), config.ScrapeLabels()...)
	for name, text := range target.Labels {
		if !labelName.MatchString(name) || strings.HasPrefix(name, "__") || slices.Contains(ours, name) {
			t.Errorf("label name %q", name)
		}
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\n") {
			t.Errorf("label value %q", text)
		}
	}
}

// render writes c out in full, nothing left to defaults.
func render(c *config.Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "probe: {timeout: %v, concurrency: %d, rate_limit: %v, cache_ttl: %v, unlisted: %s}\naccounts:\n",
		c.Probe.Timeout, c.Probe.Concurrency, c.Probe.RateLimit, c.Probe.CacheTTL, c.Probe.Unlisted)
	for _, a := range c.Accounts {
		fmt.Fprintf(&b, "  %q: {region: %s, endpoint: %q, use_cname: %v, signature_version: %s, rate_limit: %v, proxy_url: %q, credentials: {%s}",
			a.Name, a.Region, a.Endpoint, a.UseCname, a.SignatureVersion, a.RateLimit, a.ProxyURL, renderCredentials(a.Credentials))
		if a.CAFile != "" {
			fmt.Fprintf(&b, ", ca_file: %s", strconv.QuoteToASCII(a.CAFile))
		}
		if slices.Contains(c.Discover, a) {
			b.WriteString(", discover: true")
		}
		if a.Endpoint == "" {
			fmt.Fprintf(&b, ", network: %s", a.Network)
		}
		b.WriteString("}\n")
	}
	b.WriteString("thresholds: {" + renderThresholds(c.Rules.Thresholds) + "}\nproblems: {" + renderProblems(c.Rules.Severities) + "}\n")
	b.WriteString("checks: " + renderChecks(c.Checks) + "\ntargets:\n")
	for _, target := range c.Targets {
		fmt.Fprintf(&b, "- bucket: %q\n  cname: %q\n  account: %q\n  region: %s\n  endpoint: %q\n  cache_ttl: %v\n  checks: %s\n",
			target.Bucket, target.Cname(), target.Account.Name, target.Account.Region, target.Account.Endpoint, target.CacheTTL,
			renderChecks(target.Checks))
		fmt.Fprintf(&b, "  thresholds: {%s}\n  problems: {%s}\n  labels:\n", renderThresholds(target.Rules.Thresholds), renderProblems(target.Rules.Severities))
		for name, text := range target.Labels {
			// Escapes, since YAML reads some characters only in this form.
			fmt.Fprintf(&b, "    %s: %s\n", name, strconv.QuoteToASCII(text))
		}
	}
	return b.String()
}

func renderThresholds(t judge.Thresholds) string {
	var parts []string
	for name, d := range map[string]time.Duration{
		"token_warning": t.TokenWarning, "token_critical": t.TokenCritical, "certificate_warning": t.CertificateWarning,
		"certificate_critical": t.CertificateCritical, "facts_stale": t.FactsStale,
	} {
		if d != 0 {
			parts = append(parts, name+": "+d.String())
		}
	}
	return strings.Join(parts, ", ")
}

// renderProblems writes every kind: a target's is not inherited.
func renderProblems(severities map[judge.Kind]judge.Severity) string {
	var parts []string
	for _, kind := range judge.Kinds() {
		parts = append(parts, string(kind)+": "+cmp.Or(string(severities[kind]), "default"))
	}
	return strings.Join(parts, ", ")
}

func renderChecks(c config.Checks) string {
	resolvers := config.ResolversSystem
	if c.Resolvers != nil {
		resolvers = `"` + strings.Join(c.Resolvers, `", "`) + `"`
	}
	visit := ""
	if c.HTTPVisit != "" {
		visit = ", http_visit: " + c.HTTPVisit
	}
	return fmt.Sprintf("{binding: %v, binding_ttl: %v, dns: %v, resolvers: [%s], http: %v, http_refuse_private: %v%s}", c.Binding, c.BindingTTL, c.DNS, resolvers, c.HTTP, c.HTTPRefusePrivate, visit)
}

// renderCredentials writes what is not zero, since a key that the type has no use for is refused even if empty.
func renderCredentials(c config.Credentials) string {
	text := "type: " + c.Type
	for key, value := range map[string]string{
		"source": c.Source, "access_key_id_file": c.AccessKeyIDFile, "access_key_secret_file": c.AccessKeySecretFile,
		"security_token_file": c.SecurityTokenFile, "role_name": c.RoleName, "metadata_endpoint": c.MetadataEndpoint,
		"role_arn": c.RoleARN, "oidc_provider_arn": c.OIDCProviderARN, "oidc_token_file": c.OIDCTokenFile,
		"external_id": c.ExternalID, "session_name": c.SessionName, "session_policy": c.SessionPolicy, "sts_endpoint": c.STSEndpoint,
		"command": c.Command, "profile_file": c.ProfileFile, "profile": c.Profile,
	} {
		if value != "" {
			text += ", " + key + ": " + strconv.QuoteToASCII(value)
		}
	}
	if c.SessionDuration != 0 {
		text += ", session_duration: " + c.SessionDuration.String()
	}
	return text
}
