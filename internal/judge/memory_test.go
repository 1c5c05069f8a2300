package judge_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

var now = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// life has one memory told of domains at moments of a clock.
type life struct {
	memory *judge.Memory
	now    time.Time
}

func newLife() *life { return &life{judge.NewMemory(), now} }

// see has the memory observe one domain, and returns its problems as
// "kind severity", with "over" after those that ended.
func (l *life) see(name string, s status.Status, change ...func(*judge.Case)) string {
	all := l.memory.Observe(l.now, 1, func(int) judge.Case { return l.of(name, &s, change...) })
	return told(all.Problems[0])
}

// left is how many domains are remembered, and the removed ones among them.
func (l *life) left() (domains int, removed []judge.Removed) {
	domains, _ = l.memory.Totals(l.now)
	return domains, l.memory.Known(l.now, domains, func(int) domain.Name { return domain.Name{} }).Removed
}

func (l *life) removed() int {
	_, removed := l.left()
	return len(removed)
}

func (l *life) of(name string, s *status.Status, change ...func(*judge.Case)) judge.Case {
	bucket, cname, _ := strings.Cut(name, "/")
	c := judge.Case{Name: domain.Name{Bucket: bucket, Base: cname}, Account: "main", Region: "cn-hangzhou", Status: s, Now: l.now}
	for _, do := range change {
		do(&c)
	}
	return c
}

