package poller_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// mixture is accounts in every condition, of which some change while they are
// scraped, and strangers who probe what nobody configured.
type mixture struct {
	concurrency int
	accounts    []condition
	strangers   int // clients that probe all the time
	seed        uint64
}

// condition is how the OSS of an account behaves.
type condition struct {
	kind    string // healthy, hanging, throttled, slow or broken
	targets int
	turns   string // the kind from the third scrape on
}

const (
	fairScrapes  = 8
	fairInterval = 15 * time.Second
	fairBudget   = 9500 * time.Millisecond
	fairLatency  = 20 * time.Millisecond
)

// answer is what a kind of account does with one question.
func (m *mixture) answer(dice *rand.Rand, kind string) answer {
	switch kind {
	case "hanging":
		return hangs
	case "throttled":
		retryAfter := time.Duration(dice.IntN(4000)) * time.Second
		return func(context.Context) (ossclient.Token, error) {
			return ossclient.Token{}, &ossclient.Error{Reason: status.ReasonThrottled, RetryAfter: retryAfter}
		}
	case "slow":
		return after(time.Duration(500+dice.IntN(4000))*time.Millisecond, token)
	case "broken":
		return fails(status.ReasonServerError)
	}
	return after(fairLatency, token)
}

// newMixture makes up one in which the healthy targets have room: their calls,
// made in a quarter of the slots, take at most a third of the time of a scrape.
func newMixture(seed uint64) *mixture {
	dice := rand.New(rand.NewPCG(seed, 1))
	kinds := []string{"healthy", "healthy", "hanging", "hanging", "throttled", "slow", "broken"}
	m := &mixture{seed: seed, concurrency: []int{4, 8, 32, 64}[dice.IntN(4)], strangers: dice.IntN(40)}
	room := int(fairBudget/3/fairLatency) * max(1, m.concurrency/4)
	for range 2 + dice.IntN(m.concurrency+m.concurrency/2) {
		c := condition{kind: kinds[dice.IntN(len(kinds))], targets: 1 + dice.IntN(60)}
		c.turns = c.kind
		if dice.IntN(8) == 0 {
			c.turns = kinds[dice.IntN(len(kinds))]
		}
		if c.kind == "healthy" || c.turns == "healthy" {
			c.targets = min(c.targets, room)
			room -= c.targets
		}
		if c.targets > 0 {
			m.accounts = append(m.accounts, c)
		}
	}
	return m
}

func (m *mixture) config() *config.Config {
	cfg := &config.Config{Probe: config.Probe{Timeout: 5 * time.Second, Concurrency: m.concurrency}}
	for i, c := range m.accounts {
		cfg.Targets = append(cfg.Targets, targets(fmt.Sprint("account", i), c.targets).Targets...)
	}
	return cfg
}

// set sets how every account answers from now on.
func (m *mixture) set(oss *fakeOSS, dice *rand.Rand, turned bool) {
	for i, c := range m.accounts {
		kind := c.kind
		if turned {
			kind = c.turns
		}
		for _, t := range targets(fmt.Sprint("account", i), c.targets).Targets {
			oss.set(t.Base, m.answer(dice, kind))
		}
	}
}

// TestFairness scrapes mixtures of accounts: a healthy configured target is
// answered in every scrape, whatever the others do.
func TestFairness(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMixture(seed)
				p, oss := newPoller()
				dice := rand.New(rand.NewPCG(seed, 2))
				cfg := m.config()
				apply(p, cfg)
				oss.setOther(m.answer(dice, []string{"healthy", "hanging", "throttled"}[seed%3]))
				ctx, cancel := context.WithCancel(t.Context())
				var strangers sync.WaitGroup
				for i := range m.strangers {
					strangers.Go(func() { m.pester(ctx, p, i) })
				}
				for scrape := range fairScrapes {
					if scrape == 0 || scrape == 2 {
						m.set(oss, dice, scrape == 2)
					}
					began := time.Now()
					m.check(t, scrape, scrapeOnce(ctx, p, cfg))
					time.Sleep(fairInterval - time.Since(began))
				}
				cancel()
				strangers.Wait()
			})
		})
	}
}

// scrapeOnce scrapes cfg with the usual deadline.
func scrapeOnce(ctx context.Context, p *poller.Poller, cfg *config.Config) []status.Status {
	ctx, cancel := context.WithTimeout(ctx, fairBudget)
	defer cancel()
	return p.Poll(ctx, cfg.Targets)
}

// pester probes targets that nobody configured, of the accounts in turn, until
// ctx ends.
func (m *mixture) pester(ctx context.Context, p *poller.Poller, stranger int) {
	for n := stranger; ctx.Err() == nil; n++ {
		target := targets(fmt.Sprint("stranger", n), 1).Targets
		target[0].Account.Name = fmt.Sprint("account", n%len(m.accounts))
		target[0].Unlisted = true
		probe, cancel := context.WithTimeout(ctx, time.Second)
		p.Poll(probe, target)
		cancel()
		time.Sleep(100 * time.Millisecond) // some are refused at once
	}
}

func (m *mixture) check(t *testing.T, scrape int, statuses []status.Status) {
	t.Helper()
	lost, next := 0, 0
	kinds := map[string]int{}
	for _, c := range m.accounts {
		kind := c.kind
		if scrape >= 2 {
			kind = c.turns
		}
		for _, s := range statuses[next : next+c.targets] {
			// An account that hung may need one scrape to be found well, and one that was throttled a minute.
			recovering := c.kind != c.turns && (scrape == 2 || c.kind == "throttled" && scrape < 2+int(time.Minute/fairInterval)+1)
			if kind == "healthy" && !recovering && !s.Attempt.Succeeded() {
				lost++
				kinds[string(s.Attempt.Reason)]++
			}
		}
		next += c.targets
	}
	if lost > 0 {
		t.Errorf("seed %d, scrape %d: %d samples of healthy targets lost for %v beside %v strangers at concurrency %d among %v", m.seed, scrape, lost, kinds, m.strangers, m.concurrency, m.summary())
	}
}

// summary counts the accounts and targets of each kind.
func (m *mixture) summary() map[string][2]int {
	kinds := map[string][2]int{}
	for _, c := range m.accounts {
		kind := c.kind
		if c.turns != kind {
			kind += ", then " + c.turns
		}
		n := kinds[kind]
		kinds[kind] = [2]int{n[0] + 1, n[1] + c.targets}
	}
	return kinds
}
