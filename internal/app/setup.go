package app

import (
	"context"
	"fmt"

	toolkit "github.com/prometheus/exporter-toolkit/web"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/configfile"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/httpcheck"
)

// setup is what the exporter is told: its configuration and its environment.
type setup struct {
	name    string // of the configuration
	store   *configfile.Store
	source  *configfile.Source
	getenv  func(string) string
	visitor *httpcheck.Client
	demo    *demo.Demo // nil unless this is the demo
}

// newSetup loads the configuration that flags name. The caller closes it.
func newSetup(ctx context.Context, flags *flags, getenv func(string) string) (*setup, error) {
	opts := configfile.SourceOptions{Beside: func() []string { return webFiles(*flags.web.WebConfigFile) }}
	if flags.expandEnv {
		opts.Getenv = getenv
	}
	w := &setup{name: flags.configFile, source: configfile.NewSource(flags.configFile, opts), getenv: getenv, visitor: httpcheck.New(httpcheck.Options{})}
	load := w.source.Load
	if flags.command == commandCheck && flags.region != "" {
		w.name, load = "the command line", func() (*config.Config, error) {
			targets, err := namedTargets(flags.domains)
			if err != nil {
				return nil, err
			}
			return fromRegion(flags.region, targets)
		}
	}
	if flags.demo {
		w.demo = demo.Start()
		w.name, w.getenv, w.visitor, load = "demo", demo.Getenv, w.demo.Visitor(), w.demo.Load
	} else if flags.watch {
		if err := w.source.CheckWatchable(); err != nil {
			return nil, fmt.Errorf("--config.watch: %w", err)
		}
	}
	var err error
	if w.store, err = configfile.NewStore(w.source.Bounded(ctx, checked(load, flags))); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *setup) close() {
	if w.demo != nil {
		w.demo.Close()
	}
}

// checked returns load for the exporter that flags describe: of its shard's
// targets, and refused if the web configuration is of no use.
func checked(load func() (*config.Config, error), flags *flags) func() (*config.Config, error) {
	return func() (*config.Config, error) {
		cfg, err := load()
		if err != nil {
			return nil, err
		}
		if err := toolkit.Validate(*flags.web.WebConfigFile); err != nil {
			return nil, fmt.Errorf("web configuration %q: %w", *flags.web.WebConfigFile, err)
		}
		return cfg.Shard(flags.shard), nil
	}
}
