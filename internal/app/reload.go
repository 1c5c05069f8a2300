package app

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/configfile"
)

// reloader puts the configuration in force as it is written now.
type reloader struct {
	store  *configfile.Store
	logger log.Logger
	apply  func(*config.Config) // gives a configuration to every component
	warn   func(*config.Config) // logs the files, variables and programs that cannot be used

	mu sync.Mutex // held through one load and its apply, so that the components get configurations in the order of the store
}

// reload loads the configuration and gives it to the components. A configuration
// that is refused changes nothing. Scrapes under way finish on the old one.
func (r *reloader) reload(ctx context.Context) error {
	cfg, err := r.load(ctx)
	if err == nil {
		r.warn(cfg)
	}
	return err
}

// load is reload without the warnings, which may take seconds.
func (r *reloader) load(ctx context.Context) (*config.Config, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.store.Config()
	err := r.store.Reload()
	switch {
	case ctx.Err() != nil:
		return nil, errors.New("the exporter is shutting down")
	case err != nil:
		logFailure(r.logger, "configuration refused, the one before stays in force", err)
		return nil, err
	}
	cfg := r.store.Config()
	r.apply(cfg)
	warnOf(cfg, before, r.logger)
	level.Info(r.logger).Log("msg", "configuration loaded", "targets", len(cfg.Targets))
	return cfg, nil
}

// reloadOnHangup reloads at each SIGHUP until ctx is done.
func reloadOnHangup(ctx context.Context, hangups <-chan os.Signal, reload func() error) {
	for {
		select {
		case <-hangups:
			_ = reload() // it logs its error
		case <-ctx.Done():
			return
		}
	}
}
