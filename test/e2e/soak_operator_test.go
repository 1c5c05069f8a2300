//go:build e2e && soak

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
)

// operator rewrites the configuration all the time, and remembers what was in force when.
type operator struct {
	weather  *weather
	exporter exporter
	file     string
	random   *rand.Rand
	turns    int

	mu          sync.Mutex // guards generations
	generations []generation
}

// generation is an accepted configuration. Every target carries its number as a label.
type generation struct {
	targets     []domain.Name
	from, until time.Time // when it may have been in force; until is zero: it still may
}

// settings is what a configuration says besides its targets.
type settings struct {
	timeout     string
	concurrency int
	ttl         string
	rateLimit   int // of the busy account
}

// quiet is the configuration at rest: hardly anything is asked.
func quiet() settings { return settings{timeout: "5s", concurrency: 4, ttl: "24h"} }

// longestProbe is the longest timeout of one target in the storm.
const longestProbe = 3 * time.Second

func newOperator(t *testing.T, w *weather, seed uint64) *operator {
	t.Helper()
	o := &operator{weather: w, file: filepath.Join(t.TempDir(), "config.yaml"), random: random(seed, 2)}
	replace(t, o.file, o.write(quiet(), len(w.domains)))
	return o
}

// run does something every second until ctx is done.
func (o *operator) run(t *testing.T, ctx context.Context) { //nolint:revive // t first, as everywhere in tests
	t.Helper()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			if o.random.IntN(4) == 0 {
				o.blunder(t)
			} else {
				o.reload(t, o.whim(), 1+o.random.IntN(len(o.weather.domains)))
			}
		case <-ctx.Done():
			return
		}
	}
}

func (o *operator) whim() settings {
	return settings{
		timeout:     []string{"500ms", "1s", "2s", longestProbe.String()}[o.random.IntN(4)],
		concurrency: []int{1, 4, 32, 64}[o.random.IntN(4)],
		ttl:         []string{"0s", "0s", "1s", "5s"}[o.random.IntN(4)],
		rateLimit:   []int{0, 0, 20, 100}[o.random.IntN(4)],
	}
}

// reload puts a configuration with n of the domains in force, by signal and by request in turn.
func (o *operator) reload(t *testing.T, s settings, n int) {
	t.Helper()
	replace(t, o.file, o.write(s, n))
	if o.turns++; o.turns%2 == 0 {
		if status := o.post(t); status != http.StatusOK {
			t.Fatalf("reloading: %d", status)
		}
	} else {
		o.exporter.signal(t, syscall.SIGHUP)
		o.await(t)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.generations[len(o.generations)-2].until = time.Now()
}

// blunder tries to put in force what cannot be: a file with a fault behind its good targets, half a file, no YAML, a
// pipe, a link to nowhere, nothing at all.
func (o *operator) blunder(t *testing.T) {
	t.Helper()
	good := o.render(quiet(), o.weather.domains, -1)
	var err error
	switch o.random.IntN(6) {
	case 0:
		replace(t, o.file, good+"  - {bucket: calm-bucket, cname: no_domain}\n")
	case 1:
		replace(t, o.file, good[:len(good)-20])
	case 2:
		replace(t, o.file, "\x7fELF")
	case 3:
		err = errors.Join(os.RemoveAll(o.file), syscall.Mkfifo(o.file, 0o600))
	case 4:
		err = errors.Join(os.RemoveAll(o.file), os.Symlink("nowhere", o.file))
	case 5:
		err = os.RemoveAll(o.file)
	}
	if err != nil {
		t.Fatal(err)
	}
	if o.turns++; o.turns%2 == 0 {
		if status := o.post(t); status != http.StatusInternalServerError {
			t.Errorf("reloading a bad file: %d", status)
		}
	} else {
		o.exporter.signal(t, syscall.SIGHUP)
	}
}

func (o *operator) post(t *testing.T) (status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+o.exporter.address+"/-/reload", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	resp, err := new(http.Client).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// await returns when the latest generation is in force, as the status page shows without asking anything.
func (o *operator) await(t *testing.T) {
	t.Helper()
	mark := fmt.Sprintf("generation=&#34;%d&#34;", len(o.generations)-1)
	eventually(t, patience, func(ctx context.Context) error {
		page, _, err := get(ctx, "http://"+o.exporter.address+"/", "")
		if err == nil && !strings.Contains(string(page), mark) {
			err = fmt.Errorf("no %s on the status page", mark)
		}
		return err
	})
}

// write begins a generation of n domains and returns its file.
func (o *operator) write(s settings, n int) string {
	targets := make([]domain.Name, n)
	for i, place := range o.random.Perm(len(o.weather.domains))[:n] {
		targets[i] = o.weather.domains[place]
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.generations = append(o.generations, generation{targets: targets, from: time.Now()})
	return o.render(s, targets, len(o.generations)-1)
}

func (o *operator) render(s settings, targets []domain.Name, number int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "probe: {timeout: %s, concurrency: %d, cache_ttl: %s}\naccounts:\n", s.timeout, s.concurrency, s.ttl)
	fmt.Fprintf(&text, "  calm: {region: cn-hangzhou, endpoint: %q}\n", o.weather.URL())
	fmt.Fprintf(&text, "  busy: {region: cn-hangzhou, endpoint: %q, rate_limit: %d}\ntargets:\n", o.weather.URL(), s.rateLimit)
	for _, d := range targets {
		account := strings.TrimSuffix(d.Bucket, "-bucket")
		fmt.Fprintf(&text, "  - {bucket: %s, cname: %q, account: %s, labels: {generation: \"%d\"}}\n", d.Bucket, d.Cname(), account, number)
	}
	return text.String()
}

// inForce returns the generation of that number, unless it cannot have been in force between from and to.
func (o *operator) inForce(number int, from, to time.Time) (generation, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if number < 0 || number >= len(o.generations) {
		return generation{}, fmt.Errorf("there is no generation %d", number)
	}
	g := o.generations[number]
	if g.from.After(to) || !g.until.IsZero() && g.until.Before(from) {
		return generation{}, fmt.Errorf("generation %d was in force from %v until %v, not between %v and %v", number, g.from, g.until, from, to)
	}
	return g, nil
}
