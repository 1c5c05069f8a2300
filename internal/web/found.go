package web

import (
	"fmt"

	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/report"
)

// foundAccount is what an account has beside its targets, in words.
type foundAccount struct {
	Name, Outcome, Looked string
	Failed                bool
	Domains               []foundDomain
	More                  int // domains that are not shown
}

// maxFound is how many domains of an account the page shows.
const maxFound = 50

type foundDomain struct{ Bucket, Cname, Account, Region string }

func newFoundAccounts(accounts []discovery.Account) []foundAccount {
	told := make([]foundAccount, len(accounts))
	for i, a := range accounts {
		told[i] = foundAccount{Name: a.Account.Name, Outcome: outcome(a), Looked: report.Stamp(a.Attempt.Ended), Failed: a.Attempt.Reason != ""}
		shown := a.Targets[:min(len(a.Targets), maxFound)]
		told[i].More = len(a.Targets) - len(shown)
		for _, t := range shown {
			told[i].Domains = append(told[i].Domains, foundDomain{t.Bucket, t.Cname(), t.Account.Name, t.Account.Region})
		}
	}
	return told
}

// outcome words how the last look at an account went.
func outcome(a discovery.Account) string {
	text := "not looked at yet, ask again in a moment"
	switch {
	case a.Attempt.Reason != "" && a.Failed > 0:
		text = fmt.Sprintf("%d of %d buckets could not be asked: %s: %v", a.Failed, a.Buckets, a.Attempt.Reason, a.Attempt.Err)
	case a.Attempt.Reason != "":
		text = fmt.Sprintf("%s: %v", a.Attempt.Reason, a.Attempt.Err)
	case !a.Attempt.Ended.IsZero():
		text = fmt.Sprintf("%d buckets", a.Buckets)
	}
	if a.Beyond {
		text += "; there are more than are asked about"
	}
	return text
}
