// Package check asks about domains once, as a scrape does, and says how they
// stand: the command "check". Its exit status is for pipelines, cron and Nagios.
package check

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

// The exit statuses.
const (
	OK       = 0 // all is well
	Warning  = 1 // something needs attention
	Critical = 2 // something is critical, or could not be asked
	Refused  = 3 // the configuration or the command line is wrong
)

// The formats.
const (
	Table = "table"
	JSON  = "json"
	Prom  = "prom" // for node_exporter's textfile collector
)

// Formats returns the whole closed set; the first is the default.
func Formats() []string { return []string{Table, JSON, Prom} }

// Exporter has the parts of the exporter that the command uses.
type Exporter struct {
	Config *config.Config
	Scrape func(ctx context.Context, targets []config.Target, labels []string) *collector.Snapshot
	Peek   func(targets []config.Target) []status.Status
	Memory *judge.Memory // that Scrape judges by; nil is none
}

// Options configures Run. The zero value works.
type Options struct {
	Domains    []string  // each as bucket/domain; none is all that are configured
	Format     string    // "" is Table
	File       string    // gets the output, in one step; "" is stdout
	Color      bool      // of the table on stdout
	Progress   io.Writer // a terminal that is told how far it is; nil is none
	HideTokens bool

	ExternalURL string // of the pages that links lead to, without a final slash; "" is not known
}

// Run asks e about the domains until ctx is done, and writes how they stand to
// stdout; with a file, one line. It returns the exit status. The error of
// Refused and of an interruption is not written yet.
func Run(ctx context.Context, e Exporter, opts Options, stdout io.Writer) (exit int, err error) {
	targets, err := choose(e.Config, opts.Domains)
	if err != nil {
		return Refused, err
	}
	if err := checkFile(opts.File); err != nil {
		return Refused, err
	}
	stop := follow(ctx, e.Peek, targets, opts.Progress)
	snapshot := e.Scrape(ctx, targets, e.Config.LabelNames)
	stop()
	if len(snapshot.Statuses()) < len(targets) {
		return Critical, fmt.Errorf("interrupted before all %d domains were asked about", len(targets))
	}
	r := report.New(targets, snapshot.Statuses(), report.Options{HideTokens: opts.HideTokens, ExternalURL: opts.ExternalURL})
	opts.Color = opts.Color && opts.File == ""
	text, err := render(r, snapshot, e.Memory, opts)
	if err != nil {
		return Refused, err
	}
	if opts.File != "" {
		if err := writeFile(opts.File, text); err != nil {
			return Refused, err
		}
		text = []byte(r.Summary() + "\n")
	}
	if _, err := stdout.Write(text); err != nil {
		return Refused, fmt.Errorf("writing: %w", err)
	}
	return exitStatus(r), nil
}

// choose returns the targets that domains name, each once.
func choose(cfg *config.Config, domains []string) ([]config.Target, error) {
	if len(domains) == 0 {
		return cfg.Targets, nil
	}
	var targets []config.Target
	seen := map[string]bool{}
	for _, text := range domains {
		name, err := domain.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%.80q: %w", text, err)
		}
		t, err := cfg.Select(config.Query{Bucket: name.Bucket, Cname: name.Cname()})
		if err != nil {
			return nil, fmt.Errorf("%.80q: %w", text, err)
		}
		if !seen[t.String()] {
			seen[t.String()] = true
			targets = append(targets, *t)
		}
	}
	return targets, nil
}

// exitStatus is that of r.
func exitStatus(r *report.Report) int {
	switch r.Standing() {
	case judge.OK:
		return OK
	case judge.Warning:
		return Warning
	}
	return Critical
}

// render writes r in a format.
func render(r *report.Report, snapshot *collector.Snapshot, memory *judge.Memory, opts Options) ([]byte, error) {
	var b bytes.Buffer
	switch opts.Format {
	case JSON:
		text, err := report.JSON(report.NewDocument(r, r.Domains, report.Paging{Matching: len(r.Domains), Page: 1, Pages: 1}))
		return append(text, '\n'), err
	case Prom:
		families, err := gather(snapshot, memory)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "# %s\n", r.Summary())
		for _, family := range families {
			if _, err := expfmt.MetricFamilyToText(&b, family); err != nil {
				return nil, fmt.Errorf("writing %s: %w", family.GetName(), err)
			}
		}
		return b.Bytes(), nil
	}
	fmt.Fprintf(&b, "%s\n\n", r.Summary())
	err := r.Write(&b, report.Style{Color: opts.Color})
	return b.Bytes(), err
}

// gather returns the series of the domains and of the accounts.
func gather(snapshot *collector.Snapshot, memory *judge.Memory) ([]*dto.MetricFamily, error) {
	families, err := snapshot.Gather()
	if err != nil || memory == nil {
		return families, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector.NewJudgement(memory, nil))
	shared, err := registry.Gather()
	isOwn := func(f *dto.MetricFamily) bool { return strings.HasPrefix(f.GetName(), "oss_cname_exporter_") }
	return append(families, slices.DeleteFunc(shared, isOwn)...), err
}

// Delays of the progress.
const (
	progressAfter = time.Second
	progressEvery = 250 * time.Millisecond
)

// follow tells a terminal how far it is once it takes longer than a moment. The
// caller calls stop, which waits for the end.
func follow(ctx context.Context, peek func([]config.Target) []status.Status, targets []config.Target, w io.Writer) (stop func()) {
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
				fmt.Fprintf(w, "\r%d of %d domains asked about", countSince(peek(targets), began), len(targets))
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
