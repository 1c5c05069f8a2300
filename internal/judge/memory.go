package judge

import (
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

// Shared is a failure that most domains of an account share, with a severity.
type Shared struct {
	Account, Region string
	Check           status.Check
	Reason          status.Reason
	Severity        Severity
}

func isSameFailure(a, b Shared) bool {
	a.Severity = b.Severity
	return a == b
}

// Memory keeps the problems of the configured domains, with their beginnings and
// ends, and which domains were bound. It begins with the process
// and is bounded by the targets. It is safe for concurrent use; the zero value
// is not ready for use.
type Memory struct {
	mu      sync.Mutex // guards all below
	peers   *Peers
	domains map[domain.Name]*record
	removed map[domain.Name]*record // targets whose ends are still told
	causes  []Episode[Shared]
	rules   map[questionGroup]Rules // of the last domain of each group
}

// record is the memory of one domain.
type record struct {
	outcome  outcome // that is counted in peers
	asked    time.Time
	wasBound bool
	unbound  time.Time
	labels   map[string]string
	episodes []Episode[Level]
	removed  time.Time
}

// NewMemory returns a Memory of nothing.
func NewMemory() *Memory {
	return &Memory{peers: NewPeers(), domains: map[domain.Name]*record{}, removed: map[domain.Name]*record{}, rules: map[questionGroup]Rules{}}
}

// Recall writes into c the memory of its domain, and the evidence of the others.
func (m *Memory) Recall(c *Case) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recall(c)
}

func (m *Memory) recall(c *Case) {
	m.peers.Tell(c)
	if r := m.domains[c.Name]; r != nil {
		c.Unbound, c.episodes = r.unbound, r.episodes
	}
}

// Observe takes in n cases, judges them, and returns the problems of each: those
// that it has now, and those that ended within the last hour. Of a transient
// case nothing is remembered.
func (m *Memory) Observe(now time.Time, n int, at func(i int) Case) [][]Episode[Level] {
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
		var is []Level
		for _, p := range c.Judge().Problems {
			is = append(is, Level{p.Kind, p.Severity})
		}
		all[i] = follow(c.episodes, is, now, isSameKind)
		if !c.IsTransient {
			m.domains[c.Name].episodes = all[i]
		}
	}
	m.followCauses(now)
	m.sweep(now)
	return all
}

// take counts c among the peers, in place of its earlier outcome.
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
	if o := outcomeOf(c); o != r.outcome {
		m.peers.count(r.outcome, -1)
		m.peers.count(o, 1)
		r.outcome = o
	}
	m.peers.note(c)
	r.asked, r.labels = c.Now, c.Labels
	for _, a := range r.outcome.attempts {
		if a.reason != "" {
			m.rules[questionGroup{c.Account, c.Region, a.check}] = c.Rules
		}
	}
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

// followCauses finds out which failures are shared now.
func (m *Memory) followCauses(now time.Time) {
	var is []Shared
	for _, c := range m.causesAt(now) {
		is = append(is, c.shared())
	}
	m.causes = follow(m.causes, is, now, isSameFailure)
}

// causesAt returns the failures that are shared, with their beginnings and
// severities.
func (m *Memory) causesAt(now time.Time) []Cause {
	causes := m.peers.Causes()
	for i := range causes {
		c := &causes[i]
		c.Since = now
		for _, e := range m.causes {
			if !e.IsOver() && isSameFailure(e.Of, c.shared()) {
				c.Since = e.Began
			}
		}
		rules := m.rules[questionGroup{c.Account, c.Region, c.Check}]
		if c.Kind == ProbeFailing && now.Sub(c.Since) > rules.Thresholds.WithDefaults().FactsStale {
			c.Severity = Critical
		}
		c.Severity = rules.override(c.Kind, c.Severity)
	}
	return slices.DeleteFunc(causes, func(c Cause) bool { return c.Severity == "" })
}

// Causes returns the failures that most domains of an account share now.
func (m *Memory) Causes(now time.Time) []Cause {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.causesAt(now)
}

// CauseEpisodes returns the failures that are shared, and those that ended
// within the last hour.
func (m *Memory) CauseEpisodes() []Episode[Shared] {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.causes
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
		m.peers.count(r.outcome, -1)
		if r.episodes = follow(r.episodes, nil, now, isSameKind); r.episodes != nil {
			r.removed = now
			m.removed[name] = r
		}
	}
	m.followCauses(now)
	m.sweep(now)
}

// sweep forgets the removed domains whose ends were told for long enough.
func (m *Memory) sweep(now time.Time) {
	for name, r := range m.removed {
		if now.Sub(r.removed) >= keepEnded {
			delete(m.removed, name)
		}
	}
	for g := range m.rules {
		if m.peers.groups[g] == nil {
			delete(m.rules, g)
		}
	}
}

// Episodes returns the problems of n domains as the last Observe left them.
func (m *Memory) Episodes(n int, name func(i int) domain.Name) [][]Episode[Level] {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([][]Episode[Level], n)
	for i := range n {
		if r := m.domains[name(i)]; r != nil {
			all[i] = r.episodes
		}
	}
	return all
}

// Removed is a target that the configuration does not have any more.
type Removed struct {
	domain.Name
	Labels   map[string]string
	Episodes []Episode[Level] // all over
}

// Removed returns the targets that were removed within the last hour and had
// problems, by name.
func (m *Memory) Removed() []Removed {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]Removed, 0, len(m.removed))
	for name, r := range m.removed {
		all = append(all, Removed{name, r.labels, r.episodes})
	}
	slices.SortFunc(all, func(a, b Removed) int { return compareNames(a.Name, b.Name) })
	return all
}

// Count returns how many domains are remembered.
func (m *Memory) Count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.domains)
}

// askedWithin is how long a target counts as asked about.
const askedWithin = 10 * time.Minute

// Asked returns how many configured targets were asked about within the last
// ten minutes.
func (m *Memory) Asked(now time.Time) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.domains {
		if now.Sub(r.asked) < askedWithin {
			n++
		}
	}
	return n
}
