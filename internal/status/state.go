package status

import "time"

// State is where a domain stands on its way to being bound, in one word. Each
// is true whichever checks are on. StateUnknown is the state that they do not tell.
type State string

// The states, in the order of a domain's life.
const (
	StateUnknown      State = "unknown"       // too little is known to say anything
	StateTokenMissing State = "token_missing" // not bound, and no token
	StateAwaitingDNS  State = "awaiting_dns"  // a token that no TXT record carries
	StateTokenExpired State = "token_expired" // the token expired unused
	StateReadyToBind  State = "ready_to_bind" // a token, and a TXT record that carries it
	StateBound        State = "bound"         // OSS serves the domain
	StateDisabled     State = "disabled"      // bound, but OSS refuses to serve it
)

// States returns the whole closed set.
func States() []State {
	return []State{
		StateUnknown, StateTokenMissing, StateAwaitingDNS, StateTokenExpired,
		StateReadyToBind, StateBound, StateDisabled,
	}
}

// State derives the state at now from the facts. A bound domain is bound
// whatever became of its token, and needs none. So a domain without a token
// lacks one only if it is known not to be bound.
func (s *Status) State(now time.Time) State {
	f := &s.Facts
	switch {
	case s.Bound == Yes && s.Enabled == No:
		return StateDisabled
	case s.Bound == Yes:
		return StateBound
	case f.Confirmed.IsZero():
		return StateUnknown
	case f.Exists && now.Before(f.Expires):
		return [...]State{Unknown: StateUnknown, No: StateAwaitingDNS, Yes: StateReadyToBind}[s.DNSVerified]
	case f.Exists, !f.Expired.IsZero():
		return StateTokenExpired
	case s.Bound == No && !s.usedSince():
		return StateTokenMissing
	}
	return StateUnknown
}

// usedSince reports whether the token went after OSS last said that the domain
// is not bound: it may have been bound since.
func (s *Status) usedSince() bool {
	return s.Checks[CheckBinding].Confirmed.Before(s.Facts.Gone)
}

const (
	// clockTolerance is how much earlier than our clock OSS's may see a token expire.
	clockTolerance = time.Minute
	// watchWindow is how shortly before its end a token must have been seen last
	// to be called expired. An older observation leaves room for a use in between.
	watchWindow = 5 * time.Minute
)

// Following returns f with the facts that only the earlier ones can tell: whether
// a token that is gone was used or expired.
func (f Facts) Following(last Facts) Facts {
	switch {
	case f.Exists:
	case !last.Exists:
		f.Gone, f.Expired = last.Gone, last.Expired
	default:
		f.Gone = f.Confirmed
		atEnd := f.Gone.After(last.Expires.Add(-clockTolerance))
		watched := last.Confirmed.After(last.Expires.Add(-watchWindow))
		if atEnd && watched {
			f.Expired = last.Expires
		}
	}
	return f
}
