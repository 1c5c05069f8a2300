package schedule

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"time"

	"golang.org/x/time/rate"
)

// queue is the state of a Queue.
type queue struct {
	Queue
	account  *account
	calls    []*Call // the oldest first
	inFlight int
	answered time.Time // the last answer; zero if there was none
	silent   int       // calls without an answer since then; the queue hangs from 1 on, and hangs again from 3 on
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

// rank is lower for queues that go first: those of accounts, then look-ups and
// visits, then unlisted targets. In each rank, a queue that hangs goes last until
// its turn.
func (q *queue) rank(now time.Time) int {
	rank := 0
	switch {
	case q.Unlisted:
		rank = 4
	case q.Account == "":
		rank = 2
	}
	if q.silent > 0 && now.Before(q.turn()) {
		rank++
	}
	return rank
}

// turn returns when a queue that hangs is as good as another: the longer it was
// silent, the later.
func (q *queue) turn() time.Time {
	return q.tried.Add(min(time.Duration(q.silent)*retryWait, maxRetryWait))
}

const (
	retryWait    = 5 * time.Second // for each silent call
	maxRetryWait = 20 * time.Second
)

// share is the number of calls in flight that counts against q. The queues of an
// account with a rate limit have one share, so that the oldest of its calls is
// next.
func (q *queue) share() int {
	if !q.Unlisted && q.account.limiter.Limit() != rate.Inf {
		return q.account.inFlight
	}
	return q.inFlight
}

// compare is negative if the next call is q's rather than other's.
func (q *queue) compare(other *queue, now time.Time) int {
	order := cmp.Or(cmp.Compare(q.rank(now), other.rank(now)), cmp.Compare(q.share(), other.share()),
		cmp.Compare(min(q.silent, 1), min(other.silent, 1)))
	switch {
	case order != 0:
		return order
	case q.silent > 0:
		return q.turn().Compare(other.turn())
	}
	return q.calls[0].compare(other.calls[0])
}

// add puts c behind the calls that waited as long.
func (q *queue) add(c *Call) {
	at := sort.Search(len(q.calls), func(i int) bool { return c.compare(q.calls[i]) < 0 })
	q.calls = slices.Insert(q.calls, at, c)
}

// compare is negative if c has waited longer than other.
func (c *Call) compare(other *Call) int {
	switch order := c.Since.Compare(other.Since); {
	case order != 0 || c.First == other.First:
		return order
	case c.First:
		return -1
	}
	return 1
}
