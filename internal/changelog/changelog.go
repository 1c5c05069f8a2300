// Package changelog logs each change of a target once. Changes with one cause are
// one line, and however much changes, a group has few lines.
//
// A subject is one aspect of a target: its probe, one of its checks, its state,
// or the verdict about its TXT record. A change leads from the value that the log
// told last to the value of now. A group is the changes of one aspect in an
// account and region: it has a budget of lines. A line tells one change or many.
// The History remembers the last changes of each domain for the pages.
package changelog

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
)

const (
	// maxLines is how many lines a group, or one subject, may have until it was
	// quiet for a while.
	maxLines = 5
	// groupQuiet and subjectQuiet are how long nothing of a group, or of a
	// subject, must change until it may have maxLines lines again.
	groupQuiet   = 10 * time.Minute
	subjectQuiet = 30 * time.Minute
	// maxSilence is how long no scrape may come until that is logged.
	maxSilence = 15 * time.Minute
)

// Options configures a Log. The zero value works.
type Options struct {
	Logger  log.Logger // gets the lines; nil logs nothing
	History *History   // remembers each change; nil remembers nothing
}

// Log compares the statuses of each scrape with those that it told before. It is
// safe for concurrent use.
type Log struct {
	logger  log.Logger
	history *History
	scrapes chan int // the number of targets of a scrape, for Run

	mu      sync.Mutex          // guards all below
	seen    map[subject][]*seen // the aspects of each target; of no target is its turn
	groups  map[subject]*group
	waiting bool       // a group has changes that are not told
	values  []observed // of the target that is compared; its memory is used again
}

// seen is the last value of a subject.
type seen struct {
	aspect
	is, told aspectValue // now, and in the log
	since    time.Time   // of is
	lines    int         // told since it was quiet
}

// New returns an empty Log.
func New(opts Options) *Log {
	if opts.Logger == nil {
		opts.Logger = log.NewNopLogger()
	}
	return &Log{
		logger: opts.Logger, history: opts.History, scrapes: make(chan int, 1),
		seen: map[subject][]*seen{}, groups: map[subject]*group{},
	}
}

// Run logs the first scrape, that none came for a while, and the next one after
// that, until ctx is done.
func (l *Log) Run(ctx context.Context) {
	silence := time.NewTimer(maxSilence)
	defer silence.Stop()
	first, silent := true, false
	for {
		select {
		case <-ctx.Done():
			return
		case targets := <-l.scrapes:
			if first || silent {
				level.Info(l.logger).Log("msg", map[bool]string{true: "first scrape", false: "scraped again"}[first], "targets", targets)
			}
			first, silent = false, false
			silence.Reset(maxSilence)
		case <-silence.C:
			silent = true
			level.Warn(l.logger).Log("msg", "no scrape came; is this exporter a target of Prometheus?", "for", maxSilence)
		}
	}
}

