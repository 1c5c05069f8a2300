// Package report turns what is true of the targets into what is said to people:
// how bad it is, why, what to do next, and the record to publish. The page, the
// JSON, the terminal and the debug page render a Report, and none of them has an
// idea of severity or order of its own.
//
// A Report has a Domain for each target. The Severity of a Domain is that of the
// worst of its Findings, each of which is what an alert of deploy/rules.yml
// would say.
package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
)

// Severity says how bad something is.
type Severity string

// The severities, the worst first.
const (
	Critical Severity = "critical" // an alert with that severity would fire
	Warning  Severity = "warning"  // the same
	Unasked  Severity = "unasked"  // nobody has asked about the domain yet
	OK       Severity = "ok"       // no alert would fire
)

// Severities returns the whole closed set, the worst first.
func Severities() []Severity { return []Severity{Critical, Warning, Unasked, OK} }

// rank is the place of s in Severities.
func (s Severity) rank() int {
	switch s {
	case Critical:
		return 0
	case Warning:
		return 1
	case Unasked:
		return 2
	}
	return 3
}

// Options configures a Report. The zero value works.
type Options struct {
	Now        time.Time          // zero is time.Now
	History    *changelog.History // nil is none
	HideTokens bool               // shows no token's value, neither OSS's nor what the DNS has of one
}

// Report is what is said about some targets.
type Report struct {
	Now     time.Time
	Domains []*Domain // the most urgent first
	Counts  Counts    // of Domains
}

// Domain is what is said about one target.
type Domain struct {
	Target   *config.Target
	Status   *status.Status
	State    status.State
	Severity Severity

	now        time.Time
	due        time.Time // when it gets worse, or got as bad as it is
	matched    []*rule   // the rules that apply
	unbound    time.Time // when OSS first said that it is no longer bound; zero if that was not seen
	elsewhere  bool      // another watched bucket has the same domain bound
	history    *changelog.History
	hideTokens bool
}

// New returns the report on targets, of which statuses has what is true. It
// keeps to both.
func New(targets []config.Target, statuses []status.Status, opts Options) *Report {
	if opts.Now.IsZero() {
		opts.Now = time.Now()
	}
	r := &Report{Now: opts.Now, Domains: make([]*Domain, len(statuses))}
	domains := make([]Domain, len(statuses))
	known := rules()
	bound := boundCnames(targets, statuses)
	for i := range statuses {
		d := &domains[i]
		r.Domains[i] = d
		*d = Domain{Target: &targets[i], Status: &statuses[i], now: opts.Now, history: opts.History, hideTokens: opts.HideTokens}
		d.State = d.Status.State(opts.Now)
		if d.Status.Bound == status.No {
			d.elsewhere = bound[d.Target.Cname()]
			d.unbound = opts.History.Unbound(d.Target.Name)
		}
		d.judge(known)
	}
	slices.SortStableFunc(r.Domains, byUrgency)
	r.Counts = Count(r.Domains)
	return r
}

// boundCnames returns the domains that are bound to some bucket.
func boundCnames(targets []config.Target, statuses []status.Status) map[string]bool {
	bound := map[string]bool{}
	for i := range statuses {
		if statuses[i].Bound == status.Yes {
			bound[targets[i].Cname()] = true
		}
	}
	return bound
}

// never is the due of what gets no worse: it sorts last.
var never = time.Unix(1<<40, 0) //nolint:gochecknoglobals // a constant for which Go has no syntax

// judge finds the rules that apply, and takes severity and due of the worst.
func (d *Domain) judge(known []rule) {
	d.Severity, d.due = OK, d.deadline()
	if d.Status.Attempt.Ended.IsZero() && d.Status.Facts.Confirmed.IsZero() {
		d.Severity = Unasked
	}
	for i := range known {
		rule := &known[i]
		if !rule.applies(d) {
			continue
		}
		d.matched = append(d.matched, rule)
		due := never
		if rule.due != nil {
			due = rule.due(d)
		}
		switch by := cmp.Compare(rule.severity.rank(), d.Severity.rank()); {
		case by < 0, by == 0 && due.Before(d.due):
			d.Severity, d.due = rule.severity, due
		}
	}
}

