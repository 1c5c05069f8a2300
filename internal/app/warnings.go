package app

import (
	"os"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/config"
)

// warnOf logs what is accepted in cfg and hardly meant.
func warnOf(cfg *config.Config, logger log.Logger) {
	for _, w := range cfg.Warnings {
		level.Warn(logger).Log("msg", "configuration", "file", w.File, "line", w.Line, "warning", w.Text)
	}
	warnOfOpenFiles(cfg, logger)
}

// warnOfOpenFiles tells of files with secrets that every user of the machine
// may read. One that is missing is the matter of the scrape that needs it.
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
