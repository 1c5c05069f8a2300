package poller_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// The simulation scrapes mixtures of accounts on a simulated clock, and measures
// how long a healthy configured target waits for its answer. docs/scaling.md has
// the bound of each mixture.

const (
	simScrapes  = 8
	simInterval = 15 * time.Second
	simBudget   = 9500 * time.Millisecond
	simTimeout  = 5 * time.Second
	simLatency  = 20 * time.Millisecond
	simChange   = 2 // the scrape from which servers have their second kind
)

// The kinds of servers.
const (
	healthy   = "healthy"
	slow      = "slow" // half a second to 4.5 seconds
	hanging   = "hanging"
	throttled = "throttled"
	broken    = "broken"
	dead      = "dead" // the connections that are open
)

// server is one account in one region.
type server struct {
	account string // "" is one of its own
	kind    string
	then    string // the kind from scrape simChange on; "" is the same
	targets int
	latency time.Duration // of an answer; 0 is simLatency
	rate    float64       // of the account
}

// simulation is the servers of a configuration, and clients beside its scrapes.
type simulation struct {
	slots     int
	servers   []server
	strangers int           // clients that probe unlisted targets all the time
	pause     time.Duration // of a client between two probes; 0 is 100ms
	answered  string        // the kind of the answers to these
	probers   int           // clients that probe configured targets of healthy servers all the time
	seed      uint64

	mu      sync.Mutex // guards all below
	dice    *rand.Rand
	changed bool
	renewed bool           // the dead connections were closed
	worst   time.Duration  // the longest wait of a healthy target
	lost    map[string]int // samples of healthy targets that were lost, by reason
}

// GetCnameToken implements poller.TokenGetter. The bucket is the server's.
func (s *simulation) GetCnameToken(ctx context.Context, _ *config.Account, name domain.Name) (ossclient.Token, error) {
	kind, latency, pause := s.behaviour(name.Bucket)
	switch kind {
	case hanging:
		return hangs(ctx)
	case throttled:
		return ossclient.Token{}, &ossclient.Error{Reason: status.ReasonThrottled, RetryAfter: pause}
	case broken:
		return ossclient.Token{}, &ossclient.Error{Reason: status.ReasonServerError}
	case dead:
		s.renew(ctx)
	}
	return after(latency, token)(ctx)
}

func (s *simulation) behaviour(bucket string) (kind string, latency, pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var i int
	if _, err := fmt.Sscanf(bucket, "server%d", &i); err != nil {
		return s.answered, time.Millisecond, time.Duration(s.dice.IntN(4000)) * time.Second
	}
	server := s.servers[i]
	kind, latency = server.kindAt(s.changed), max(server.latency, simLatency)
	if kind == slow {
		latency = time.Duration(500+s.dice.IntN(4000)) * time.Millisecond
	}
	return kind, latency, time.Duration(s.dice.IntN(4000)) * time.Second
}

