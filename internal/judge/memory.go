package judge

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/status"
)

// Level is a kind of problem with a severity.
type Level struct {
	Kind     Kind
	Severity Severity
}

func isSameKind(a, b Level) bool { return a.Kind == b.Kind }

// Memory keeps the problems of the configured domains, with their beginnings and
// ends, which domains are and were bound, and which questions fail. It begins
// with the process and is bounded by the targets. It is safe for concurrent use;
// the zero value is not ready for use.
type Memory struct {
	mu      sync.Mutex // guards all below
	domains map[domain.Name]*record
	removed map[domain.Name]*record // targets whose ends are still told
	bound   map[string]int          // buckets that have a domain bound, by its cname
	groups  map[questionGroup]*tally
	causes  []Episode[Shared]
}

// record is the memory of one domain.
type record struct {
	answers  answers // that is counted
	asked    time.Time
	wasBound bool
	unbound  time.Time
	labels   map[string]string
	episodes []Episode[Level]
	removed  time.Time
}

// NewMemory returns a Memory of nothing.
func NewMemory() *Memory {
	return &Memory{domains: map[domain.Name]*record{}, removed: map[domain.Name]*record{}, bound: map[string]int{}, groups: map[questionGroup]*tally{}}
}

// Observation has the problems of the domains of a scrape: those that they have
// now, and those that ended within the last hour.
type Observation struct {
	Problems [][]Episode[Level] // of each case
	Removed  []Removed          // by name; none unless all domains were observed
}

// Removed is a target that the configuration does not have any more.
type Removed struct {
	domain.Name
	Labels   map[string]string
	Problems []Episode[Level] // all over
}

// Observe takes in n cases and judges them. Of a transient case nothing is
// remembered.
func (m *Memory) Observe(now time.Time, n int, at func(i int) Case) Observation {
	m.mu.Lock()
	defer m.mu.Unlock()
	var c Case // one for all: it escapes to the heap
	for i := range n {
		if c = at(i); !c.IsTransient {
			m.take(&c)
		}
	}
	all := make([][]Episode[Level], n)
	for i := range n {
		c = at(i)
		m.recall(&c)
		problems := c.Judge().Problems
		if len(problems) == 0 && c.episodes == nil {
			continue
		}
		is := make([]Level, len(problems))
		for k, p := range problems {
			is[k] = Level{p.Kind, p.Severity}
		}
		all[i] = follow(c.episodes, is, now, isSameKind)
		if !c.IsTransient {
			m.domains[c.Name].episodes = all[i]
		}
	}
	if causes := m.causesAt(now); len(causes)+len(m.causes) > 0 {
		m.followCauses(causes, now)
	}
	return m.observation(all, now)
}

// Known is the Observation of n domains as the last Observe left it.
func (m *Memory) Known(now time.Time, n int, name func(i int) domain.Name) Observation {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([][]Episode[Level], n)
	for i := range n {
		if r := m.domains[name(i)]; r != nil {
			all[i] = r.episodes
		}
	}
	return m.observation(all, now)
}

// observation adds the removed targets to the problems of all, and forgets those
// whose ends were told for long enough.
func (m *Memory) observation(all [][]Episode[Level], now time.Time) Observation {
	o := Observation{Problems: all}
	for name, r := range m.removed {
		switch {
		case now.Sub(r.removed) >= keepEnded:
			delete(m.removed, name)
		case len(all) >= len(m.domains):
			o.Removed = append(o.Removed, Removed{name, r.labels, r.episodes})
		}
	}
	slices.SortFunc(o.Removed, func(a, b Removed) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Cname(), b.Cname()))
	})
	return o
}

// Add counts the domain of c among the others, as one that is asked about once.
func (m *Memory) Add(c *Case) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.take(c)
}

// take counts c among the others, in place of its earlier answers.
func (m *Memory) take(c *Case) {
	r := m.domains[c.Name]
	if r == nil {
		r = &record{}
		m.domains[c.Name] = r
		if before := m.removed[c.Name]; before != nil {
			r.episodes = before.episodes
			delete(m.removed, c.Name)
		}
	}
	o, errs := c.answers()
	if o != r.answers {
		m.count(r.answers, -1)
		m.count(o, 1)
		r.answers = o
	}
	for i, reason := range o.failures {
		if reason != "" {
			t := m.groups[questionGroup{c.Account, c.Region, questions[i]}]
			t.rules, t.errs[reason] = c.Rules, errs[i]
		}
	}
	r.asked, r.labels = c.Now, c.Labels
	switch c.Status.Bound {
	case status.Yes:
		r.wasBound, r.unbound = true, time.Time{}
	case status.No:
		if r.wasBound {
			r.wasBound, r.unbound = false, c.Now
		}
	case status.Unknown:
	}
}

// Recall writes into c the memory of its domain, and the evidence of the others.
func (m *Memory) Recall(c *Case) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recall(c)
}

func (m *Memory) recall(c *Case) {
	c.IsElsewhere = c.Status.Bound != status.Yes && m.bound[c.Cname()] > 0
	c.Shared = nil
	o, _ := c.answers()
	for i, reason := range o.failures {
		if reason == "" {
			continue
		}
		is := func(check status.Check) bool { return m.shared(questionGroup{c.Account, c.Region, check}) == reason }
		if is(questions[i]) || questions[i] == status.CheckBinding && is(CheckToken) {
			c.Shared = append(c.Shared, questions[i])
		}
	}
	if r := m.domains[c.Name]; r != nil {
		c.Unbound, c.episodes = r.unbound, r.episodes
	}
}

// Retain ends the problems of all domains but those that keep has.
func (m *Memory) Retain(now time.Time, keep func(domain.Name) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, r := range m.domains {
		if keep(name) {
			continue
		}
		delete(m.domains, name)
		m.count(r.answers, -1)
		if r.episodes = follow(r.episodes, nil, now, isSameKind); r.episodes != nil {
			r.removed = now
			m.removed[name] = r
		}
	}
	m.followCauses(m.causesAt(now), now)
}

// askedWithin is how long a target counts as asked about.
const askedWithin = 10 * time.Minute

// Totals returns how many configured targets were asked about within the last ten
// minutes, and the failures that are shared, or ended within the last hour.
func (m *Memory) Totals(now time.Time) (asked int, causes []Episode[Shared]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.domains {
		if now.Sub(r.asked) < askedWithin {
			asked++
		}
	}
	return asked, m.causes
}
