package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/config"
)

// loadTimeout bounds the loading of a configuration. A file system that hangs
// then costs one reload, and not the exporter.
const loadTimeout = time.Minute

// bounded returns load for somebody who waits no longer than timeout, and not
// after ctx is done. While a load that was given up still runs, others fail at
// once; when it ends after all, forget is called, since nobody has its result.
func bounded(ctx context.Context, load func() (*config.Config, error), forget func(), timeout time.Duration) func() (*config.Config, error) {
	var running atomic.Bool
	return func() (*config.Config, error) {
		if !running.CompareAndSwap(false, true) {
			return nil, errors.New("an earlier attempt to read the configuration still hangs; look at the file system it is on")
		}
		type result struct {
			cfg *config.Config
			err error
		}
		var decided atomic.Bool // whether the result is taken or given up: who is first sets it
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

// reload puts the configuration as it is written now in force, and lets go of
// what only the old one needed. A configuration that is refused changes
// nothing. Scrapes under way finish on the old one.
func reload(ctx context.Context, store *config.Store, logger log.Logger, retain ...func(*config.Config)) error {
	before := store.Config()
	err := store.Reload()
	switch {
	case ctx.Err() != nil:
		return errors.New("the exporter is shutting down")
	case err != nil:
		logFailure(logger, "configuration refused, the one before stays in force", err)
		return err
	}
	for _, keepOnly := range retain {
		keepOnly(store.Config())
	}
	warnOf(store.Config(), before, logger)
	level.Info(logger).Log("msg", "configuration loaded", "targets", len(store.Config().Targets))
	return nil
}

// reloadOnHangup reloads at each SIGHUP until ctx is done.
func reloadOnHangup(ctx context.Context, hangups <-chan os.Signal, reload func() error) {
	for {
		select {
		case <-hangups:
			_ = reload() // it logs what is wrong
		case <-ctx.Done():
			return
		}
	}
}
