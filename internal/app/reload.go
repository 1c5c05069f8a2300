package app

import (
	"context"
	"errors"
	"os"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/configfile"
)

// reload puts the configuration as it is written now in force, and lets go of
// what only the old one needed. A configuration that is refused changes
// nothing. Scrapes under way finish on the old one.
func reload(ctx context.Context, store *configfile.Store, logger log.Logger, retain ...func(*config.Config)) error {
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
