package dnsclient

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestOnlyResolverHasMoreTime gives the only resolver half of the time left, and
// every other server a quarter of it, with the clock of a bubble.
func TestOnlyResolverHasMoreTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		l := New(Options{Try: time.Hour}).newLookup(ctx, 0, nil, nil)
		for _, test := range []struct {
			servers int
			recurse bool
			want    time.Duration
		}{{1, true, 6 * time.Second}, {2, true, 3 * time.Second}, {1, false, 3 * time.Second}, {4, false, 3 * time.Second}} {
			share := shareOf(make([]server, test.servers), question{recurse: test.recurse})
			if got := l.patience(ctx, share); got != test.want {
				t.Errorf("%d servers, recursive %v: got %v, want %v", test.servers, test.recurse, got, test.want)
			}
		}
		later, stop := context.WithTimeout(t.Context(), 8*time.Second)
		defer stop()
		<-later.Done()
		if got := l.patience(ctx, 2); got != 2*time.Second {
			t.Errorf("of 4 seconds left the half is %v", got)
		}
		if got := l.grace(ctx); got != 2*time.Second {
			t.Errorf("of 4 seconds left the grace is %v", got)
		}
		l.opts.Try = time.Second
		if got := l.patience(ctx, 2); got != time.Second {
			t.Errorf("longer than one try: %v", got)
		}
		if got := l.patience(context.Background(), 2); got != time.Second {
			t.Errorf("without a deadline: %v", got)
		}
	})
}
