package judge

import (
	"slices"
	"strings"
)

// Kind is a kind of problem. The set is closed: an alert's name in snake_case,
// and the label "problem" of the metrics.
type Kind string

// The kinds of problems.
const (
	Dangling         Kind = "dangling"
	NotServed        Kind = "not_served"
	DomainUnbound    Kind = "domain_unbound"
	TokenExpired     Kind = "token_expired"
	TokenExpiresSoon Kind = "token_expires_soon"
	CertificateEnds  Kind = "certificate_expires_soon"
	NotReachable     Kind = "not_reachable"
	ReadyToBind      Kind = "ready_to_bind"
	TokenMissing     Kind = "token_missing"
	ProbeFailing     Kind = "probe_failing"
	CheckFailing     Kind = "check_failing"
)

// Evidence is an answer that a decision rests on. A process must have got it
// before it contradicts another process.
type Evidence string

// The evidence, and the series that tells whether a process has it.
const (
	EvidenceToken   Evidence = "token"     // oss_cname_token_last_success_timestamp_seconds
	EvidenceBinding Evidence = "binding"   // oss_cname_check_last_success_timestamp_seconds{check="binding"}
	EvidenceTXT     Evidence = "dns_txt"   // the same with check="dns_txt"
	EvidenceCNAME   Evidence = "dns_cname" // the same with check="dns_cname"
	EvidenceHTTP    Evidence = "http"      // the same with check="http"
	EvidenceAttempt Evidence = "attempt"   // oss_cname_token_probe_success
	EvidenceHistory Evidence = "history"   // none: a process knows only its own observations
)

// Kinds returns every kind of problem.
func Kinds() []Kind {
	kinds := make([]Kind, len(table))
	for i := range table {
		kinds[i] = table[i].kind
	}
	return kinds
}

// Severities returns the severities that problems of the kind have by default,
// the worst first.
func (k Kind) Severities() []Severity { return k.find().severities }

// Evidence returns the answers that problems of the kind rest on.
func (k Kind) Evidence() []Evidence { return k.find().evidence }

// Condition says when a domain has a problem of the kind.
func (k Kind) Condition() string { return k.find().condition }

// find returns the rule of k; an empty one if there is none.
func (k Kind) find() rule {
	if i := slices.IndexFunc(table, func(r rule) bool { return r.kind == k }); i >= 0 {
		return table[i]
	}
	return rule{}
}

// Alert returns the name of the alert that says the same.
func (k Kind) Alert() string {
	var name strings.Builder
	name.WriteString("OSSCname")
	for word := range strings.SplitSeq(string(k), "_") {
		name.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return name.String()
}

// Runbook returns where the runbook of the kind is, as a path in the repository
// with a fragment.
func (k Kind) Runbook() string { return "docs/runbooks.md#" + strings.ToLower(k.Alert()) }
