// Package app puts the program together: it reads the command line, builds each
// component once, serves until it is told to stop, and then waits for every
// component to end.
//
// flags are the command line. The environment is the configuration and the
// variables of the process. The components are the values that serve requests. A
// reloader puts a new configuration in force in all of them.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"math"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/common/version"
	"golang.org/x/sync/errgroup"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
)

// Main runs the program and returns its exit status. SIGINT and SIGTERM end it
// after the requests under way; a second signal ends it at once.
func Main(args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	stampVersion()
	_, _ = memlimit.Set() // nine tenths of the container's, unless GOMEMLIMIT says otherwise; without one there is none
	err := Run(ctx, args, getenv, stdout, stderr)
	if exit, ok := errors.AsType[exitError](err); ok {
		return exit.status
	}
	if err != nil {
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

// printed returns err, which it has printed if there is one.
func printed(w io.Writer, err error) error {
	if err != nil {
		PrintError(w, err)
	}
	return err
}

// Run is the whole program. It returns when ctx is done and the requests under
// way are answered, or when it cannot start. It has logged the error that it
// returns.
func Run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	signals := listenForSignals()
	defer signals.stop()
	out := newNonBlockingWriter(stderr)
	defer out.Close()
	flags, err := parseFlags(args, brokenPipeWriter{stdout})
	if exit, ok := errors.AsType[exitError](err); ok {
		PrintError(out, exit)
		return err
	}
	switch {
	case err != nil:
		logFailure(newLogger(out, "", logFormat(args, getenv)), "the command line is refused", err)
		return err
	case flags == nil:
		return nil
	case flags.command == commandCheck && !flags.check:
		return runCheck(ctx, flags, getenv, stdout, stderr)
	case flags.command == commandInit:
		return printed(out, runInit(ctx, flags, getenv, brokenPipeWriter{stdout}, out))
	case flags.command == commandHealth:
		return printed(out, checkHealth(ctx, flags))
	case flags.check:
		return printed(out, checkConfig(ctx, flags, getenv, stdout))
	}
	logger := newLogger(out, flags.logLevel, flags.logFormat)
	if err := run(ctx, flags, signals.hangups, getenv, stdout, logger); err != nil {
		logFailure(logger, "the exporter failed", err)
		notifyFailure("", err)
		return err
	}
	return nil
}

// checkConfig loads the configuration, and prints a summary of it to stdout.
func checkConfig(ctx context.Context, flags *flags, getenv func(string) string, stdout io.Writer) error {
	env, err := newEnvironment(ctx, flags, getenv)
	if err != nil {
		return err
	}
	defer env.close()
	printCheck(stdout, env.name, env.store.Config(), references(ctx, env.store.Config(), env.getenv))
	return nil
}

// redirectStdlog sends the complaints of net/http's client to logger.
func redirectStdlog(logger log.Logger) {
	stdlog.SetFlags(0)
	stdlog.SetOutput(newNetLines(logger))
}

// run is Run for a command line that asks to serve.
func run(ctx context.Context, flags *flags, hangups <-chan os.Signal, getenv func(string) string, stdout io.Writer, logger log.Logger) error {
	redirectStdlog(logger)
	env, err := newEnvironment(ctx, flags, getenv)
	if ctx.Err() != nil { // told to end before it began
		return nil
	}
	if err != nil {
		return exitError{statusRefused, err}
	}
	defer env.close()
	began := time.Now()
	logStart(env, flags, logger)

	// Every goroutine belongs to this group. The first that fails ends the others.
	group, ctx := errgroup.WithContext(ctx)
	listening := onFirst(func(at net.Addr) {
		notifyReady(env.store.Config())
		if env.demo != nil {
			group.Go(func() error { env.demo.Run(ctx, stdout, flags.localURL(at)); return nil })
		}
	})
	registry := collector.NewRegistry
	if flags.noProcessSeries {
		registry = collector.NewRegistryWithoutProcess
	}
	p := newComponents(ctx, env, logger, registry)
	defer p.close()
	if flags.externalURL != "" {
		p.exporter.Own.MustRegister(collector.NewExternalURL(flags.externalURL))
	}
	p.exporter.Reload = withNotify(p.exporter.Reload, env.store.Config)
	background := append(slices.Clip(p.background),
		func(ctx context.Context) { notifyWhile(ctx, func() { p.exporter.Peek(nil) }) },
		func(ctx context.Context) { warnOfReferences(ctx, env.store.Config(), env.getenv, logger) },
		func(ctx context.Context) { reloadOnHangup(ctx, hangups, p.exporter.Reload) })
	if flags.watch {
		background = append(background, func(ctx context.Context) { env.source.Watch(ctx, p.exporter.Reload) })
	}
	for _, work := range background {
		group.Go(func() error { work(ctx); return nil })
	}
	group.Go(func() error { return serve(ctx, p.exporter, flags, listening, logger) })
	if err := group.Wait(); err != nil {
		return err
	}
	level.Info(logger).Log("msg", "stopped", "after", time.Since(began).Round(time.Second))
	return nil
}

// logStart logs the version and the configuration of the exporter, and the
// warnings about the configuration.
func logStart(env *environment, flags *flags, logger log.Logger) {
	level.Info(logger).Log("msg", "starting", "version", version.Version, "revision", version.GetRevision(), "go", version.GoVersion,
		"config", env.name, "targets", len(env.store.Config().Targets), "accounts", len(env.store.Config().Accounts),
		"memory_limit_bytes", memoryLimit(), "shard", flags.shard.Ordinal, "shards", flags.shard.Total)
	warnOf(env.store.Config(), nil, logger)
}

// memoryLimit returns the memory that the runtime tries to keep to, in bytes; 0
// is no limit.
func memoryLimit() int64 {
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		return limit
	}
	return 0
}

// onFirst returns do for the first call, and nothing for those after.
func onFirst(do func(net.Addr)) func(net.Addr) {
	var once sync.Once
	return func(at net.Addr) { once.Do(func() { do(at) }) }
}
