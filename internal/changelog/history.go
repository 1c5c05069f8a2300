package changelog

import (
	"cmp"
	"container/list"
	"slices"
	"sync"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
)

// Bounds of a History: of the domains, and of the changes of each.
const (
	maxChanged = 10_000
	maxChanges = 20
)

// Change is a change of a domain that the log told as well.
type Change struct {
	At    time.Time    `json:"at"`
	Check status.Check `json:"check,omitempty"` // "" is the token and the state
	Was   string       `json:"was"`             // a state, a reason, or what was answered
	Is    string       `json:"is"`
}

// Text returns c as one line.
func (c Change) Text() lang.Text {
	text := lang.Verbatim(cmp.Or(c.Was, "unknown") + " → " + c.Is)
	if c.Check != "" {
		return lang.Textf("check %s: %s", c.Check, text)
	}
	return text
}

// History remembers the last changes of the domains that changed. It is safe
// for concurrent use; a nil History remembers nothing.
type History struct {
	mu      sync.Mutex // guards all below
	domains map[domain.Name]*list.Element
	order   *list.List // of *remembered, the one that changed last in front
}

type remembered struct {
	name    domain.Name
	changes []Change // the oldest first
}

// NewHistory returns an empty History.
func NewHistory() *History {
	return &History{domains: map[domain.Name]*list.Element{}, order: list.New()}
}

// Add remembers c. Where there is no room, the domain whose last change is the
// longest ago is forgotten.
func (h *History) Add(name domain.Name, c Change) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.domains[name]
	if e == nil {
		e = h.order.PushFront(&remembered{name: name})
		h.domains[name] = e
	}
	h.order.MoveToFront(e)
	of := e.Value.(*remembered)
	if len(of.changes) == maxChanges {
		of.changes = slices.Delete(of.changes, 0, 1)
	}
	of.changes = append(of.changes, c)
	if h.order.Len() > maxChanged {
		h.remove(h.order.Back())
	}
}

// Of returns the changes of a domain, the newest first.
func (h *History) Of(name domain.Name) []Change {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.domains[name]
	if e == nil {
		return nil
	}
	changes := slices.Clone(e.Value.(*remembered).changes)
	slices.Reverse(changes)
	return changes
}

// Retain forgets what is not about a target of cfg.
func (h *History) Retain(cfg *config.Config) {
	keep := make(map[domain.Name]bool, len(cfg.Targets))
	for i := range cfg.Targets {
		keep[cfg.Targets[i].Name] = true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, e := range h.domains {
		if !keep[name] {
			h.remove(e)
		}
	}
}

// remove forgets a domain. h.mu is held.
func (h *History) remove(e *list.Element) {
	delete(h.domains, e.Value.(*remembered).name)
	h.order.Remove(e)
}
