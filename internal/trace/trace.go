// Package trace records the steps of a question, for people to read: a
// Trace is a list of Steps that travels with the context of the question, and
// every client that works on the question adds to it.
package trace

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Trace records steps: where a question was sent, how long each phase took,
// which answer came. It holds no secrets. The zero value is ready; it is safe for
// concurrent use.
type Trace struct {
	mu    sync.Mutex // guards steps
	steps []Step
}

// Step is one thing that happened, recorded when it was over.
type Step struct {
	At   time.Time
	Took time.Duration // 0 for a step without a length
	Text string        // one line, which begins with the operation
}

// Add records s.
func (t *Trace) Add(s Step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.steps = append(t.steps, s)
}

// Steps returns the steps until now, in the order of time.
func (t *Trace) Steps() []Step {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.SortedStableFunc(slices.Values(t.steps), func(a, b Step) int { return a.At.Compare(b.At) })
}

type contextKey struct{}

// With returns ctx with t, in which every call made with it is recorded. With a
// nil t that is ctx itself.
func With(ctx context.Context, t *Trace) context.Context {
	if t == nil {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, t)
}

// Of returns the Trace of ctx, nil if it has none.
func Of(ctx context.Context) *Trace {
	t, _ := ctx.Value(contextKey{}).(*Trace)
	return t
}
