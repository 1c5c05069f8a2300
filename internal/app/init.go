package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/accounts"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/starter"
)

// runInit is the command init: it writes a configuration to stdout, and one line about it to stderr. In the demo it asks
// the simulated account.
func runInit(ctx context.Context, flags *flags, getenv func(string) string, stdout, stderr io.Writer) error {
	language := cmp.Or(lang.Language(flags.language), lang.OfEnvironment(getenv)) // before the demo replaces getenv
	load := func() (*config.Config, error) { return fromRegion(flags.region, flags.profile, "") }
	if flags.demo {
		simulated := demo.Start()
		defer simulated.Close()
		load, getenv = simulated.Load, demo.Getenv
	}
	cfg, err := load()
	if err != nil {
		return err
	}
	clients := accounts.New(getenv, userAgent(), collector.NewAPI())
	defer clients.Close()
	ctx, cancel := context.WithTimeout(ctx, flags.maxTimeout)
	defer cancel()
	opts := starter.Options{Account: &cfg.Accounts[0], Buckets: flags.buckets, Command: "oss_cname_exporter init --region=" + cfg.Accounts[0].Region}
	opts.Language = language
	summary, err := starter.Write(ctx, clients, opts, stdout)
	if err == nil {
		fmt.Fprintln(stderr, summary)
	}
	return err
}

// fromRegion returns the configuration of a command line that names a region in place of a file: one account with a key
// from the environment, or from a profile of the CLI, and targets, in YAML, with every check on.
func fromRegion(region, profile, targets string) (*config.Config, error) {
	if region == "" {
		return nil, errors.New("--region: missing; write the region of the buckets, such as --region=cn-hangzhou")
	}
	source := "{type: environment}"
	if profile != "" {
		source = fmt.Sprintf("{type: profile, profile: %q}", profile)
	}
	text := fmt.Sprintf("checks: {binding: true, dns: true, http: true}\naccounts:\n  main: {region: %q, credentials: %s}\n%s", region, source, targets)
	return config.Parse("the command line", []byte(text))
}

// namedTargets returns the targets of a configuration in YAML.
func namedTargets(domains []string) (string, error) {
	if len(domains) == 0 {
		return "", errors.New("--region: without --config.file name at least one domain, such as examplebucket/www.example.com")
	}
	var b strings.Builder
	b.WriteString("targets:\n")
	for _, text := range domains {
		name, err := domain.Parse(text)
		if err != nil {
			return "", fmt.Errorf("%.80q: %w", text, err)
		}
		fmt.Fprintf(&b, "  - {bucket: %q, cname: %q}\n", name.Bucket, name.Cname())
	}
	return b.String(), nil
}
