package poller_test

import (
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/poller"
)

// What can be known of each thing that the state depends on.
var (
	tokens = map[string]poller.Facts{
		"unknown": {},
		"none":    {Confirmed: at},
		"used":    {Confirmed: at, Gone: at.Add(-time.Hour)},
		"died":    {Confirmed: at, Gone: at.Add(-time.Hour), Died: at.Add(-time.Hour)},
		"dead":    {Confirmed: at.Add(-time.Hour), Exists: true, Expires: at},
		"live":    {Confirmed: at, Exists: true, Expires: at.Add(time.Second)},
	}
	truths = map[string]poller.Truth{"?": poller.Unknown, "no": poller.No, "yes": poller.Yes}
	at     = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
)

// stateTable says what state follows. Each line is a condition of token,
// binding, enabled and TXT record, in which - is anything; the first that fits
// decides.
const stateTable = `
	-        yes  no   -    disabled
	-        yes  -    -    bound
	died     -    -    -    token_expired
	dead     -    -    -    token_expired
	live     -    -    yes  ready_to_bind
	live     -    -    no   awaiting_dns
	none     no   -    -    token_missing
	used     no   -    -    token_missing
	-        -    -    -    unknown
`

func wantState(have ...string) poller.State {
	for line := range strings.Lines(strings.TrimSpace(stateTable)) {
		fields := strings.Fields(line)
		fits := true
		for i, h := range have {
			fits = fits && (fields[i] == "-" || fields[i] == h)
		}
		if fits {
			return poller.State(fields[len(have)])
		}
	}
	return ""
}

func TestStateOfEveryCombination(t *testing.T) {
	met := map[poller.State]int{}
	for token, facts := range tokens {
		for bound, b := range truths {
			for enabled, e := range truths {
				for txt, v := range truths {
					r := poller.Result{Facts: facts, Bound: b, Enabled: e, DNSVerified: v,
						Checks: map[poller.Check]poller.Status{poller.CheckBinding: {Confirmed: at}}}
					want := wantState(token, bound, enabled, txt)
					if got := r.State(at); got != want {
						t.Errorf("token %s, bound %s, enabled %s, TXT %s: got %s, want %s", token, bound, enabled, txt, got, want)
					}
					met[want]++
				}
			}
		}
	}
	for _, state := range poller.States() {
		if met[state] == 0 {
			t.Errorf("nothing leads to %s", state)
		}
	}
	if len(met) != len(poller.States()) {
		t.Errorf("met %v, more than there are", met)
	}
}

// TestStateWithoutChecks has a target that wants none: nothing may be claimed
// that only a check can tell.
func TestStateWithoutChecks(t *testing.T) {
	for token, want := range map[string]poller.State{
		"unknown": poller.StateUnknown, "none": poller.StateUnknown, "used": poller.StateUnknown, "live": poller.StateUnknown,
		"died": poller.StateTokenExpired, "dead": poller.StateTokenExpired,
	} {
		if got := (&poller.Result{Facts: tokens[token]}).State(at); got != want {
			t.Errorf("token %s: got %s, want %s", token, got, want)
		}
	}
}

// TestTokenGoneSinceTheList covers the moment in which the domain was bound
// between two questions: it must not be called short of a token.
func TestTokenGoneSinceTheList(t *testing.T) {
	r := poller.Result{Facts: poller.Facts{Confirmed: at, Gone: at}, Bound: poller.No}
	for listed, want := range map[time.Duration]poller.State{-time.Second: poller.StateUnknown, 0: poller.StateTokenMissing} {
		r.Checks = map[poller.Check]poller.Status{poller.CheckBinding: {Confirmed: at.Add(listed)}}
		if got := r.State(at); got != want {
			t.Errorf("listed %v after the token went: got %s, want %s", listed, got, want)
		}
	}
}

func TestDangling(t *testing.T) {
	gone := map[poller.Check]poller.Status{poller.CheckBinding: {Attempt: poller.Attempt{Reason: poller.ReasonBucketNotFound}}}
	for name, test := range map[string]struct {
		r    poller.Result
		want bool
	}{
		"bound":            {poller.Result{PointsToBucket: poller.Yes, Bound: poller.Yes}, false},
		"bound nowhere":    {poller.Result{PointsToBucket: poller.Yes, Bound: poller.No}, true},
		"the bucket gone":  {poller.Result{PointsToBucket: poller.Yes, Checks: gone}, true},
		"nobody knows":     {poller.Result{PointsToBucket: poller.Yes}, false},
		"leads elsewhere":  {poller.Result{PointsToBucket: poller.No, Bound: poller.No}, false},
		"nobody was asked": {poller.Result{Bound: poller.No}, false},
	} {
		if got := test.r.Dangling(); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
