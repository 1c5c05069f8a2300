package schedule_test

import (
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/clock/clocktest"
	"oss_cname_exporter/internal/schedule"
)

// TestPauseAfterAJump moves the wall clock while an account is paused: the pause
// is over if one of the clocks says so.
func TestPauseAfterAJump(t *testing.T) {
	for name, test := range map[string]struct {
		jump time.Duration
		goes bool
	}{
		"none":                    {0, false},
		"suspended for hours":     {12 * time.Hour, true},
		"set back by eight hours": {-8 * time.Hour, true},
		"set back by a second":    {-time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := clocktest.New()
			synctest.Test(t, func(t *testing.T) {
				s := schedule.New(c.Now)
				s.SetLimits(4, nil)
				r := newRecorder(s)
				r.start("a", time.Time{}, throttles(time.Minute))
				synctest.Wait()
				time.Sleep(time.Second)
				c.Jump(test.jump)
				called := r.start("a", time.Time{}, answers)
				synctest.Wait()
				if ended, _ := r.outcome(called); ended != test.goes {
					t.Errorf("called: %v", ended)
				}
				time.Sleep(time.Hour)
			})
		})
	}
}
