package schedule

import (
	"errors"
	"math"
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

// account limits how fast one account is called. A nil account has no limit. A
// call about an unlisted target uses both limiters, and pauses its like only.
type account struct {
	limiter          *rate.Limiter
	quarter          *rate.Limiter // for calls about unlisted targets
	inFlight         int
	inFlightUnlisted int // of inFlight, those about unlisted targets
	pause            backoff
	unlisted         backoff // for calls about unlisted targets
}

func newAccount() *account {
	return &account{limiter: rate.NewLimiter(rate.Inf, 1), quarter: rate.NewLimiter(rate.Inf, 1)}
}

// setRate sets the calls a second; 0 is unlimited.
func (a *account) setRate(perSecond float64) {
	limit := rate.Limit(perSecond)
	if perSecond == 0 {
		limit = rate.Inf
	}
	if a.limiter.Limit() != limit {
		a.limiter.SetLimit(limit)
		a.quarter.SetLimit(limit / 4)
	}
}

func (a *account) isLimited() bool { return a != nil && a.limiter.Limit() != rate.Inf }

// wait returns how long the next call must wait; 0 is not at all. It is not ok
// if a call that tests whether the account answers must end first.
func (a *account) wait(now time.Time, unlisted bool) (delay time.Duration, ok bool) {
	switch {
	case a == nil:
		return 0, true
	case a.isPaused(now, unlisted):
		return max(a.pausedUntil(unlisted).Sub(now), time.Millisecond), true
	case a.inFlight > 0 && (a.pause.length > 0 || unlisted && a.unlisted.length > 0):
		return 0, false
	case unlisted:
		return max(missing(a.limiter, now), missing(a.quarter, now)), true
	}
	return missing(a.limiter, now), true
}

// missing returns how long l has to wait for one call.
func missing(l *rate.Limiter, now time.Time) time.Duration {
	tokens := 1 - l.TokensAt(now)
	if l.Limit() == rate.Inf || tokens <= 0 {
		return 0
	}
	return time.Duration(math.Ceil(tokens / float64(l.Limit()) * float64(time.Second)))
}

func (a *account) isPaused(now time.Time, unlisted bool) bool {
	return a != nil && (a.pause.isOpen(now) || unlisted && a.unlisted.isOpen(now))
}

// pausedUntil returns the end of the pause.
func (a *account) pausedUntil(unlisted bool) time.Time {
	if until := a.unlisted.until(); unlisted && until.After(a.pause.until()) {
		return until
	}
	return a.pause.until()
}

// remembersPause reports whether the account was throttled lately.
func (a *account) remembersPause(now time.Time) bool {
	return clock.Within(2*maxPause, a.pause.began, now) || clock.Within(2*maxPause, a.unlisted.began, now)
}

// backoff is the pause after a throttled call. The zero value has none.
type backoff struct {
	began  time.Time
	length time.Duration // 0 after a call that was not throttled
}

func (b *backoff) isOpen(now time.Time) bool { return clock.Within(b.length, b.began, now) }
func (b *backoff) until() time.Time          { return b.began.Add(b.length) }

// update begins a pause after a throttled call, and resets the back-off after one
// that was not. It ignores calls that were started before the pause ended.
func (b *backoff) update(err error, started, now time.Time) {
	if b.isOpen(started) || started.Before(b.began) {
		return
	}
	if answer, ok := errors.AsType[throttler](err); ok {
		if retryAfter, throttled := answer.Throttled(); throttled {
			b.began, b.length = now, min(max(2*b.length, retryAfter, minPause), maxPause)
			return
		}
	}
	b.length = 0
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
