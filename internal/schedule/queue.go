package schedule

import (
	"errors"
	"math"
	"slices"
	"sort"
	"time"

	"golang.org/x/time/rate"

	"oss_cname_exporter/internal/clock"
)

// queue is the state of a Queue.
type queue struct {
	Queue
	account  *account
	calls    []*Call // the oldest first
	inFlight int
	answered time.Time // the last answer; zero if there was none
	silent   int       // how often it gave no answer since then; it hangs from 1 on, and hangs again from 3 on
	tried    time.Time // the last start of a call
}

// wait returns how long the next call must wait for its account; 0 is not at all. It
// is not ok if another call must end first: unlisted and hanging say whether such
// queues may have another slot, a queue that hangs has one call in flight, and one
// call tests whether an account that was paused answers.
func (q *queue) wait(now time.Time, unlisted, hanging bool) (delay time.Duration, ok bool) {
	switch {
	case len(q.calls) == 0, q.Unlisted && !unlisted, !q.Unlisted && q.silent > 2 && !hanging, q.silent > 0 && q.inFlight > 0:
		return 0, false
	}
	if until := q.account.pausedUntil(now); !until.IsZero() {
		return max(until.Sub(now), time.Millisecond), true
	}
	for a := q.account; a != nil; a = a.whole {
		if a.pause > 0 && (a.inFlight > 0 || q.account.inFlight > 0) {
			return 0, false
		}
		if missing := 1 - a.limiter.TokensAt(now); missing > 0 && a.limiter.Limit() != rate.Inf {
			delay = max(delay, time.Duration(math.Ceil(missing/float64(a.limiter.Limit())*float64(time.Second))))
		}
	}
	return delay, true
}

// giveUp ends the calls that do not wait until then.
func (q *queue) giveUp(until time.Time) {
	var ended []*Call
	q.calls = slices.DeleteFunc(q.calls, func(c *Call) bool {
		ends := !c.deadline.IsZero() && c.deadline.Before(until)
		if ends {
			ended = append(ended, c)
		}
		return ends
	})
	go func() {
		for _, c := range ended {
			c.Done(ErrThrottled)
		}
	}()
}

// add puts c behind the calls that waited as long.
func (q *queue) add(c *Call) {
	at := sort.Search(len(q.calls), func(i int) bool { return c.compare(q.calls[i]) < 0 })
	q.calls = slices.Insert(q.calls, at, c)
}

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
