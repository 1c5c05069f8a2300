package discovery

import (
	"cmp"
	"slices"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
)

// AccountReport is the result of the scans of one account.
type AccountReport struct {
	Account config.Account
	Known   bool            // all its buckets were asked about once; until then Targets may be incomplete
	Attempt status.Attempt  // the last scan
	Buckets int             // it asked about
	Failed  int             // those among them that it got no whole answer about
	Beyond  bool            // there are more than it asked about
	Targets []config.Target // bound and not configured, sorted
}

// Report returns the results for the accounts that cfg discovers, without the
// domains that cfg has as targets. It makes no call.
func (d *Discovery) Report(cfg *config.Config) []AccountReport {
	d.mu.Lock()
	defer d.mu.Unlock()
	accounts := make([]AccountReport, len(cfg.Discover))
	for i := range cfg.Discover {
		a := &cfg.Discover[i]
		accounts[i].Account = *a
		if known := d.accounts[*a]; known != nil {
			accounts[i] = known.report(cfg, a)
		}
	}
	return accounts
}

func (r findings) report(cfg *config.Config, a *config.Account) AccountReport {
	known := AccountReport{Account: *a, Known: r.known, Attempt: r.attempt, Buckets: r.buckets, Failed: r.failed, Beyond: r.beyond}
	for bucket, bindings := range r.bound {
		for _, b := range bindings {
			if t, ok := cfg.Unlisted(a, bucket, b.Name.Cname()); ok && isNamed(b) {
				known.Targets = append(known.Targets, t)
			}
		}
	}
	slices.SortFunc(known.Targets, func(a, b config.Target) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Cname(), b.Cname()))
	})
	return known
}

// Outcome words how the last scan went.
func (a AccountReport) Outcome() lang.Text {
	text := lang.Textf("not looked at yet, ask again in a moment")
	switch {
	case a.Attempt.Reason != "" && a.Failed > 0:
		text = lang.Textf("%d of %d buckets could not be asked: %s: %v", a.Failed, a.Buckets, a.Attempt.Reason, a.Attempt.Err)
	case a.Attempt.Reason != "":
		text = lang.Textf("%s: %v", a.Attempt.Reason, a.Attempt.Err)
	case !a.Attempt.Ended.IsZero():
		text = lang.Textf("%d buckets", a.Buckets)
	}
	if a.Beyond {
		text = lang.Textf("%s; there are more than are asked about", text)
	}
	return text
}
