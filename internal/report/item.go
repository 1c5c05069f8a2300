package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/status"
)

// Document is a Report, or a page of it, as JSON has it: docs/api.schema.json.
type Document struct {
	Summary string      `json:"summary"` // one line
	Time    time.Time   `json:"time"`
	Counts  Counts      `json:"counts"`           // of all domains
	Causes  []CauseItem `json:"causes,omitempty"` // failures that most domains of an account share
	Paging
	NotChecked []Unchecked `json:"not_checked,omitempty"` // the checks that are off for a domain of this page
	Domains    []Item      `json:"domains"`               // of this page
}

// Paging says which part of the domains a Document has.
type Paging struct {
	Matching int `json:"matching"` // domains that were chosen
	Page     int `json:"page"`     // from 1
	Pages    int `json:"pages"`
}

// NewDocument returns the Document of some of r's domains.
func NewDocument(r *Report, domains []*Domain, paging Paging) Document {
	doc := Document{Summary: r.Summary(), Time: *instant(r.Now), Counts: r.Counts, Paging: paging, NotChecked: UncheckedOf(domains), Domains: make([]Item, len(domains))}
	for i, d := range domains {
		doc.Domains[i] = d.Item()
	}
	doc.Causes = r.CauseItems()
	return doc
}

// WriteDocument writes the Document of some of r's domains, one at a time, so
// that all of them are never in memory.
func WriteDocument(w io.Writer, r *Report, domains []*Domain, paging Paging) error {
	doc := NewDocument(r, nil, paging)
	doc.NotChecked = UncheckedOf(domains)
	head, err := JSON(doc)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 32<<10)
	_, _ = b.Write(bytes.TrimSuffix(head, []byte("]}"))) // Flush has the error
	for i, d := range domains {
		item, err := JSON(d.Item())
		if err != nil {
			return err
		}
		if i > 0 {
			_ = b.WriteByte(',')
		}
		_, _ = b.Write(item)
	}
	_, _ = b.WriteString("]}\n")
	return b.Flush()
}

// CauseItems returns the failures that most domains of an account share.
func (r *Report) CauseItems() (items []CauseItem) {
	for _, c := range r.Causes {
		items = append(items, CauseItem{
			Problem: c.Kind, Severity: c.Severity, Account: c.Account, Region: c.Region, Check: c.Check, Reason: c.Reason,
			Failing: c.Domains, Asked: c.Of, Since: instant(c.Since), Alert: judge.AccountFailing.Alert(),
			Text: r.say(c.Text()), Action: r.say(c.Action()), Runbook: runbook(r.opts.ExternalURL, judge.AccountFailing, ""),
		})
	}
	return items
}

// CauseItem is a failure that most domains of an account share.
type CauseItem struct {
	Problem  judge.Kind     `json:"problem"`
	Severity judge.Severity `json:"severity"`
	Account  string         `json:"account"`
	Region   string         `json:"region"`
	Check    status.Check   `json:"check"`
	Reason   status.Reason  `json:"reason"`
	Failing  int            `json:"failing"` // domains that fail for the reason
	Asked    int            `json:"asked"`   // domains of the account that were asked about
	Since    *time.Time     `json:"since,omitempty"`
	Alert    string         `json:"alert"`
	Text     string         `json:"text"`
	Action   string         `json:"action"`
	Runbook  string         `json:"runbook"`
}

// Item is a Domain in words and values. What is unknown is nil.
type Item struct {
	Bucket      string               `json:"bucket"`
	Cname       string               `json:"cname"`
	Account     string               `json:"account"`
	Region      string               `json:"region"`
	Labels      map[string]string    `json:"labels,omitempty"`
	Configured  bool                 `json:"configured"`
	Severity    judge.Severity       `json:"severity"`
	State       status.State         `json:"state"`
	Action      string               `json:"action"`
	Findings    []Finding            `json:"findings,omitempty"`
	Token       *TokenItem           `json:"token"`
	Record      *Record              `json:"record,omitempty"`
	Alias       *Alias               `json:"cname_record,omitempty"`
	Binding     *BindingItem         `json:"binding,omitempty"`
	Certificate *CertificateItem     `json:"certificate,omitempty"`
	Visit       *VisitItem           `json:"visit,omitempty"`
	Attempt     *AttemptItem         `json:"attempt"`
	Checks      map[string]CheckItem `json:"checks,omitempty"`
	NotChecked  []string             `json:"not_checked,omitempty"` // the checks that are off, as the configuration names them
	Changes     []changelog.Change   `json:"changes,omitempty"`
}

