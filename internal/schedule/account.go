package schedule

import (
	"errors"
	"time"

	"golang.org/x/time/rate"

	"oss_cname_exporter/internal/clock"
)

// The pause after a throttled call doubles from minPause to maxPause while the
// account stays throttled. The server may ask for a longer one, up to maxPause.
const (
	minPause = time.Second
	maxPause = time.Minute
)

// account limits how fast one account is called. Its calls about unlisted targets
// have an account of their own, which keeps to the limits of the whole as well: a
// quarter of the rate, and a pause that is theirs only.
type account struct {
	whole     *account // nil for the whole
	limiter   *rate.Limiter
	inFlight  int
	throttled time.Time     // the last answer that began a pause
	pause     time.Duration // since then; 0 after a call that was not throttled
}

// pausedUntil returns the end of the pause; zero if there is none.
func (a *account) pausedUntil(now time.Time) (until time.Time) {
	for ; a != nil; a = a.whole {
		if end := a.throttled.Add(a.pause); clock.Within(a.pause, a.throttled, now) && end.After(until) {
			until = end
		}
	}
	return until
}

// update begins a pause after a throttled call, and resets the back-off after one
// that was not. It ignores calls that were started before the pause ended.
func (a *account) update(err error, started, now time.Time) {
	if started.Before(a.throttled) || clock.Within(a.pause, a.throttled, started) {
		return
	}
	if answer, ok := errors.AsType[throttler](err); ok {
		if retryAfter, throttled := answer.Throttled(); throttled {
			a.throttled, a.pause = now, min(max(2*a.pause, retryAfter, minPause), maxPause)
			return
		}
	}
	a.pause = 0
}

// throttler is an error that may say that its server asks for fewer calls.
type throttler interface {
	error
	Throttled() (retryAfter time.Duration, throttled bool)
}

// isTimeout reports whether err says that no answer came in time.
func isTimeout(err error) bool {
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && timeout.Timeout()
}
