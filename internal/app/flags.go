package app

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/ui"
)

// defaultAddress is where the exporter listens unless told otherwise.
const defaultAddress = ":19525"

// defaultConfig is the configuration's file unless told otherwise.
const defaultConfig = "config.yaml"

// flags are the values of the command line.
type flags struct {
	configFile     string
	configNamed    bool // whether the command line has --config.file
	check          bool
	watch          bool
	expandEnv      bool
	demo           bool
	timeoutOffset  time.Duration
	maxTimeout     time.Duration
	shardName      string // its number, or a pod's name
	shard          config.Shard
	logLevel       string
	logFormat      string
	web            *toolkit.FlagConfig
	maxConnections int
	health         string // listen address; "" is none
	reload         bool
	host           string // name from outside; "" if it is not known
	externalURL    string // of the pages, without a final slash; "" if it is not known
	prefix         string // of all paths: "" or "/some/path"
	links          ui.Links

	noProcessSeries bool
	showTokens      bool

	command  string   // commandServe, commandCheck, commandHealth or commandInit
	region   string   // of commandCheck and commandInit; "" is none
	profile  string   // of the CLI, in place of a key from the environment; "" is none
	buckets  []string // of commandInit; none is all of the account
	ask      checkFlags
	language string // of commandCheck and commandInit; "" is that of the environment
}

// parseFlags reads the command line, and the environment for flags that the
// command line does not have. It returns nil after --help or --version, whose text goes to
// stdout.
func parseFlags(args []string, stdout io.Writer) (*flags, error) {
	var f flags
	app := kingpin.New("oss_cname_exporter", "Exports to Prometheus how long the CNAME tokens of Alibaba Cloud OSS buckets have to live.\n\n"+
		"Each flag can also come from the environment: --config.file from OSS_CNAME_EXPORTER_CONFIG_FILE, and so on.")
	app.UsageWriter(stdout)
	app.UsageTemplate(usageTemplate)
	app.ErrorWriter(io.Discard)
	answered := false
	app.Terminate(func(int) { answered = true })
	app.Version(version.Print(app.Name))
	app.DefaultEnvars()
	app.HelpFlag.Short('h').NoEnvar()
	app.VersionFlag.NoEnvar()

	f.declare(app)
	addCommands(app, &f)
	command, err := app.Parse(args)
	switch f.command = command; {
	case answered:
		return nil, nil
	case err != nil:
		if parsed, _ := app.ParseContext(args); parsed != nil && parsed.SelectedCommand != nil {
			f.command = parsed.SelectedCommand.FullCommand()
		}
		return nil, f.refused(slip(err, app.Model()))
	}
	return &f, f.refused(f.finish())
}

// finish reads the flags whose meaning depends on others, and refuses
// combinations that do not fit.
func (f *flags) finish() (err error) {
	if f.shard, err = config.ParseShard(f.shardName, f.shard.Total); err != nil {
		return err
	}
	if f.host, f.prefix, err = parseExternal(f.externalURL, f.prefix); err != nil {
		return err
	}
	f.externalURL = strings.TrimRight(f.externalURL, "/")
	return f.refuse()
}

