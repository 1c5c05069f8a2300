package judge

import (
	"slices"
	"time"
)

// keepEnded is how long the end of a problem is told: as long as a server that
// was away may take to ask again.
const keepEnded = time.Hour

// Episode is a problem from its beginning to its end. K identifies the problem.
type Episode[K any] struct {
	Of    K
	Began time.Time // when it was first seen
	Ended time.Time // when it was first seen to be over; zero while it goes on
}

// IsOver reports whether the problem ended.
func (e Episode[K]) IsOver() bool { return !e.Ended.IsZero() }

// follow returns episodes as they are at now, when the problems in is are there.
// An episode that ended long ago is dropped. One that goes on under another
// severity keeps its beginning: isSame reports that. The slice is never changed
// in place.
func follow[K comparable](episodes []Episode[K], is []K, now time.Time, isSame func(a, b K) bool) []Episode[K] {
	if len(episodes) == 0 && len(is) == 0 {
		return nil
	}
	next := make([]Episode[K], 0, len(is)+1)
	for _, key := range is {
		began := now
		for _, e := range episodes {
			if !e.IsOver() && isSame(e.Of, key) {
				began = e.Began
			}
		}
		next = append(next, Episode[K]{Of: key, Began: began})
	}
	for _, e := range episodes {
		switch {
		case slices.Contains(is, e.Of):
			continue
		case !e.IsOver():
			e.Ended = now
		case now.Sub(e.Ended) >= keepEnded:
			continue
		}
		next = append(next, e)
	}
	return next
}
