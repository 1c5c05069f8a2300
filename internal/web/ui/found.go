package ui

import (
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/plain"
)

// foundAccount is what an account has beside its targets, in words.
type foundAccount struct {
	Name, Looked string
	Outcome      lang.Text
	Failed       bool
	Domains      []foundDomain
	More         int // domains that are not shown
}

// maxFound is how many domains of an account the page shows.
const maxFound = 50

type foundDomain struct{ Bucket, Cname, Account, Region string }

func newFoundAccounts(accounts []discovery.AccountReport) []foundAccount {
	told := make([]foundAccount, len(accounts))
	for i, a := range accounts {
		told[i] = foundAccount{Name: a.Account.Name, Outcome: a.Outcome(), Looked: plain.Stamp(a.Attempt.Ended), Failed: a.Attempt.Reason != ""}
		shown := a.Targets[:min(len(a.Targets), maxFound)]
		told[i].More = len(a.Targets) - len(shown)
		for _, t := range shown {
			told[i].Domains = append(told[i].Domains, foundDomain{t.Bucket, t.Cname(), t.Account.Name, t.Account.Region})
		}
	}
	return told
}
