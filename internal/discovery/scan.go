package discovery

import (
	"context"
	"fmt"
	"time"

	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// maxPages bounds a list of buckets most of which are in other regions.
const maxPages = 10

// findings are the results of the scans of one account. They never change.
type findings struct {
	ended   time.Time                      // of the last scan
	pause   time.Duration                  // from then to the next one
	known   bool                           // a scan came to its end once: a domain that it did not find is not bound
	attempt status.Attempt                 // the last scan's; of its failures the one that ended it, else the first
	buckets int                            // in the last list, as far as they are asked about
	failed  int                            // those among them that the last scan got no whole answer about
	beyond  bool                           // there are more
	bound   map[string][]ossclient.Binding // by bucket: the last answer
}

// scan asks for the account's buckets and for the domains bound to each, one call
// at a time. A bucket whose call fails keeps its last answer. A failure that is
// not a bucket's own ends the scan.
func (d *Discovery) scan(ctx context.Context, cfg *config.Config, a *config.Account, before findings) findings {
	after := before
	names, beyond, attempt := d.listBuckets(ctx, cfg, a)
	after.attempt, after.pause = attempt, retry
	if !attempt.Succeeded() {
		return after
	}
	after.buckets, after.beyond, after.failed = len(names), beyond, 0
	after.bound = make(map[string][]ossclient.Binding, len(names))
	ended := false
	for _, name := range names {
		after.bound[name] = before.bound[name]
		if ended {
			after.failed++
			continue
		}
		bindings, attempt := d.listCname(ctx, cfg, a, name)
		if attempt.Succeeded() {
			after.bound[name] = bindings
			attempt = unreadable(name, bindings, attempt)
		}
		if attempt.Succeeded() {
			continue
		}
		after.failed++
		ended = !ofBucket(attempt.Reason)
		if ended || after.attempt.Succeeded() {
			after.attempt = attempt
		}
	}
	if !ended {
		after.known, after.pause = true, Interval
	}
	return after
}

// listBuckets follows the pages until there are enough buckets; beyond: there are more.
func (d *Discovery) listBuckets(ctx context.Context, cfg *config.Config, a *config.Account) (names []string, beyond bool, attempt status.Attempt) {
	marker := ""
	for range maxPages {
		var page ossclient.Buckets
		page, attempt = ask(ctx, d, cfg, a, func(ctx context.Context) (ossclient.Buckets, error) {
			return d.lister.ListBuckets(ctx, a, marker)
		})
		if !attempt.Succeeded() {
			return nil, false, attempt
		}
		names, marker = append(names, page.Names...), page.Next
		if len(names) > d.buckets {
			return names[:d.buckets], true, attempt
		}
		if marker == "" {
			break
		}
	}
	return names, marker != "", attempt
}

func (d *Discovery) listCname(ctx context.Context, cfg *config.Config, a *config.Account, bucket string) ([]ossclient.Binding, status.Attempt) {
	return ask(ctx, d, cfg, a, func(ctx context.Context) ([]ossclient.Binding, error) {
		return d.lister.ListCname(ctx, a, bucket)
	})
}

// ask makes one call under the limits of all calls, after the targets of the
// account that wait already.
func ask[T any](ctx context.Context, d *Discovery, cfg *config.Config, a *config.Account, do func(context.Context) (T, error)) (T, status.Attempt) {
	call := schedule.Call{Queue: poller.Queue(a), Since: d.now(), Timeout: cfg.Probe.Timeout}
	value, err := schedule.Do(ctx, d.scheduler, call, do)
	attempt := status.Attempt{Ended: d.now()}
	if err != nil {
		attempt.Reason, attempt.Err = poller.ReasonOf(err), err
	}
	return value, attempt
}

// unreadable turns an answer into a failure if it hides a bound domain, whose name
// is missing or ambiguous. The domains that were read hold.
func unreadable(bucket string, bindings []ossclient.Binding, attempt status.Attempt) status.Attempt {
	for _, b := range bindings {
		if !isNamed(b) {
			attempt.Reason, attempt.Err = status.ReasonBadResponse, fmt.Errorf("bucket %q: %w", bucket, b.Err)
			break
		}
	}
	return attempt
}

// isNamed reports whether it is certain which domain b is about.
func isNamed(b ossclient.Binding) bool { return b.Name.Base != "" && !b.Ambiguous }

// ofBucket reports whether r says something of one bucket only, so that the next
// is worth a call.
func ofBucket(r status.Reason) bool {
	switch r {
	case status.ReasonAccessDenied, status.ReasonWrongEndpoint, status.ReasonBucketNotFound,
		status.ReasonInvalidArgument, status.ReasonClientError, status.ReasonBadResponse:
		return true
	}
	return false
}

// log logs a failure once, and not after every scan.
func (d *Discovery) log(a *config.Account, was, is status.Attempt) {
	switch {
	case is.Reason == was.Reason:
	case is.Reason != "":
		level.Warn(d.logger).Log("msg", "discovery failed", "account", a.Name, "reason", is.Reason, "err", is.Err)
	default:
		level.Info(d.logger).Log("msg", "discovery works again", "account", a.Name)
	}
}
