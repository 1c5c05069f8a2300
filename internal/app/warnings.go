package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/accounts"
	"oss_cname_exporter/internal/config"
)

// printCheck prints the outcome of --config.check for an accepted file of that
// name: a line for the whole file, then one for each warning.
func printCheck(w io.Writer, name string, cfg *config.Config, references []accounts.Warning) {
	fmt.Fprintf(w, "%s: %s, no faults", name, counted(len(cfg.Targets), "target"))
	if n := len(cfg.Warnings) + len(references); n > 0 {
		fmt.Fprintf(w, ", %s", counted(n, "warning"))
	}
	fmt.Fprintln(w)
	for _, warning := range cfg.Warnings {
		fmt.Fprintf(w, "%s:%d: warning: %s\n", warning.File, warning.Line, warning.Text)
	}
	for _, warning := range references {
		fmt.Fprintf(w, "%s: warning: %v\n", name, warning)
	}
}

// counted returns a number of things, such as "1 target".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// warnOf logs the warnings about cfg that the configuration before did not have;
// a nil before had none.
func warnOf(cfg, before *config.Config, logger log.Logger) {
	plain := logger
	logger = level.Warn(logger)
	said := map[string]bool{}
	if before != nil {
		for _, w := range before.Warnings {
			said[w.Text] = true
		}
	}
	warnings := slices.DeleteFunc(slices.Clone(cfg.Warnings), func(w config.Fault) bool { return said[w.Text] })
	for i, w := range warnings {
		if i == maxLoggedFaults {
			logger.Log("msg", "configuration", "warning", "more of that, which --config.check lists", "more", len(warnings)-i)
			break
		}
		logger.Log("msg", "configuration", "file", w.File, "line", w.Line, "warning", w.Text)
	}
	warnOfOpenFiles(cfg, plain)
}

// referencesTimeout bounds the check of the files, variables and programs that a
// configuration names.
const referencesTimeout = 10 * time.Second

// references returns a warning for each file, variable or program that an account
// of cfg names and that cannot be used.
func references(ctx context.Context, cfg *config.Config, getenv func(string) string) []accounts.Warning {
	ctx, cancel := context.WithTimeout(ctx, referencesTimeout)
	defer cancel()
	return accounts.Check(ctx, cfg, getenv, time.Now())
}

// warnOfReferences logs them.
func warnOfReferences(ctx context.Context, cfg *config.Config, getenv func(string) string, logger log.Logger) {
	for _, w := range references(ctx, cfg, getenv) {
		if ctx.Err() == nil {
			level.Warn(logger).Log("msg", "configuration", "account", w.Account, "warning", w.Text)
		}
	}
}

// warnOfOpenFiles tells of files with secrets that every user of the machine
// may read. A missing file is reported by the scrape that needs it.
func warnOfOpenFiles(cfg *config.Config, logger log.Logger) {
	for _, a := range cfg.Accounts {
		for _, path := range a.Credentials.SecretFiles() {
			if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o007 != 0 {
				level.Warn(logger).Log("msg", "a file with a secret is open to every user; take away the rights of others (chmod o=)",
					"account", a.Name, "file", path, "mode", info.Mode().Perm())
			}
		}
	}
}
