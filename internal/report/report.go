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
		if d.IsUnanswered() {
			n++
		}
	}
	return n
}

// Standing is how it stands for monitoring: Critical also if something could not
// be asked.
func (r *Report) Standing() judge.Severity {
	if r.unanswered() > 0 {
		return judge.Critical
	}
	return r.Worst()
}

// Summary says in one line how it stands, as monitoring plugins do: the worst
// domain or cause, how many are as bad, and the counts of the others.
func (r *Report) Summary() string {
	h := r.headline()
	rest := Count(slices.DeleteFunc(slices.Clone(r.Domains), h.tells))
	text := h.text
	if h.more > 0 {
		text = lang.Textf("%s, and %d more", text, h.more)
	}
	switch {
	case text.IsZero():
		text = r.Counts.Text()
	case rest.Total > 0:
		text = lang.Textf("%s; %s", text, rest.String())
	}
	return strings.ToUpper(string(r.Standing())) + ": " + r.say(text)
}

// headline is the worst that there is to say. The zero value is nothing.
type headline struct {
	text  lang.Text
	more  int                // causes or domains of which the same could be said
	tells func(*Domain) bool // whether the headline is about a domain
}

// headline describes the worst cause or domain. Without a critical one it is
// about a question that got no answer.
func (r *Report) headline() headline {
	worst := r.Worst()
	switch {
	case worst != judge.Critical && r.unanswered() > 0:
		return r.first(func(judge.Cause) bool { return true }, (*Domain).IsUnanswered)
	case worst == judge.OK, !r.IsAsked():
		return headline{tells: func(*Domain) bool { return false }}
	}
	return r.first(func(c judge.Cause) bool { return c.Severity == worst }, func(d *Domain) bool { return d.Severity == worst })
}

// first is the headline about the first of some causes, else of some domains.
func (r *Report) first(isCause func(judge.Cause) bool, isDomain func(*Domain) bool) headline {
	causes := slices.DeleteFunc(slices.Clone(r.Causes), func(c judge.Cause) bool { return !isCause(c) })
	if len(causes) > 0 {
		return headline{causes[0].Text(), len(causes) - 1, (*Domain).IsCovered}
	}
	domains := slices.DeleteFunc(slices.Clone(r.Domains), func(d *Domain) bool { return !isDomain(d) })
	if len(domains) == 0 {
		return headline{tells: isDomain}
	}
	return headline{lang.Textf("%s: %s", domains[0].Target.Cname(), domains[0].reason()), len(domains) - 1, isDomain}
}

// IsUnanswered reports whether a question about d was asked in vain.
func (d *Domain) IsUnanswered() bool {
	return !d.Status.Attempt.Ended.IsZero() && !d.judged.IsAnswered()
}

// reason describes the worst problem of d; the failure if a question got no
// answer and nothing is critical.
func (d *Domain) reason() lang.Text {
	isFailure := func(p judge.Problem) bool { return p.Kind == judge.ProbeFailing || p.Kind == judge.CheckFailing }
	i := slices.IndexFunc(d.Problems, isFailure)
	switch {
	case len(d.Problems) == 0:
		return lang.Textf("too little is known; next: %s", d.Verdict.Action(&d.judged))
	case i < 0 || d.Severity == judge.Critical:
		i = 0
	}
	return d.Problems[i].Text(&d.judged)
}
