package discovery

import (
	"cmp"
	"slices"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/poller"
)

// Account is what is known of one account.
type Account struct {
	Account config.Account
	Known   bool            // all its buckets were once asked about; before, what is missing in Targets says nothing
	Attempt poller.Attempt  // the last look
	Buckets int             // it asked about
	Failed  int             // those among them that it got no whole answer about
	Beyond  bool            // there are more than it asked about
	Targets []config.Target // bound and not configured, sorted
}

// Peek tells what is known of the accounts that cfg discovers, and has Run look
// again if that is too old. It asks nothing itself. What is configured meanwhile
// is not told.
func (d *Discovery) Peek(cfg *config.Config) []Account {
	if len(cfg.Discover) == 0 {
		return nil
	}
	select {
	case d.wanted <- cfg:
	default: // somebody wants it already
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	accounts := make([]Account, len(cfg.Discover))
	for i, a := range cfg.Discover {
		accounts[i].Account = a
		if known := d.accounts[a]; known != nil {
			accounts[i] = known.tell(cfg, a)
		}
	}
	return accounts
}

func (f found) tell(cfg *config.Config, a config.Account) Account {
	told := Account{Account: a, Known: f.known, Attempt: f.attempt, Buckets: f.buckets, Failed: f.failed, Beyond: f.beyond}
	for bucket, bindings := range f.bound {
		for _, b := range bindings {
			if t, ok := cfg.Unlisted(&a, bucket, b.Name.Cname()); ok && isNamed(b) {
				told.Targets = append(told.Targets, t)
			}
		}
	}
	slices.SortFunc(told.Targets, func(a, b config.Target) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Cname(), b.Cname()))
	})
	return told
}
