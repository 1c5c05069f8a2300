package changelog_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
)

// TestUnlistedIsNotRemembered probes a target that is not configured, twice: each
// has a line at debug level, and no other.
func TestUnlistedIsNotRemembered(t *testing.T) {
	cfg := parse(t, everyState)
	cfg.Targets[0].Unlisted = true
	var lines bytes.Buffer
	l := changelog.New(changelog.Options{Logger: log.NewLogfmtLogger(&lines)})
	failed := []status.Status{{Attempt: status.Attempt{Ended: now, Reason: "timeout", Err: errors.New("no answer")}}}
	const want = `level=debug account=main region=cn-hangzhou bucket=examplebucket cname=token.example.com msg="probed a target that is not configured" state=unknown reason=timeout err="no answer"` + "\n"
	for range 2 {
		lines.Reset()
		l.Update(cfg.Targets[:1], failed, now)
		if lines.String() != want {
			t.Errorf("logged %q", &lines)
		}
	}
}

// TestManyHaveALineEachAtDebug has one change, which is told once, and six of one
// cause, of which each has a line at debug level as well.
func TestManyHaveALineEachAtDebug(t *testing.T) {
	f := newFleet(t, 7)
	var lines bytes.Buffer
	f.log = changelog.New(changelog.Options{Logger: log.NewLogfmtLogger(&lines)})
	f.log.Update(f.targets, f.statuses, f.now)
	for _, step := range []struct{ from, to, lines, debug int }{{0, 1, 1, 0}, {1, 7, 7, 6}} {
		lines.Reset()
		f.set(step.from, step.to, "timeout")
		f.log.Update(f.targets, f.statuses, f.now)
		if all, debug := strings.Count(lines.String(), "\n"), strings.Count(lines.String(), "level=debug"); all != step.lines || debug != step.debug {
			t.Errorf("%d lines, %d at debug level:\n%s", all, debug, &lines)
		}
	}
}

// TestFirstScrapeIsTooShort has no turn for a target from the beginning.
func TestFirstScrapeIsTooShort(t *testing.T) {
	f := newFleet(t, 0)
	f.targets = parse(t, everyState).Targets[:1]
	f.statuses = []status.Status{{Attempt: status.Attempt{Ended: now, Reason: status.ReasonNotProbed}}}
	f.want("too short", `level=warn msg="the scrape ended before every target had its turn; raise the scrape timeout, probe.concurrency or cache_ttl" reason=not_probed not_probed=1 targets=1`)
	f.want("still")
}

// TestHistoryWithoutChecks tells whether there was a token where the state is not
// known.
func TestHistoryWithoutChecks(t *testing.T) {
	cfg := parse(t, everyState)
	history := changelog.NewHistory()
	l := changelog.New(changelog.Options{History: history})
	s := status.Status{Attempt: status.Attempt{Ended: now}, Facts: status.Facts{Confirmed: now, Exists: true, Expires: now.Add(time.Hour)}}
	l.Update(cfg.Targets[:1], []status.Status{s}, now)
	s.Facts = status.Facts{Confirmed: now}
	l.Update(cfg.Targets[:1], []status.Status{s}, now)
	want := []changelog.Change{{At: now, Was: "token", Is: "no_token"}}
	if got := history.Of(cfg.Targets[0].Name); !slices.Equal(got, want) {
		t.Errorf("it remembers %+v", got)
	}
}

// TestAReloadForgetsTheBudget has a group without a budget, of which no target is
// left for a while.
func TestAReloadForgetsTheBudget(t *testing.T) {
	f := newFleet(t, 7)
	for i := range 5 {
		f.set(i, i+1, "timeout")
		f.log.Update(f.targets, f.statuses, f.now)
	}
	f.set(5, 6, "timeout")
	f.want("no budget")
	f.log.Retain(&config.Config{})
	f.set(0, 5, "")
	f.want("it is back", `level=warn bucket=abc cname=d005.example.com msg="probe failed" state=unknown reason=timeout err="no timeout"`)
}
