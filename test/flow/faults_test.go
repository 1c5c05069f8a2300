package flow_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/status"
)

// TestFaultsFromTheStart lets everything fail at once: each target says why,
// none says what it cannot know, and the healthy ones beside them notice
// nothing.
func TestFaultsFromTheStart(t *testing.T) {
	forFaults(t, func(t *testing.T, faults []fault) {
		t.Helper()
		s := newStage(t, faults, demo.Getenv)
		s.begin(t)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := s.scrape(t)
		runtime.ReadMemStats(&after)
		for _, f := range s.faults {
			want := series{"probe_success": "0", "probes_total": "1", "probe_errors_total": "1", "reason": string(f.want)}
			switch f.want {
			case none:
				want = series{"probe_success": "1", "probes_total": "1", "probe_errors_total": "0", "exists": "0", lastSuccess: got[f.cname()][lastSuccess]}
			case status.ReasonBucketNotFound: // a failure, and an answer
				want["exists"], want[lastSuccess] = "0", got[f.cname()][lastSuccess]
			}
			check(t, f.cname(), got[f.cname()], want)
		}
		s.checkHealthy(t, got, "1")
		if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 256 {
			t.Errorf("allocated %d MB; what OSS answers has a few kB", grown)
		}
	})
}

// TestFaultsAfterSuccess lets everything fail that has worked before: the facts
// stay true.
func TestFaultsAfterSuccess(t *testing.T) {
	forFaults(t, func(t *testing.T, faults []fault) {
		t.Helper()
		s := newStage(t, slices.DeleteFunc(faults, func(f fault) bool { return f.fromTheStart }), demo.Getenv)
		before := s.scrape(t)
		for _, f := range s.faults {
			s.checkToken(t, f.cname(), before[f.cname()], "1")
		}
		s.begin(t)
		after := s.scrape(t)
		for _, f := range s.faults {
			want := before[f.cname()].without()
			want["probes_total"] = "2"
			if f.want == none || f.want == status.ReasonBucketNotFound {
				want = want.without("expiry_timestamp_seconds")
				want["exists"], want[lastSuccess] = "0", after[f.cname()][lastSuccess]
			}
			if f.want != none {
				want["probe_success"], want["probe_errors_total"], want["reason"] = "0", "1", string(f.want)
			}
			check(t, f.cname(), after[f.cname()], want)
		}
		s.checkHealthy(t, after, "2")
	})
}

// forFaults runs test with the faults that end by a probe's timeout, and with
// all others. Only the first few meet a deadline, so that no busy machine makes
// a timeout of another fault.
func forFaults(t *testing.T, test func(*testing.T, []fault)) {
	t.Helper()
	for name, isIn := range map[string]func(fault) bool{
		"timeout": func(f fault) bool { return f.want == status.ReasonTimeout },
		"others":  func(f fault) bool { return f.want != status.ReasonTimeout },
	} {
		t.Run(name, func(t *testing.T) {
			test(t, slices.DeleteFunc(everyFault(t), func(f fault) bool { return !isIn(f) }))
		})
	}
}

// TestPanicIsOneProbesFailure lets the first probe to ask for its key panic,
// whichever it is.
func TestPanicIsOneProbesFailure(t *testing.T) {
	var panicked atomic.Bool
	s := newStage(t, nil, func(name string) string {
		if name == "OSS_ACCESS_KEY_ID" && panicked.CompareAndSwap(false, true) {
			panic("at the disco")
		}
		return demo.Getenv(name)
	})
	reasons := map[string]int{}
	for _, got := range s.scrape(t) {
		reasons[got["reason"]]++
	}
	if want := map[string]int{"internal": 1, "": healthyTargets - 1}; !maps.Equal(reasons, want) {
		t.Errorf("got reasons %v, want %v", reasons, want)
	}
	for cname, got := range s.scrape(t) {
		if got["probe_success"] != "1" {
			t.Errorf("%s after the panic: %v", cname, got)
		}
	}
}

// faultyBucket is every target's.
const faultyBucket = "faulty-bucket"

// healthyTargets is how many targets have no fault.
const healthyTargets = 5

// stage is an exporter, wired as main wires it, that watches one domain for
// each fault and some healthy ones.
type stage struct {
	oss       *osstest.Server
	faults    []fault
	endpoints map[string]endpoint // of the faults that have one, by name
	healthy   []string            // cnames
	expires   time.Time           // every token
	server    *apptest.Server
}

// newStage sets a stage on which no fault has begun, except those that are
// there from the start.
func newStage(t *testing.T, faults []fault, getenv func(string) string) *stage {
	t.Helper()
	s := &stage{faults: faults, endpoints: map[string]endpoint{}, expires: time.Now().Add(48 * time.Hour).Truncate(time.Second)}
	for i := range healthyTargets {
		s.healthy = append(s.healthy, fmt.Sprintf("healthy-%d.example.com", i))
	}
	s.oss = s.newOSS(t, osstest.Options{})
	for _, f := range faults {
		if f.endpoint != nil {
			s.endpoints[f.name] = f.endpoint(t, s)
		}
	}
	s.server = apptest.ServeWith(t, getenv, s.config(patient))
	return s
}