// TokenItem is the last definitive answer about a token.
type TokenItem struct {
	Exists    bool       `json:"exists"`
	Expires   *time.Time `json:"expires,omitempty"`
	Expired   *time.Time `json:"expired,omitempty"` // when the token that is gone expired unused
	Confirmed time.Time  `json:"confirmed"`         // when OSS gave the answer
}

// BindingItem is the entry of a domain in the list of its bucket.
type BindingItem struct {
	Bound   bool   `json:"bound"`
	Enabled *bool  `json:"enabled,omitempty"`
	Word    string `json:"word,omitempty"` // OSS's own for that
}

// CertificateItem is the certificate that is bound with a domain.
type CertificateItem struct {
	ID      string     `json:"id,omitempty"`
	Type    string     `json:"type,omitempty"`
	Word    string     `json:"word,omitempty"`    // OSS's own for whether it serves it
	Expires *time.Time `json:"expires,omitempty"` // only if OSS serves it
}

// AttemptItem is how the last attempt went.
type AttemptItem struct {
	Ended   time.Time     `json:"ended"`
	Seconds float64       `json:"duration_seconds"`
	Reason  status.Reason `json:"reason,omitempty"` // "" if it succeeded
	Error   string        `json:"error,omitempty"`
}

// CheckItem is how a check goes.
type CheckItem struct {
	Confirmed *time.Time   `json:"confirmed,omitempty"`
	Attempt   *AttemptItem `json:"attempt,omitempty"`
}

// Item returns all that is said of the domain.
func (d *Domain) Item() Item {
	t, s := d.Target, d.Status
	item := Item{
		Bucket: t.Bucket, Cname: t.Cname(), Account: t.Account.Name, Region: t.Account.Region, Labels: t.Labels, Configured: !t.Unlisted,
		Severity: d.Severity, State: d.State, Action: d.Action(), Findings: d.Findings(),
		Token: tokenItem(s.Facts), Record: d.Record(), Alias: d.Alias(),
		Visit: visitItem(s), Attempt: attemptItem(s.Attempt), NotChecked: d.uncheckedNames(), Changes: d.Changes(),
	}
	if s.Bound != status.Unknown {
		item.Binding = &BindingItem{Bound: s.Bound == status.Yes, Enabled: truth(s.Enabled), Word: s.BindingWord}
	}
	if c := s.Certificate; c != (status.Certificate{}) || !s.CertificateExpires.IsZero() {
		item.Certificate = &CertificateItem{ID: c.ID, Type: c.Type, Word: c.Status, Expires: instant(s.CertificateExpires)}
	}
	if len(s.Checks) > 0 {
		item.Checks = make(map[string]CheckItem, len(s.Checks))
	}
	for check, c := range s.Checks {
		item.Checks[string(check)] = CheckItem{Confirmed: instant(c.Confirmed), Attempt: attemptItem(c.Attempt)}
	}
	return item
}

func tokenItem(f status.Facts) *TokenItem {
	if f.Confirmed.IsZero() {
		return nil
	}
	return &TokenItem{Exists: f.Exists, Expires: instant(f.Expires), Expired: instant(f.Expired), Confirmed: *instant(f.Confirmed)}
}

func attemptItem(a status.Attempt) *AttemptItem {
	if a.Ended.IsZero() {
		return nil
	}
	item := &AttemptItem{Ended: *instant(a.Ended), Seconds: a.Duration.Seconds(), Reason: a.Reason}
	if a.Err != nil {
		item.Error = plain.Printable(a.Err.Error())
	}
	return item
}

// instant returns t in whole milliseconds of UTC; nil for the zero time.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Millisecond)
	return &t
}

// tokenText describes the token in few words.
func (d *Domain) tokenText() lang.Text {
	f := d.Status.Facts
	switch {
	case f.Confirmed.IsZero():
		return lang.Textf("unknown")
	case f.Exists && d.now.Before(f.Expires):
		return lang.Textf("expires %s", lang.In(d.Status.Facts.Expires.Sub(d.now)))
	case f.Exists, !f.Expired.IsZero():
		return lang.Textf("expired %s", lang.Ago(d.now.Sub(d.judged.ExpiredAt())))
	}
	return lang.Textf("none")
}

// Queries returns PromQL about the domain.
func (d *Domain) Queries() []string {
	t := d.Target
	selector := fmt.Sprintf("{bucket=%s,cname=%s}", strconv.Quote(t.Bucket), strconv.Quote(t.Cname()))
	queries := []string{"oss_cname_token_expires_in_seconds" + selector}
	if len(t.Checks.Names()) > 0 {
		queries = append(queries, "oss_cname_state"+selector+" == 1")
	}
	if t.Checks.Binding {
		queries = append(queries, "oss_cname_certificate_expires_in_seconds"+selector)
	}
	return append(queries, "oss_cname_token_probe_failure_reason"+selector)
}
