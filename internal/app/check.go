package app

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/go-kit/log"
	"golang.org/x/term"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/check"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/lang"
)

// statusRefused is the exit status of an exporter whose configuration is
// refused: a service manager need not start it again. systemd names it CONFIG.
const statusRefused = 78

// exitError ends the program with an exit status of its own.
type exitError struct {
	status int
	err    error // nil if all is said
}

// Error implements error.
func (e exitError) Error() string {
	if e.err == nil {
		return "all is said"
	}
	return e.err.Error()
}

// Unwrap returns the cause.
func (e exitError) Unwrap() error { return e.err }

// refused marks an error of the configuration or of the command line, if the
// command is check; serving has no exit statuses of its own.
func (f *flags) refused(err error) error {
	if f.command != commandCheck || err == nil {
		return err
	}
	return exitError{check.Refused, err}
}

// runCheck is the command check. It logs only at level debug: its output has all
// that a scrape would log.
func runCheck(ctx context.Context, flags *flags, getenv func(string) string, stdout, stderr io.Writer) error {
	logger := log.NewNopLogger()
	if flags.logLevel == "debug" {
		logger = newLogger(stderr, flags.logLevel, flags.logFormat)
	}
	status, err := askOnce(ctx, flags, getenv, stdout, stderr, logger)
	if err != nil {
		PrintError(stderr, err)
	}
	if status == check.OK {
		return nil
	}
	return exitError{status, err}
}

// askOnce returns the exit status.
func askOnce(ctx context.Context, flags *flags, getenv func(string) string, stdout, stderr io.Writer, logger log.Logger) (status int, err error) {
	env, err := newEnvironment(ctx, flags, getenv)
	if err != nil {
		return check.Refused, err
	}
	defer env.close()
	p := newComponents(ctx, env, logger, collector.NewRegistryWithoutProcess)
	defer p.close()
	ctx, cancel := context.WithTimeout(ctx, flags.maxTimeout)
	defer cancel()
	opts := flags.checkOptions()
	opts.Language = cmp.Or(lang.Language(flags.language), lang.OfEnvironment(getenv))
	if isTerminal(stdout) {
		opts.Color = getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
		opts.Width, _, _ = term.GetSize(int(stdout.(*os.File).Fd()))
	}
	if isTerminal(stderr) {
		opts.Progress = stderr
	}
	return check.Run(ctx, check.Exporter{Config: env.store.Config(), Scrape: p.exporter.Scrape, Peek: p.exporter.Peek, Memory: p.exporter.Memory}, opts, brokenPipeWriter{stdout})
}

// checkOptions returns the options that the command line has.
func (f *flags) checkOptions() check.Options {
	filter := config.Filter{Account: f.ask.accounts, Labels: f.ask.labels}
	if f.region != "" {
		filter.Region = []string{f.region}
	}
	return check.Options{
		Domains: f.ask.domains, Filter: filter, Checks: f.ask.checks, Format: f.ask.output, File: f.ask.outputFile,
		FailOn: f.ask.failOn, Quiet: f.ask.quiet, HideTokens: !f.showTokens, ExternalURL: f.externalURL,
	}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// brokenPipeWriter drops text for a reader that has gone, as "head" has after its
// first lines: this is no failure of the program.
type brokenPipeWriter struct{ next io.Writer }

// Write implements io.Writer.
func (w brokenPipeWriter) Write(p []byte) (int, error) {
	n, err := w.next.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		return len(p), nil
	}
	return n, err
}
