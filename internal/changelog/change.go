package changelog

import (
	"cmp"
	"slices"
	"time"

	"oss_cname_exporter/internal/config"
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
	isNews  bool // the first value of a subject is told
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

// observe returns the present values of a target, as changes without a was.
func observe(t *config.Target, s *status.Status, now time.Time) []change {
	state := stateOf(s, now)
	all := make([]change, 0, 7)
	add := func(a aspect, is aspectValue, isNews bool, detail any) {
		of := subject{t.Account.Name, t.Account.Region, a, t.Name}
		all = append(all, change{subject: of, is: is, isNews: isNews, state: state, detail: detail})
	}
	attempt := func(a aspect, last status.Attempt) {
		if last.Ended.IsZero() || last.Reason == status.ReasonNotProbed || a != aspectToken && last.Reason == status.ReasonCredentials {
			return // unknown, or said by the token's
		}
		add(a, aspectValue{word: string(last.Reason)}, last.Reason != "", last.Err)
	}
	attempt(aspectToken, s.Attempt)
	for _, check := range status.Checks() {
		if c, made := s.Checks[check]; made {
			attempt(aspect(check), c.Attempt)
		}
	}
	if state.token != "" {
		add(aspectState, state, state.word == string(status.StateDisabled), nil)
	}
	if v := s.Proof.Verdict; v != "" {
		add(aspectProof, aspectValue{word: string(v)}, v != status.VerdictValid && v != status.VerdictMissing, s.Proof)
	}
	return all
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

// stateOf returns the state of a target and, because without checks the state is
// often unknown, whether there is a token.
func stateOf(s *status.Status, now time.Time) aspectValue {
	state := s.State(now)
	v := aspectValue{word: string(state)}
	if state == status.StateDisabled {
		v.status = s.BindingWord
	}
	if !s.Facts.Confirmed.IsZero() {
		v.token = "no"
		if s.Facts.Exists {
			v.token = "yes"
		}
	}
	return v
}

// turns are the numbers of a scrape.
type turns struct{ notProbed, targets int }
