// Package check asks about domains once, as a scrape does, and says how they
// stand: the command "check". Its exit status and its first line are for
// monitoring plugins, its formats for pipelines and cron.
//
// A selection is the targets that a command line chooses. An outcome is the result
// of a run, and a format writes it. A notice is one line of it for a pipeline.
package check

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

// The exit statuses, as monitoring plugins have them.
const (
	OK       = 0 // all is well
	Warning  = 1 // something needs attention
	Critical = 2 // something is critical, or could not be asked
	Unknown  = 3 // nothing is worse than a domain of which too little is known
	Refused  = 3 // the configuration or the command line is wrong
)

// Exporter has the parts of the exporter that the command uses.
type Exporter struct {
	Config *config.Config
	Scrape func(ctx context.Context, targets []config.Target, labels []string) *collector.Snapshot
	Peek   func(targets []config.Target) []status.Status
	Memory *judge.Memory // that Scrape judges by; nil is none
}

// Options configures Run. The zero value works.
type Options struct {
	Domains    []string      // each as bucket/domain, domain or bucket/*; none is all that are configured
	Filter     config.Filter // chooses among them
	Checks     []string      // words of Checks; none is as the configuration has them
	Format     string        // a word of Formats; "" is the first
	File       string        // gets the output, in one step; "" is stdout
	FailOn     string        // a word of FailOn: the least severity with an exit status; "" is the first
	Quiet      bool          // writes nothing if the exit status is 0, else nothing of domains that are well
	Color      bool          // of the text on stdout
	Width      int           // of the terminal, in columns; 0 is no terminal
	Progress   io.Writer     // a terminal that is told how far it is; nil is none
	HideTokens bool
	Language   lang.Language // of the texts; "" is English

	ExternalURL string // of the pages that links lead to, without a final slash; "" is not known
}

// FailOn returns the words of Options.FailOn, the strictest first.
func FailOn() []string { return []string{"unknown", "warning", "critical", "never"} }

// fails reports whether a severity counts for the exit status.
func (o *Options) fails(s judge.Severity) bool {
	least := max(0, slices.Index(FailOn(), o.FailOn))
	return slices.Index(FailOn(), string(s)) >= least
}

// Run asks e about the domains until ctx is done, and writes how they stand to
// stdout; with a file, one line. It returns the exit status. The error of
// Refused and of an interruption is not written yet.
func Run(ctx context.Context, e Exporter, opts Options, stdout io.Writer) (exit int, err error) {
	chosen, err := choose(e.Config, opts)
	if err != nil {
		return Refused, err
	}
	if err := checkFile(opts.File); err != nil {
		return Refused, err
	}
	if opts.File != "" {
		opts.Color, opts.Width = false, 0
	}
	stop := follow(ctx, e.Peek, chosen.targets, opts)
	snapshot := e.Scrape(ctx, chosen.targets, e.Config.LabelNames)
	stop()
	if len(snapshot.Statuses()) < len(chosen.targets) {
		return Critical, fmt.Errorf("interrupted before all %d domains were asked about", len(chosen.targets))
	}
	r := report.New(chosen.targets, snapshot.Statuses(), report.Options{HideTokens: opts.HideTokens, ExternalURL: opts.ExternalURL, Language: opts.Language})
	o := outcome{Report: r, snapshot: snapshot, memory: e.Memory, hints: chosen.hints, opts: opts}
	if err := o.write(stdout); err != nil {
		return Refused, err
	}
	return o.exitStatus(), nil
}

// write writes o to its file, else to stdout.
func (o *outcome) write(stdout io.Writer) error {
	text, err := o.render()
	if err != nil {
		return err
	}
	if o.opts.File != "" {
		if err := writeFile(o.opts.File, text); err != nil {
			return err
		}
		text = []byte(o.Summary() + "\n")
	}
	if o.opts.Quiet && o.exitStatus() == OK {
		return nil
	}
	if _, err := stdout.Write(text); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

// exitStatus is that of o.
func (o *outcome) exitStatus() int {
	standing := o.Standing()
	if !o.opts.fails(standing) {
		return OK
	}
	return map[judge.Severity]int{judge.Critical: Critical, judge.Warning: Warning, judge.Unknown: Unknown}[standing]
}

// Delays of the progress.
const (
	progressAfter = time.Second
	progressEvery = 250 * time.Millisecond
)

// follow tells a terminal how far it is once it takes longer than a moment. The
// caller calls stop, which waits for the end.
func follow(ctx context.Context, peek func([]config.Target) []status.Status, targets []config.Target, opts Options) (stop func()) {
	w := opts.Progress
	if w == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(ended)
		timer := time.NewTimer(progressAfter)
		defer timer.Stop()
		for told := false; ; told = true {
			select {
			case <-timer.C:
				fmt.Fprint(w, "\r", lang.Textf("%d of %d domains asked about", countSince(peek(targets), began), len(targets)).In(opts.Language))
				timer.Reset(progressEvery)
			case <-ctx.Done():
				if told {
					fmt.Fprint(w, "\r\x1b[K")
				}
				return
			}
		}
	}()
	return func() { cancel(); <-ended }
}

func countSince(statuses []status.Status, began time.Time) (n int) {
	for i := range statuses {
		if !statuses[i].Attempt.Ended.Before(began) {
			n++
		}
	}
	return n
}