// renew waits for an answer on a dead connection. Then all that are open are
// closed, and the call is made again over a new one; see accounts.
func (s *simulation) renew(ctx context.Context) {
	s.mu.Lock()
	renewed := s.renewed
	s.mu.Unlock()
	if renewed {
		return
	}
	select {
	case <-time.After(simTimeout / 2):
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewed = true
}

func (s server) kindAt(changed bool) string {
	if changed && s.then != "" {
		return s.then
	}
	return s.kind
}

// recovery is how many scrapes it may take to find that an account that hung
// answers again: all that hang or are slow are tried in turn in half of the slots.
func (s *simulation) recovery() int {
	tried := 0
	for _, server := range s.servers {
		if kinds := []string{server.kind, server.then}; slices.Contains(kinds, hanging) || slices.Contains(kinds, slow) {
			tried++
		}
	}
	return 1 + tried/max(1, s.slots/2)
}

// isHealthy reports whether a sample of the server in that scrape must not be
// lost. One that was throttled may take a minute to be found well.
func (s server) isHealthy(scrape, recovery int) bool {
	since := scrape - simChange
	kind, recovering := s.kindAt(since >= 0), s.then != "" && s.then != s.kind
	if kind != healthy && kind != dead {
		return false
	}
	return since < 0 || !recovering || s.kind == healthy || since >= recovery && s.kind != throttled || since > int(time.Minute/simInterval)
}

func (s *simulation) config() *config.Config {
	cfg := &config.Config{Probe: config.Probe{Timeout: simTimeout, Concurrency: s.slots}}
	for i, server := range s.servers {
		account := &config.Account{Name: server.account, Region: fmt.Sprint("region", i), RateLimit: server.rate}
		if account.Name == "" {
			account.Name = fmt.Sprint("account", i)
		}
		for k := range server.targets {
			name := domain.Name{Bucket: fmt.Sprint("server", i), Base: fmt.Sprintf("www%d.example.com", k)}
			cfg.Targets = append(cfg.Targets, config.Target{Name: name, Account: account})
		}
	}
	return cfg
}

// run scrapes and probes.
func (s *simulation) run(t *testing.T) {
	t.Helper()
	s.dice, s.lost = rand.New(rand.NewPCG(s.seed, 2)), map[string]int{}
	p, cfg := poller.New(s, poller.Options{}), s.config()
	apply(p, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for i := range s.strangers {
		clients.Go(func() { s.pester(ctx, p, cfg, i) })
	}
	for i := range s.probers {
		clients.Go(func() { s.probe(ctx, p, cfg, i) })
	}
	for scrape := range simScrapes {
		s.mu.Lock()
		s.changed = scrape >= simChange
		s.mu.Unlock()
		began := time.Now()
		limited, stop := context.WithTimeout(ctx, simBudget)
		statuses := p.Poll(limited, cfg.Targets)
		stop()
		for i, target := range cfg.Targets {
			s.judge(target, scrape, began, statuses[i])
		}
		time.Sleep(simInterval - time.Since(began))
	}
	cancel()
	clients.Wait()
}

// judge takes in the sample of a target.
func (s *simulation) judge(target config.Target, scrape int, began time.Time, got status.Status) {
	var i int
	_, _ = fmt.Sscanf(target.Bucket, "server%d", &i)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.servers[i].isHealthy(scrape, s.recovery()):
	case got.Attempt.Succeeded():
		s.worst = max(s.worst, got.Attempt.Ended.Sub(began))
	default:
		s.lost[string(got.Attempt.Reason)]++
	}
}

// pester probes targets that are not configured, of the accounts in turn.
func (s *simulation) pester(ctx context.Context, p *poller.Poller, cfg *config.Config, stranger int) {
	for n := stranger; ctx.Err() == nil; n++ {
		target := config.Target{
			Name:     domain.Name{Bucket: "another", Base: fmt.Sprintf("www%d.example.com", n)},
			Account:  cfg.Targets[n%len(cfg.Targets)].Account,
			Unlisted: true,
		}
		probe, cancel := context.WithTimeout(ctx, time.Second)
		p.Poll(probe, []config.Target{target})
		cancel()
		time.Sleep(cmp.Or(s.pause, 100*time.Millisecond)) // some are refused at once
	}
}

// probe probes configured targets that stay healthy, one after the other.
func (s *simulation) probe(ctx context.Context, p *poller.Poller, cfg *config.Config, prober int) {
	var targets []config.Target
	for _, target := range cfg.Targets {
		var i int
		_, _ = fmt.Sscanf(target.Bucket, "server%d", &i)
		if s.servers[i].kind == healthy && s.servers[i].then == "" {
			targets = append(targets, target)
		}
	}
	for n := prober; ctx.Err() == nil && len(targets) > 0; n += s.probers {
		began := time.Now()
		probe, cancel := context.WithTimeout(ctx, simBudget)
		statuses := p.Poll(probe, targets[n%len(targets):][:1])
		cancel()
		if len(statuses) > 0 {
			s.judge(targets[n%len(targets)], 0, began, statuses[0])
		}
		time.Sleep(cmp.Or(s.pause, 100*time.Millisecond))
	}
}

func several(n int, s server) []server {
	return slices.Repeat([]server{s}, n)
}

// mixtures has each simulation by its row in docs/scaling.md.
func mixtures() map[string]*simulation {
	one := server{kind: healthy, targets: 40}
	return map[string]*simulation{
		"300 targets of one account": {slots: 64, servers: []server{{kind: healthy, targets: 300}}, probers: 4},
		"300 targets, all of whose connections die": {slots: 32, servers: several(10, server{kind: healthy, then: dead, targets: 30}),
			probers: 4},
		"300 targets, all of whose connections die, beside 10 accounts that hang": {slots: 32,
			servers: append(several(10, server{kind: hanging, targets: 10}), several(10, server{kind: healthy, then: dead, targets: 30})...)},
		"300 targets, all of whose connections die, beside 80 accounts that hang": {slots: 32,
			servers: append(several(80, server{kind: hanging, targets: 10}), several(10, server{kind: healthy, then: dead, targets: 30})...)},
		"40 targets beside 30 accounts that hang from the start": {slots: 8, servers: append(several(30, server{kind: hanging, targets: 10}), one),
			strangers: 12, answered: healthy},
		"40 targets beside 30 accounts that begin to hang": {slots: 8, servers: append(several(30, server{kind: healthy, then: hanging, targets: 10}), one),
			strangers: 12, answered: hanging, probers: 2},
		"40 targets beside 6 accounts with 10 targets of 800 ms each": {slots: 8, servers: append(several(6, server{kind: healthy, latency: 800 * time.Millisecond, targets: 10}), one),
			probers: 2},
		"40 targets of 300 ms, rate_limit 10, beside 12 clients that probe unlisted targets": {slots: 32,
			servers: []server{{kind: healthy, latency: 300 * time.Millisecond, targets: 40, rate: 10}}, strangers: 12, answered: healthy, pause: time.Millisecond},
		"150 targets in one region and 30 of 300 ms in another, rate_limit 20": {slots: 32, servers: []server{
			{account: "main", kind: healthy, targets: 150, rate: 20},
			{account: "main", kind: healthy, latency: 300 * time.Millisecond, targets: 30, rate: 20},
		}, strangers: 2, answered: healthy},
		"40 targets beside 20 throttled and 20 broken accounts": {slots: 8,
			servers:   append(append(several(20, server{kind: throttled, targets: 20}), several(20, server{kind: broken, targets: 20})...), one),
			strangers: 12, answered: throttled, probers: 2},
		"40 targets beside 4 accounts that answer in 0.5 to 4.5 s": {slots: 8, servers: append(several(4, server{kind: slow, targets: 60}), one),
			strangers: 12, answered: hanging, probers: 2},
	}
}

// TestWaitsAreBounded holds each mixture to the bound in docs/scaling.md.
func TestWaitsAreBounded(t *testing.T) {
	text, err := os.ReadFile("../../docs/scaling.md")
	if err != nil {
		t.Fatal(err)
	}
	bounds := map[string]time.Duration{}
	for _, row := range regexp.MustCompile(`(?m)^\| (.+) \| \d+ \| ([0-9.]+) s \|$`).FindAllStringSubmatch(string(text), -1) {
		if bounds[row[1]], err = time.ParseDuration(row[2] + "s"); err != nil {
			t.Fatal(err)
		}
	}
	all := mixtures()
	if got, want := slices.Sorted(maps.Keys(bounds)), slices.Sorted(maps.Keys(all)); !slices.Equal(got, want) {
		t.Errorf("the document has the mixtures\n%q, simulated are\n%q", got, want)
	}
	for name, s := range all {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s.run(t)
				if len(s.lost) > 0 || s.worst > bounds[name] {
					t.Errorf("a healthy target waited %v, want at most %v; samples lost: %v", s.worst, bounds[name], s.lost)
				}
				t.Logf("a healthy target waited %v at most", s.worst)
			})
		})
	}
}

