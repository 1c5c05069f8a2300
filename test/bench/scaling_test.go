package bench_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/ossclient"
)

// plan is the paper calculation of docs/scaling.md.
type plan struct {
	domains     int
	interval    time.Duration // Prometheus'
	latency     time.Duration // of one call
	concurrency int           // of one exporter
	probeCPU    time.Duration // of one probe, HTTP included
	memory      float64       // of an exporter, in bytes for each target
	series      int           // of one target, with the five that Prometheus adds to a scrape
	theirs      float64       // memory of Prometheus, in bytes for each series
	accounts    int           // they share the domains equally
	rate        float64       // calls a second that one account stands
}

func (p plan) calls() float64    { return float64(p.domains) / p.interval.Seconds() }
func (p plan) inFlight() float64 { return p.calls() * p.latency.Seconds() }
func (p plan) exporters() int    { return int(math.Ceil(p.inFlight() / float64(p.concurrency))) }
func (p plan) cores() float64    { return p.calls() * p.probeCPU.Seconds() }
func (p plan) samples() float64  { return p.calls() * float64(p.series) }

// stands is the shortest interval at which the accounts stand a look at every domain.
func (p plan) stands() time.Duration {
	return time.Duration(float64(p.domains) / (p.rate * float64(p.accounts)) * float64(time.Second))
}

// rows are those of the document's table, computed.
func (p plan) rows() []string {
	const bytesPerSample, retention = 1.5, 15 * 24 * 3600
	return []string{
		fmt.Sprintf("| calls to OSS a second | %s ÷ 300 s | %.0f |", thousands(p.domains), p.calls()),
		fmt.Sprintf("| calls in flight | calls × %v | %.0f |", p.latency, p.inFlight()),
		fmt.Sprintf("| exporters | in flight ÷ `concurrency: %d` | %d, and one to spare |", p.concurrency, p.exporters()),
		fmt.Sprintf("| their cores together | calls × %v | %.1f |", p.probeCPU, p.cores()),
		fmt.Sprintf("| their memory together | domains × %.1f KB | %.1f GB |", p.memory/1e3, float64(p.domains)*p.memory/1e9),
		fmt.Sprintf("| series | %d a target | %s |", p.series, thousands(p.domains*p.series)),
		fmt.Sprintf("| samples a second | calls × %d | %s |", p.series, thousands(int(p.samples()))),
		fmt.Sprintf("| memory of all Prometheus servers together | series × %.1f KB | %.0f GB |", p.theirs/1e3, float64(p.domains*p.series)*p.theirs/1e9),
		fmt.Sprintf("| bytes on disk in 15 days | samples × %.1f | %.0f GB |", bytesPerSample, p.samples()*retention*bytesPerSample/1e9),
		fmt.Sprintf("| shortest interval with %d accounts at %.0f calls a second each | domains ÷ %s | %v |",
			p.accounts, p.rate, thousands(int(p.rate)*p.accounts), p.stands()),
	}
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return thousands(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

func million() plan {
	return plan{
		domains: 1_000_000, interval: 5 * time.Minute, latency: 50 * time.Millisecond, concurrency: 64,
		probeCPU: 500 * time.Microsecond, memory: 3500, series: 14, theirs: 4800, accounts: 10, rate: 100,
	}
}

func TestScalingIsComputed(t *testing.T) {
	text, err := os.ReadFile("../../docs/scaling.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range million().rows() {
		if !strings.Contains(string(text), "\n"+row+"\n") {
			t.Errorf("docs/scaling.md does not say\n%s", row)
		}
	}
}

// slowOSS answers everything after a while, on synctest's clock.
type slowOSS struct {
	latency        time.Duration
	calls          atomic.Int64
	inFlight, most atomic.Int64
}

func (o *slowOSS) GetCnameToken(ctx context.Context, _ *config.Account, _ domain.Name) (ossclient.Token, error) {
	o.calls.Add(1)
	o.most.Store(max(o.most.Load(), o.inFlight.Add(1)))
	defer o.inFlight.Add(-1)
	select {
	case <-time.After(o.latency):
		return ossclient.Token{Expires: time.Now().Add(time.Hour)}, nil
	case <-ctx.Done():
		return ossclient.Token{}, ctx.Err()
	}
}

// TestScalingIsSimulated runs a hundredth of the plan, a domain at a time as Prometheus spreads its scrapes: the number of
// calls in flight is the calculated one, and no probe waits.
func TestScalingIsSimulated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := million()
		p.domains /= 100
		oss := &slowOSS{latency: p.latency}
		targets := poller.New(oss, poller.Options{})
		all := simulated(p.domains, 0)
		targets.Apply(all)
		gap := p.interval / time.Duration(p.domains)
		var late atomic.Int64
		var scrapes sync.WaitGroup
		for i := range p.domains {
			scrapes.Go(func() {
				began := time.Now()
				if r := targets.Poll(t.Context(), all.Targets[i:i+1])[0]; !r.Facts.Exists || time.Since(began) != p.latency {
					late.Add(1)
				}
			})
			time.Sleep(gap)
		}
		scrapes.Wait()
		if n := oss.calls.Load(); n != int64(p.domains) || late.Load() != 0 {
			t.Errorf("%d calls for %d domains, %d probes waited", n, p.domains, late.Load())
		}
		if got, want := float64(oss.most.Load()), math.Ceil(p.inFlight()); got != want {
			t.Errorf("%v calls in flight at most, want %v", got, want)
		}
	})
}

// TestIntervalUnderALimit scrapes one account's domains, ever the longest-unasked first, under a limit that does not
// reach them all at once: each is asked as often as the calculation says.
func TestIntervalUnderALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const domains, rate, interval, timeout = 3000, 10, time.Minute, 50 * time.Second
		const round = domains / (rate * int(timeout/time.Second)) // scrapes until all were asked
		oss := &slowOSS{latency: 50 * time.Millisecond}
		targets := poller.New(oss, poller.Options{})
		cfg := simulated(domains, rate)
		targets.Apply(cfg)
		for range 2*round + 1 {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			targets.Poll(ctx, cfg.Targets)
			cancel()
			time.Sleep(interval - time.Since(began))
		}
		oldest := time.Duration(0)
		for _, r := range targets.Peek(cfg.Targets) {
			oldest = max(oldest, time.Since(r.Facts.Confirmed))
		}
		if want := time.Duration(round+1) * interval; oldest > want {
			t.Errorf("the oldest answer is %v old, want at most %v", oldest, want)
		}
		t.Logf("%d domains at %d calls a second: the oldest answer is %v old", domains, rate, oldest)
	})
}

// simulated is a configuration of so many domains of one account.
func simulated(domains int, rate float64) *config.Config {
	account := config.Account{Name: "main", RateLimit: rate}
	cfg := &config.Config{
		Probe:    config.Probe{Timeout: 5 * time.Second, Concurrency: million().concurrency},
		Accounts: []config.Account{account},
	}
	for i := range domains {
		cfg.Targets = append(cfg.Targets, config.Target{Name: domain.Name{Bucket: "examplebucket", Base: benchDomain(i)}, Account: &account})
	}
	return cfg
}