// declare adds the flags to app.
func (f *flags) declare(app *kingpin.Application) {
	app.Flag("config.file", "The targets and accounts to watch.").Default(defaultConfig).IsSetByUser(&f.configNamed).StringVar(&f.configFile)
	app.Flag("config.check", "Check the configuration file and exit.").NoEnvar().BoolVar(&f.check)
	app.Flag("config.watch", "Reload when the configuration, or a file that it names, says something else.").BoolVar(&f.watch)
	app.Flag("config.expand-env", "Put the environment's value in the place of each ${NAME} in the configuration's values.").BoolVar(&f.expandEnv)
	app.Flag("demo", "Serve made-up targets on a simulated OSS; needs no configuration and no cloud account.").BoolVar(&f.demo)
	app.Flag("scrape.timeout-offset", "How much of Prometheus' scrape timeout to leave for the way back; at most half of it is.").
		Default("500ms").SetValue(duration(&f.timeoutOffset, "--scrape.timeout-offset", 0, time.Minute))
	app.Flag("scrape.max-timeout", "The longest that a scrape may take. A scraper that names no timeout gets 10s less the offset.").
		Default("30s").SetValue(duration(&f.maxTimeout, "--scrape.max-timeout", 100*time.Millisecond, 10*time.Minute))
	app.Flag("shard", "Which part of the targets to watch, from 0; or the name of a StatefulSet's pod, which ends in it.").
		Default("0").StringVar(&f.shardName)
	app.Flag("total-shards", "How many exporters share the targets.").Default("1").SetValue(count(&f.shard.Total, "--total-shards", 1, config.MaxShards))
	app.Flag("log.level", "Least level to log.").Default("info").SetValue(oneOf(&f.logLevel, "--log.level", "debug", "info", "warn", "error"))
	app.Flag("log.format", "Format of the log.").Default("logfmt").SetValue(oneOf(&f.logFormat, "--log.format", "logfmt", "json"))
	app.Flag("web.health-listen-address", "Also serve /-/healthy and /-/ready here, in plain HTTP and without a password; none by default.").StringVar(&f.health)
	app.Flag("web.enable-lifecycle", "Serve POST /-/reload; SIGHUP reloads in any case.").BoolVar(&f.reload)
	app.Flag("web.external-url", "The URL under which the exporter is reached from outside, for example through a proxy; its path is the default of --web.route-prefix.").
		StringVar(&f.externalURL)
	app.Flag("web.route-prefix", "Prefix of all paths. The path of --web.external-url by default.").StringVar(&f.prefix)
	for _, link := range []struct {
		name string
		url  *string
	}{{"Prometheus", &f.links.Prometheus}, {"Grafana", &f.links.Grafana}, {"Alertmanager", &f.links.Alertmanager}} {
		name := "web.link-" + strings.ToLower(link.name)
		app.Flag(name, "The URL of "+link.name+" for people, to which the page of a domain links.").SetValue(webURL(link.url, "--"+name))
	}
	app.Flag("web.max-connections", "How many connections to keep open: beyond that the one that is idle for longest is closed. At most a quarter of the files that the process may open.").
		Default(strconv.Itoa(web.DefaultMaxConnections)).SetValue(count(&f.maxConnections, "--web.max-connections", 4, 100_000))
	app.Flag("web.disable-exporter-metrics", "Leave out the metrics of the process itself (promhttp_*, process_*, go_*).").BoolVar(&f.noProcessSeries)
	app.Flag("web.show-tokens", "Show the values of CNAME tokens to people: on the status page, in its JSON, on the debug page, and with check.").
		Default("true").BoolVar(&f.showTokens)
	f.web = kingpinflag.AddFlags(app, defaultAddress)
}

// refuse returns an error for values that a flag accepts and the program does not.
func (f *flags) refuse() error {
	if f.configFile == "" {
		return errors.New("--config.file: empty; write the configuration's path")
	}
	if err := f.refuseBesideDemo(); err != nil {
		return err
	}
	if f.profile != "" && f.command == commandCheck && !f.isWithoutFile() {
		return errors.New("--profile: goes with --region and without a configuration file; in the file write credentials: {type: profile}")
	}
	if f.health != "" {
		if err := checkAddress("--web.health-listen-address", f.health); err != nil {
			return err
		}
	}
	if *f.web.WebSystemdSocket {
		return nil
	}
	if len(*f.web.WebListenAddresses) == 0 {
		return errors.New(`--web.listen-address: empty; write one such as ":19525"`)
	}
	for _, address := range *f.web.WebListenAddresses {
		if strings.HasPrefix(address, "vsock://") {
			continue // the toolkit's own matter
		}
		if err := checkAddress("--web.listen-address", address); err != nil {
			return err
		}
	}
	return nil
}

