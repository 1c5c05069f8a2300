// Package clock decides whether an instant is recent. The wall clock jumps and
// the monotonic clock stands still while the machine is suspended, so both
// readings of a time.Time must agree before anything old is used again.
package clock

import "time"

// Past returns then, or where the wall clock has it in the future the instant that
// lies as far back by the monotonic clock: the wall clock was set back since.
func Past(then, now time.Time) time.Time {
	if then.Round(0).After(now.Round(0)) {
		return now.Add(-now.Sub(then))
	}
	return then
}

// Within reports whether less than d lies between since and now, by the wall
// clock in either direction and by the monotonic clock. It is false for a d of 0.
func Within(d time.Duration, since, now time.Time) bool {
	wall := now.Round(0).Sub(since.Round(0))
	return now.Sub(since) < d && wall.Abs() < d
}
