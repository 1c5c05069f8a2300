//go:build e2e && soak

package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
)

// size is how much of the machine the exporter takes.
type size struct{ goroutines, heapMB, residentMB, collections float64 }

// settle scrapes until the garbage of earlier times is collected, and returns the least seen in the collections after.
func settle(t *testing.T, url string) size {
	t.Helper()
	var all []size
	eventually(t, patience, func(ctx context.Context) error {
		now, err := measure(ctx, url)
		if err != nil {
			return err
		}
		all = append(all, now)
		if n := now.collections - all[0].collections; n < 6 {
			return fmt.Errorf("%v garbage collections in %d scrapes", n, len(all))
		}
		return nil
	})
	least := all[len(all)-1]
	for _, s := range all {
		if s.collections >= all[0].collections+3 {
			least.goroutines, least.heapMB = min(least.goroutines, s.goroutines), min(least.heapMB, s.heapMB)
		}
	}
	return least
}

// settled reports more goroutines than there were.
func settled(ctx context.Context, url string, began size) error {
	now, err := measure(ctx, url)
	if err == nil && now.goroutines > began.goroutines {
		err = fmt.Errorf("%v goroutines, began with %v", now.goroutines, began.goroutines)
	}
	return err
}

func measure(ctx context.Context, url string) (size, error) {
	seen, err := scrape(ctx, url, acceptText, http.Header{})
	if err != nil {
		return size{}, err
	}
	return size{
		goroutines:  seen.own["go_goroutines"],
		heapMB:      seen.own["go_memstats_heap_inuse_bytes"] / 1e6,
		residentMB:  seen.own["process_resident_memory_bytes"] / 1e6,
		collections: seen.own["go_gc_duration_seconds"],
	}, nil
}
