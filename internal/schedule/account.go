package schedule

import (
	"errors"
	"math"
	"time"

	"golang.org/x/time/rate"
)

// The pause after a throttled call doubles from the first to the longest while
// the account goes on being throttled. What the server asks for may make it
// longer, but not longer than the longest.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// account is how fast one account may be called. What is told to calls about
// something that nobody configured holds for such calls only.
type account struct {
	limiter          *rate.Limiter
	inFlight         int
	listed, unlisted backoff
}

func newAccount() *account { return &account{limiter: rate.NewLimiter(rate.Inf, 1)} }

// setRate sets the calls a second; 0 is unlimited.
func (a *account) setRate(perSecond float64) {
	limit := rate.Limit(perSecond)
	if perSecond == 0 {
		limit = rate.Inf
	}
	if a.limiter.Limit() != limit {
		a.limiter.SetLimit(limit)
	}
}

// wait returns how long the next call must wait; 0 is not at all. It is not ok
// if a call that tries whether the account answers again must end first.
func (a *account) wait(now time.Time, unlisted bool) (delay time.Duration, ok bool) {
	if until := a.until(unlisted); now.Before(until) {
		return until.Sub(now), true
	}
	if a.listed.tries() && a.inFlight > 0 || unlisted && a.unlisted.tries() && a.inFlight > 0 {
		return 0, false
	}
	if a.limiter.Limit() == rate.Inf {
		return 0, true
	}
	missing := 1 - a.limiter.TokensAt(now)
	if missing <= 0 {
		return 0, true
	}
	return time.Duration(math.Ceil(missing / float64(a.limiter.Limit()) * float64(time.Second))), true
}

// until returns until when the account is left alone.
func (a *account) until(unlisted bool) time.Time {
	if unlisted && a.unlisted.until.After(a.listed.until) {
		return a.unlisted.until
	}
	return a.listed.until
}

func (a *account) throttled(now time.Time) bool { return now.Before(a.until(true)) }

// calm reports whether no call was throttled lately.
func (a *account) calm(now time.Time) bool { return now.After(a.until(true).Add(longestPause)) }

// take uses up the permission that wait gave.
func (a *account) take(now time.Time) { a.limiter.AllowN(now, 1) }

// backoff is the pause after a throttled call. The zero value has none.
type backoff struct {
	until time.Time     // no call before
	pause time.Duration // the last pause; 0 after a call that was not throttled
}

// tries reports whether one call must show first that the account answers again.
func (b *backoff) tries() bool { return b.pause > 0 }

// learn begins a pause after a throttled call, and ends the back-off after one
// that was not. Calls that were under way when the pause began say nothing new.
func (b *backoff) learn(err error, started, now time.Time) {
	if b.pause > 0 && started.Before(b.until) {
		return
	}
	if answer, ok := errors.AsType[throttler](err); ok {
		if retryAfter, throttled := answer.Throttled(); throttled {
			b.pause = min(max(2*b.pause, retryAfter, firstPause), longestPause)
			b.until = now.Add(b.pause)
			return
		}
	}
	b.pause = 0
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
