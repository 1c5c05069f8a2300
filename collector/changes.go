package collector

import (
	"cmp"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

// outcome is how a person would call the result of a question in one word: a
// reason, a state, or one of the constants below.
type outcome string

const (
	outcomeUnknown     outcome = "unknown"  // never asked
	outcomeToken       outcome = "token"    // OSS holds a token
	outcomeNoToken     outcome = "no_token" // OSS holds none
	outcomeAnswered    outcome = "answered" // of a check: it got a definitive answer
	outcomeCredentials         = outcome(status.ReasonCredentials)
)

// tokenOutcome is why the last attempt failed, else the state, and where that is
// unknown the answer.
func tokenOutcome(s *status.Status) outcome {
	switch {
	case s.Attempt.Ended.IsZero():
		return outcomeUnknown
	case s.Attempt.Reason != "":
		return outcome(s.Attempt.Reason)
	}
	if state := s.State(s.Attempt.Ended); state != status.StateUnknown {
		return outcome(state)
	}
	if s.Facts.Exists {
		return outcomeToken
	}
	return outcomeNoToken
}

func checkOutcome(a status.Attempt) outcome {
	if a.Ended.IsZero() {
		return outcomeUnknown
	}
	return cmp.Or(outcome(a.Reason), outcomeAnswered)
}

// checkProof stands for the verdict about the TXT record, whose outcomes are
// verdicts.
const checkProof status.Check = "proof"

// changeLog logs each change of an outcome once. It remembers the last outcome
// of every configured target and check.
type changeLog struct {
	logger  log.Logger
	history *report.History

	mu   sync.Mutex // guards last
	last map[subject]outcome
}

// subject is what has an outcome: a target's token, or one of its checks.
type subject struct {
	name  domain.Name
	check status.Check // "" is the token
}

// change is a change of outcome that is logged in one line, however many targets
// it concerns.
type change struct {
	account string
	name    domain.Name // what the targets of a change that concerns several have in common
	check   status.Check
	was, is outcome
}

// log logs what has changed since the last time. That a deadline came before the
// turn of some targets is no change of theirs: it is one line a scrape.
func (l *changeLog) log(targets []config.Target, statuses []status.Status, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts, notProbed := map[change]int{}, 0
	var first []int // of each change the first target, in the order of the targets
	var order []change
	for i := range statuses {
		if statuses[i].Attempt.Reason == status.ReasonNotProbed {
			notProbed++
		}
		for _, c := range l.changes(&targets[i], &statuses[i]) {
			if c.was != "" {
				l.history.Add(targets[i].Name, report.Change{At: now, Check: c.check, Was: string(c.was), Is: string(c.is)})
			}
			if counts[c]++; counts[c] == 1 {
				order, first = append(order, c), append(first, i)
			}
		}
	}
	for i, c := range order {
		l.write(c, counts[c], &targets[first[i]], &statuses[first[i]])
	}
	if notProbed > 0 {
		level.Warn(l.logger).Log("msg", "the scrape ended before every target had its turn; raise the scrape timeout, probe.concurrency or cache_ttl",
			"not_probed", notProbed, "targets", len(targets))
	}
}

// changes returns what has changed of one target, and remembers it. That the
// account's credentials fail is a change of the token alone.
func (l *changeLog) changes(t *config.Target, s *status.Status) (changes []change) {
	note := func(check status.Check, is outcome, shared domain.Name) {
		if is == outcome(status.ReasonNotProbed) {
			return
		}
		was := l.last[subject{t.Name, check}]
		if !t.Unlisted {
			l.last[subject{t.Name, check}] = is
		}
		if is == was || check != "" && (is == outcomeCredentials || was == outcomeCredentials) {
			return
		}
		changes = append(changes, change{t.Account.Name, shared, check, was, is})
	}
	is := tokenOutcome(s)
	shared := t.Name
	if is == outcomeCredentials || l.last[subject{name: t.Name}] == outcomeCredentials {
		shared = domain.Name{}
	}
	note("", is, shared)
	for _, check := range status.Checks() {
		if c, made := s.Checks[check]; made {
			note(check, checkOutcome(c.Attempt), domain.Name{Bucket: t.Bucket})
		}
	}
	if s.Proof.Verdict != "" {
		note(checkProof, outcome(s.Proof.Verdict), domain.Name{Bucket: t.Bucket})
	}
	return changes
}

// write logs c, of which t with its status s is the first of n targets.
func (l *changeLog) write(c change, n int, t *config.Target, s *status.Status) {
	logger := log.With(l.logger, "account", t.Account.Name, "region", t.Account.Region)
	if n > 1 || c.name == (domain.Name{}) {
		logger = log.With(logger, "targets", n)
	}
	if c.name != (domain.Name{}) {
		logger = log.With(logger, "bucket", t.Bucket, "cname", t.Cname())
	}
	if c.check == checkProof {
		writeProof(log.With(logger, "proof", c.is, "was", c.was), c, &s.Proof)
		return
	}
	attempt := s.Attempt
	if c.check != "" {
		logger, attempt = log.With(logger, "check", c.check), s.Checks[c.check].Attempt
	}
	logger = log.With(logger, "state", c.is, "was", c.was)
	switch {
	case t.Unlisted: // nothing is remembered of it, so everything is a change
		level.Debug(logger).Log("msg", "probed a target that is not configured", "err", attempt.Err)
	case attempt.Err != nil && c.check != "":
		level.Warn(logger).Log("msg", "check failed", "err", attempt.Err)
	case attempt.Err != nil:
		level.Warn(logger).Log("msg", "probe failed", "err", attempt.Err)
	case c.was == "":
		level.Debug(logger).Log("msg", "probe succeeded for the first time")
	case c.check != "":
		level.Info(logger).Log("msg", "check works again")
	default:
		level.Info(logger).Log("msg", "state changed")
	}
}

// writeProof logs a change of the verdict about a TXT record. That a record is
// not there yet is no news of a target that is seen for the first time.
func writeProof(logger log.Logger, c change, p *status.Proof) {
	switch is := status.Verdict(c.is); {
	case c.was == "" && (is == status.VerdictValid || is == status.VerdictMissing):
		level.Debug(logger).Log("msg", "looked at the TXT record for the first time")
	case is == status.VerdictValid:
		level.Info(logger).Log("msg", "the TXT record carries the token")
	default:
		level.Info(logger).Log("msg", "the TXT record does not carry the token", "why", p)
	}
}

// retain forgets all that is not about a target of cfg.
func (l *changeLog) retain(cfg *config.Config) {
	keep := make(map[domain.Name]bool, len(cfg.Targets))
	for i := range cfg.Targets {
		keep[cfg.Targets[i].Name] = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.last {
		if !keep[s.name] {
			delete(l.last, s)
		}
	}
}
