//go:build e2e && soak

package e2e_test

import (
	"cmp"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// TestSoak runs the exporter for SOAK_TIME under an OSS in which everything goes wrong, reloads it every second and
// scrapes it all the while; then the sun comes out, and it must know what is true and be as small as it began.
// SOAK_SEED repeats the random choices of an earlier run, though not the instants at which they met.
func TestSoak(t *testing.T) {
	lasts, seed := soakSettings(t)
	t.Logf("SOAK_SEED=%d", seed)
	weather := newWeather(t, seed)
	operator := newOperator(t, weather, seed)
	operator.exporter = startExporter(t, "--config.file="+operator.file, "--scrape.max-timeout=2m", "--web.enable-lifecycle")
	url := "http://" + operator.exporter.address + "/metrics"
	judge := judge{weather: weather, operator: operator}
	began := settle(t, url)

	storm, calm := context.WithTimeout(t.Context(), lasts)
	defer calm()
	var others sync.WaitGroup
	others.Go(func() { weather.storm(storm) })
	scrapers := newScrapers(url, seed)
	for _, s := range scrapers {
		others.Go(func() { s.run(t, storm, judge) })
	}
	company := newRough(t)
	others.Go(func() { company.run(t, storm) })
	operator.run(t, storm)
	others.Wait()
	company.end(t)
	for _, s := range scrapers {
		t.Logf("granting %v: %d scrapes judged, %d of them late, %d hung up, longest %v", s.grants, s.judged, s.late, s.hungUp, s.longest)
		if s.judged == 0 || s.hungUp == 0 {
			t.Errorf("the scraper that grants %v did not do both: stay and hang up", s.grants)
		}
	}

	weather.clear()
	operator.reload(t, settings{timeout: "5s", concurrency: 16, ttl: "0s"}, len(weather.domains))
	judge.final(t, url)
	operator.reload(t, quiet(), len(weather.domains))
	ended := settle(t, url)
	t.Logf("began with %+v", began)
	t.Logf("ended with %+v", ended)
	if limit := 2*began.heapMB + 4; ended.heapMB > limit {
		t.Errorf("the heap has grown from %.1f to %.1f MB, more than to %.1f", began.heapMB, ended.heapMB, limit)
	}
	eventually(t, 3*time.Minute, func(ctx context.Context) error { return settled(ctx, url, began) }) // kept connections live 100s
}

func soakSettings(t *testing.T) (lasts time.Duration, seed uint64) {
	t.Helper()
	lasts, err := time.ParseDuration(cmp.Or(os.Getenv("SOAK_TIME"), "10m"))
	if err != nil {
		t.Fatalf("SOAK_TIME: %v", err)
	}
	seed, err = strconv.ParseUint(cmp.Or(os.Getenv("SOAK_SEED"), strconv.FormatUint(rand.Uint64(), 10)), 10, 64)
	if err != nil {
		t.Fatalf("SOAK_SEED: %v", err)
	}
	return lasts, seed
}

// random returns the choices of one of the actors: each has its own, so that one does not depend on how often
// another chooses.
func random(seed, actor uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, actor)) }

// replace writes a file so that nobody ever reads half of it.
func replace(t *testing.T, file, text string) {
	t.Helper()
	next := filepath.Join(filepath.Dir(file), "next")
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, file); err != nil {
		t.Fatal(err)
	}
}
