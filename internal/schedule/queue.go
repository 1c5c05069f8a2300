package schedule

import (
	"cmp"
	"container/heap"
	"time"
)

// queue is the state of a Queue.
type queue struct {
	Queue
	account  *account // nil if it has none
	calls    heapOfCalls
	inFlight int
	answered time.Time // the last answer; zero if there was none
	hangs    bool      // calls get no answer
	silent   int       // calls without an answer since then
	tried    time.Time // the last start of a call
}

// maxSilent bounds the silent calls that count against a queue.
const maxSilent = 4

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

// share is the number of calls that count against q: those in flight and those
// without an answer. The queues of an account with a rate limit share their calls
// in flight, so that the oldest of its calls is next.
func (q *queue) share() int {
	share := min(q.silent, maxSilent)
	if q.account.isLimited() && !q.Unlisted {
		return share + q.account.inFlight - q.account.inFlightUnlisted
	}
	return share + q.inFlight
}

// before reports whether the next call is q's rather than other's.
func (q *queue) before(other *queue) bool {
	order := cmp.Or(cmp.Compare(q.priority(), other.priority()), cmp.Compare(q.share(), other.share()))
	switch {
	case order != 0:
		return order < 0
	case q.hangs != other.hangs:
		return other.hangs
	case q.hangs:
		return q.tried.Before(other.tried)
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

func (q *queue) add(c *Call)    { heap.Push(&q.calls, c) }
func (q *queue) next() *Call    { return heap.Pop(&q.calls).(*Call) }
func (q *queue) remove(c *Call) { heap.Remove(&q.calls, c.index) }

// before reports whether c has waited longer than other.
func (c *Call) before(other *Call) bool {
	if c.Since.Equal(other.Since) {
		return c.First && !other.First
	}
	return c.Since.Before(other.Since)
}

// heapOfCalls has the oldest call first.
type heapOfCalls []*Call

func (h heapOfCalls) Len() int { return len(h) }

// Less implements heap.Interface.
func (h heapOfCalls) Less(i, j int) bool { return h[i].before(h[j]) }

// Swap implements heap.Interface.
func (h heapOfCalls) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *heapOfCalls) Push(x any) {
	c := x.(*Call)
	c.index = len(*h)
	*h = append(*h, c)
}

// Pop implements heap.Interface.
func (h *heapOfCalls) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	(*h)[last] = nil
	*h, c.index = (*h)[:last], -1
	return c
}
