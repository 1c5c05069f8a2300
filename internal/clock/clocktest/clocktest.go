// Package clocktest is a clock for tests whose wall clock can be set while its
// monotonic clock goes on.
package clocktest

import (
	"sync"
	"time"
	"unsafe"
)

// Clock goes as time.Now does, in a synctest bubble too, where time.Now has no
// monotonic reading.
type Clock struct {
	base time.Time // with a monotonic reading

	mu    sync.Mutex // guards all below
	began time.Time  // of the first reading, by time.Now; it was base
	jump  time.Duration
}

// New returns a Clock. It must be called outside a bubble.
func New() *Clock { return &Clock{base: time.Now()} }

// Jump moves the wall clock by d: it is set, or the machine is suspended for d.
func (c *Clock) Jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jump += d
}

// Now returns the time by both clocks.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.began.IsZero() {
		c.began = now
	}
	return Moved(c.base.Add(now.Sub(c.began)), c.jump)
}

// Moved returns t with its wall clock moved by d and its monotonic reading as it
// was.
func Moved(t time.Time, d time.Duration) time.Time {
	moved := t.Add(d)
	const monotonic = 1 << 63 // of the first word: t has a monotonic reading
	words := (*[2]uint64)(unsafe.Pointer(&moved))
	if words[0]&monotonic == 0 {
		panic("clocktest: a time without a monotonic reading")
	}
	words[1] -= uint64(d)
	return moved
}
