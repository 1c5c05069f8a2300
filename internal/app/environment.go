package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	toolkit "github.com/prometheus/exporter-toolkit/web"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/configfile"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/httpcheck"
)

// environment is the input of the program: its configuration, its environment
// variables, and in the demo the simulated services.
type environment struct {
	name    string // of the configuration
	store   *configfile.Store
	source  *configfile.Source
	getenv  func(string) string
	visitor *httpcheck.Client
	demo    *demo.Demo // nil unless this is the demo
}

// newEnvironment loads the configuration that flags name. The caller closes it.
func newEnvironment(ctx context.Context, flags *flags, getenv func(string) string) (*environment, error) {
	opts := configfile.SourceOptions{Beside: func() []string { return webFiles(*flags.web.WebConfigFile) }}
	if flags.expandEnv {
		opts.Getenv = getenv
	}
	env := &environment{name: flags.configFile, source: configfile.NewSource(flags.configFile, opts), getenv: getenv, visitor: httpcheck.New(httpcheck.Options{})}
	load := env.source.Load
	if flags.command == commandCheck && flags.isWithoutFile() {
		env.name, load = "the command line", func() (*config.Config, error) {
			targets, err := namedTargets(flags.ask.domains)
			if err != nil {
				return nil, err
			}
			return fromRegion(flags.region, flags.profile, targets)
		}
	}
	if flags.demo {
		env.demo = demo.Start()
		env.name, env.getenv, env.visitor, load = "demo", demo.Getenv, env.demo.Visitor(), env.demo.Load
	} else if flags.watch {
		if err := env.source.CheckWatchable(); err != nil {
			return nil, fmt.Errorf("--config.watch: %w", err)
		}
	}
	var err error
	if env.store, err = configfile.NewStore(env.source.WithTimeout(ctx, validated(load, flags))); err != nil {
		env.close()
		if flags.configFile == defaultConfig && !flags.demo && errors.Is(err, fs.ErrNotExist) {
			err = errNoFile
			if flags.command == commandCheck {
				err = fmt.Errorf("%w; to ask without a file, write check --region=cn-hangzhou examplebucket/www.example.com", errNoFile)
			}
		}
		return nil, err
	}
	return env, nil
}

func (env *environment) close() {
	if env.demo != nil {
		env.demo.Close()
	}
}

// validated returns load with two steps after it: it refuses a web configuration
// that is not valid, and keeps the targets of the shard that flags name.
func validated(load func() (*config.Config, error), flags *flags) func() (*config.Config, error) {
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

// errNoFile is about a start without a configuration and without a word of which
// is meant.
var errNoFile = errors.New("there is no config.yaml here, and no flag names another; " +
	"look around first with --demo, write one with \"oss_cname_exporter init --region=cn-hangzhou > config.yaml\", begin with a copy of config.example.yaml, or name yours with --config.file")
