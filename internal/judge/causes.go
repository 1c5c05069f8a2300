package judge

import (
	"cmp"
	"slices"
	"time"

	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
)

// CheckToken names the question about the token beside the checks.
const CheckToken status.Check = "token"

// questions is the token's question and the checks.
var questions = [...]status.Check{CheckToken, status.CheckBinding, status.CheckTXT, status.CheckCNAME, status.CheckHTTP} //nolint:gochecknoglobals // a constant for which Go has no syntax

// answers is the part of one domain in the counts of all.
type answers struct {
	cname           string
	account, region string
	isBound         bool
	isAsked         [len(questions)]bool
	failures        [len(questions)]status.Reason // "" of a question that was answered
}

// answers returns how the questions about the domain went, with the errors of
// those that failed.
func (c *Case) answers() (o answers, errs [len(questions)]error) {
	o = answers{cname: c.Cname(), account: c.Account, region: c.Region, isBound: c.Status.Bound == status.Yes}
	for i, check := range questions {
		a := c.Status.Attempt
		if check != CheckToken {
			a = c.Status.Checks[check].Attempt
		}
		if !a.Ended.IsZero() {
			o.isAsked[i], o.failures[i], errs[i] = true, a.Reason, a.Err
		}
	}
	return o, errs
}

// questionGroup is the questions of one kind that are put to one account.
type questionGroup struct {
	account, region string
	check           status.Check
}

// tally counts how the questions of a group go.
type tally struct {
	total   int
	failing map[status.Reason]int
	errs    map[status.Reason]error // of the last failure
	rules   Rules                   // of the last domain that failed
}

// count adds n times o.
func (m *Memory) count(o answers, n int) {
	if o.isBound {
		if m.bound[o.cname] += n; m.bound[o.cname] == 0 {
			delete(m.bound, o.cname)
		}
	}
	for i, check := range questions {
		if !o.isAsked[i] {
			continue
		}
		g := questionGroup{o.account, o.region, check}
		t := m.groups[g]
		if t == nil {
			t = &tally{failing: map[status.Reason]int{}, errs: map[status.Reason]error{}}
			m.groups[g] = t
		}
		if t.total += n; t.total == 0 {
			delete(m.groups, g)
		}
		if reason := o.failures[i]; reason != "" {
			if t.failing[reason] += n; t.failing[reason] == 0 {
				delete(t.failing, reason)
				delete(t.errs, reason)
			}
		}
	}
}

// minShared is how many domains must fail for one reason to be one problem.
const minShared = 2

// shared returns the reason for which more than half of the questions of g fail;
// "" if there is none. A bucket that does not exist, and a name that is refused,
// is a problem of its own.
func (m *Memory) shared(g questionGroup) status.Reason {
	t := m.groups[g]
	if t == nil {
		return ""
	}
	for reason, n := range t.failing {
		if n >= minShared && 2*n > t.total && reason != status.ReasonBucketNotFound && reason != status.ReasonInvalidArgument {
			return reason
		}
	}
	return ""
}

// Shared is a failure that most domains of an account share, with a severity.
type Shared struct {
	Account, Region string
	Check           status.Check // CheckToken or a check
	Reason          status.Reason
	Severity        Severity
}

func isSameFailure(a, b Shared) bool {
	a.Severity = b.Severity
	return a == b
}

// Cause is a shared failure as it is now.
type Cause struct {
	Shared
	Kind    Kind      // ProbeFailing or CheckFailing
	Domains int       // that fail for the reason
	Of      int       // that were asked
	Since   time.Time // when it was first seen; zero if nothing is remembered
	Err     error     // of one of the failures
}

// AccountFailing is the kind of a Cause, for its alert and its runbook.
const AccountFailing Kind = "account_failing"

// Causes returns the failures that most domains of an account share now, by account.
func (m *Memory) Causes(now time.Time) []Cause {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.causesAt(now)
}

// causesAt is Causes. The binding's failure is left out if the token's says it.
func (m *Memory) causesAt(now time.Time) (causes []Cause) {
	for g, t := range m.groups {
		if len(t.failing) == 0 {
			continue
		}
		reason := m.shared(g)
		if reason == "" || g.check == status.CheckBinding && m.shared(questionGroup{g.account, g.region, CheckToken}) == reason {
			continue
		}
		c := Cause{Shared: Shared{g.account, g.region, g.check, reason, Warning}, Kind: CheckFailing, Domains: t.failing[reason], Of: t.total, Err: t.errs[reason]}
		for _, e := range m.causes {
			if !e.IsOver() && isSameFailure(e.Of, c.Shared) {
				c.Since = e.Began
			}
		}
		if g.check == CheckToken {
			c.Kind = ProbeFailing
			if !c.Since.IsZero() && now.Sub(c.Since) > t.rules.Thresholds.WithDefaults().FactsStale {
				c.Severity = Critical
			}
		}
		if c.Severity = t.rules.override(c.Kind, c.Severity); c.Severity != "" {
			causes = append(causes, c)
		}
	}
	slices.SortFunc(causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Check, b.Check))
	})
	return causes
}

// followCauses takes in the causes of now.
func (m *Memory) followCauses(causes []Cause, now time.Time) {
	is := make([]Shared, len(causes))
	for i, c := range causes {
		is[i] = c.Shared
	}
	m.causes = follow(m.causes, is, now, isSameFailure)
}

// Text names the failure, and for how many domains.
func (c Cause) Text() lang.Text {
	return lang.Textf("%d of %d domains of account %s in %s cannot be asked (%s): %s: %s", c.Domains, c.Of, c.Account, c.Region, c.Check, c.Reason, errorText(c.Err))
}

// Action names the step that ends it.
func (c Cause) Action() lang.Text {
	return checkAction(c.Check, c.Reason, "dig +short TXT _dnsauth.<domain>")
}
