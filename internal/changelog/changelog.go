// Package changelog logs each change of a target once, and many alike as one
// line. A change of the log is remembered in a History, which the pages show.
package changelog

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/status"
)

// Log logs what changes, and not what stays as it is: how the questions of
// each group go, and the state of each target.
type Log struct {
	logger  log.Logger
	history *History

	mu     sync.Mutex // guards all below
	asked  map[subject]asked
	states map[domain.Name]stateOf
	proofs map[domain.Name]status.Verdict
	groups map[group]*health
	missed missed
}

// subject is what is asked: about a target's token, or one of its checks.
type subject struct {
	name  domain.Name
	check status.Check // "" is the token
}

// asked is how the last question about a subject went.
type asked struct {
	group  group
	reason status.Reason
}

// group is what fails by one cause: the questions of one kind that are put to an
// account in a region.
type group struct {
	account, region string
	check           status.Check
}

func compareGroups(a, b group) int {
	return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region), cmp.Compare(a.check, b.check))
}

// Options configures a Log. The zero value works.
type Options struct {
	Logger  log.Logger // gets the lines; nil logs nothing
	History *History   // remembers each change; nil remembers nothing
}

// New returns a Log that was told of nothing yet.
func New(opts Options) *Log {
	if opts.Logger == nil {
		opts.Logger = log.NewNopLogger()
	}
	return &Log{
		logger: opts.Logger, history: opts.History,
		asked: map[subject]asked{}, states: map[domain.Name]stateOf{}, proofs: map[domain.Name]status.Verdict{}, groups: map[group]*health{},
	}
}

// change is that a question goes otherwise than the last time. Those of one
// change have the same cause: one bucket's list, one account's key.
type change struct {
	group   group
	name    domain.Name // what they have in common
	was, is status.Reason
}

// changed is a change with the first target that it concerns.
type changed struct {
	change
	targets int
	first   int
}

// Update logs what has changed since the last time.
func (l *Log) Update(targets []config.Target, statuses []status.Status, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []*changed
	known := map[change]*changed{}
	met := map[group]bool{}
	notProbed := 0
	for i := range statuses {
		t, s := &targets[i], &statuses[i]
		if t.Unlisted { // nothing is remembered of it, so everything would be a change
			level.Debug(about(l.logger, t)).Log("msg", "probed a target that is not configured", "state", s.State(now), "reason", s.Attempt.Reason, "err", s.Attempt.Err)
			continue
		}
		if s.Attempt.Reason == status.ReasonNotProbed {
			notProbed++
		}
		for _, c := range l.changesOf(t, s, now) {
			if known[c] == nil {
				known[c] = &changed{change: c, first: i}
				all = append(all, known[c])
			}
			known[c].targets++
		}
		met[group{t.Account.Name, t.Account.Region, ""}] = true
	}
	for _, g := range slices.SortedFunc(maps.Keys(l.groups), compareGroups) {
		if met[group{g.account, g.region, ""}] {
			l.report(g, all, targets, statuses, now)
		}
	}
	l.logStates(targets, statuses, now)
	l.logProofs(targets, statuses, now)
	l.missed.log(l.logger, notProbed, len(targets), now)
}

// changesOf returns how the questions about one target go otherwise than the
// last time, and remembers it. That the account's credentials fail is a change
// of the token's alone.
func (l *Log) changesOf(t *config.Target, s *status.Status, at time.Time) (changes []change) {
	note := func(check status.Check, a status.Attempt, shared domain.Name) {
		if a.Ended.IsZero() || a.Reason == status.ReasonNotProbed || check != "" && a.Reason == status.ReasonCredentials {
			return
		}
		of, now := subject{t.Name, check}, asked{group{t.Account.Name, t.Account.Region, check}, a.Reason}
		was, before := l.asked[of]
		if before && was == now {
			return
		}
		if before {
			l.groups[was.group].remove(was.reason)
		}
		l.asked[of] = now
		l.healthOf(now.group, at).add(now.reason)
		if was.reason != now.reason {
			if was.reason == status.ReasonCredentials || now.reason == status.ReasonCredentials {
				shared = domain.Name{}
			}
			changes = append(changes, change{now.group, shared, was.reason, now.reason})
			if before {
				l.history.Add(t.Name, Change{At: at, Check: check, Was: word(check, was.reason, s, at), Is: word(check, now.reason, s, at)})
			}
		}
	}
	note("", s.Attempt, t.Name)
	for _, check := range status.Checks() {
		if c, made := s.Checks[check]; made {
			shared := t.Name
			if check == status.CheckBinding {
				shared = domain.Name{Bucket: t.Bucket}
			}
			note(check, c.Attempt, shared)
		}
	}
	return changes
}

