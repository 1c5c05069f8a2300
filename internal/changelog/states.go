package changelog

import (
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
)

// stateOf is what was logged of a target's state.
type stateOf struct {
	is      situation
	changes int       // since it was quiet
	since   time.Time // of the last change
}

// situation is where a target stands: its state and, because without checks the
// state is often unknown, whether there is a token.
type situation struct {
	state status.State
	token string // "yes", "no", or "" for unknown
	says  string // OSS's word for why it does not serve a bound domain; "" if it does
}

func situationOf(s *status.Status, now time.Time) situation {
	is := situation{state: s.State(now)}
	if is.state == status.StateDisabled {
		is.says = s.BindingWord
	}
	if !s.Facts.Confirmed.IsZero() {
		is.token = "no"
		if s.Facts.Exists {
			is.token = "yes"
		}
	}
	return is
}

// String returns the state or, where that is unknown, whether there is a token.
func (s situation) String() string {
	if s.state == status.StateUnknown && s.token != "" {
		return map[string]string{"yes": "token", "no": "no_token"}[s.token]
	}
	return string(s.state)
}

// transition is what targets of one account have in common that change alike.
type transition struct {
	account, region string
	was, is         situation
}

// logStates logs each change of a target's state: by itself, unless many change
// alike at the same time, or the target changes all the time.
func (l *Log) logStates(targets []config.Target, statuses []status.Status, now time.Time) {
	alike := map[transition][]int{}
	var order []transition
	for i := range statuses {
		t := &targets[i]
		if t.Unlisted {
			continue
		}
		is, was := situationOf(&statuses[i], now), l.states[t.Name]
		if is == was.is || is.token == "" {
			continue
		}
		if now.Sub(was.since) >= relapse {
			was.changes = 0
		}
		l.states[t.Name] = stateOf{is, was.changes + 1, now}
		if was.is != (situation{}) && was.is.String() != is.String() {
			l.history.Add(t.Name, Change{At: now, Was: was.is.String(), Is: is.String()})
		}
		tr := transition{t.Account.Name, t.Account.Region, was.is, is}
		first := was.is == (situation{}) && is.state != status.StateDisabled // which nobody may have told anybody yet
		if first || was.changes > maxLines {
			l.writeState(level.Debug(about(l.logger, t)), tr)
			continue
		}
		if alike[tr] == nil {
			order = append(order, tr)
		}
		alike[tr] = append(alike[tr], i)
	}
	for _, tr := range order {
		l.logTransition(tr, alike[tr], targets)
	}
}

func (l *Log) logTransition(tr transition, concerned []int, targets []config.Target) {
	at := level.Info
	if tr.is.state == status.StateTokenExpired || tr.is.state == status.StateDisabled {
		at = level.Warn
	}
	if n := len(concerned); n > maxLines { // and each of them at debug level
		l.writeState(at(log.With(l.logger, "account", tr.account, "region", tr.region, "targets", n)), tr)
		at = level.Debug
	}
	for _, i := range concerned {
		t := &targets[i]
		logger := about(l.logger, t)
		if l.states[t.Name].changes > maxLines {
			logger = log.With(logger, "note", "changes all the time; logged at debug level until it was quiet for "+relapse.String())
		}
		l.writeState(at(logger), tr)
	}
}

func (l *Log) writeState(logger log.Logger, tr transition) {
	msg := "state changed"
	switch {
	case tr.is.state == status.StateTokenExpired:
		msg = "the token expired unused"
	case tr.is.state == status.StateDisabled:
		msg = "the domain is not served"
		logger = log.With(logger, "status", tr.is.says)
	case tr.was == (situation{}):
		msg = "state known"
	}
	logger.Log("msg", msg, "state", tr.is.state, "token", tr.is.token, "was", tr.was.state)
}
