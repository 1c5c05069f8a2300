package app

import (
	"context"
	"time"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/version"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/accounts"
	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/configfile"
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/httpcheck"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/web"
)

// NewExporter builds the components, and runs those that work in the background
// until ctx is done.
func NewExporter(ctx context.Context, store *configfile.Store, getenv func(string) string, logger log.Logger) web.Exporter {
	c := newComponents(ctx, &environment{store: store, getenv: getenv, visitor: httpcheck.New(httpcheck.Options{})}, logger, collector.NewRegistry)
	for _, work := range c.background {
		go work(ctx)
	}
	return c.exporter
}

// components are the values of a running exporter.
type components struct {
	exporter   web.Exporter
	background []func(context.Context) // each works until its context is done
	close      func()                  // called when no request is under way any more
}

// newComponents builds the components. Reloads end with ctx. registry makes that
// of the exporter's own series.
func newComponents(ctx context.Context, env *environment, logger log.Logger, registry func(...prometheus.Collector) *prometheus.Registry) components {
	store, getenv := env.store, env.getenv
	api := collector.NewAPI()
	clients := accounts.New(getenv, userAgent(), api)
	scheduler := schedule.New(nil)
	targets := poller.New(clients, poller.Options{Bindings: clients, DNS: dnsclient.New(dnsclient.Options{Sent: func() { api.Call("", "DNS") }}), Visitor: env.visitor, Scheduler: scheduler})
	unlisted := discovery.New(clients, scheduler, discovery.Options{Logger: logger})
	history := changelog.NewHistory()
	changes := changelog.New(changelog.Options{Logger: logger, History: history})
	memory := judge.NewMemory()
	scrapes := collector.New(targets, collector.Options{Log: changes, Memory: memory})
	targets.Apply(store.Config())
	refused, closed := collector.NewRefused(), collector.NewConnections(web.Evicted, web.Refused)
	reloads := &reloader{
		store: store, logger: logger,
		apply: func(cfg *config.Config) {
			// The order matters. Calls that wait start as soon as the poller has the
			// new limits, so that before this the clients have read the new
			// certificates and removed the old keys. The memories of targets come
			// after the poller, which no longer polls the removed targets by then.
			clients.Retain(cfg)
			targets.Apply(cfg)
			unlisted.Retain(cfg)
			changes.Retain(cfg)
			history.Retain(cfg)
			retain(memory, cfg)
		},
		warn: func(cfg *config.Config) { warnOfReferences(ctx, cfg, getenv, logger) },
	}
	exporter := web.Exporter{
		Config: store.Config,
		Scrape: scrapes.Scrape,
		Known: func(of []config.Target, labels []string) *collector.Snapshot {
			return scrapes.Known(of, targets.Peek(of), labels)
		},
		Peek:     targets.Peek,
		Unlisted: unlisted.Report,
		Scan:     unlisted.Refresh,
		Own:      registry(api, refused, closed, collector.NewTotals(store, targets, memory, nil)),
		Refused:  refused.Count,
		Closed:   func(outcome string) { closed.WithLabelValues(outcome).Inc() },
		Memory:   memory,
		History:  history,
		Reload:   func() error { return reloads.reload(ctx) },
	}
	return components{exporter, []func(context.Context){unlisted.Run, changes.Run}, clients.Close}
}

// retain ends the problems of targets that cfg does not have.
func retain(memory *judge.Memory, cfg *config.Config) {
	keep := make(map[domain.Name]bool, len(cfg.Targets))
	for i := range cfg.Targets {
		keep[cfg.Targets[i].Name] = true
	}
	memory.Retain(time.Now(), func(name domain.Name) bool { return keep[name] })
}

// userAgent names the exporter to OSS.
func userAgent() string { return "oss_cname_exporter/" + version.Version }
