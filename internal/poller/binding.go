package poller

import (
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// list is what is known of the domains that are bound to a bucket: the last
// answer, and of what could not be read in it what was known before.
type list struct {
	bindings []ossclient.Binding
	at       time.Time             // when OSS gave the answer
	before   map[domain.Name]known // of the domains that bindings hides; nil if it hides none
	rest     known                 // of all other domains that it does not have; zero if it hides none
}

// known is what is known of one domain.
type known struct {
	at      time.Time // when all of it could be read; zero if it never could
	bound   status.Tristate
	binding ossclient.Binding // only if bound
}

// lookup returns what is known of name. The error is why the last answer does not
// say all of it.
func (l *list) lookup(name domain.Name) (known, error) {
	b, listed := findBinding(l.bindings, name)
	if b.Err == nil {
		return known{at: l.at, bound: status.Of(listed), binding: b}, nil
	}
	k, carried := l.before[name]
	if !carried {
		k = l.rest
	}
	if listed && !b.Ambiguous {
		k = k.overlaid(b)
	}
	return k, b.Err
}

// overlaid returns k with what could be read of b.
func (k known) overlaid(b ossclient.Binding) known {
	if b.Status == "" {
		b.Status, b.Enabled = k.binding.Status, k.binding.Enabled
	}
	if old := k.binding.Certificate; b.Certificate.Expires.IsZero() && b.Certificate.ID == old.ID {
		b.Certificate.Expires = old.Expires
	}
	k.bound, k.binding = status.Yes, b
	return k
}

// following returns l as the answer of at that follows last: what is hidden in it
// is carried over.
func (l *list) following(last *list, at time.Time) *list {
	l.at = at
	if last == nil {
		return l
	}
	for _, b := range l.bindings {
		switch {
		case b.Err == nil:
		case b.Name.Base == "": // there are more
			l.rest, _ = last.lookup(domain.Name{})
			for _, was := range last.bindings {
				l.carry(last, was.Name)
			}
			for name := range last.before {
				l.carry(last, name)
			}
		default:
			l.carry(last, b.Name)
			if b.Ambiguous {
				other := b.Name
				other.Wildcard = !other.Wildcard
				l.carry(last, other)
			}
		}
	}
	return l
}

// carry takes over what last knows of name.
func (l *list) carry(last *list, name domain.Name) {
	if name.Base == "" {
		return
	}
	if l.before == nil {
		l.before = map[domain.Name]known{}
	}
	l.before[name], _ = last.lookup(name)
}

// fill writes what is known of name into s. What of it could not be read is that
// domain's failure alone.
func (l *list) fill(s *status.Status, name domain.Name) {
	k, err := l.lookup(name)
	s.Bound = k.bound
	if b := k.binding; k.bound == status.Yes {
		s.BindingWord = b.Status
		s.Certificate = status.Certificate{ID: b.Certificate.ID, Type: b.Certificate.Type, Status: b.Certificate.Status, Starts: b.Certificate.Starts, Fingerprint: b.Certificate.Fingerprint}
		if b.Status != "" {
			s.Enabled = status.Of(b.Enabled)
		}
		if b.Certificate.Served() {
			s.CertificateExpires = b.Certificate.Expires
		}
	}
	if err == nil {
		return
	}
	check := s.Checks[status.CheckBinding]
	check.Confirmed = k.at
	if check.Attempt.Succeeded() {
		check.Attempt.Reason, check.Attempt.Err = status.ReasonBadResponse, err
	}
	s.Checks[status.CheckBinding] = check
}

// findBinding returns the binding of name. If it is not listed, the Err is why
// that means nothing; nil if it is not bound.
func findBinding(bindings []ossclient.Binding, name domain.Name) (b ossclient.Binding, listed bool) {
	for _, ambiguous := range []bool{false, true} {
		for _, b := range bindings {
			if b.Is(name) && b.Ambiguous == ambiguous {
				return b, true
			}
		}
	}
	if n := len(bindings); n > 0 && bindings[n-1].Name.Base == "" {
		return bindings[n-1], false
	}
	return ossclient.Binding{}, false
}
