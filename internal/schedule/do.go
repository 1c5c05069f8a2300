package schedule

import "context"

// Do makes one call and returns what ask returned. It returns the error of ctx
// if that ends first; then the call is dropped. The call's Make and Done are
// Do's own.
func Do[T any](ctx context.Context, s *Scheduler, c Call, ask func(context.Context) (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	var value T // written by Make before Done, which sends it
	ended := make(chan outcome, 1)
	c.Make = func(ctx context.Context) (err error) {
		value, err = ask(ctx)
		return err
	}
	c.Done = func(err error) { ended <- outcome{value, err} }
	if deadline, ok := ctx.Deadline(); ok {
		c.Deadline = deadline
	}
	s.Start(&c)
	select {
	case o := <-ended:
		return o.value, o.err
	case <-ctx.Done():
		s.Drop(&c)
		var none T
		return none, ctx.Err()
	}
}
