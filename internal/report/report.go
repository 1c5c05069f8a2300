// Package report words the judgement of the targets for operators: how bad it is,
// why, the next step, and the record to publish. The page, the
// JSON, the terminal and the debug page render a Report, and none of them has an
// idea of severity or order of its own.
//
// A Report has a Domain for each target, with the Findings of its judgement. A
// Fact is one line of knowledge about a Domain.
package report

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
)

// Options configures a Report. The zero value works.
type Options struct {
	Now        time.Time          // zero is time.Now
	History    *changelog.History // nil is none
	Memory     *judge.Memory      // the earlier problems; nil is none
	HideTokens bool               // shows no token's value, neither OSS's nor one from the DNS
	Language   lang.Language      // "" is English

	// ExternalURL is where the exporter's pages are, without a final slash; ""
	// is not known.
	ExternalURL string
}

// Report is the judgement of some targets, in words.
type Report struct {
	Now     time.Time
	Domains []*Domain     // the most urgent first
	Counts  Counts        // of Domains
	Causes  []judge.Cause // failures that most domains of an account share

	opts *Options
}

// Domain is the judgement of one target, in words.
type Domain struct {
	judge.Verdict
	Target *config.Target
	Status *status.Status

	judged judge.Case
	now    time.Time
	opts   *Options
}

// New returns the report on targets with their statuses. It keeps both.
func New(targets []config.Target, statuses []status.Status, opts Options) *Report {
	if opts.Now.IsZero() {
		opts.Now = time.Now()
	}
	r := &Report{Now: opts.Now, Domains: make([]*Domain, len(statuses)), opts: &opts}
	domains := make([]Domain, len(statuses))
	for i := range statuses {
		d := &domains[i]
		r.Domains[i] = d
		*d = Domain{Target: &targets[i], Status: &statuses[i], judged: targets[i].Case(&statuses[i], opts.Now), now: opts.Now, opts: &opts}
	}
	r.judge(opts.Memory)
	slices.SortStableFunc(r.Domains, byUrgency)
	r.Counts = Count(r.Domains)
	return r
}

// judge judges the domains with memory; without one, by each other.
func (r *Report) judge(memory *judge.Memory) {
	if memory == nil {
		memory = judge.NewMemory()
		for _, d := range r.Domains {
			memory.Add(&d.judged)
		}
	}
	for _, d := range r.Domains {
		memory.Recall(&d.judged)
		d.Verdict = d.judged.Judge()
	}
	r.Causes = memory.Causes(r.Now)
}

func byUrgency(a, b *Domain) int {
	return cmp.Or(a.Severity.Compare(b.Severity), a.Due.Compare(b.Due))
}

// Finding is one problem of a domain, in words.
type Finding struct {
	Problem   judge.Kind     `json:"problem"`
	Severity  judge.Severity `json:"severity"`
	Since     *time.Time     `json:"since,omitempty"` // nil if it is not known
	Alert     string         `json:"alert"`           // that says the same
	Text      string         `json:"text"`
	Threshold string         `json:"threshold,omitempty"` // that decided, as the configuration has it
	Action    string         `json:"action"`              // the step that ends it
	Runbook   string         `json:"runbook"`             // URL, or path in the repository, with a fragment
}

// Findings returns the problems of the domain, the worst first.
func (d *Domain) Findings() []Finding {
	findings := make([]Finding, len(d.Problems))
	for i, p := range d.Problems {
		findings[i] = Finding{
			Problem: p.Kind, Severity: p.Severity, Since: instant(p.Since), Alert: p.Kind.Alert(),
			Text: d.say(p.Text(&d.judged)), Threshold: p.Threshold(&d.judged), Action: d.say(p.Action(&d.judged)),
			Runbook: runbook(d.opts.ExternalURL, p.Kind, d.Target.String()),
		}
	}
	return findings
}

// runbook returns the page of the exporter with the runbook of a kind, if it is
// known where the pages are, else the path in the repository. target is
// bucket/domain; "" is none.
func runbook(externalURL string, kind judge.Kind, target string) string {
	switch {
	case externalURL == "":
		return kind.Runbook()
	case target == "":
		return externalURL + "/runbooks/" + kind.Alert()
	}
	return externalURL + "/runbooks/" + kind.Alert() + "?target=" + url.QueryEscape(target)
}

// Action names the next step.
func (d *Domain) Action() string { return d.say(d.Verdict.Action(&d.judged)) }

// say writes a text in the language of the report.
func (d *Domain) say(text lang.Text) string { return text.In(d.opts.Language) }

// say writes a text in the language of the report.
func (r *Report) say(text lang.Text) string { return text.In(r.opts.Language) }

// Changes returns the last changes of the domain, the newest first.
func (d *Domain) Changes() []changelog.Change { return d.opts.History.Of(d.Target.Name) }

// Worst returns the severity of the worst domain or cause; Warning if there is no
// domain, since nothing is watched then.
func (r *Report) Worst() judge.Severity {
	if len(r.Domains) == 0 {
		return judge.Warning
	}
	worst := r.Domains[0].Severity
	for _, d := range r.Domains {
		worst = worse(worst, d.Severity)
	}
	for _, c := range r.Causes {
		worst = worse(worst, c.Severity)
	}
	return worst
}

func worse(a, b judge.Severity) judge.Severity {
	if b.Compare(a) < 0 {
		return b
	}
	return a
}

// IsAsked reports whether any domain was asked about.
func (r *Report) IsAsked() bool {
	return slices.ContainsFunc(r.Domains, func(d *Domain) bool { return !d.Status.Attempt.Ended.IsZero() })
}

// LastAsked returns when the last answer about any domain came; zero if none did.
func (r *Report) LastAsked() (last time.Time) {
	for _, d := range r.Domains {
		if d.Status.Attempt.Ended.After(last) {
			last = d.Status.Attempt.Ended
		}
	}
	return last
}

// unanswered counts the domains about which a question was asked in vain.
func (r *Report) unanswered() (n int) {
	for _, d := range r.Domains {
		if !d.Status.Attempt.Ended.IsZero() && !d.judged.IsAnswered() {
			n++
		}
	}
	return n
}

// Standing is how it stands for monitoring: Critical also if something could not
// be asked, and Warning if something is not known.
func (r *Report) Standing() judge.Severity {
	worst := r.Worst()
	switch {
	case r.unanswered() > 0:
		return judge.Critical
	case worst == judge.Unknown:
		return judge.Warning
	}
	return worst
}

// Summary says in one line how it stands, as monitoring plugins do: the counts,
// and the worst.
func (r *Report) Summary() string {
	text := r.Counts.Text()
	if n := r.unanswered(); n > 0 {
		text = lang.Textf("%d could not be asked about everything; %s", n, text)
	}
	if worst := r.worstText(); !worst.IsZero() {
		text = lang.Textf("%s; %s", text, worst)
	}
	return r.say(lang.Textf("%s: %s", strings.ToUpper(string(r.Standing())), text))
}

// worstText describes the worst problem; no text if there is none.
func (r *Report) worstText() lang.Text {
	for _, severity := range []judge.Severity{judge.Critical, judge.Warning} {
		for _, c := range r.Causes {
			if c.Severity == severity {
				return c.Text()
			}
		}
		for _, d := range r.Domains {
			if d.Severity == severity {
				return lang.Textf("%s: %s", d.Target.Cname(), d.Problems[0].Text(&d.judged))
			}
		}
	}
	return lang.Text{}
}