// Update logs the changes since the last time.
func (l *Log) Update(targets []config.Target, statuses []status.Status, now time.Time) {
	select {
	case l.scrapes <- len(targets):
	default: // Run has one to read
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	notProbed := 0
	for i := range statuses {
		t, s := &targets[i], &statuses[i]
		if t.Unlisted { // it has no memory, so that every value would be a change
			level.Debug(about(l.logger, t)).Log("msg", "probed a target that is not configured", "state", s.State(now), "reason", s.Attempt.Reason, "err", s.Attempt.Err)
			continue
		}
		if s.Attempt.Reason == status.ReasonNotProbed {
			notProbed++
		}
		var state aspectValue
		l.values, state = observe(l.values[:0], s, now)
		of := subject{account: t.Account.Name, region: t.Account.Region, name: t.Name}
		known := l.seen[of]
		for _, v := range l.values {
			k := slices.IndexFunc(known, func(last *seen) bool { return last.aspect == v.aspect })
			if k >= 0 && known[k].is == v.is && known[k].told == v.is {
				continue
			}
			c := change{subject: of, is: v.is, isNews: v.isNews, state: state, detail: detailOf(s, v.aspect)}
			if c.aspect = v.aspect; k >= 0 {
				c.last = known[k]
			}
			l.note(c, now)
		}
	}
	if notProbed > 0 || l.seen[subject{}] != nil {
		l.noteTurn(notProbed, len(targets), now)
	}
	if l.waiting {
		l.tell(now)
	}
}

// noteTurn notes whether all targets had their turn in a scrape.
func (l *Log) noteTurn(notProbed, targets int, now time.Time) {
	c := change{subject: subject{aspect: aspectTurn}, detail: turns{notProbed, targets}}
	if known := l.seen[subject{}]; len(known) > 0 {
		c.last = known[0]
	}
	if notProbed > 0 {
		c.is, c.isNews = aspectValue{word: string(status.ReasonNotProbed)}, true
	}
	l.note(c, now)
}

// note remembers a value. It is pending until it is told; the first one of a
// subject is not told unless it is news.
func (l *Log) note(c change, now time.Time) {
	g := l.groups[c.group()]
	if g == nil {
		g = &group{pending: map[subject]change{}}
		l.groups[c.group()] = g
	}
	s, isFirst := c.last, c.last == nil
	if isFirst {
		s = &seen{aspect: c.aspect, since: now}
		l.seen[c.target()] = append(l.seen[c.target()], s)
		c.last = s
	}
	c.was = s.told
	isNew := s.is != c.is
	if isNew {
		l.changed(c, isFirst, now)
	}
	isMuted := s.lines >= maxLines && now.Sub(s.since) < subjectQuiet
	switch {
	case c.is != s.told && !isMuted:
		if isNew {
			g.change(now)
		}
		g.pending[c.subject], l.waiting = c, true
		return
	case isNew && (isFirst || c.is != s.told):
		c.debug(l.logger)
	}
	delete(g.pending, c.subject)
}

// changed takes in a new value.
func (l *Log) changed(c change, isFirst bool, now time.Time) {
	s := c.last
	if !isFirst && now.Sub(s.since) >= subjectQuiet {
		s.lines = 0
	}
	if past := c.past(s.is, now); !isFirst && past.Was != past.Is && c.aspect != aspectTurn {
		l.history.Add(c.name, past)
	}
	s.is, s.since = c.is, now
	if isFirst && !c.isNews {
		s.told = c.is
	}
}

// tell logs the pending changes of each group whose budget allows it.
func (l *Log) tell(now time.Time) {
	var pending []subject
	for of, g := range l.groups {
		if len(g.pending) > 0 {
			pending = append(pending, of)
		}
	}
	slices.SortFunc(pending, func(a, b subject) int {
		return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.region, b.region), strings.Compare(string(a.aspect), string(b.aspect)))
	})
	l.waiting = false
	for _, of := range pending {
		for _, c := range l.groups[of].tell(l.logger, now) {
			c.last.told = c.is
			c.last.lines++
		}
		l.waiting = l.waiting || len(l.groups[of].pending) > 0
	}
}

// Retain forgets all that is not about a target of cfg.
func (l *Log) Retain(cfg *config.Config) {
	keep := map[subject]bool{{}: true}
	for i := range cfg.Targets {
		t := &cfg.Targets[i]
		keep[subject{account: t.Account.Name, region: t.Account.Region, name: t.Name}] = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	groups := map[subject]bool{}
	for target, aspects := range l.seen {
		for _, s := range aspects {
			of := target
			of.aspect = s.aspect
			if keep[target] {
				groups[of.group()] = true
			} else {
				delete(l.groups[of.group()].pending, of)
			}
		}
		if !keep[target] {
			delete(l.seen, target)
		}
	}
	maps.DeleteFunc(l.groups, func(of subject, _ *group) bool { return !groups[of] })
}

// about returns logger for lines about t.
func about(logger log.Logger, t *config.Target) log.Logger {
	return log.With(logger, "account", t.Account.Name, "region", t.Account.Region, "bucket", t.Bucket, "cname", t.Cname())
}
