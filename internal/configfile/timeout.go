package configfile

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"oss_cname_exporter/internal/config"
)

// loadTimeout bounds the loading of a configuration. A file system that hangs
// then costs one reload, and not the exporter.
const loadTimeout = time.Minute

// WithTimeout returns load with a timeout of a minute, which also ends with ctx. While
// a load that was given up still runs, others fail at once; when it ends after
// all, s forgets it, since its result was not used.
func (s *Source) WithTimeout(ctx context.Context, load func() (*config.Config, error)) func() (*config.Config, error) {
	return withTimeout(ctx, load, s.Forget, loadTimeout)
}

// withTimeout is WithTimeout with its parts as parameters.
func withTimeout(ctx context.Context, load func() (*config.Config, error), forget func(), timeout time.Duration) func() (*config.Config, error) {
	var running atomic.Bool
	return func() (*config.Config, error) {
		if !running.CompareAndSwap(false, true) {
			return nil, errors.New("an earlier attempt to read the configuration still hangs; look at the file system it is on")
		}
		type result struct {
			cfg *config.Config
			err error
		}
		var decided atomic.Bool // whether the result is taken or given up: the first to do so sets it
		done := make(chan result, 1)
		go func() {
			cfg, err := load()
			if !decided.CompareAndSwap(false, true) {
				forget()
			}
			running.Store(false)
			done <- result{cfg, err}
		}()
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		var gaveUp error
		select {
		case r := <-done:
			return r.cfg, r.err
		case <-timer.C:
			gaveUp = fmt.Errorf("reading the configuration: not done after %v; look at the file system it is on", timeout)
		case <-ctx.Done():
			gaveUp = ctx.Err()
		}
		if !decided.CompareAndSwap(false, true) { // done at the last moment
			r := <-done
			return r.cfg, r.err
		}
		return nil, gaveUp
	}
}
