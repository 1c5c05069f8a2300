// Package app puts the program together: it reads the command line, builds each
// part once, serves until it is told to stop, and then waits for every part to
// end. Its nouns: flags, part, reload, watcher.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/sync/errgroup"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/demo"
)

// Main runs the program and returns its exit status. SIGINT and SIGTERM end it
// after the requests under way; a second signal ends it at once.
func Main(args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	stampVersion()
	if err := Run(ctx, args, getenv, stdout, stderr); err != nil {
		PrintError(stderr, err)
		return 1
	}
	return 0
}

// PrintError prints a refused configuration as it is, one fault a line, and any
// other error after the program's name.
func PrintError(w io.Writer, err error) {
	if faults, ok := errors.AsType[config.Faults](err); ok {
		fmt.Fprintln(w, faults)
		return
	}
	fmt.Fprintln(w, "oss_cname_exporter:", err)
}

// Run is the whole program. It returns when ctx is done and the requests under
// way are answered, or when it cannot start.
func Run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	signals := listenForSignals()
	defer signals.stop()
	flags, err := parseFlags(args, stdout)
	if err != nil || flags == nil {
		return err
	}
	logger := newLogger(stderr, flags.logLevel, flags.logFormat)
	stdlog.SetOutput(log.NewStdlibAdapter(level.Warn(logger))) // where net/http's client complains

	// Every goroutine belongs to this group. The first that fails ends the others.
	group, ctx := errgroup.WithContext(ctx)
	opts := config.SourceOptions{Beside: func() []string { return webFiles(*flags.web.WebConfigFile) }}
	if flags.expandEnv {
		opts.Getenv = getenv
	}
	source := config.NewSource(flags.configFile, opts)
	load, name := source.Load, flags.configFile
	listening := func(net.Addr) {}
	if flags.demo {
		demonstration := demo.Start()
		defer demonstration.Close()
		load, name, getenv = demonstration.Load, "demo", demo.Getenv
		listening = onFirst(func(at net.Addr) {
			group.Go(func() error { demonstration.Run(ctx, stdout, at, flags.prefix); return nil })
		})
	} else if flags.watch {
		if err := checkWatchable(flags.configFile); err != nil {
			return err
		}
	}

	store, err := config.NewStore(bounded(ctx, checked(load, flags), source.Forget, loadTimeout))
	switch {
	case ctx.Err() != nil: // told to end before it began
		return nil
	case err != nil:
		return err
	case flags.check:
		printCheck(stdout, name, store.Config(), references(ctx, store.Config(), getenv))
		return nil
	}
	warnOf(store.Config(), logger)

	registry := collector.NewRegistry
	if flags.noProcessSeries {
		registry = collector.NewRegistryWithoutProcess
	}
	p := newParts(ctx, store, getenv, logger, registry)
	defer p.close()
	group.Go(func() error { p.background(ctx); return nil })
	group.Go(func() error { warnOfReferences(ctx, store.Config(), getenv, logger); return nil })
	group.Go(func() error { reloadOnHangup(ctx, signals.hangups, p.exporter.Reload); return nil })
	if flags.watch && !flags.demo {
		group.Go(func() error { watch(ctx, source, p.exporter.Reload); return nil })
	}
	group.Go(func() error { return serve(ctx, p.exporter, flags, listening, logger) })
	return group.Wait()
}

// onFirst returns do for the first call, and nothing for those after.
func onFirst(do func(net.Addr)) func(net.Addr) {
	var once sync.Once
	return func(at net.Addr) { once.Do(func() { do(at) }) }
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
