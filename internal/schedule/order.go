package schedule

import (
	"cmp"
	"time"

	"golang.org/x/time/rate"
)

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
