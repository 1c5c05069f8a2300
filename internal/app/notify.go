package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"oss_cname_exporter/internal/config"
)

// notify tells the service manager a state of the process. It does nothing where
// no service manager asked for it (NOTIFY_SOCKET).
func notify(states ...string) {
	_, _ = daemon.SdNotify(false, strings.Join(states, "\n")) // a service manager that does not listen is its own problem
}

// statusLine is the line that systemctl status shows.
func statusLine(text string) string {
	return "STATUS=" + strings.Join(strings.Fields(text), " ")
}

// notifyReady says that cfg is in force.
func notifyReady(cfg *config.Config) {
	notify(daemon.SdNotifyReady, statusLine(fmt.Sprintf("watching %d domains of %d accounts", len(cfg.Targets), len(cfg.Accounts))))
}

// notifyFailure names the first fault of err.
func notifyFailure(prefix string, err error) {
	if faults, ok := errors.AsType[config.Faults](err); ok && len(faults) > 0 {
		err = faults[:1]
	}
	notify(statusLine(prefix + err.Error()))
}

// withNotify returns reload with the states that the service manager is told
// before and after it.
func withNotify(reload func() error, current func() *config.Config) func() error {
	return func() error {
		notify(daemon.SdNotifyReloading, strings.TrimSpace(daemon.SdNotifyMonotonicUsec()))
		err := reload()
		notifyReady(current())
		if err != nil {
			notifyFailure("the configuration before stays in force: ", err)
		}
		return err
	}
}

// notifyWhile tells the service manager that the process works, as often as it
// wants to be told, until ctx is done, and then that it stops. alive takes the
// lock that a scrape takes: where that is never released, the service manager is
// told nothing more.
func notifyWhile(ctx context.Context, alive func()) {
	defer notify(daemon.SdNotifyStopping, statusLine("finishing the requests under way"))
	var ticks <-chan time.Time // none without a watchdog
	if limit, err := daemon.SdWatchdogEnabled(false); err == nil && limit > 0 {
		ticker := time.NewTicker(limit / 3)
		defer ticker.Stop()
		ticks = ticker.C
	}
	for {
		select {
		case <-ticks:
			alive()
			notify(daemon.SdNotifyWatchdog)
		case <-ctx.Done():
			return
		}
	}
}
