package judge

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
)

// CheckToken names the question about the token beside the checks.
const CheckToken status.Check = "token"

// Peers counts domains together: which are bound to some bucket, and
// which questions of an account fail for one reason.
type Peers struct {
	bound  map[string]int // buckets that have a domain bound, by its cname
	groups map[questionGroup]*tally
}

// questionGroup is the questions of one kind that are put to one account.
type questionGroup struct {
	account, region string
	check           status.Check
}

func (g questionGroup) compare(other questionGroup) int {
	return cmp.Or(cmp.Compare(g.account, other.account), cmp.Compare(g.region, other.region), cmp.Compare(g.check, other.check))
}

// tally counts how the questions of a group go.
type tally struct {
	total   int
	failing map[status.Reason]int
	errs    map[status.Reason]error // of the last failure that was told
}

// NewPeers returns Peers of no domain.
func NewPeers() *Peers { return &Peers{bound: map[string]int{}, groups: map[questionGroup]*tally{}} }

// Add counts a domain.
func (p *Peers) Add(c *Case) {
	p.count(outcomeOf(c), 1)
	p.note(c)
}

// note keeps the errors of c as examples.
func (p *Peers) note(c *Case) {
	if c.IsAnswered() {
		return
	}
	for _, check := range allChecks() {
		if a := c.attempt(check); a.Reason != "" && !a.Ended.IsZero() {
			p.groups[questionGroup{c.Account, c.Region, check}].errs[a.Reason] = a.Err
		}
	}
}

// outcome is the part of one domain in Peers.
type outcome struct {
	cname           string
	account, region string
	isBound         bool
	attempts        [5]checkOutcome // of the token and the checks; those that were not made are zero
}

// checkOutcome is a question and how it went.
type checkOutcome struct {
	check  status.Check
	reason status.Reason
}

func outcomeOf(c *Case) outcome {
	o := outcome{cname: c.Cname(), account: c.Account, region: c.Region, isBound: c.Status.Bound == status.Yes}
	for i, check := range allChecks() {
		if a := c.attempt(check); !a.Ended.IsZero() {
			o.attempts[i] = checkOutcome{check, a.Reason}
		}
	}
	return o
}

// allChecks returns the token's question and the checks.
func allChecks() [5]status.Check {
	return [5]status.Check{CheckToken, status.CheckBinding, status.CheckTXT, status.CheckCNAME, status.CheckHTTP}
}

// attempt returns how the last attempt of a question went.
func (c *Case) attempt(check status.Check) status.Attempt {
	if check == CheckToken {
		return c.Status.Attempt
	}
	return c.Status.Checks[check].Attempt
}

// count adds n times o.
func (p *Peers) count(o outcome, n int) {
	if o.isBound {
		p.bound[o.cname] += n
		if p.bound[o.cname] == 0 {
			delete(p.bound, o.cname)
		}
	}
	for _, a := range o.attempts {
		if a.check == "" {
			continue
		}
		g := questionGroup{o.account, o.region, a.check}
		t := p.groups[g]
		if t == nil {
			t = &tally{failing: map[status.Reason]int{}, errs: map[status.Reason]error{}}
			p.groups[g] = t
		}
		if t.total += n; t.total == 0 {
			delete(p.groups, g)
		}
		if a.reason != "" {
			t.failing[a.reason] += n
		}
	}
}

// minShared is how many domains must fail for one reason to be one problem.
const minShared = 2

// reason returns the reason for which more than half of the questions of g fail;
// "" if there is none. A bucket that does not exist, and a name that is refused,
// is a problem of its own.
func (p *Peers) reason(g questionGroup) status.Reason {
	t := p.groups[g]
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

// Tell writes into c the evidence of the other domains.
func (p *Peers) Tell(c *Case) {
	c.IsElsewhere = c.Status.Bound != status.Yes && p.bound[c.Cname()] > 0
	c.Shared = nil
	if c.IsAnswered() {
		return
	}
	for _, a := range outcomeOf(c).attempts {
		if a.reason == "" {
			continue
		}
		is := func(check status.Check) bool { return p.reason(questionGroup{c.Account, c.Region, check}) == a.reason }
		if is(a.check) || a.check == status.CheckBinding && is(CheckToken) {
			c.Shared = append(c.Shared, a.check)
		}
	}
}

// Cause is one failure that most domains of an account share.
type Cause struct {
	Kind     Kind // ProbeFailing or CheckFailing
	Severity Severity
	Account  string
	Region   string
	Check    status.Check // CheckToken or a check
	Reason   status.Reason
	Domains  int       // that fail for the reason
	Of       int       // that were asked
	Since    time.Time // when it was first seen; zero if nothing is remembered
	Err      error     // of one of the failures
}

// Causes returns the failures that are shared, by account. The binding's is left
// out if the token's says it.
func (p *Peers) Causes() []Cause {
	var causes []Cause
	for _, g := range slices.SortedFunc(maps.Keys(p.groups), questionGroup.compare) {
		reason := p.reason(g)
		if reason == "" || g.check == status.CheckBinding && p.reason(questionGroup{g.account, g.region, CheckToken}) == reason {
			continue
		}
		kind := CheckFailing
		if g.check == CheckToken {
			kind = ProbeFailing
		}
		t := p.groups[g]
		causes = append(causes, Cause{Kind: kind, Severity: Warning, Account: g.account, Region: g.region, Check: g.check,
			Reason: reason, Domains: t.failing[reason], Of: t.total, Err: t.errs[reason]})
	}
	return causes
}

// AccountFailing is the kind of a Cause, for its alert and its runbook.
const AccountFailing Kind = "account_failing"

func (c Cause) shared() Shared { return Shared{c.Account, c.Region, c.Check, c.Reason, c.Severity} }

// Text names the failure, and for how many domains.
func (c Cause) Text() lang.Text {
	return lang.Textf("%d of %d domains of account %s in %s cannot be asked (%s): %s: %s", c.Domains, c.Of, c.Account, c.Region, c.Check, c.Reason, errorText(c.Err))
}

// Action names the step that ends it.
func (c Cause) Action() lang.Text {
	return checkAction(c.Check, c.Reason, "dig +short TXT _dnsauth.<domain>")
}

func compareNames(a, b domain.Name) int {
	return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Cname(), b.Cname()))
}
