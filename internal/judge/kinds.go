package judge

import (
	"slices"
	"time"

	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
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
	EvidenceAttempt Evidence = "attempt"   // oss_cname_token_probe_success
	EvidenceHistory Evidence = "history"   // none: a process knows only its own observations
)

// rule is one kind of problem: all that tells one from another.
type rule struct {
	kind       Kind
	severities []Severity // that it has by default, the worst first
	evidence   []Evidence
	condition  string // when a domain has the problem, for the documents
	severity   func(*Case) Severity
	threshold  func(*Case) string    // the threshold that decided; nil if the kind has none
	since      func(*Case) time.Time // when it began, if the facts tell; nil if they do not
	due        func(*Case) time.Time // nil is Never
	text       func(*Case) lang.Text
	action     func(*Case) lang.Text
}

// table has every kind, the more urgent above among those of one severity.
var table = []rule{ //nolint:gochecknoglobals // a constant for which Go has no syntax
	{
		kind: Dangling, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceBinding, EvidenceCNAME},
		condition: "The CNAME record leads to OSS, and the domain is bound to no watched bucket. Critical if the bucket does not exist, or belongs to another account now, or if the check http shows that no bucket serves the domain.",
		severity:  (*Case).dangling, due: already, text: (*Case).danglingText, action: (*Case).danglingAction,
	},
	{
		kind: NotServed, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceBinding},
		condition: "The domain is bound, and OSS does not serve it, or does not serve the certificate that is bound with it, or that certificate is not valid yet. Warning if the CNAME record leads to a CDN, which may have a certificate of its own, or if the word for the certificate is not known. The check http shows more: OSS refuses the visitors, browsers refuse the certificate that they get, or that is another than the bound one.",
		severity:  (*Case).notServed, due: already, text: (*Case).notServedText, action: (*Case).notServedAction,
	},
	{
		kind: DomainUnbound, severities: []Severity{Critical}, evidence: []Evidence{EvidenceBinding, EvidenceHistory},
		condition: "The domain was bound, and no watched bucket has it any more.",
		severity:  (*Case).domainUnbound, since: func(c *Case) time.Time { return c.Unbound }, due: already, text: (*Case).unboundText,
		action: always(lang.Textf("bind the domain again, or find out which bucket has it now and watch that one")),
	},
	{
		kind: TokenExpired, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceToken, EvidenceHistory},
		condition: "The token expired unused. Warning after a day if the check binding does not tell whether the domain was bound after all.",
		severity:  (*Case).tokenExpired, since: (*Case).ExpiredAt, due: (*Case).ExpiredAt, text: (*Case).expiredText, action: stateAction,
	},
	{
		kind: TokenExpiresSoon, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceToken},
		condition: "A domain that is not bound has a token with less than token_warning or token_critical left. The text says whether the TXT record is right.",
		severity:  (*Case).tokenExpiresSoon, threshold: (*Case).tokenThreshold,
		due: func(c *Case) time.Time { return c.Status.Facts.Expires }, text: (*Case).expiresText, action: (*Case).tokenAction,
	},
	{
		kind: CertificateEnds, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceBinding},
		condition: "The certificate that visitors get, or that OSS says it serves, has less than certificate_warning or certificate_critical left, or has expired.",
		severity:  (*Case).certificateEnds, threshold: (*Case).certificateThreshold,
		due: func(c *Case) time.Time { return c.certificateExpires() }, text: (*Case).certificateText, action: always(lang.Textf("upload a new certificate")),
	},
	{
		kind: NotReachable, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceBinding, EvidenceCNAME},
		condition: "The domain is bound, and its name does not exist, or leads to another region, to another bucket, or to the bucket's name with the zone appended. Critical if the check http shows that visitors arrive elsewhere or nowhere; if it shows that they arrive, the records do not matter.",
		severity:  (*Case).notReachable, text: (*Case).unreachableText, action: (*Case).unreachableAction,
	},
	{
		kind: ReadyToBind, severities: []Severity{Warning}, evidence: []Evidence{EvidenceToken, EvidenceTXT, EvidenceBinding},
		condition: "The TXT record carries the token, and the domain is not bound.",
		severity:  (*Case).readyToBind, due: func(c *Case) time.Time { return c.Status.Facts.Expires },
		text: always(lang.Textf("the TXT record carries the token, and the domain is not bound yet")), action: stateAction,
	},
	{
		kind: TokenMissing, severities: []Severity{Warning}, evidence: []Evidence{EvidenceToken, EvidenceBinding},
		condition: "The domain is bound to no watched bucket, and has no token.",
		severity:  (*Case).tokenMissing, text: always(lang.Textf("the domain is not bound and has no token")), action: stateAction,
	},
	{
		kind: ProbeFailing, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceAttempt},
		condition: "The last attempt to ask OSS about the token failed. Critical if the last answer is older than facts_stale. Not raised if most domains of the account fail for the same reason: that is one account problem.",
		severity:  (*Case).probeFailing, threshold: (*Case).staleThreshold, text: (*Case).failureText, action: (*Case).failureAction,
	},
	{
		kind: CheckFailing, severities: []Severity{Warning}, evidence: []Evidence{EvidenceAttempt},
		condition: "The last attempt of a check failed. Not raised if most domains of the account fail for the same reason, or if the token's question does.",
		severity:  (*Case).checkFailing, text: (*Case).checksText, action: (*Case).checksAction,
	},
}

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

func already(*Case) time.Time { return time.Time{} }

func always(text lang.Text) func(*Case) lang.Text { return func(*Case) lang.Text { return text } }

func stateAction(c *Case) lang.Text { return StateAction(c.Status.State(c.Now)) }

// StateAction names the next step in a state.
func StateAction(s status.State) lang.Text {
	switch s {
	case status.StateTokenMissing:
		return lang.Textf("create a token")
	case status.StateAwaitingDNS:
		return lang.Textf("publish the token as the TXT record")
	case status.StateTokenExpired:
		return lang.Textf("create a new token and publish that one")
	case status.StateReadyToBind:
		return lang.Textf("bind the domain before the token expires")
	case status.StateBound:
		return lang.Textf("nothing, but renew the certificate in time")
	case status.StateDisabled:
		return lang.Textf("find out in the console why OSS does not serve the domain")
	case status.StateUnknown:
		return lang.Textf("find out why a question failed, or switch on the check that is missing")
	}
	return lang.Text{}
}
