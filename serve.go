package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-kit/log"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	sloggokit "github.com/tjhop/slog-gokit"
)

// serve answers requests until ctx is done and those under way are finished,
// which they must be after drain.
func serve(ctx context.Context, server *http.Server, flags *toolkit.FlagConfig, drain time.Duration, logger log.Logger) error {
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
