package status_test

import (
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/status"
)

// What can be known of each thing that the state depends on.
var (
	tokens = map[string]status.Facts{
		"unknown": {},
		"none":    {Confirmed: at},
		"used":    {Confirmed: at, Gone: at.Add(-time.Hour)},
		"died":    {Confirmed: at, Gone: at.Add(-time.Hour), Expired: at.Add(-time.Hour)},
		"dead":    {Confirmed: at.Add(-time.Hour), Exists: true, Expires: at},
		"live":    {Confirmed: at, Exists: true, Expires: at.Add(time.Second)},
	}
	truths = map[string]status.Tristate{"?": status.Unknown, "no": status.No, "yes": status.Yes}
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

func wantState(have ...string) status.State {
	for line := range strings.Lines(strings.TrimSpace(stateTable)) {
		fields := strings.Fields(line)
		fits := true
		for i, h := range have {
			fits = fits && (fields[i] == "-" || fields[i] == h)
		}
		if fits {
			return status.State(fields[len(have)])
		}
	}
	return ""
}

func TestStateOfEveryCombination(t *testing.T) {
	met := map[status.State]int{}
	for token, facts := range tokens {
		for bound, b := range truths {
			for enabled, e := range truths {
				for txt, v := range truths {
					r := status.Status{Facts: facts, Bound: b, Enabled: e, DNSVerified: v,
						Checks: map[status.Check]status.CheckStatus{status.CheckBinding: {Confirmed: at}}}
					want := wantState(token, bound, enabled, txt)
					if got := r.State(at); got != want {
						t.Errorf("token %s, bound %s, enabled %s, TXT %s: got %s, want %s", token, bound, enabled, txt, got, want)
					}
					met[want]++
				}
			}
		}
	}
	for _, state := range status.States() {
		if met[state] == 0 {
			t.Errorf("nothing leads to %s", state)
		}
	}
	if len(met) != len(status.States()) {
		t.Errorf("met %v, more than there are", met)
	}
}

// TestStateWithoutChecks has a target that wants none: nothing may be claimed
// that only a check can tell.
func TestStateWithoutChecks(t *testing.T) {
	for token, want := range map[string]status.State{
		"unknown": status.StateUnknown, "none": status.StateUnknown, "used": status.StateUnknown, "live": status.StateUnknown,
		"died": status.StateTokenExpired, "dead": status.StateTokenExpired,
	} {
		if got := (&status.Status{Facts: tokens[token]}).State(at); got != want {
			t.Errorf("token %s: got %s, want %s", token, got, want)
		}
	}
}

// TestTokenGoneSinceTheList covers the moment in which the domain was bound
// between two questions: it must not be called short of a token.
func TestTokenGoneSinceTheList(t *testing.T) {
	r := status.Status{Facts: status.Facts{Confirmed: at, Gone: at}, Bound: status.No}
	for listed, want := range map[time.Duration]status.State{-time.Second: status.StateUnknown, 0: status.StateTokenMissing} {
		r.Checks = map[status.Check]status.CheckStatus{status.CheckBinding: {Confirmed: at.Add(listed)}}
		if got := r.State(at); got != want {
			t.Errorf("listed %v after the token went: got %s, want %s", listed, got, want)
		}
	}
}

func TestDestinationIsBucket(t *testing.T) {
	for destination, want := range map[status.Destination]status.Tristate{
		status.ToBucket: status.Yes, status.ToOther: status.No, status.Nowhere: status.No,
		status.ToOSS: status.Unknown, status.Elsewhere: status.Unknown, "": status.Unknown,
	} {
		if got := destination.IsBucket(); got != want {
			t.Errorf("%q: got %v, want %v", destination, got, want)
		}
	}
}

func TestBindingStatuses(t *testing.T) {
	for word, want := range map[string]status.BindingStatus{
		"Enabled": status.BindingEnabled, "enabled": status.BindingEnabled, "DISABLED": status.BindingDisabled,
		"Blocked": status.BindingBlocked, "forbidden": status.BindingForbidden,
		"Under Review": status.BindingOther, "other": status.BindingOther, "": "",
	} {
		if got := status.NewBindingStatus(word); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	if n := len(status.BindingStatuses()); n != 5 {
		t.Errorf("%d binding statuses", n)
	}
}
