package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/sync/errgroup"

	"oss_cname_exporter/internal/web"
)

const (
	// maxHeader bounds the header of a request, in bytes.
	maxHeader = 16 << 10
	// maxHealthConnections bounds the connections of the listener for health checks.
	maxHealthConnections = 32
)

// serve answers requests until ctx is done and those under way are finished.
// listening is told where.
func serve(ctx context.Context, exporter web.Exporter, flags *flags, listening func(net.Addr), logger log.Logger) error {
	ready := func() bool { return ctx.Err() == nil }
	healthListener, err := listenForHealth(ctx, flags.health)
	if err != nil {
		return err
	}
	if !flags.reload {
		exporter.Reload = nil
	}
	connections := min(flags.maxConnections, maxFiles()/4) // the other files are for OSS, DNS and the files of the configuration
	handler := web.New(exporter, web.Options{
		TimeoutOffset: flags.timeoutOffset,
		MaxTimeout:    flags.maxTimeout,
		Ready:         ready,
		Logger:        logger,
		Prefix:        flags.prefix,
		Host:          flags.host,

		HideTokens:      !flags.showTokens,
		ExternalURL:     flags.externalURL,
		Links:           flags.links,
		MaxConnections:  connections,
		NoProcessSeries: flags.noProcessSeries,
	})
	server := newServer(keepLocked(handler, *flags.web.WebConfigFile, exporter.Refused, logger), flags.maxTimeout, web.NewDoor(connections, exporter.Closed), logger)
	server.Protocols = protocols(*flags.web.WebConfigFile)
	server.BaseContext = func(l net.Listener) context.Context { // called once for each listener, before it serves
		listening(l.Addr())
		return context.Background() // a request under way outlives ctx
	}

	group, ctx := errgroup.WithContext(ctx)
	health := newServer(web.NewHealth(ready), time.Second, web.NewDoor(maxHealthConnections, nil), logger)
	if healthListener != nil {
		level.Info(logger).Log("msg", "health endpoints", "address", healthListener.Addr())
		group.Go(func() error { return unlessClosed(health.Serve(healthListener)) })
	}
	group.Go(func() error {
		return unlessTaken("--web.listen-address", unlessClosed(toolkit.ListenAndServe(server, flags.web, slogger(logger))))
	})
	group.Go(func() error {
		<-ctx.Done()
		defer health.Close() // the last to go: until then it says that the other is not ready
		return shutdown(server, flags.maxTimeout)
	})
	return group.Wait()
}

// unlessClosed returns err unless it says that the server was told to end.
func unlessClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// unlessTaken returns err, with the flag to set if another program listens at the
// address.
func unlessTaken(flag string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("another program uses this address; choose another one, such as %s=127.0.0.1:19526: %w", flag, err)
	}
	return err
}

// localURL returns where the pages are for a browser on this machine. at is one
// of the listeners.
func (f *flags) localURL(at net.Addr) string {
	_, port, _ := net.SplitHostPort(at.String())
	return scheme(*f.web.WebConfigFile) + "://localhost:" + port + f.prefix
}

// newServer returns a server that keeps its connections by door. A client has 10
// seconds for the header of its request, 20 for all of it, and 30
// for a response that is ready after longest.
func newServer(handler http.Handler, longest time.Duration, door *web.Door, logger log.Logger) *http.Server {
	return &http.Server{
		ConnState:         door.Watch,
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      longest + 30*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          newNetLines(logger).newStdlog(),
	}
}

// listenForHealth listens where the health endpoints are wanted beside the
// others; "" is nowhere, and nil.
func listenForHealth(ctx context.Context, address string) (net.Listener, error) {
	if address == "" {
		return nil, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for health checks: %w", unlessTaken("--web.health-listen-address", err))
	}
	return listener, nil
}

// shutdown waits for the requests under way, for drain at most.
func shutdown(server *http.Server, drain time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("finishing requests under way: %w", err)
	}
	return nil
}
