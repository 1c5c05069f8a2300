package schedule

import "context"

// Do makes one call and returns the result of do, or the error of ctx if that
// ends first. Make and Done of c are set by Do.
func Do[T any](ctx context.Context, s *Scheduler, c Call, do func(context.Context) (T, error)) (T, error) {
	var value T // written by Make before Done
	done := make(chan error, 1)
	c.Make = func(ctx context.Context) (err error) {
		value, err = do(ctx)
		return err
	}
	c.Done = func(err error) { done <- err }
	deadline, _ := ctx.Deadline()
	s.Start(deadline, &c)
	select {
	case err := <-done:
		return value, err
	case <-ctx.Done():
		s.Drop(&c)
		var none T
		return none, ctx.Err()
	}
}
