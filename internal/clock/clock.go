// Package clock decides whether an instant is recent. The wall clock jumps and
// the monotonic clock stands still while the machine is suspended, so both
// readings of a time.Time must agree before anything old is used again.
package clock

import "time"

// Within reports whether less than d lies between since and now, by the wall
// clock in either direction and by the monotonic clock. It is false for a d of 0.
func Within(d time.Duration, since, now time.Time) bool {
	wall := now.Round(0).Sub(since.Round(0))
	return now.Sub(since) < d && wall.Abs() < d
}
