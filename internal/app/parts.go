package app

import (
	"context"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/version"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/accounts"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/web"
)

// NewExporter builds the parts, and runs those that work in the background
// until ctx is done.
func NewExporter(ctx context.Context, store *config.Store, getenv func(string) string, logger log.Logger) web.Exporter {
	exporter, background := newParts(ctx, store, getenv, logger, collector.NewRegistry)
	go background(ctx)
	return exporter
}

// newParts builds the parts. The caller runs background, which returns when its
// context is done. Reloads end with ctx. registry makes that of the exporter's
// own series.
func newParts(ctx context.Context, store *config.Store, getenv func(string) string, logger log.Logger,
	registry func(...prometheus.Collector) *prometheus.Registry) (exporter web.Exporter, background func(context.Context)) {
	api := collector.NewAPI()
	clients := accounts.New(getenv, userAgent(), api)
	scheduler := schedule.New(nil)
	targets := poller.New(clients, poller.Options{Bindings: clients, DNS: dnsclient.New(dnsclient.Options{}), Scheduler: scheduler})
	unlisted := discovery.New(clients, scheduler, discovery.Options{Logger: logger})
	history := report.NewHistory()
	scrapes := collector.New(targets, collector.Options{Logger: logger, History: history})
	targets.Apply(store.Config())
	exporter = web.Exporter{
		Config: store.Config,
		Scrape: scrapes.Scrape,
		Peek:   targets.Peek,
		Unlisted: func(cfg *config.Config) []discovery.Account {
			unlisted.Refresh(cfg)
			return unlisted.Report(cfg)
		},
		Own: registry(api, collector.NewTotals(store, targets)),
		Reload: func() error {
			return reload(ctx, store, logger, clients.Retain, targets.Apply, unlisted.Retain, scrapes.Retain, history.Retain)
		},
	}
	return exporter, unlisted.Run
}

// userAgent names the exporter to OSS.
func userAgent() string { return "oss_cname_exporter/" + version.Version }
