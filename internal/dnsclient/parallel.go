package dnsclient

import "sync"

// parallel calls do with 0 to n-1 at the same time and returns what they
// return. A panic of one is the caller's, once all have ended.
func parallel[T any](n int, do func(i int) (T, error)) ([]T, []error) {
	values, errs, panics := make([]T, n), make([]error, n), make([]any, n)
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() {
			defer func() { panics[i] = recover() }()
			values[i], errs[i] = do(i)
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
