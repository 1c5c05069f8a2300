// Package judge decides which problems a domain has, how bad each is, and the
// next action. It decides once: metrics, log, page, JSON, terminal and alerts
// repeat the decision, and none of them compares a fact with a threshold.
//
// A Case is one domain with all that the decision rests on. A Verdict has its
// Problems, each of a Kind that is a row of one table. Rules are the thresholds
// and severities that the operator chose. A Cause is a failure that most domains of
// an account share. Memory keeps earlier problems and bindings, and compares the
// domains with each other.
package judge

import (
	"cmp"
	"slices"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
)

// Severity says how bad a problem, or a domain, is.
type Severity string

// The severities, the worst first.
const (
	Critical Severity = "critical"
	Warning  Severity = "warning"
	Unknown  Severity = "unknown" // of a domain of which too little is known: never asked, no answer, or no check that would tell
	OK       Severity = "ok"      // of a domain without a problem
	Off      Severity = "off"     // of a kind of problem that the operator switched off
)

// Severities returns the severities of domains, the worst first.
func Severities() []Severity { return []Severity{Critical, Warning, Unknown, OK} }

// Compare orders severities, the worst first.
func (s Severity) Compare(other Severity) int {
	return cmp.Compare(slices.Index(Severities(), s), slices.Index(Severities(), other))
}

// Case is one domain as it is judged.
type Case struct {
	domain.Name
	Account string
	Region  string
	Labels  map[string]string // the target's own
	Status  *status.Status
	Rules   Rules
	Now     time.Time

	IsTransient bool           // it is no configured target: nothing is remembered of it
	IsElsewhere bool           // another watched bucket has the domain bound
	Shared      []status.Check // questions that fail as most of the account's do
	Unbound     time.Time      // when a domain that was bound was first seen not to be; zero if it never was

	episodes []Episode[Level]
}

// Problem is one thing that is wrong with a domain.
type Problem struct {
	Kind     Kind
	Severity Severity
	Since    time.Time // when it began, or was first seen; zero if that is not known
	Due      time.Time // when it gets worse, or got as bad as it is; Never if it does not

	rule *rule
}

// Never is the due of a problem that gets no worse. It sorts last.
var Never = time.Unix(1<<40, 0) //nolint:gochecknoglobals // a constant for which Go has no syntax

// Verdict is the judgement of one domain.
type Verdict struct {
	State    status.State
	Severity Severity  // of the worst problem
	Due      time.Time // of the most urgent of the worst problems; without any, when a token or certificate ends
	Problems []Problem // the worst first
}

// Judge judges the domain.
func (c *Case) Judge() Verdict {
	v := Verdict{State: c.Status.State(c.Now), Severity: OK, Due: c.Deadline()}
	if v.State == status.StateUnknown && !c.IsPending() {
		v.Severity = Unknown
	}
	for i := range table {
		rule := &table[i]
		severity := rule.severity(c)
		if severity == "" {
			continue
		}
		if severity = c.Rules.override(rule.kind, severity); severity == "" {
			continue
		}
		p := Problem{Kind: rule.kind, Severity: severity, Due: Never, rule: rule}
		p.Since = c.began(rule.kind)
		if rule.since != nil {
			p.Since = rule.since(c)
		}
		if rule.due != nil {
			p.Due = rule.due(c)
		}
		v.Problems = append(v.Problems, p)
		switch by := severity.Compare(v.Severity); {
		case by < 0, by == 0 && p.Due.Before(v.Due):
			v.Severity, v.Due = severity, p.Due
		}
	}
	slices.SortStableFunc(v.Problems, func(a, b Problem) int { return a.Severity.Compare(b.Severity) })
	return v
}

// began returns when a problem was first seen; zero if that is not remembered.
func (c *Case) began(kind Kind) time.Time {
	for _, e := range c.episodes {
		if e.Of.Kind == kind && !e.IsOver() {
			return e.Began
		}
	}
	return time.Time{}
}

// Deadline returns when the token that the domain needs ends, else its
// certificate; Never if it has neither.
func (c *Case) Deadline() time.Time {
	switch expires := c.certificateExpires(); {
	case c.IsPending():
		return c.Status.Facts.Expires
	case !expires.IsZero():
		return expires
	}
	return Never
}

// IsPending reports whether the domain has a token that it needs.
func (c *Case) IsPending() bool {
	s := c.Status
	return s.Bound != status.Yes && s.Facts.Exists && c.Now.Before(s.Facts.Expires)
}

// Text describes the problem, with the threshold that decided.
func (p Problem) Text(c *Case) lang.Text {
	text := p.rule.text(c)
	if t := p.Threshold(c); t != "" {
		return lang.Textf("%s (%s)", text, t)
	}
	return text
}

// Threshold names the threshold that decided, as the configuration writes it;
// "" if none did.
func (p Problem) Threshold(c *Case) string {
	if p.rule.threshold == nil {
		return ""
	}
	return p.rule.threshold(c)
}

// Action names the step that ends the problem.
func (p Problem) Action(c *Case) lang.Text { return p.rule.action(c) }

// Action names the next step: about the worst problem, else the one that the
// state asks for.
func (v *Verdict) Action(c *Case) lang.Text {
	switch {
	case len(v.Problems) > 0:
		return v.Problems[0].Action(c)
	case c.Status.Attempt.Ended.IsZero():
		return lang.Textf("wait for the next scrape of /metrics, or ask now")
	case len(c.Shared) > 0:
		return c.sharedAction()
	case v.State == status.StateUnknown && c.IsAnswered():
		return c.withoutChecks()
	}
	return StateAction(v.State)
}

// IsAnswered reports whether the last attempt of every question got an answer.
func (c *Case) IsAnswered() bool {
	for _, check := range c.Status.Checks {
		if !check.Attempt.Succeeded() {
			return false
		}
	}
	return c.Status.Attempt.Succeeded()
}

// certificateExpires returns when the certificate ends that visitors get, or that
// OSS says it serves; zero if there is none.
func (c *Case) certificateExpires() time.Time {
	if served := c.Status.HTTP.Certificate; served.Matches == status.Yes && !served.Expires.IsZero() {
		return served.Expires
	}
	return c.Status.CertificateExpires
}