// word says how a question went: why it failed, else what is known now.
func word(check status.Check, reason status.Reason, s *status.Status, now time.Time) string {
	switch {
	case reason != "":
		return string(reason)
	case check != "":
		return "answered"
	}
	return situationOf(s, now).String()
}

func (l *Log) healthOf(g group, now time.Time) *health {
	h := l.groups[g]
	if h == nil {
		h = newHealth(now)
		l.groups[g] = h
	}
	return h
}

// report logs the changes of one group: each by itself while they are few, else
// that there are many, and when that is over.
func (l *Log) report(g group, all []*changed, targets []config.Target, statuses []status.Status, now time.Time) {
	var changes []*changed
	for _, c := range all {
		if c.group == g {
			changes = append(changes, c)
		}
	}
	logger := log.With(l.logger, "account", g.account, "region", g.region)
	if g.check != "" {
		logger = log.With(logger, "check", g.check)
	}
	each := l.groups[g].report(logger, changes, func(c *changed) error { return attemptOf(&statuses[c.first], g.check).Err }, now)
	for _, c := range changes {
		l.write(c, each, &targets[c.first], &statuses[c.first], now)
	}
}

// write logs one change, of which t with its status s is the first target; at
// debug level if a line says it that is about many.
func (l *Log) write(c *changed, each bool, t *config.Target, s *status.Status, now time.Time) {
	logger := about(l.logger, t)
	if c.name == (domain.Name{}) {
		logger = log.With(l.logger, "account", t.Account.Name, "region", t.Account.Region)
	}
	if c.targets > 1 || c.name == (domain.Name{}) {
		logger = log.With(logger, "targets", c.targets)
	}
	kind := "probe"
	if c.group.check != "" {
		logger, kind = log.With(logger, "check", c.group.check), "check"
	}
	warn, info := level.Warn(logger), level.Info(logger)
	if !each {
		warn, info = level.Debug(logger), level.Debug(logger)
	}
	if c.is != "" {
		warn.Log("msg", kind+" failed", "state", s.State(now), "reason", c.is, "was", c.was, "err", attemptOf(s, c.group.check).Err)
		return
	}
	info.Log("msg", kind+" works again", "state", s.State(now), "was", c.was)
}

func attemptOf(s *status.Status, check status.Check) status.Attempt {
	if check == "" {
		return s.Attempt
	}
	return s.Checks[check].Attempt
}

// about returns logger for lines about t.
func about(logger log.Logger, t *config.Target) log.Logger {
	return log.With(logger, "account", t.Account.Name, "region", t.Account.Region, "bucket", t.Bucket, "cname", t.Cname())
}

// Retain forgets all that is not about a target of cfg.
func (l *Log) Retain(cfg *config.Config) {
	keep := make(map[domain.Name]bool, len(cfg.Targets))
	for i := range cfg.Targets {
		keep[cfg.Targets[i].Name] = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for s, a := range l.asked {
		if !keep[s.name] {
			l.groups[a.group].remove(a.reason)
			delete(l.asked, s)
		}
	}
	for name := range l.states {
		if !keep[name] {
			delete(l.states, name)
			delete(l.proofs, name)
		}
	}
	for g, h := range l.groups {
		if h.total == 0 {
			delete(l.groups, g)
		}
	}
}
