package discovery

import (
	"context"
	"fmt"
	"time"

	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/ossclient"
)

// mostPages bounds a list of buckets whose regions are mostly other ones.
const mostPages = 10

// found is what the looks at one account found. It never changes.
type found struct {
	next    time.Time                      // no look before
	known   bool                           // a look once came to its end: what is not found is not there
	attempt poller.Attempt                 // the last look's; of its failures the one that ended it, else the first
	buckets int                            // in the last list, as far as they are asked about
	failed  int                            // those among them that the last look got no whole answer about
	beyond  bool                           // there are more
	bound   map[string][]ossclient.Binding // by bucket: the last answer
}

// look asks for the account's buckets and for what is bound to each, one call at
// a time. What cannot be asked keeps its last answer; after a failure that is
// not a bucket's own, nothing more is asked.
func (d *Discovery) look(ctx context.Context, cfg *config.Config, a config.Account, before found) found {
	after := before
	names, beyond, attempt := d.listBuckets(ctx, cfg, a)
	after.attempt, after.next = attempt, d.now().Add(retry)
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
		after.known, after.next = true, d.now().Add(Interval)
	}
	return after
}

// listBuckets follows the pages until there are enough buckets; beyond: there are more.
func (d *Discovery) listBuckets(ctx context.Context, cfg *config.Config, a config.Account) (names []string, beyond bool, attempt poller.Attempt) {
	marker := ""
	for range mostPages {
		var page ossclient.Buckets
		attempt = d.asker.Ask(ctx, cfg, a, func(ctx context.Context) (err error) {
			page, err = d.lister.ListBuckets(ctx, a, marker)
			return err
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

func (d *Discovery) listCname(ctx context.Context, cfg *config.Config, a config.Account, bucket string) (bindings []ossclient.Binding, attempt poller.Attempt) {
	attempt = d.asker.Ask(ctx, cfg, a, func(ctx context.Context) (err error) {
		bindings, err = d.lister.ListCname(ctx, &config.Target{Name: domain.Name{Bucket: bucket}, Account: &a})
		return err
	})
	return bindings, attempt
}

// unreadable turns an answer into a failure if it hides what is bound: a domain
// in it has no name, or may be another. What could be read of it holds.
func unreadable(bucket string, bindings []ossclient.Binding, attempt poller.Attempt) poller.Attempt {
	for _, b := range bindings {
		if !isNamed(b) {
			attempt.Reason, attempt.Err = ossclient.ReasonBadResponse, fmt.Errorf("bucket %q: %w", bucket, b.Err)
			break
		}
	}
	return attempt
}

// isNamed reports whether it is certain which domain b is about.
func isNamed(b ossclient.Binding) bool { return b.Name.Base != "" && !b.Ambiguous }

// ofBucket reports whether r says something of one bucket only, so that the next
// is worth a call.
func ofBucket(r poller.Reason) bool {
	switch r {
	case ossclient.ReasonAccessDenied, ossclient.ReasonWrongEndpoint, ossclient.ReasonBucketNotFound,
		ossclient.ReasonInvalidArgument, ossclient.ReasonClientError, ossclient.ReasonBadResponse:
		return true
	}
	return false
}

// log tells of a failure once, and not after every look.
func (d *Discovery) log(a config.Account, was, is poller.Attempt) {
	switch {
	case is.Reason == was.Reason:
	case is.Reason != "":
		level.Warn(d.logger).Log("msg", "discovery failed", "account", a.Name, "reason", is.Reason, "err", is.Err)
	default:
		level.Info(d.logger).Log("msg", "discovery works again", "account", a.Name)
	}
}
