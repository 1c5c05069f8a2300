package clock_test

import (
	"testing"
	"time"

	"oss_cname_exporter/internal/clock"
	"oss_cname_exporter/internal/clock/clocktest"
)

func TestWithin(t *testing.T) {
	since := time.Now()
	for name, test := range map[string]struct {
		passed, jump time.Duration // by both clocks, and by the wall clock alone
		d            time.Duration
		want         bool
	}{
		"at once":                       {0, 0, time.Hour, true},
		"just before the end":           {time.Hour - 1, 0, time.Hour, true},
		"at the end":                    {time.Hour, 0, time.Hour, false},
		"of no length":                  {0, 0, 0, false},
		"suspended beyond the end":      {time.Minute, 12 * time.Hour, time.Hour, false},
		"suspended for less":            {time.Minute, 30 * time.Minute, time.Hour, true},
		"set back, and over":            {2 * time.Hour, -90 * time.Minute, time.Hour, false},
		"set back by eight hours":       {time.Minute, -8 * time.Hour, time.Hour, false},
		"set back by a little":          {time.Minute, -2 * time.Minute, time.Hour, true},
		"set forward by eight hours":    {time.Minute, 8 * time.Hour, time.Hour, false},
		"set back at a length of hours": {time.Minute, -8 * time.Hour, 12 * time.Hour, true},
	} {
		now := clocktest.Moved(since.Add(test.passed), test.jump)
		if got := clock.Within(test.d, since, now); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if clock.Within(time.Hour, time.Time{}, since) {
		t.Error("the zero time is recent")
	}
}

func TestPast(t *testing.T) {
	then := time.Now()
	for name, test := range map[string]struct{ passed, jump, ago time.Duration }{
		"nothing happened":     {time.Hour, 0, time.Hour},
		"set forward":          {time.Hour, 8 * time.Hour, 9 * time.Hour},
		"set back by little":   {time.Hour, -time.Minute, 59 * time.Minute},
		"set back beyond then": {time.Hour, -8 * time.Hour, time.Hour},
	} {
		now := clocktest.Moved(then.Add(test.passed), test.jump)
		if got := now.Round(0).Sub(clock.Past(then, now).Round(0)); got != test.ago {
			t.Errorf("%s: %v ago, want %v", name, got, test.ago)
		}
	}
}