// refuseBesideDemo returns an error for flags that the demo would not heed.
func (f *flags) refuseBesideDemo() error {
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"--config.file", f.configNamed}, {"--config.watch", f.watch}, {"--config.expand-env", f.expandEnv}, {"--region", f.command == commandInit && f.region != ""}, {"--profile", f.profile != ""},
	} {
		if f.demo && flag.set {
			return fmt.Errorf("%s: the demo brings its own configuration and account; leave out either --demo or %s", flag.name, flag.name)
		}
	}
	return nil
}

// checkAddress refuses an address without a port: the system would choose one.
func checkAddress(flag, address string) error {
	if strings.HasPrefix(address, "unix:") || strings.HasPrefix(address, "/") {
		return fmt.Errorf(`%s: %q: Unix sockets are not served; write host and port, such as "127.0.0.1:19525", or pass a socket with --web.systemd-socket`, flag, address)
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		return fmt.Errorf(`%s: %q: write host and port, such as ":19525" or "127.0.0.1:19525"`, flag, address)
	}
	return nil
}

// parseExternal returns the name by which the exporter is reached from outside
// and, without the slash at its end, the prefix of all paths as Prometheus
// derives it.
func parseExternal(externalURL, routePrefix string) (host, prefix string, err error) {
	if externalURL != "" {
		u, err := url.Parse(externalURL)
		if err != nil || !isPlainURL(u) {
			return "", "", errors.New(`--web.external-url: write a plain URL, such as "https://monitoring.example.com/oss-cname"`)
		}
		host = u.Hostname()
		if routePrefix == "" {
			routePrefix = u.Path
		}
	}
	prefix = strings.TrimSuffix(path.Clean("/"+routePrefix), "/")
	if strings.ContainsFunc(prefix, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`?#{}%"\`, r) }) {
		return "", "", fmt.Errorf(`--web.route-prefix: %q: write a plain path, such as "/oss-cname"`, routePrefix)
	}
	return host, prefix, nil
}

// option is a kingpin.Value whose refusals name the flag.
type option[T any] struct {
	value *T
	name  string
	parse func(string) (T, error)
	text  string
}

// Set implements kingpin.Value.
func (o *option[T]) Set(text string) error {
	got, err := o.parse(text)
	if err != nil {
		return fmt.Errorf("%s: %q: %w", o.name, text, err)
	}
	*o.value, o.text = got, text
	return nil
}

// String implements kingpin.Value.
func (o *option[T]) String() string { return o.text }

func duration(value *time.Duration, name string, least, most time.Duration) *option[time.Duration] {
	return &option[time.Duration]{value: value, name: name, parse: func(text string) (time.Duration, error) {
		return config.ParseDuration(text, least, most)
	}}
}

// webURL returns the flag of an address to which pages link, without a final
// slash.
func webURL(value *string, name string) *option[string] {
	return &option[string]{value: value, name: name, parse: func(text string) (string, error) {
		u, err := url.Parse(text)
		if err != nil || !isPlainURL(u) {
			return "", errors.New(`write a plain URL, such as "https://prometheus.example.com"`)
		}
		return strings.TrimRight(text, "/"), nil
	}}
}

// isPlainURL reports whether u is a web address without user, query and fragment.
func isPlainURL(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func count(value *int, name string, least, most int) *option[int] {
	return &option[int]{value: value, name: name, parse: func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return 0, fmt.Errorf("write a whole number from %d to %d", least, most)
		}
		return n, nil
	}}
}

func oneOf(value *string, name string, known ...string) *option[string] {
	return &option[string]{value: value, name: name, parse: func(text string) (string, error) {
		if slices.Contains(known, text) {
			return text, nil
		}
		return "", fmt.Errorf("write one of %s", strings.Join(known, ", "))
	}}
}
