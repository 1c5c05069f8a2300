package changelog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
)

// fleet is a Log of n targets of one account that all have no token.
type fleet struct {
	t        *testing.T
	log      *changelog.Log
	lines    bytes.Buffer
	targets  []config.Target
	statuses []status.Status
	now      time.Time
}

func newFleet(t *testing.T, n int) *fleet {
	t.Helper()
	var text strings.Builder
	text.WriteString("accounts: {main: {region: cn-hangzhou}}\ntargets:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - {bucket: abc, cname: d%03d.example.com}\n", i)
	}
	f := &fleet{t: t, targets: parse(t, text.String()).Targets, statuses: make([]status.Status, n), now: now}
	f.log = changelog.New(changelog.Options{Logger: level.NewFilter(log.NewLogfmtLogger(&f.lines), level.AllowInfo())})
	f.set(0, n, "")
	f.want("the first scrape")
	return f
}

// set has targets fail for a reason; "" is that they work.
func (f *fleet) set(from, to int, reason status.Reason) {
	for i := from; i < to; i++ {
		f.statuses[i] = status.Status{Facts: status.Facts{Confirmed: f.now}, Attempt: status.Attempt{Ended: f.now, Reason: reason}}
		if reason != "" {
			f.statuses[i].Attempt.Err = errors.New("no " + string(reason))
		}
	}
}

// want scrapes once and compares the lines, without what all of them have.
func (f *fleet) want(when string, want ...string) {
	f.t.Helper()
	f.lines.Reset()
	f.log.Update(f.targets, f.statuses, f.now)
	got := strings.ReplaceAll(f.lines.String(), " account=main region=cn-hangzhou", "")
	if all := strings.Join(append(want, ""), "\n"); got != all {
		f.t.Errorf("%s: logged\n%swant\n%s", when, got, all)
	}
}

func (f *fleet) wait(d time.Duration) { f.now = f.now.Add(d) }

const note = ` note="more changes of this kind are told together, once there was none for 10m0s"`

func TestManyAlikeAreOneLine(t *testing.T) {
	f := newFleet(t, 100)
	f.set(0, 60, "timeout")
	f.set(60, 63, "connect")
	f.want("an outage",
		`level=warn targets=60 msg="probe failed" reason=timeout err="no timeout"`,
		`level=warn bucket=abc cname=d060.example.com msg="probe failed" state=unknown reason=connect err="no connect"`,
		`level=warn bucket=abc cname=d061.example.com msg="probe failed" state=unknown reason=connect err="no connect"`,
		`level=warn bucket=abc cname=d062.example.com msg="probe failed" state=unknown reason=connect err="no connect"`)
	f.want("nothing changes")
	f.set(0, 63, "")
	f.want("it is over: no room for a line each", `level=info targets=63 msg="many changes" now="63 works"`+note)
	f.want("nothing changes")
}

// TestBudgetOfAGroup has one target after the other fail, and then all.
func TestBudgetOfAGroup(t *testing.T) {
	f := newFleet(t, 100)
	line := func(i int) string {
		return fmt.Sprintf(`level=warn bucket=abc cname=d%03d.example.com msg="probe failed" state=unknown reason=timeout err="no timeout"`, i)
	}
	for i := range 4 {
		f.set(i, i+1, "timeout")
		f.want("one more", line(i))
		f.wait(time.Minute)
	}
	f.set(4, 5, "timeout")
	f.want("the last line", line(4)+note)
	for i := 5; i < 10; i++ {
		f.wait(time.Minute)
		f.set(i, i+1, "timeout")
		f.want("too many lines")
	}
	f.wait(time.Minute)
	f.set(10, 50, "timeout")
	f.want("ten times as many", `level=warn targets=45 msg="probe failed" reason=timeout err="no timeout"`+note)
	f.wait(time.Minute)
	f.set(50, 53, "timeout")
	f.want("a few more")
	f.wait(9*time.Minute + 59*time.Second)
	f.want("not quiet for long enough")
	f.wait(time.Second)
	f.want("it was quiet", line(50), line(51), line(52))
	f.wait(time.Minute)
	f.set(0, 53, "")
	f.want("it is over", `level=info targets=53 msg="probe works again" was=timeout`)
}

