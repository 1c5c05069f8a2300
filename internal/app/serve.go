package app

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	sloggokit "github.com/tjhop/slog-gokit"

	"oss_cname_exporter/internal/web"
)

// mostHeader bounds the header of a request, in bytes.
const mostHeader = 64 << 10

// serve answers requests until ctx is done and those under way are finished.
// listening is told where.
func serve(ctx context.Context, exporter web.Exporter, flags *flags, listening func(net.Addr), logger log.Logger) error {
	ready := func() bool { return ctx.Err() == nil }
	health := newServer(web.NewHealth(ready), time.Second, logger)
	defer health.Close()
	if err := serveHealth(ctx, flags.health, health, logger); err != nil {
		return err
	}
	if !flags.reload {
		exporter.Reload = nil
	}
	server := newServer(web.New(exporter, web.Options{
		TimeoutOffset: flags.timeoutOffset,
		MaxTimeout:    flags.maxTimeout,
		Ready:         ready,
		Logger:        printer{logger},
	}), flags.maxTimeout, logger)
	server.BaseContext = func(l net.Listener) context.Context {
		listening(l.Addr())
		return context.Background()
	}
	return listen(ctx, server, flags.web, flags.maxTimeout, logger)
}

// newServer returns a server that no client can keep busy: it has time to send
// its request, and to fetch an answer that takes up to longest.
func newServer(handler http.Handler, longest time.Duration, logger log.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      longest + 30*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    mostHeader,
		ErrorLog:          stdlog.New(log.NewStdlibAdapter(level.Warn(logger)), "", 0),
	}
}

// serveHealth answers on address until the returned server is closed; "" is
// nowhere. It outlives the other server, which is not ready while it drains.
func serveHealth(ctx context.Context, address string, server *http.Server, logger log.Logger) error {
	if address == "" {
		return nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listening for health checks: %w", err)
	}
	level.Info(logger).Log("msg", "health endpoints", "address", listener.Addr())
	go func() { _ = server.Serve(listener) }()
	return nil
}

// listen answers requests until ctx is done and those under way are finished,
// which they must be after drain.
func listen(ctx context.Context, server *http.Server, flags *toolkit.FlagConfig, drain time.Duration, logger log.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	drained := make(chan error, 1)
	go func() {
		<-ctx.Done()
		drained <- shutdown(server, drain)
	}()
	err := toolkit.ListenAndServe(server, flags, slog.New(sloggokit.NewGoKitHandler(logger, nil)))
	cancel()
	ended := <-drained
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return ended
}

func shutdown(server *http.Server, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("finishing requests under way: %w", err)
	}
	return nil
}
