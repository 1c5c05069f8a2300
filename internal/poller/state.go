package poller

import "time"

// State is where a domain stands on its way to being bound, in one word. Each
// is true whichever checks are on: what they leave open is StateUnknown.
type State string

// The states, in the order of a domain's life.
const (
	StateUnknown      State = "unknown"       // too little is known to say anything
	StateTokenMissing State = "token_missing" // not bound, and no token
	StateAwaitingDNS  State = "awaiting_dns"  // a token that no TXT record carries
	StateTokenExpired State = "token_expired" // the token died unused
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

// Action says what the operator does next.
func (s State) Action() string {
	return map[State]string{
		StateUnknown:      "find out why a question failed, or switch on the check that is missing",
		StateTokenMissing: "create a token",
		StateAwaitingDNS:  "publish the token as the TXT record",
		StateTokenExpired: "create a new token and publish that one",
		StateReadyToBind:  "bind the domain before the token expires",
		StateBound:        "nothing, but renew the certificate in time",
		StateDisabled:     "find out in the console why OSS does not serve the domain",
	}[s]
}

// State derives the state at now from the facts. Being bound outranks
// everything: the token has done its work then, and having none is healthy.
// So without a token a domain can only be called short of one if it is known
// not to be bound.
func (r *Result) State(now time.Time) State {
	token := r.Facts.life(now)
	switch {
	case r.Bound == Yes && r.Enabled == No:
		return StateDisabled
	case r.Bound == Yes:
		return StateBound
	case token == expired:
		return StateTokenExpired
	case token == live && r.DNSVerified == Yes:
		return StateReadyToBind
	case token == live && r.DNSVerified == No:
		return StateAwaitingDNS
	case token == missing && r.Bound == No && !r.usedSince():
		return StateTokenMissing
	}
	return StateUnknown
}

// usedSince reports whether the token went after OSS last said that the domain
// is not bound: it may have been bound since.
func (r *Result) usedSince() bool {
	return r.Checks[CheckBinding].Confirmed.Before(r.Facts.Gone)
}

// Dangling reports whether the domain leads to a bucket of OSS that does not
// know it: whoever takes the name of the bucket, or binds the domain to
// another, gets its visitors.
func (r *Result) Dangling() bool {
	binding := r.Checks[CheckBinding].Attempt.Reason
	return r.PointsToBucket == Yes && (r.Bound == No || binding == ReasonBucketNotFound)
}

// life is what has become of a token.
type life int

const (
	untold  life = iota
	missing      // there is none, and none was seen to die
	live
	expired
)

func (f Facts) life(now time.Time) life {
	switch {
	case f.Confirmed.IsZero():
		return untold
	case f.Exists && now.Before(f.Expires):
		return live
	case f.Exists, !f.Died.IsZero():
		return expired
	}
	return missing
}

// following returns f with what only the facts before it can tell: what became
// of the token that is gone.
func (f Facts) following(last Facts) Facts {
	// OSS may see a token die a moment before our clock does.
	const tolerance = time.Minute
	switch {
	case f.Exists:
	case !last.Exists:
		f.Gone, f.Died = last.Gone, last.Died
	default:
		f.Gone = f.Confirmed
		if f.Gone.After(last.Expires.Add(-tolerance)) {
			f.Died = last.Expires
		}
	}
	return f
}
