package schedule

import (
	"container/heap"
	"time"
)

// lane is the state of a Lane.
type lane struct {
	Lane
	account  *account // nil if it has none
	backoff  *backoff // of the account, for listed or unlisted calls; nil if it has none
	queue    queue
	inFlight int
	served   uint64        // the number of the last call that was made
	spent    time.Duration // how long its calls had slots, all together; see Scheduler.resume
	lately   time.Duration // how long the last call had its slot
	answered time.Time     // the last answer; zero if there was none
	hangs    bool          // calls go without an answer
}

func newLane(key Lane, a *account) *lane {
	l := &lane{Lane: key, account: a}
	switch {
	case a == nil:
	case key.Unlisted:
		l.backoff = &a.unlisted
	default:
		l.backoff = &a.listed
	}
	return l
}

// wait returns how long the next call must wait for the account. It is not ok if
// it must wait for the end of another call.
func (l *lane) wait(now time.Time) (delay time.Duration, ok bool) {
	if l.account == nil {
		return 0, true
	}
	return l.account.wait(now, l.Unlisted)
}

// hopeless reports whether the account is left alone beyond the deadline of c.
func (l *lane) hopeless(c *Call, now time.Time) bool {
	if l.account == nil || c.Deadline.IsZero() {
		return false
	}
	until := l.account.until(l.Unlisted)
	return until.After(now) && until.After(c.Deadline)
}

// before reports whether it is l's turn rather than other's.
func (l *lane) before(other *lane) bool {
	switch {
	case (l.account == nil) != (other.account == nil):
		return other.account == nil
	case l.cost() != other.cost():
		return l.cost() < other.cost()
	case l.inFlight != other.inFlight:
		return l.inFlight < other.inFlight
	}
	return l.served < other.served
}

// cost is how long the lane has had slots, with what its calls in flight will
// probably take.
func (l *lane) cost() time.Duration { return l.spent + time.Duration(l.inFlight)*l.lately }

func (l *lane) idle() bool { return len(l.queue) == 0 && l.inFlight == 0 }

// queue is a heap of calls that wait: the longest not made is first.
type queue []*Call

func (q *queue) add(c *Call)       { heap.Push(q, c) }
func (q *queue) next() *Call       { return heap.Pop(q).(*Call) }
func (q *queue) remove(c *Call)    { heap.Remove(q, c.index) }
func (q queue) holds(c *Call) bool { return c.index < len(q) && q[c.index] == c }
func (q queue) Len() int           { return len(q) }

// Less implements heap.Interface.
func (q queue) Less(i, j int) bool {
	if q[i].Since.Equal(q[j].Since) {
		return q[i].First && !q[j].First
	}
	return q[i].Since.Before(q[j].Since)
}

// Swap implements heap.Interface.
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	c := x.(*Call)
	c.index = len(*q)
	*q = append(*q, c)
}

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	c := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return c
}