// newSimulation makes up one in which the healthy targets have room: their calls,
// made in a quarter of the slots, take at most a third of the time of a scrape.
func newSimulation(seed uint64) *simulation {
	dice := rand.New(rand.NewPCG(seed, 1))
	kinds := []string{healthy, healthy, healthy, hanging, hanging, throttled, slow, broken}
	s := &simulation{
		seed: seed, slots: []int{4, 8, 16, 32}[dice.IntN(4)], strangers: dice.IntN(24), probers: dice.IntN(3), pause: 500 * time.Millisecond,
		answered: []string{healthy, hanging, throttled}[seed%3],
	}
	room := int(simBudget/3/simLatency) * max(1, s.slots/4)
	for i := range 2 + dice.IntN(s.slots+s.slots/2) {
		one := server{account: fmt.Sprint("account", i), kind: kinds[dice.IntN(len(kinds))], targets: 1 + dice.IntN(30)}
		if dice.IntN(8) == 0 {
			one.then = kinds[dice.IntN(len(kinds))]
		}
		if one.isHealthy(0, 0) || one.isHealthy(simScrapes, 0) {
			one.targets = min(one.targets, room)
			room -= one.targets
		}
		if dice.IntN(3) == 0 {
			one.rate = 20 + float64(dice.IntN(80)) // 60 targets take 3 s at most
		}
		if one.targets == 0 {
			continue
		}
		s.servers = append(s.servers, one)
		if region := (server{account: one.account, kind: hanging, targets: 5, rate: one.rate}); dice.IntN(4) == 0 {
			s.servers = append(s.servers, region) // another region of the same account
		}
	}
	return s
}

// TestNoMixtureLosesASample simulates mixtures that are made up: in each scrape,
// each healthy configured target is answered.
func TestNoMixtureLosesASample(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSimulation(seed)
				if s.run(t); len(s.lost) > 0 {
					t.Errorf("lost samples of healthy targets: %v; %d slots, %d strangers, %d servers %+v", s.lost, s.slots, s.strangers, len(s.servers), s.servers)
				}
			})
		})
	}
}
