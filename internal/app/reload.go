package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/config"
)

// reload puts the configuration as it is written now in force, and lets go of
// what only the old one needed. A configuration that is refused changes
// nothing. Scrapes under way finish on the old one.
func reload(store *config.Store, logger log.Logger, retain ...func(*config.Config)) error {
	if err := store.Reload(); err != nil {
		level.Error(logger).Log("msg", "configuration refused, the one before stays in force", "err", err)
		return err
	}
	for _, keepOnly := range retain {
		keepOnly(store.Config())
	}
	warnOfOpenFiles(store.Config(), logger)
	level.Info(logger).Log("msg", "configuration loaded", "targets", len(store.Config().Targets))
	return nil
}

// reloadOnHangup reloads at each SIGHUP until ctx is done.
func reloadOnHangup(ctx context.Context, reload func() error) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-hangups:
			_ = reload() // it logs what is wrong
		case <-ctx.Done():
			return
		}
	}
}
