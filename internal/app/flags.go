package app

import (
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"oss_cname_exporter/internal/config"
)

// defaultAddress is where the exporter listens unless told otherwise.
const defaultAddress = ":19525"

// flags is what the command line asks for.
type flags struct {
	configFile    string
	check         bool
	watch         bool
	demo          bool
	timeoutOffset time.Duration
	maxTimeout    time.Duration
	shard         config.Shard
	logLevel      string
	logFormat     string
	web           *toolkit.FlagConfig
	health        string // listen address; "" is none
	reload        bool
}

// parseFlags reads the command line. It returns nil after --help or --version,
// whose text goes to stdout.
func parseFlags(args []string, stdout io.Writer) (*flags, error) {
	var f flags
	var shard string
	app := kingpin.New("oss_cname_exporter", "Exports to Prometheus how long the CNAME tokens of Alibaba Cloud OSS buckets have to live.")
	app.UsageWriter(stdout)
	app.ErrorWriter(io.Discard)
	answered := false
	app.Terminate(func(int) { answered = true })
	app.HelpFlag.Short('h')
	app.Version(version.Print(app.Name))
	app.Flag("config.file", "The targets and accounts to watch.").Default("config.yaml").StringVar(&f.configFile)
	app.Flag("config.check", "Check the configuration file and exit.").BoolVar(&f.check)
	app.Flag("config.watch", "Reload when the configuration file says something else.").BoolVar(&f.watch)
	app.Flag("demo", "Serve made-up targets on a simulated OSS; needs no configuration and no cloud account.").BoolVar(&f.demo)
	app.Flag("scrape.timeout-offset", "How much of Prometheus' scrape timeout to leave for the way back; at most half of it is.").
		Default("500ms").DurationVar(&f.timeoutOffset)
	app.Flag("scrape.max-timeout", "The longest that a scrape may take, also if the scraper names no timeout.").
		Default("30s").DurationVar(&f.maxTimeout)
	app.Flag("shard", "Which part of the targets to watch, from 0; or the name of a StatefulSet's pod, which ends in it.").
		Default("0").StringVar(&shard)
	app.Flag("total-shards", "How many exporters share the targets.").Default("1").IntVar(&f.shard.Total)
	app.Flag("log.level", "Least level to log.").Default("info").EnumVar(&f.logLevel, "debug", "info", "warn", "error")
	app.Flag("log.format", "Format of the log.").Default("logfmt").EnumVar(&f.logFormat, "logfmt", "json")
	app.Flag("web.health-listen-address", "Also serve /-/healthy and /-/ready here, in plain HTTP and without a password; none by default.").StringVar(&f.health)
	app.Flag("web.enable-reload", "Serve POST /-/reload; SIGHUP reloads in any case.").Default("true").BoolVar(&f.reload)
	f.web = kingpinflag.AddFlags(app, defaultAddress)
	_, err := app.Parse(args)
	switch {
	case answered:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%w, try --help", err)
	}
	f.shard, err = config.ParseShard(shard, f.shard.Total)
	return &f, err
}
