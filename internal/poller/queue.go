package poller

import (
	"container/heap"
	"time"

	"oss_cname_exporter/internal/config"
)

// queue decides which question goes out next. It is not safe for concurrent
// use; the Poller's mutex guards it.
type queue struct {
	concurrency int // most calls in flight
	inFlight    int
	lanes       map[laneKey]*lane
	paces       map[string]*pace // by account name
	timer       *time.Timer      // wakes the Poller when the soonest paced lane is due
}

// laneKey tells apart what can be slow or down on its own: one account at one
// endpoint, or a list of resolvers.
type laneKey struct{ account, region, endpoint, resolvers string }

func laneOf(t *config.Target) laneKey {
	return laneKey{account: t.Account.Name, region: t.Account.Region, endpoint: t.Account.Endpoint}
}

// lane holds the waiting questions to one of these, the longest-unasked first.
type lane struct {
	toDNS    bool // asked with the slots that OSS leaves
	pace     *pace
	waiting  waiting
	inFlight int
}

// newQueue returns an empty queue. It calls wake when there is something to
// take again that had to wait for its account, on a goroutine without the lock.
func newQueue(wake func()) queue {
	timer := time.AfterFunc(time.Hour, wake)
	timer.Stop()
	return queue{lanes: map[laneKey]*lane{}, paces: map[string]*pace{}, timer: timer}
}

// add queues a question about t.
func (q *queue) add(k *kind, t *config.Target, to laneKey, e *entry, timeout time.Duration) *question {
	question := &question{kind: k, target: t, timeout: timeout, entry: e, lane: q.lane(to), done: make(chan struct{})}
	if !question.lane.toDNS {
		question.lane.pace.limit(t.Account.RateLimit)
	}
	heap.Push(&question.lane.waiting, question)
	return question
}

func (q *queue) lane(k laneKey) *lane {
	if q.lanes[k] == nil {
		q.lanes[k] = &lane{toDNS: k.resolvers != "", pace: q.pace(k.account)}
	}
	return q.lanes[k]
}

func (q *queue) pace(account string) *pace {
	if q.paces[account] == nil {
		q.paces[account] = newPace()
	}
	return q.paces[account]
}

// take returns the question that goes out next, or nil if none may now, and
// then sets the timer for those that wait for their account only.
func (q *queue) take(now time.Time) *question {
	if q.inFlight >= q.concurrency {
		return nil
	}
	q.timer.Stop()
	l, delay := q.next(now)
	if l == nil {
		if delay > 0 {
			q.timer.Reset(delay)
		}
		return nil
	}
	l.pace.take(now)
	l.inFlight++
	q.inFlight++
	return heap.Pop(&l.waiting).(*question)
}

// next returns the lane whose turn it is: of those that may ask now, one to OSS
// before one to the DNS, then the one with the fewest calls in flight for what
// it has to ask, so that a lane that hangs cannot take the others' slots. If
// all must wait for their account, delay says how long; 0 is until something
// lands.
func (q *queue) next(now time.Time) (best *lane, delay time.Duration) {
	for _, l := range q.lanes {
		if len(l.waiting) == 0 || l.inFlight >= q.most() {
			continue
		}
		if wait := l.pace.wait(now); wait > 0 {
			if delay == 0 || wait < delay {
				delay = wait
			}
			continue
		}
		if best == nil || l.before(best) {
			best = l
		}
	}
	return best, delay
}

// most is how many calls one lane may have in flight: all but one for each
// other lane, so that a slot is always left for a lane that was idle.
func (q *queue) most() int {
	return max(1, q.concurrency/2, q.concurrency-(len(q.lanes)-1))
}

func (l *lane) before(other *lane) bool {
	if l.toDNS != other.toDNS {
		return other.toDNS
	}
	return l.load() < other.load()
}

func (l *lane) load() float64 {
	return float64(l.inFlight) / float64(l.inFlight+len(l.waiting))
}

// landed frees the slot of a question and takes its outcome into account.
func (q *queue) landed(question *question, err error, now time.Time) {
	question.lane.inFlight--
	q.inFlight--
	question.lane.pace.feedback(err, question.started, now)
}

// drop takes back a question that nobody waits for. One in flight is
// cancelled and keeps its slot until its call returns.
func (q *queue) drop(question *question) {
	if question.cancel != nil {
		question.cancel()
		return
	}
	heap.Remove(&question.lane.waiting, question.place)
}

// forgetIdle drops the lanes that nothing waits or flies in.
func (q *queue) forgetIdle() {
	for k, l := range q.lanes {
		if len(l.waiting) == 0 && l.inFlight == 0 {
			delete(q.lanes, k)
		}
	}
}

// waiting is a heap.Interface: the longest-unasked question first.
type waiting []*question

func (w waiting) Len() int { return len(w) }

func (w waiting) Less(i, j int) bool {
	a, b := w[i].entry, w[j].entry
	if a.asked.Equal(b.asked) {
		return a.cut && !b.cut
	}
	return a.asked.Before(b.asked)
}

func (w waiting) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].place, w[j].place = i, j
}

func (w *waiting) Push(x any) {
	question := x.(*question)
	question.place = len(*w)
	*w = append(*w, question)
}

func (w *waiting) Pop() any {
	last := len(*w) - 1
	question := (*w)[last]
	(*w)[last] = nil
	*w = (*w)[:last]
	return question
}
