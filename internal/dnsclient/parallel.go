package dnsclient

import (
	"context"
	"sync"
	"time"
)

// parallel calls do with 0 to n-1 at the same time and returns their
// results. Once one has succeeded the others have grace, then their context ends.
// A panic of one is the caller's, once all have ended.
func parallel[T any](ctx context.Context, n int, grace time.Duration, do func(ctx context.Context, i int) (T, error)) ([]T, []error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	values, errs, panics := make([]T, n), make([]error, n), make([]any, n)
	var running sync.WaitGroup
	var first sync.Once
	for i := range n {
		running.Go(func() {
			defer func() { panics[i] = recover() }()
			if values[i], errs[i] = do(ctx, i); errs[i] == nil {
				first.Do(func() { time.AfterFunc(grace, cancel) })
			}
		})
	}
	running.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
	return values, errs
}
