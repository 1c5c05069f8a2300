package ui

import (
	"fmt"
	"strconv"
	"time"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/status"
)

// timeline is the picture of a domain: what it went through since the first change
// that is remembered, and how long its token or certificate has left. The unit is
// a pixel of a picture that is 640 wide.
type timeline struct {
	Title    lang.Text
	Segments []segment // one after the other
	Since    lang.Text
	Left     lang.Text // what is left in words; no text is no bar
	LeftBar  string
	Severity judge.Severity
}

type segment struct {
	X, Width, Class string
	Text            lang.Text
}

const lifeWidth = 640

func newLife(d *report.Domain, now time.Time) timeline {
	l := timeline{Severity: d.Severity}
	if due := newDue(d, now); due != nil && due.Bar != "" {
		left, _ := strconv.ParseFloat(due.Bar, 64)
		l.Left, l.LeftBar = lang.Textf("%s %s", due.What, due.Relative), pixels(left/72*lifeWidth)
	}
	l.Segments, l.Since = segments(d, now)
	l.Title = lang.Textf("Time line of %s, now %s", d.Target.Cname(), d.State)
	return l
}

// segments returns what the domain went through; without a change all is as now.
func segments(d *report.Domain, now time.Time) (list []segment, since lang.Text) {
	var at []time.Time
	var was []string
	for _, c := range d.Changes() { // the newest first
		if c.Check == "" {
			at, was = append(at, c.At), append(was, c.Was)
		}
	}
	if len(at) == 0 {
		return nil, lang.Text{}
	}
	first := at[len(at)-1]
	begin := first.Add(-max(now.Sub(first)/8, time.Second)) // the beginning of that is not known
	scale := lifeWidth / now.Sub(begin).Seconds()
	end, is := now, d.Changes()[0].Is
	for _, c := range d.Changes() {
		if c.Check == "" {
			is = c.Is
			break
		}
	}
	for i := range at {
		list = append(list, newSegment(at[i].Sub(begin).Seconds()*scale, end.Sub(at[i]).Seconds()*scale, is, at[i]))
		end, is = at[i], was[i]
	}
	return append(list, newSegment(0, end.Sub(begin).Seconds()*scale, is, time.Time{})), lang.Ago(now.Sub(first))
}

func newSegment(x, width float64, outcome string, at time.Time) segment {
	text := lang.Verbatim(outcome)
	if !at.IsZero() {
		text = lang.Textf("%s from %s", outcome, plain.Stamp(at))
	}
	return segment{pixels(x), pixels(max(width-1, 1)), tone(outcome), text}
}

func pixels(x float64) string { return fmt.Sprintf("%.1f", x) }

// tone returns the class that colours an outcome: a state, or a reason.
func tone(outcome string) string {
	switch outcome {
	case string(status.StateBound):
		return string(judge.OK)
	case string(status.StateDisabled), string(status.StateTokenExpired):
		return string(judge.Critical)
	case string(status.StateAwaitingDNS), string(status.StateReadyToBind), string(status.StateTokenMissing), "token":
		return string(judge.Unknown)
	case string(status.StateUnknown), "no_token":
		return "none"
	}
	return string(judge.Warning) // the reason of a failure
}
