package poller

import (
	"errors"
	"math"
	"time"

	"golang.org/x/time/rate"

	"oss_cname_exporter/ossclient"
)

// The pause after a throttled call doubles from the first to the longest
// while the account goes on being throttled.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// pace is how fast one account may be asked.
type pace struct {
	limiter *rate.Limiter
	until   time.Time     // the account is left alone before
	pause   time.Duration // the last pause; 0 after a call that was not throttled
}

func newPace() *pace { return &pace{limiter: rate.NewLimiter(rate.Inf, 1)} }

// limit sets the calls a second; 0 is unlimited.
func (p *pace) limit(perSecond float64) {
	limit := rate.Limit(perSecond)
	if perSecond == 0 {
		limit = rate.Inf
	}
	if p.limiter.Limit() != limit {
		p.limiter.SetLimit(limit)
	}
}

// wait says how long the next call must wait; 0 is not at all.
func (p *pace) wait(now time.Time) time.Duration {
	if p.paused(now) {
		return p.until.Sub(now)
	}
	if p.limiter.Limit() == rate.Inf {
		return 0
	}
	missing := 1 - p.limiter.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(math.Ceil(missing / float64(p.limiter.Limit()) * float64(time.Second)))
}

func (p *pace) paused(now time.Time) bool { return now.Before(p.until) }

// take uses up the permission that wait gave.
func (p *pace) take(now time.Time) { p.limiter.AllowN(now, 1) }

// feedback backs off after a throttled call. Calls that were under way when
// the pause began say nothing new.
func (p *pace) feedback(err error, started, now time.Time) {
	var failure *ossclient.Error
	if !errors.As(err, &failure) || failure.Reason != ossclient.ReasonThrottled {
		if !p.paused(now) {
			p.pause = 0
		}
		return
	}
	if p.paused(now) || started.Before(p.until.Add(-p.pause)) {
		return
	}
	p.pause = max(failure.RetryAfter, min(max(2*p.pause, firstPause), longestPause))
	p.until = now.Add(p.pause)
}