// newOSS returns a simulated OSS that has a token for everybody.
func (s *stage) newOSS(t *testing.T, opts osstest.Options) *osstest.Server {
	t.Helper()
	oss := apptest.NewOSS(t, opts, faultyBucket)
	for _, cname := range s.healthy {
		oss.SetToken(domainOf(cname), osstest.Token{Expires: s.expires})
	}
	for _, f := range s.faults {
		oss.SetToken(domainOf(f.cname()), osstest.Token{Expires: s.expires})
	}
	return oss
}

func domainOf(cname string) domain.Name {
	return domain.Name{Bucket: faultyBucket, Base: cname}
}

// config has one account for all, but another for each fault that makes the
// exporter leave its account alone.
func (s *stage) config(timeout string) string {
	var accounts, targets strings.Builder
	account := func(name string) {
		fmt.Fprintf(&accounts, "  %s: {region: cn-hangzhou, endpoint: %q}\n", name, s.oss.URL())
	}
	target := func(cname, account, more string) {
		fmt.Fprintf(&targets, "  - {bucket: %s, cname: %s, account: %s%s}\n", faultyBucket, cname, account, more)
	}
	account("shared")
	for _, cname := range s.healthy {
		target(cname, "shared", "")
	}
	for _, f := range s.faults {
		switch at, ok := s.endpoints[f.name]; {
		case ok:
			target(f.cname(), "shared", fmt.Sprintf(", endpoint: %q", at.url))
		case f.want == "throttled":
			account(f.name)
			target(f.cname(), f.name, "")
		default:
			target(f.cname(), "shared", "")
		}
	}
	return "probe: {" + timeout + ", concurrency: 512}\naccounts:\n" + accounts.String() + "targets:\n" + targets.String()
}

// begin makes every fault happen from now on, and ends what hangs after a few
// seconds.
func (s *stage) begin(t *testing.T) {
	t.Helper()
	if slices.ContainsFunc(s.faults, func(f fault) bool { return f.want == status.ReasonTimeout }) {
		s.server.Reload(t, s.config("timeout: 3s"))
	}
	for _, f := range s.faults {
		if at, ok := s.endpoints[f.name]; !ok {
			s.oss.Behave(domainOf(f.cname()), f.answer)
		} else if at.strike != nil {
			at.strike()
		}
	}
}

// series is what the exporter says of one target: values by name without the
// common prefix, and the reason of a failure under "reason".
type series map[string]string

const lastSuccess = "last_success_timestamp_seconds"

var samplePattern = regexp.MustCompile(`(?m)^oss_cname_token_(\w+)\{bucket="` + faultyBucket + `",cname="([^"]+)"(?:,reason="(\w+)")?\} (\S+)$`)

// scrape returns the series of each cname.
func (s *stage) scrape(t *testing.T) map[string]series {
	t.Helper()
	of := map[string]series{}
	for _, m := range samplePattern.FindAllStringSubmatch(s.server.Fetch(t, "/metrics"), -1) {
		name, cname, reason, value := m[1], m[2], m[3], m[4]
		if of[cname] == nil {
			of[cname] = series{}
		}
		if reason != "" {
			name, value = "reason", reason
		}
		of[cname][name] = value
	}
	return of
}

// without returns a copy that lacks names.
func (s series) without(names ...string) series {
	s = maps.Clone(s)
	for _, name := range names {
		delete(s, name)
	}
	return s
}

// check compares all series of one target, but those that change by themselves.
func check(t *testing.T, cname string, got, want series) {
	t.Helper()
	changing := []string{"probe_duration_seconds", "expires_in_seconds"}
	if got, want := got.without(changing...), want.without(changing...); !maps.Equal(got, want) {
		t.Errorf("%s:\ngot  %v\nwant %v", cname, got, want)
	}
	if _, in := got["expires_in_seconds"]; in != (got["exists"] == "1") {
		t.Errorf("%s: expires_in without a token, or a token without: %v", cname, got)
	}
}

func (s *stage) checkHealthy(t *testing.T, got map[string]series, probes string) {
	t.Helper()
	for _, cname := range s.healthy {
		s.checkToken(t, cname, got[cname], probes)
	}
}

// checkToken wants a token, and no attempt that failed.
func (s *stage) checkToken(t *testing.T, cname string, got series, probes string) {
	t.Helper()
	check(t, cname, got, series{
		"exists": "1", "expiry_timestamp_seconds": fmt.Sprint(float64(s.expires.Unix())), lastSuccess: got[lastSuccess],
		"probe_success": "1", "probes_total": probes, "probe_errors_total": "0",
	})
}

// TestFaultsDocument holds the reasons in the table of docs/faults.md to those
// of the faults that are tested.
func TestFaultsDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	documented, tested := map[string]bool{}, map[string]bool{string(status.ReasonInternal): true} // TestPanicIsOneProbesFailure
	for _, row := range regexp.MustCompile("(?m)^\\| .* \\| `(\\w+)` \\|$").FindAllStringSubmatch(string(text), -1) {
		documented[row[1]] = true
	}
	for _, f := range everyFault(t) {
		if f.want != none {
			tested[string(f.want)] = true
		}
	}
	delete(documented, "reason") // the table's head
	if !maps.Equal(documented, tested) {
		t.Errorf("docs/faults.md has the reasons %q, tested are %q", slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(tested)))
	}
}