// TestOneThatFlapsHidesNoOther has a target fail and work again in turn: that
// is logged five times, and again when it stays as it is.
func TestOneThatFlapsHidesNoOther(t *testing.T) {
	f := newFleet(t, 3)
	for i := range 5 {
		f.set(0, 1, []status.Reason{"timeout", ""}[i%2])
		f.log.Update(f.targets, f.statuses, f.now)
		f.wait(5 * time.Minute)
	}
	if n := strings.Count(f.lines.String(), "\n"); n != 5 {
		t.Errorf("%d lines, want 5:\n%s", n, &f.lines)
	}
	for i := range 12 {
		f.set(0, 1, []status.Reason{"", "timeout"}[i%2])
		f.want("it flaps")
		f.wait(5 * time.Minute)
	}
	f.set(1, 2, "connect")
	f.want("another one fails", `level=warn bucket=abc cname=d001.example.com msg="probe failed" state=unknown reason=connect err="no connect"`)
	f.set(0, 1, "")
	f.want("it works")
	f.wait(29 * time.Minute)
	f.want("for a while")
	f.wait(time.Minute)
	f.want("for half an hour", `level=info bucket=abc cname=d000.example.com msg="probe works again" state=unknown was=timeout`)
	f.set(0, 1, "timeout")
	f.want("it fails again much later", `level=warn bucket=abc cname=d000.example.com msg="probe failed" state=unknown reason=timeout err="no timeout"`)
}

// TestVerdictThatFlapsIsMuted has the servers of a zone disagree all day.
func TestVerdictThatFlapsIsMuted(t *testing.T) {
	f := newFleet(t, 1)
	for i := range 288 {
		f.statuses[0].Proof = status.Proof{Verdict: []status.ProofVerdict{status.VerdictValid, status.VerdictQuoted}[i%2]}
		f.log.Update(f.targets, f.statuses, f.now)
		f.wait(5 * time.Minute)
	}
	if n := strings.Count(f.lines.String(), "\n"); n != 5 {
		t.Errorf("%d lines, want 5:\n%s", n, &f.lines)
	}
}

// TestAReloadForgetsOnlyWhatIsGone takes away one of two targets that fail.
func TestAReloadForgetsOnlyWhatIsGone(t *testing.T) {
	f := newFleet(t, 2)
	f.set(0, 2, "timeout")
	const line = `level=warn bucket=abc cname=d00%d.example.com msg="probe failed" state=unknown reason=timeout err="no timeout"`
	f.want("both fail", fmt.Sprintf(line, 0), fmt.Sprintf(line, 1))
	f.log.Retain(&config.Config{Targets: f.targets[:1]})
	f.want("one is new", fmt.Sprintf(line, 1))
	f.log.Retain(&config.Config{Targets: f.targets})
	f.want("nothing is new")
}

// TestScrapesAreLogged has the first scrape, none for a while, and one again.
func TestScrapesAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logged := make(chan string, 10)
		l := changelog.New(changelog.Options{Logger: log.NewLogfmtLogger(sender(logged))})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go l.Run(ctx)
		for _, step := range []struct {
			wait   time.Duration
			scrape bool
			want   string
		}{
			{0, true, `level=info msg="first scrape" targets=0`},
			{14 * time.Minute, true, ""},
			{14 * time.Minute, false, ""},
			{time.Minute, false, `level=warn msg="no scrape came; is this exporter a target of Prometheus?" for=15m0s`},
			{time.Hour, false, ""},
			{0, true, `level=info msg="scraped again" targets=0`},
			{0, true, ""},
		} {
			time.Sleep(step.wait)
			if step.scrape {
				l.Update(nil, nil, time.Now())
			}
			synctest.Wait()
			got := ""
			for len(logged) > 0 {
				got += <-logged
			}
			if got = strings.TrimSpace(got); got != step.want {
				t.Errorf("after %v: logged %q, want %q", step.wait, got, step.want)
			}
		}
	})
}

// sender is a writer that sends each line.
type sender chan<- string

func (s sender) Write(line []byte) (int, error) {
	s <- string(line)
	return len(line), nil
}
