package collector

import (
	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/poller"
)

// outcomeCredentials fails all targets of an account at once.
const outcomeCredentials poller.Outcome = "credentials"

// change is news about some targets of an account.
type change struct {
	account string
	is, was poller.Outcome
}

// logChanges logs what is news, once and not at every scrape. That an
// account's credentials fail or work again is one line, however many targets
// it has.
func (c *Collector) logChanges(results []poller.Result) {
	together := map[change]int{} // how many targets
	for i := range results {
		r := &results[i]
		c.logChecks(r)
		switch news := changeOf(r); {
		case news.is == news.was:
		case news.is == outcomeCredentials || news.was == outcomeCredentials:
			together[news]++
		default:
			c.log(r, "bucket", r.Target.Bucket, "cname", r.Target.Cname())
		}
	}
	for i := range results {
		r := &results[i]
		news := changeOf(r)
		if n := together[news]; n > 0 {
			c.log(r, "account", news.account, "targets", n)
			delete(together, news)
		}
	}
}

func changeOf(r *poller.Result) change {
	return change{r.Target.Account.Name, r.Outcome(), r.Was}
}

// log tells of r; about is pairs of key and value.
func (c *Collector) log(r *poller.Result, about ...any) {
	logger := log.With(log.With(c.logger, about...), "state", r.Outcome(), "was", r.Was)
	switch {
	case r.Target.Unlisted: // nothing is remembered of it, so all is news for ever
		level.Debug(logger).Log("msg", "probed a target that is not configured", "err", r.Attempt.Err)
	case r.Attempt.Err != nil:
		level.Warn(logger).Log("msg", "probe failed", "err", r.Attempt.Err)
	case r.Was == "":
		level.Debug(logger).Log("msg", "probe succeeded for the first time")
	default:
		level.Info(logger).Log("msg", "state changed")
	}
}

// logChecks logs which checks of r began to fail, and which work again. That
// the account's credentials do is said already.
func (c *Collector) logChecks(r *poller.Result) {
	for check, status := range r.Checks {
		is, was := status.Outcome(), status.Was
		if is == was || is == outcomeCredentials || was == outcomeCredentials {
			continue
		}
		logger := log.With(c.logger, "bucket", r.Target.Bucket, "cname", r.Target.Cname(), "check", check, "state", is, "was", was)
		switch {
		case status.Attempt.Err != nil:
			level.Warn(logger).Log("msg", "check failed", "err", status.Attempt.Err)
		case was != "":
			level.Info(logger).Log("msg", "check works again")
		}
	}
}
