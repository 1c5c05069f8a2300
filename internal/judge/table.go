package judge

import (
	"slices"
	"time"

	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
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
		kind: Dangling, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceBinding, EvidenceCNAME, EvidenceHTTP},
		condition: "The CNAME record leads to OSS, and the domain is bound to no watched bucket. Critical if the bucket does not exist, or belongs to another account now, or if the check http shows that no bucket serves the domain.",
		severity: func(c *Case) Severity {
			switch s := c.Status; {
			case s.Destination == "" && s.HTTP.AnsweredBy == "":
				return ""
			case c.isTakeover(), c.isUnserved() && !c.IsPending() && c.Unbound.IsZero():
				return Critical
			case c.isUnserved():
				return Warning
			case !s.Destination.IsOSS() || c.IsElsewhere || s.Bound != status.No && !c.isBucketGone():
				return ""
			case c.isOtherBucket() && c.IsPending(): // the domain moves to the bucket
				return ""
			}
			return Warning
		},
		due: already, text: (*Case).danglingText, action: (*Case).danglingAction,
	},
	{
		kind: NotServed, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceBinding, EvidenceHTTP},
		condition: "The domain is bound, and OSS does not serve it, or does not serve the certificate that is bound with it, or that certificate is not valid yet. Warning if the CNAME record leads to a CDN, which may have a certificate of its own, or if the word for the certificate is not known. The check http shows more: OSS refuses the visitors, browsers refuse the certificate that they get, or that is another than the bound one.",
		severity: func(c *Case) Severity {
			s := c.Status
			if s.Bound != status.Yes {
				return ""
			}
			switch word := s.Certificate.Word(); {
			case s.Enabled == status.No, s.HTTP.AnsweredBy == status.AnsweredByBlocked, c.isRefused():
				return Critical
			case c.isReplaced():
				return Warning
			case c.isAccepted():
				return ""
			case !c.isCertificateEarly() && (word == "" || word == status.CertificateEnabled):
				return ""
			case word == status.CertificateOther || s.Destination == status.Elsewhere:
				return Warning
			}
			return Critical
		},
		due: already, text: (*Case).notServedText, action: (*Case).notServedAction,
	},
	{
		kind: DomainUnbound, severities: []Severity{Critical}, evidence: []Evidence{EvidenceBinding, EvidenceHistory},
		condition: "The domain was bound, and no watched bucket has it any more.",
		severity: func(c *Case) Severity {
			if c.Status.Bound != status.No || c.Unbound.IsZero() || c.IsElsewhere || c.isTakeover() {
				return ""
			}
			return Critical
		},
		since: func(c *Case) time.Time { return c.Unbound }, due: already, text: (*Case).unboundText,
		action: always(lang.Textf("bind the domain again, or find out which bucket has it now and watch that one")),
	},
	{
		kind: TokenExpired, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceToken, EvidenceHistory},
		condition: "The token expired unused. Warning after a day if the check binding does not tell whether the domain was bound after all.",
		severity: func(c *Case) Severity {
			const critical = 24 * time.Hour
			switch {
			case c.Status.State(c.Now) != status.StateTokenExpired:
				return ""
			case c.Status.Bound == status.No, c.Now.Sub(c.ExpiredAt()) < critical:
				return Critical
			}
			return Warning
		},
		since: (*Case).ExpiredAt, due: (*Case).ExpiredAt, text: (*Case).expiredText, action: stateAction,
	},
	{
		kind: TokenExpiresSoon, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceToken},
		condition: "A domain that is not bound has a token with less than token_warning or token_critical left. The text says whether the TXT record is right.",
		severity: func(c *Case) Severity {
			if !c.IsPending() {
				return ""
			}
			s, _ := c.tokenLeft()
			return s
		},
		threshold: func(c *Case) string { _, text := c.tokenLeft(); return text },
		due:       func(c *Case) time.Time { return c.Status.Facts.Expires }, text: (*Case).expiresText, action: (*Case).tokenAction,
	},
	{
		kind: CertificateEnds, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceBinding, EvidenceHTTP},
		condition: "The certificate that visitors get, or that OSS says it serves, has less than certificate_warning or certificate_critical left, or has expired.",
		severity: func(c *Case) Severity {
			if c.certificateExpires().IsZero() {
				return ""
			}
			s, _ := c.certificateLeft()
			return s
		},
		threshold: func(c *Case) string { _, text := c.certificateLeft(); return text },
		due:       (*Case).certificateExpires, text: (*Case).certificateText, action: (*Case).certificateAction,
	},
	{
		kind: NotReachable, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceBinding, EvidenceCNAME, EvidenceHTTP},
		condition: "The domain is bound, and its name does not exist, or leads to another region, to another bucket, or to the bucket's name with the zone appended. Critical if the check http shows that visitors arrive elsewhere or nowhere; if it shows that they arrive, the records do not matter.",
		severity: func(c *Case) Severity {
			switch s := c.Status; {
			case s.Bound != status.Yes || s.Enabled == status.No:
				return ""
			case c.isVisited() && c.isMissed():
				return Critical
			case !c.isVisited() && (s.Destination == status.Nowhere || s.Destination == status.ToOther || c.isZoneAppended()):
				return Warning
			}
			return ""
		},
		text: (*Case).unreachableText, action: (*Case).unreachableAction,
	},
	{
		kind: ReadyToBind, severities: []Severity{Warning}, evidence: []Evidence{EvidenceToken, EvidenceTXT, EvidenceBinding},
		condition: "The TXT record carries the token, and the domain is not bound.",
		severity: func(c *Case) Severity {
			if c.Status.Bound != status.No || c.Status.State(c.Now) != status.StateReadyToBind {
				return ""
			}
			return Warning
		},
		due:  func(c *Case) time.Time { return c.Status.Facts.Expires },
		text: always(lang.Textf("the TXT record carries the token, and the domain is not bound yet")), action: stateAction,
	},
	{
		kind: TokenMissing, severities: []Severity{Warning}, evidence: []Evidence{EvidenceToken, EvidenceBinding},
		condition: "The domain is bound to no watched bucket, and has no token.",
		severity: func(c *Case) Severity {
			if c.IsElsewhere || c.Status.State(c.Now) != status.StateTokenMissing || c.isBucketGone() || c.isBucketForeign() {
				return ""
			}
			return Warning
		},
		text: always(lang.Textf("the domain is not bound and has no token")), action: stateAction,
	},
	{
		kind: ProbeFailing, severities: []Severity{Critical, Warning}, evidence: []Evidence{EvidenceAttempt},
		condition: "The last attempt to ask OSS about the token failed. Critical if the last answer is older than facts_stale. Not raised if most domains of the account fail for the same reason: that is one account problem.",
		severity: func(c *Case) Severity {
			switch reason := c.Status.Attempt.Reason; {
			case reason == "" || c.isTakeover() || slices.Contains(c.Shared, CheckToken):
				return ""
			case c.isStale():
				return Critical
			}
			return Warning
		},
		threshold: func(c *Case) string {
			if !c.isStale() {
				return ""
			}
			return thresholdText("facts_stale", c.Rules.Thresholds.WithDefaults().FactsStale)
		},
		text: (*Case).failureText, action: (*Case).failureAction,
	},
	{
		kind: CheckFailing, severities: []Severity{Warning}, evidence: []Evidence{EvidenceAttempt},
		condition: "The last attempt of a check failed. Not raised if most domains of the account fail for the same reason, or if the token's question does.",
		severity: func(c *Case) Severity {
			if len(c.Status.Checks) == 0 || len(c.failingChecks()) == 0 {
				return ""
			}
			return Warning
		},
		text: (*Case).checksText, action: (*Case).checksAction,
	},
}

func already(*Case) time.Time { return time.Time{} }

func always(text lang.Text) func(*Case) lang.Text { return func(*Case) lang.Text { return text } }
