package changelog

import (
	"cmp"
	"slices"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/status"
)

// aspect is a part of a target that changes: one of these, or a status.Check.
type aspect string

const (
	aspectToken aspect = ""
	aspectState aspect = "state"
	aspectProof aspect = "proof" // the verdict about the TXT record
	aspectTurn  aspect = "turn"  // of no target: whether all had their turn in a scrape
)

// subject is one aspect of a target. Without a name it is a group: all subjects
// of one aspect in an account and region, which probably change for one cause.
type subject struct {
	account, region string
	aspect          aspect
	name            domain.Name
}

func (s subject) group() subject { s.name = domain.Name{}; return s }

func (s subject) target() subject { s.aspect = ""; return s }

// isCheck reports whether the aspect is a check.
func (s subject) isCheck() bool { return slices.Contains(status.Checks(), status.Check(s.aspect)) }

// aspectValue is how an aspect is. Values are compared.
type aspectValue struct {
	word   string // a reason, a state or a verdict; "" is a success
	token  string // of a state: "yes", "no" or "" for unknown
	status string // of a state: OSS's word for why it does not serve a bound domain
}

// String returns the state or, where that is unknown, whether there is a token.
func (v aspectValue) String() string {
	if v.word == string(status.StateUnknown) && v.token != "" {
		return map[string]string{"yes": "token", "no": "no_token"}[v.token]
	}
	return v.word
}

// change is the transition of a subject.
type change struct {
	subject
	was, is aspectValue
	last    *seen // of the subject; nil if it was never seen
	isNews  bool  // it is told even if it is the first one
	state   aspectValue
	detail  any // an error, why a TXT record does not count, or numbers of a scrape
}

// lineKind is what changes of one line have in common. Its name is that of the
// target, the bucket whose bindings were listed, or nothing for an account's key.
type lineKind struct {
	was, is aspectValue
	name    domain.Name
}

func (c change) kind() lineKind {
	name := c.name
	switch {
	case c.was.word == string(status.ReasonCredentials) || c.is.word == string(status.ReasonCredentials):
		name = domain.Name{}
	case c.aspect == aspect(status.CheckBinding):
		name = domain.Name{Bucket: name.Bucket}
	}
	return lineKind{c.was, c.is, name}
}

func (c change) kindOfMany() lineKind { return lineKind{was: c.was, is: c.is} }

// observed is the present value of an aspect.
type observed struct {
	aspect
	is     aspectValue
	isNews bool // it is told even if it is the first one
}

// observe appends the present values of a target to all. The state has whether
// there is a token as well, because without checks it is often unknown.
func observe(all []observed, s *status.Status, now time.Time) (_ []observed, state aspectValue) {
	attempt := func(a aspect, last status.Attempt) {
		if last.Ended.IsZero() || last.Reason == status.ReasonNotProbed || a != aspectToken && last.Reason == status.ReasonCredentials {
			return // unknown, or said by the token's
		}
		all = append(all, observed{a, aspectValue{word: string(last.Reason)}, last.Reason != ""})
	}
	attempt(aspectToken, s.Attempt)
	if len(s.Checks) > 0 {
		for _, check := range status.Checks() {
			if c, made := s.Checks[check]; made {
				attempt(aspect(check), c.Attempt)
			}
		}
	}
	state.word = string(s.State(now))
	if state.word == string(status.StateDisabled) {
		state.status = s.BindingWord
	}
	if !s.Facts.Confirmed.IsZero() {
		state.token = "no"
		if s.Facts.Exists {
			state.token = "yes"
		}
		all = append(all, observed{aspectState, state, state.word == string(status.StateDisabled)})
	}
	if v := s.Proof.Verdict; v != "" {
		all = append(all, observed{aspectProof, aspectValue{word: string(v)}, v != status.VerdictValid && v != status.VerdictMissing})
	}
	return all, state
}

// detailOf returns the error of an attempt, or why a TXT record does not count.
func detailOf(s *status.Status, a aspect) any {
	switch a {
	case aspectToken:
		return s.Attempt.Err
	case aspectProof:
		return s.Proof
	case aspectState, aspectTurn:
		return nil
	}
	return s.Checks[status.Check(a)].Attempt.Err
}

// past returns the change for the History.
func (c change) past(was aspectValue, now time.Time) Change {
	switch c.aspect {
	case aspectState:
		return Change{At: now, Was: was.String(), Is: c.is.String()}
	case aspectToken:
		return Change{At: now, Was: cmp.Or(was.word, c.state.String()), Is: cmp.Or(c.is.word, c.state.String())}
	}
	return Change{At: now, Check: status.Check(c.aspect), Was: cmp.Or(was.word, "answered"), Is: cmp.Or(c.is.word, "answered")}
}

// turns are the numbers of a scrape.
type turns struct{ notProbed, targets int }
