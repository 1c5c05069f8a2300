package schedule

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// queue is the state of a Queue.
type queue struct {
	Queue
	account  *account // nil if it has none
	calls    []*Call  // the oldest first
	inFlight int
	answered time.Time // the last answer; zero if there was none
	silent   int       // calls without an answer since then; more than 0: the queue hangs
	tried    time.Time // the last start of a call
}

func (q *queue) hangs() bool { return q.silent > 0 }

// staysSilent reports whether the queue was tried again and hung again.
func (q *queue) staysSilent() bool { return q.silent > 2 }

// priority is lower for calls that go first.
func (q *queue) priority() int {
	switch {
	case q.Unlisted:
		return 2
	case q.account == nil:
		return 1
	}
	return 0
}

// share is the number of calls in flight that counts against q. The queues of an
// account with a rate limit have one share, so that the oldest of its calls is
// next. Until its turn, a queue that hangs has its silent calls as well.
func (q *queue) share(now time.Time) int {
	share := q.inFlight
	if q.account.isLimited() && !q.Unlisted {
		share = q.account.inFlight - q.account.inFlightUnlisted
	}
	if q.hangs() && now.Before(q.turn()) {
		share += min(q.silent, maxSilent)
	}
	return share
}

const (
	maxSilent = 4               // calls that count against a queue
	retryWait = 5 * time.Second // for each of them
)

// turn returns when a queue that hangs is as good as another: the longer it was
// silent, the later.
func (q *queue) turn() time.Time {
	return q.tried.Add(time.Duration(min(q.silent, maxSilent)) * retryWait)
}

// first returns the one of two queues whose call is next. Either may be nil.
func first(a, b *queue, now time.Time) *queue {
	if a == nil || b != nil && b.before(a, now) {
		return b
	}
	return a
}

// before reports whether the next call is q's rather than other's.
func (q *queue) before(other *queue, now time.Time) bool {
	priority, share := cmp.Compare(q.priority(), other.priority()), cmp.Compare(q.share(now), other.share(now))
	switch {
	case priority != 0:
		return priority < 0
	case q.hangs() && other.hangs():
		return q.turn().Before(other.turn())
	case share != 0:
		return share < 0
	case q.hangs() || other.hangs():
		return other.hangs()
	}
	return q.calls[0].before(other.calls[0])
}

// count adds n to the calls in flight.
func (q *queue) count(n int) {
	q.inFlight += n
	if q.account == nil {
		return
	}
	q.account.inFlight += n
	if q.Unlisted {
		q.account.inFlightUnlisted += n
	}
}

// add puts c behind the calls that waited as long.
func (q *queue) add(c *Call) {
	at := sort.Search(len(q.calls), func(i int) bool { return c.before(q.calls[i]) })
	q.calls = slices.Insert(q.calls, at, c)
}

// before reports whether c has waited longer than other.
func (c *Call) before(other *Call) bool {
	if c.Since.Equal(other.Since) {
		return c.First && !other.First
	}
	return c.Since.Before(other.Since)
}
