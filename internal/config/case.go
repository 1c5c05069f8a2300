package config

import (
	"time"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

// Case returns the target as it is judged at now, with the status s.
func (t *Target) Case(s *status.Status, now time.Time) judge.Case {
	return judge.Case{
		Name: t.Name, Account: t.Account.Name, Region: t.Account.Region, Labels: t.Labels,
		Status: s, Rules: t.Rules, Now: now, IsTransient: t.Unlisted,
	}
}