func told(episodes []judge.Episode[judge.Level]) string {
	var texts []string
	for _, e := range episodes {
		text := fmt.Sprintf("%s %s", e.Of.Kind, e.Of.Severity)
		if e.IsOver() {
			text += " over"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

func answered() status.Attempt { return status.Attempt{Ended: now} }

func failed(reason status.Reason) status.Attempt {
	return status.Attempt{Ended: now, Reason: reason, Err: errors.New("403 no")}
}

// bound is a domain whose binding is known.
func bound(is status.Tristate) status.Status {
	return status.Status{
		Attempt: answered(), Facts: status.Facts{Confirmed: now}, Bound: is,
		Checks: map[status.Check]status.CheckStatus{status.CheckBinding: {Confirmed: now, Attempt: answered()}},
	}
}

func disabled() status.Status {
	s := bound(status.Yes)
	s.Enabled, s.BindingWord = status.No, "Blocked"
	return s
}

const one = "examplebucket/www.example.com"

// TestEnd tells the end of a problem for one hour, and no longer.
func TestEnd(t *testing.T) {
	l := newLife()
	for _, step := range []struct {
		after time.Duration
		is    status.Status
		want  string
	}{
		{0, bound(status.Yes), ""},
		{time.Minute, disabled(), "not_served critical"},
		{time.Minute, disabled(), "not_served critical"},
		{time.Minute, bound(status.Yes), "not_served critical over"},
		{59 * time.Minute, bound(status.Yes), "not_served critical over"},
		{time.Minute, bound(status.Yes), ""},
		{time.Minute, disabled(), "not_served critical"},
		{time.Minute, bound(status.Yes), "not_served critical over"},
		{time.Minute, disabled(), "not_served critical"},
	} {
		l.now = l.now.Add(step.after)
		if got := l.see(one, step.is); got != step.want {
			t.Fatalf("at %v: got %q, want %q", l.now.Sub(now), got, step.want)
		}
	}
}

// TestBeginsAgain has a problem and a shared cause end and begin again within an
// hour: the new beginning counts.
func TestBeginsAgain(t *testing.T) {
	l := newLife()
	see := func(after time.Duration, s status.Status) {
		l.now = l.now.Add(after)
		l.memory.Observe(l.now, 2, func(i int) judge.Case { return l.of(fmt.Sprintf("examplebucket/d%d.example.com", i), &s) })
	}
	ill := disabled()
	ill.Attempt = failed("timeout")
	see(0, ill)
	see(time.Minute, bound(status.Yes))
	see(time.Minute, ill)
	c := l.of("examplebucket/d0.example.com", &ill)
	l.memory.Recall(&c)
	if p := c.Judge().Problems; len(p) != 1 || !p[0].Since.Equal(l.now) {
		t.Errorf("got %+v", p)
	}
	if causes := l.memory.Causes(l.now); len(causes) != 1 || !causes[0].Since.Equal(l.now) {
		t.Errorf("got %+v", causes)
	}
	see(time.Minute, ill)
	if causes := l.memory.Causes(l.now); len(causes) != 1 || !causes[0].Since.Equal(l.now.Add(-time.Minute)) {
		t.Errorf("got %+v", causes)
	}
}

// TestSeverityRises keeps the beginning of a problem that gets worse.
func TestSeverityRises(t *testing.T) {
	l := newLife()
	s := status.Status{Attempt: answered(), Facts: status.Facts{Confirmed: now, Exists: true, Expires: now.Add(10 * time.Hour)}}
	if got := l.see(one, s); got != "token_expires_soon warning" {
		t.Fatalf("got %q", got)
	}
	l.now = now.Add(5 * time.Hour)
	if got := l.see(one, s); got != "token_expires_soon critical, token_expires_soon warning over" {
		t.Fatalf("got %q", got)
	}
	c := l.of(one, &s)
	l.memory.Recall(&c)
	if p := c.Judge().Problems[0]; !p.Since.Equal(now) {
		t.Errorf("it began at %v", p.Since)
	}
}

// TestUnbound remembers that a domain was bound, while it is not.
func TestUnbound(t *testing.T) {
	l := newLife()
	if got := l.see(one, bound(status.No)); got != "token_missing warning" {
		t.Errorf("never bound: got %q", got)
	}
	l.see(one, bound(status.Yes))
	l.now = l.now.Add(time.Minute)
	l.see(one, bound(status.Unknown))
	if got := l.see(one, bound(status.No)); !strings.HasPrefix(got, "domain_unbound critical, token_missing warning") {
		t.Errorf("no longer bound: got %q", got)
	}
	l.now = l.now.Add(time.Hour)
	if got := l.see(one, bound(status.No)); got != "domain_unbound critical, token_missing warning" {
		t.Errorf("an hour later: got %q", got)
	}
	other := "otherbucket/www.example.com"
	l.see(other, bound(status.Yes))
	if got := l.see(one, bound(status.No)); got != "domain_unbound critical over, token_missing warning over" {
		t.Errorf("bound to another bucket: got %q", got)
	}
	l.see(other, bound(status.No))
	if got := l.see(one, bound(status.No)); !strings.HasPrefix(got, "domain_unbound critical, token_missing warning") {
		t.Errorf("bound to none: got %q", got)
	}
}

// TestRemoved ends the problems of a removed target for one hour.
func TestRemoved(t *testing.T) {
	l := newLife()
	l.see(one, disabled(), func(c *judge.Case) { c.Labels = map[string]string{"team": "web"} })
	l.see("examplebucket/well.example.com", bound(status.Yes))
	l.memory.Retain(l.now, func(domain.Name) bool { return false })
	left, removed := l.left()
	if len(removed) != 1 || removed[0].String() != one || removed[0].Labels["team"] != "web" || told(removed[0].Problems) != "not_served critical over" || left != 0 {
		t.Fatalf("got %+v, and %d are left", removed, left)
	}
	l.now = l.now.Add(59 * time.Minute)
	l.memory.Retain(l.now, func(domain.Name) bool { return false })
	if l.removed() != 1 {
		t.Error("the end is told for less than an hour")
	}
	if got := l.see(one, bound(status.Yes)); got != "not_served critical over" || l.removed() != 0 {
		t.Errorf("it is back: got %q, and %d removed", got, l.removed())
	}
	l.memory.Retain(l.now, func(domain.Name) bool { return false })
	l.now = l.now.Add(time.Hour)
	l.see("examplebucket/well.example.com", bound(status.Yes))
	if l.removed() != 0 {
		t.Error("the end is told for more than an hour")
	}
}

// TestTransient remembers nothing of a domain that is not configured.
func TestTransient(t *testing.T) {
	l := newLife()
	got := l.see(one, disabled(), func(c *judge.Case) { c.IsTransient = true })
	if left, _ := l.left(); got != "not_served critical" || left != 0 {
		t.Errorf("got %q, and %d are remembered", got, left)
	}
}

func TestAsked(t *testing.T) {
	l := newLife()
	l.see(one, bound(status.Yes))
	l.now = now.Add(9 * time.Minute)
	l.see("examplebucket/two.example.com", bound(status.Yes))
	for after, want := range map[time.Duration]int{9 * time.Minute: 2, 10 * time.Minute: 1, 19 * time.Minute: 0} {
		if got, _ := l.memory.Totals(now.Add(after)); got != want {
			t.Errorf("after %v: got %d, want %d", after, got, want)
		}
	}
}

// fails is a domain whose questions fail for a reason.
func fails(token, binding status.Reason) status.Status {
	return status.Status{Attempt: failed(token), Checks: map[status.Check]status.CheckStatus{status.CheckBinding: {Attempt: failed(binding)}}}
}

// TestSharedCause has one wrong key fail all domains of an account: that is one
// problem. A failure of its own stays a domain's.
func TestSharedCause(t *testing.T) {
	wrong := fails(status.ReasonCredentials, status.ReasonCredentials)
	well := bound(status.Yes)
	for _, test := range []struct {
		name   string
		all    []status.Status
		causes string
		first  string // problems of the first
	}{
		{"one wrong key", []status.Status{wrong, wrong, wrong}, "probe_failing token credentials 3/3", ""},
		{"most of them", []status.Status{wrong, wrong, well}, "probe_failing token credentials 2/3", ""},
		{"half of them", []status.Status{wrong, wrong, well, well}, "", "probe_failing warning"},
		{"one of one", []status.Status{wrong}, "", "probe_failing warning"},
		{"buckets that do not exist", []status.Status{fails("bucket_not_found", "bucket_not_found"), fails("bucket_not_found", "bucket_not_found")}, "", "probe_failing warning"},
		{"names that are refused", []status.Status{fails("invalid_argument", ""), fails("invalid_argument", "")}, "", "probe_failing warning"},
		{"no right to list", []status.Status{fails("", "access_denied"), fails("", "access_denied")}, "check_failing binding access_denied 2/2", ""},
		{"two reasons", []status.Status{fails("timeout", ""), fails("connect", ""), fails("dns", "")}, "", "probe_failing warning"},
		{"two causes", []status.Status{fails("timeout", "access_denied"), fails("timeout", "access_denied")},
			"check_failing binding access_denied 2/2, probe_failing token timeout 2/2", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLife()
			seen := l.memory.Observe(now, len(test.all), func(i int) judge.Case { return l.of(fmt.Sprintf("examplebucket/d%d.example.com", i), &test.all[i]) })
			var causes []string
			for _, c := range l.memory.Causes(now) {
				causes = append(causes, fmt.Sprintf("%s %s %s %d/%d", c.Kind, c.Check, c.Reason, c.Domains, c.Of))
				if c.Account != "main" || c.Region != "cn-hangzhou" || !strings.Contains(c.Text().String(), "403 no") || c.Action().String() == "" || c.Severity != judge.Warning {
					t.Errorf("got %+v, %q, %q", c, c.Text().String(), c.Action().String())
				}
			}
			if got := strings.Join(causes, ", "); got != test.causes || told(seen.Problems[0]) != test.first {
				t.Errorf("got %q and %q, want %q and %q", got, told(seen.Problems[0]), test.causes, test.first)
			}
		})
	}
}

// TestCauseEnds follows a shared cause: it gets critical, and its end is told.
func TestCauseEnds(t *testing.T) {
	l := newLife()
	both := func(s status.Status) string {
		l.memory.Observe(l.now, 2, func(i int) judge.Case { return l.of(fmt.Sprintf("examplebucket/d%d.example.com", i), &s) })
		var texts []string
		_, causes := l.memory.Totals(l.now)
		for _, e := range causes {
			texts = append(texts, fmt.Sprintf("%s %s over=%v", e.Of.Reason, e.Of.Severity, e.IsOver()))
		}
		return strings.Join(texts, ", ")
	}
	wrong := fails("credentials", "credentials")
	if got := both(wrong); got != "credentials warning over=false" {
		t.Errorf("got %q", got)
	}
	l.now = l.now.Add(6*time.Hour + time.Second)
	if got := both(wrong); got != "credentials critical over=false, credentials warning over=true" {
		t.Errorf("after facts_stale: got %q", got)
	}
	if c := l.memory.Causes(l.now); len(c) != 1 || !c[0].Since.Equal(now) {
		t.Errorf("it lost its beginning: %+v", c)
	}
	l.now = l.now.Add(time.Minute)
	if got := both(bound(status.Yes)); got != "credentials critical over=true, credentials warning over=true" {
		t.Errorf("it is over: got %q", got)
	}
	l.now = l.now.Add(time.Hour)
	if got := both(bound(status.Yes)); got != "" {
		t.Errorf("an hour later: got %q", got)
	}
	both(wrong)
	l.memory.Retain(l.now, func(domain.Name) bool { return false })
	if _, got := l.memory.Totals(l.now); len(got) != 1 || !got[0].IsOver() {
		t.Errorf("all targets are gone: got %+v", got)
	}
}

// TestCauseIsSwitchedOff heeds the operator's word about the kind.
func TestCauseIsSwitchedOff(t *testing.T) {
	l := newLife()
	s := fails("credentials", "")
	for _, test := range []struct{ chosen, want judge.Severity }{{judge.Off, ""}, {judge.Critical, judge.Critical}} {
		rules := func(c *judge.Case) {
			c.Rules.Severities = map[judge.Kind]judge.Severity{judge.ProbeFailing: test.chosen}
		}
		l.memory.Observe(now, 2, func(i int) judge.Case { return l.of(fmt.Sprintf("examplebucket/d%d.example.com", i), &s, rules) })
		causes := l.memory.Causes(now)
		if (len(causes) == 1) != (test.want != "") || len(causes) == 1 && causes[0].Severity != test.want {
			t.Errorf("%s: got %+v", test.chosen, causes)
		}
	}
}

// TestEpisodes returns what the last observation left, without another.
func TestEpisodes(t *testing.T) {
	l := newLife()
	l.see(one, disabled())
	names := []domain.Name{{Bucket: "examplebucket", Base: "www.example.com"}, {Bucket: "examplebucket", Base: "unknown.example.com"}}
	known := func(n int) [][]judge.Episode[judge.Level] {
		return l.memory.Known(l.now, n, func(i int) domain.Name { return names[i] }).Problems
	}
	got := known(2)
	if told(got[0]) != "not_served critical" || got[1] != nil {
		t.Errorf("got %v", got)
	}
	slices.Reverse(names)
	if got := known(1); got[0] != nil {
		t.Errorf("got %v", got)
	}
}