// deadline returns what the domain waits for: the end of a token that it needs,
// else of its certificate.
func (d *Domain) deadline() time.Time {
	switch s := d.Status; {
	case d.pending():
		return s.Facts.Expires
	case !s.CertificateExpires.IsZero():
		return s.CertificateExpires
	}
	return never
}

// pending reports whether the domain has a token that it needs.
func (d *Domain) pending() bool {
	return d.Status.Bound != status.Yes && d.Status.Facts.Exists && d.now.Before(d.Status.Facts.Expires)
}

func byUrgency(a, b *Domain) int {
	return cmp.Or(cmp.Compare(a.Severity.rank(), b.Severity.rank()), a.due.Compare(b.due))
}

// Finding is what is wrong with a domain.
type Finding struct {
	Severity Severity `json:"severity"`
	Alert    string   `json:"alert"` // of deploy/rules.yml, which says the same
	Text     string   `json:"text"`
	Action   string   `json:"action"`  // what to do about it
	Runbook  string   `json:"runbook"` // path in the repository, with a fragment
}

// Findings returns what is wrong with the domain, the worst first.
func (d *Domain) Findings() []Finding {
	findings := make([]Finding, len(d.matched))
	for i, rule := range d.matched {
		findings[i] = Finding{Severity: rule.severity, Alert: rule.alert, Text: rule.text(d), Action: rule.action(d), Runbook: runbook(rule.alert)}
	}
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(a.Severity.rank(), b.Severity.rank()) })
	return findings
}

// worst returns the first of the rules that apply with the worst severity; nil if
// none does.
func (d *Domain) worst() *rule {
	if len(d.matched) == 0 {
		return nil
	}
	return slices.MinFunc(d.matched, func(a, b *rule) int { return cmp.Compare(a.severity.rank(), b.severity.rank()) })
}

// Action says what to do next: about the worst of the findings, else what the
// state asks for.
func (d *Domain) Action() string {
	if rule := d.worst(); rule != nil {
		return rule.action(d)
	}
	if d.Severity == Unasked {
		return "wait for the next scrape of /metrics, or ask now"
	}
	if d.State == status.StateUnknown && d.answered() {
		return d.withoutChecks()
	}
	return d.State.Action()
}

// answered reports whether the last attempt of every question got an answer.
func (d *Domain) answered() bool {
	for _, check := range d.Status.Checks {
		if !check.Attempt.Succeeded() {
			return false
		}
	}
	return d.Status.Attempt.Succeeded()
}

// withoutChecks says what to do where the answers do not tell the state.
func (d *Domain) withoutChecks() string {
	if d.Status.Facts.Exists {
		return "publish the token as the TXT record and bind the domain before it expires; checks.dns and checks.binding would tell how far that is"
	}
	return "nothing if the domain is bound, else create a token; checks.binding would tell which"
}

// Changes returns the last changes of the domain, the newest first.
func (d *Domain) Changes() []changelog.Change { return d.history.Of(d.Target.Name) }

// Worst returns the severity of the domain that is worst; Warning if there is no
// domain, since nothing is watched then.
func (r *Report) Worst() Severity {
	if len(r.Domains) == 0 {
		return Warning
	}
	for _, s := range Severities() {
		if r.Counts.Of(s) > 0 {
			return s
		}
	}
	return OK
}

// unanswered counts the domains about which a question was asked in vain.
func (r *Report) unanswered() (n int) {
	for _, d := range r.Domains {
		if d.Severity != Unasked && !d.answered() {
			n++
		}
	}
	return n
}

// Standing is how it stands for monitoring: Critical also if something could not
// be asked, because nobody knows then.
func (r *Report) Standing() Severity {
	if r.unanswered() > 0 {
		return Critical
	}
	return r.Worst()
}

// Summary says in one line how it stands, as monitoring plugins do.
func (r *Report) Summary() string {
	text := strings.ToUpper(string(r.Standing())) + ": " + r.Counts.String()
	if n := r.unanswered(); n > 0 {
		text += fmt.Sprintf("; %d could not be asked about everything", n)
	}
	return text
}
