package status_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/status"
)

// TestFollowing tells a token that was used from one that expired unused.
func TestFollowing(t *testing.T) {
	end := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	token := func(seen time.Time) status.Facts {
		return status.Facts{Confirmed: seen, Exists: true, Expires: end}
	}
	gone := func(seen time.Time) status.Facts { return status.Facts{Confirmed: seen} }
	before := end.Add(-time.Hour)
	for name, test := range map[string]struct {
		last, now     status.Facts
		gone, expired time.Time
	}{
		"still there":                {token(before), token(end.Add(-time.Minute)), time.Time{}, time.Time{}},
		"there never was one":        {gone(before), gone(end), time.Time{}, time.Time{}},
		"the first answer":           {status.Facts{}, gone(end), time.Time{}, time.Time{}},
		"gone before its end":        {token(end.Add(-4 * time.Minute)), gone(end.Add(-time.Minute)), end.Add(-time.Minute), time.Time{}},
		"gone at its end":            {token(end.Add(-4 * time.Minute)), gone(end.Add(1 - time.Minute)), end.Add(1 - time.Minute), end},
		"gone long after its end":    {token(end.Add(-4 * time.Minute)), gone(end.Add(time.Hour)), end.Add(time.Hour), end},
		"not looked at near the end": {token(end.Add(-5 * time.Minute)), gone(end.Add(time.Minute)), end.Add(time.Minute), time.Time{}},
		"just looked at":             {token(end.Add(1 - 5*time.Minute)), gone(end.Add(time.Minute)), end.Add(time.Minute), end},
		"it stays gone":              {status.Facts{Confirmed: before, Gone: before, Expired: before}, gone(end), before, before},
		"a new one":                  {status.Facts{Confirmed: before, Gone: before, Expired: before}, token(end.Add(-time.Minute)), time.Time{}, time.Time{}},
	} {
		got := test.now.Following(test.last)
		if !got.Gone.Equal(test.gone) || !got.Expired.Equal(test.expired) || !got.Confirmed.Equal(test.now.Confirmed) || got.Exists != test.now.Exists {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// TestServedCertificateIs compares fingerprints, of which the vendor may hide a part.
func TestServedCertificateIs(t *testing.T) {
	sha1, sha256 := strings.Repeat("AB", 20), strings.Repeat("CD", 32)
	served := status.ServedCertificate{SHA1: sha1, SHA256: sha256}
	for fingerprint, want := range map[string]status.Tristate{
		"": status.Unknown, sha1: status.Yes, strings.ToLower(sha1): status.Yes, sha256: status.Yes, strings.Repeat("EF", 20): status.No, strings.Repeat("EF", 32): status.No,
		strings.TrimSuffix(strings.Repeat("ab:", 20), ":"): status.Yes, "AB CD": status.Unknown, "**" + sha1[2:]: status.Unknown,
	} {
		if got := served.Is(status.Certificate{Fingerprint: fingerprint}); got != want {
			t.Errorf("%q: got %v, want %v", fingerprint, got, want)
		}
	}
	if got := (status.ServedCertificate{}).Is(status.Certificate{Fingerprint: sha1}); got != status.Unknown {
		t.Errorf("no certificate is served: got %v", got)
	}
}

func TestCertificateWord(t *testing.T) {
	for word, want := range map[string]status.CertificateStatus{"Enabled": "enabled", "disabled": "disabled", "EXPIRED": "expired", "Revoked": "other", "": ""} {
		if got := (status.Certificate{Status: word}).Word(); got != want || want != "" && !slices.Contains(status.CertificateStatuses(), got) {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

// TestReasons wants each reason once, with an action.
func TestReasons(t *testing.T) {
	all := status.Reasons()
	if len(all) != 16 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 16 {
		t.Errorf("got %q", all)
	}
	for _, reason := range all {
		if reason.Action().IsZero() {
			t.Errorf("nothing to do about %s", reason)
		}
	}
	if a, b := status.ReasonClockSkew.Action().String(), status.Reason("none").Action().String(); a != "set the clock" || b != "" {
		t.Errorf("got %q and %q", a, b)
	}
}

func TestSucceeded(t *testing.T) {
	for name, test := range map[string]struct {
		a    status.Attempt
		want bool
	}{
		"never made": {status.Attempt{}, false}, "answered": {status.Attempt{Ended: time.Unix(1, 0)}, true},
		"failed": {status.Attempt{Ended: time.Unix(1, 0), Reason: "dns"}, false}, "refused": {status.Attempt{Reason: "dns"}, false},
	} {
		if test.a.Succeeded() != test.want {
			t.Errorf("%s: got %v", name, !test.want)
		}
	}
}

// TestAddresses are unknown where servers differ.
func TestAddresses(t *testing.T) {
	for name, test := range map[string]struct{ first, second, want status.Tristate }{
		"both":    {status.Yes, status.Yes, status.Yes},
		"neither": {status.No, status.No, status.No},
		"one":     {status.Yes, status.No, status.Unknown},
	} {
		var r status.Records
		r.Add("ns1", []string{"a"}, test.first)
		r.Add("ns2", []string{"a"}, test.second)
		if len(r.Found) != 1 || r.Found[0].Address != test.want {
			t.Errorf("%s: got %+v", name, r.Found)
		}
	}
}

// TestProofUnderAnotherName has the token elsewhere, and a CNAME record in its place.
func TestProofUnderAnotherName(t *testing.T) {
	const token = "be1d49d863dea9ffeff3df7d6455a0b1"
	var none status.Records
	none.Add("ns1", nil, status.Unknown)
	alias, misplaced := none, none
	alias.Alias = "cdn.example.net"
	misplaced.Alias = "cdn.example.net"
	misplaced.Misplaced = []status.Found{{Name: "a.example.com", Values: []string{"x"}}, {Name: "b.example.com", Values: []string{token}}, {Name: "c.example.com", Values: []string{token}}}
	for name, test := range map[string]struct {
		records status.Records
		verdict status.ProofVerdict
		at      string
	}{
		"nowhere": {none, status.VerdictMissing, ""}, "an alias": {alias, status.VerdictAlias, "cdn.example.net"}, "another name": {misplaced, status.VerdictMisplaced, "b.example.com"},
	} {
		if p := status.NewProof(token, "", test.records); p.Verdict != test.verdict || p.Name != test.at || p.String() == "" {
			t.Errorf("%s: got %+v", name, p)
		}
	}
	for value, want := range map[string]status.ProofVerdict{token[:8]: status.VerdictTruncated, token[:7]: status.VerdictOther, token[24:]: status.VerdictTruncated} {
		var r status.Records
		r.Add("ns1", []string{value}, status.Unknown)
		if p := status.NewProof(token, "", r); p.Verdict != want {
			t.Errorf("%q: got %s, want %s", value, p.Verdict, want)
		}
	}
}
