package poller_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// answer is how the fake OSS treats one question.
type answer func(ctx context.Context) (ossclient.Token, error)

// fakeOSS answers by domain, and remembers what it was asked. Time in these
// tests is synctest's: it stands still unless everybody waits.
type fakeOSS struct {
	mu          sync.Mutex
	answers     map[string]answer
	other       answer
	asked       []string
	inFlight    int
	mostFlights int
}

func (f *fakeOSS) GetCnameToken(ctx context.Context, _ *config.Account, name domain.Name) (ossclient.Token, error) {
	f.mu.Lock()
	f.asked = append(f.asked, name.Base)
	f.inFlight++
	f.mostFlights = max(f.mostFlights, f.inFlight)
	reply := f.answers[name.Base]
	if reply == nil {
		reply = f.other
	}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.inFlight--
	}()
	return reply(ctx)
}

// calls returns the domains asked about since the last time, in order.
func (f *fakeOSS) calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	return asked
}

func (f *fakeOSS) set(domain string, a answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[domain] = a
}

func (f *fakeOSS) setOther(a answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.other = a
}

// flights returns how many calls are in flight, and were at most.
func (f *fakeOSS) flights() (now, most int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.inFlight, f.mostFlights
}

var expires = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func token(context.Context) (ossclient.Token, error) {
	return ossclient.Token{Value: "t", Expires: expires}, nil
}

func noToken(context.Context) (ossclient.Token, error) {
	return ossclient.Token{}, ossclient.ErrNoToken
}

func fails(reason status.Reason) answer {
	return func(context.Context) (ossclient.Token, error) {
		return ossclient.Token{}, &ossclient.Error{Operation: "GetCnameToken", Reason: reason}
	}
}

// hangs answers nothing until the caller gives up, as ossclient would.
func hangs(ctx context.Context) (ossclient.Token, error) {
	<-ctx.Done()
	return ossclient.Token{}, &ossclient.Error{Operation: "GetCnameToken", Reason: status.ReasonTimeout, Err: ctx.Err()}
}

// after answers a once d has passed.
func after(d time.Duration, a answer) answer {
	return func(ctx context.Context) (ossclient.Token, error) {
		select {
		case <-time.After(d):
			return a(ctx)
		case <-ctx.Done():
			return hangs(ctx)
		}
	}
}

// newPoller returns a Poller on a fake that gives everybody a token.
func newPoller() (*poller.Poller, *fakeOSS) {
	oss := &fakeOSS{answers: map[string]answer{}, other: token}
	return poller.New(oss, poller.Options{}), oss
}

// targets returns a configuration of n targets of one account.
func targets(account string, n int) *config.Config {
	cfg := &config.Config{Probe: config.Probe{Timeout: 5 * time.Second, Concurrency: 4}}
	for i := range n {
		cfg.Targets = append(cfg.Targets, config.Target{Name: domain.Name{Bucket: "examplebucket", Base: fmt.Sprintf("%s-%d.example.com", account, i)}, Account: &config.Account{Name: account, Region: "cn-hangzhou"}})
	}
	return cfg
}

// reasons counts results by why their last attempt failed.
func reasons(results []status.Status) map[status.Reason]int {
	n := map[status.Reason]int{}
	for _, r := range results {
		n[r.Attempt.Reason]++
	}
	return n
}

// poll puts cfg in force, with the accounts of its targets, and polls them.
func poll(ctx context.Context, p *poller.Poller, cfg *config.Config) []status.Status {
	apply(p, cfg)
	return p.Poll(ctx, cfg.Targets)
}

func apply(p *poller.Poller, cfg *config.Config) {
	inForce := *cfg
	inForce.Accounts = nil
	for i := range cfg.Targets {
		inForce.Accounts = append(inForce.Accounts, *cfg.Targets[i].Account)
	}
	p.Apply(&inForce)
}
