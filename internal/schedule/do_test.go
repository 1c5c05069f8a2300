package schedule_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/schedule"
)

// TestDoReturnsWhatWasAsked has each way in which a call can end.
func TestDoReturnsWhatWasAsked(t *testing.T) {
	refused := errors.New("refused")
	for name, test := range map[string]struct {
		ask  func(context.Context) (int, error)
		want int
		says string // of the error; "" is none
	}{
		"an answer":   {func(context.Context) (int, error) { return 7, nil }, 7, ""},
		"a refusal":   {func(context.Context) (int, error) { return 0, refused }, 0, "refused"},
		"a panic":     {func(context.Context) (int, error) { panic("a defect") }, 0, "panic: a defect"},
		"its timeout": {func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() }, 0, "deadline exceeded"},
	} {
		synctest.Test(t, func(t *testing.T) {
			got, err := schedule.Do(t.Context(), newScheduler(1), call("a", time.Time{}), test.ask)
			if got != test.want || (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: got %d, %v", name, got, err)
			}
		})
	}
}

// TestDoDropsTheCall has a caller that cannot wait: the call ends, and its slot
// is free for the next one.
func TestDoDropsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var cause error
		_, err := schedule.Do(ctx, s, call("a", time.Time{}), func(ctx context.Context) (int, error) {
			<-ctx.Done()
			cause = ctx.Err()
			return 0, cause
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if got, err := schedule.Do(t.Context(), s, call("a", time.Time{}), func(context.Context) (int, error) { return 7, nil }); got != 7 || err != nil {
			t.Errorf("afterwards got %d, %v", got, err)
		}
		if !errors.Is(cause, context.Canceled) {
			t.Errorf("the call ended with %v", cause)
		}
	})
}

// TestLongestNotCalledGoesFirst queues calls while the only slot is taken.
func TestLongestNotCalledGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(1)
		now := time.Now()
		r := newRecorder(s)
		r.start("a", now, after(time.Second))
		for _, age := range []time.Duration{time.Minute, time.Hour, 0, time.Second} {
			r.start("a", now.Add(-age), answers)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		synctest.Wait()
		var ages []time.Duration
		for _, c := range r.made {
			ages = append(ages, now.Sub(c.Since))
		}
		for i, want := range []time.Duration{0, time.Hour, time.Minute, time.Second, 0} {
			if ages[i] != want {
				t.Fatalf("made calls of age %v", ages)
			}
		}
	})
}
