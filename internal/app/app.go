// Package app puts the program together: it reads the command line, builds each
// part once, serves until it is told to stop, and then waits for every part to
// end.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/accounts"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/ossclient"
)

// Main runs the program and returns its exit status. SIGINT and SIGTERM end it
// after the requests under way; a second signal ends it at once.
func Main(args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	http.DefaultTransport = ossclient.NewLibraryTransport() //nolint:forbidigo // the only way to tell the vendor's library how to connect
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
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
	flags, err := parseFlags(args, stdout)
	if err != nil || flags == nil {
		return err
	}
	logger := newLogger(stderr, flags.logLevel, flags.logFormat)
	stdlog.SetOutput(log.NewStdlibAdapter(level.Warn(logger))) // where net/http's client complains

	load := func() (*config.Config, error) { return config.Load(flags.configFile) }
	listening := func(net.Addr) {}
	if flags.demo {
		demonstration := demo.Start()
		defer demonstration.Close()
		load, getenv = demonstration.Load, demo.Getenv
		listening = func(at net.Addr) { demonstration.Show(ctx, stdout, at) }
	}

	var watched *watcher
	if flags.watch {
		watched = newWatcher(flags.configFile)
	}
	store, err := config.NewStore(sharded(load, flags.shard))
	if err != nil {
		return err
	}
	if flags.check {
		fmt.Fprintf(stdout, "%s: %d targets, no faults\n", flags.configFile, len(store.Config().Targets))
		return nil
	}
	warnOfOpenFiles(store.Config(), logger)

	exporter := NewExporter(ctx, store, getenv, logger)
	go reloadOnHangup(ctx, exporter.Reload)
	if watched != nil {
		go reloadOnChange(ctx, watched, store, exporter.Reload)
	}
	return serve(ctx, exporter, flags, listening, logger)
}

// sharded returns load for the exporter that watches one shard of the targets.
func sharded(load func() (*config.Config, error), s config.Shard) func() (*config.Config, error) {
	return func() (*config.Config, error) {
		cfg, err := load()
		if err != nil {
			return nil, err
		}
		return cfg.Shard(s), nil
	}
}

// NewExporter builds the parts. What works in the background does so until ctx
// is done.
func NewExporter(ctx context.Context, store *config.Store, getenv func(string) string, logger log.Logger) web.Exporter {
	api := collector.NewAPI()
	clients := accounts.New(getenv, api)
	targets := poller.New(clients, poller.Options{Bindings: clients, DNS: dnsclient.New(dnsclient.Options{})})
	unlisted := discovery.New(clients, targets, discovery.Options{Logger: logger})
	go unlisted.Run(ctx)
	return web.Exporter{
		Config: store.Config,
		Scrape: collector.New(targets, collector.Options{Logger: logger}).Scrape,
		Peek:   targets.Peek,
		Found:  unlisted.Peek,
		Own:    collector.NewRegistry(api, collector.NewTotals(store, targets)),
		Reload: func() error { return reload(store, logger, clients.Retain, targets.Retain, unlisted.Retain) },
	}
}
