package discovery_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/go-kit/log"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// world is what the accounts have, by bucket, and why OSS does not tell. Its
// clock is synctest's.
type world struct {
	mu    sync.Mutex
	bound map[string][]ossclient.Binding
	fails map[string]status.Reason // by bucket, "" is the list of buckets
	pages int                      // that the list has at least; the others are empty
	hangs string                   // an account that never answers
	calls map[string]int           // by bucket, "" is the list of buckets
}

func (w *world) answer(ctx context.Context, a config.Account, bucket string) error {
	w.mu.Lock()
	w.calls[bucket]++
	reason, hangs := w.fails[bucket], w.hangs == a.Name
	w.mu.Unlock()
	switch {
	case hangs:
		<-ctx.Done()
		return &ossclient.Error{Operation: "List", Reason: status.ReasonTimeout, Err: ctx.Err()}
	case reason != "":
		return &ossclient.Error{Operation: "List", Reason: reason}
	}
	return nil
}

// ListBuckets has all buckets on the last page.
func (w *world) ListBuckets(ctx context.Context, a *config.Account, marker string) (ossclient.Buckets, error) {
	page, _ := strconv.Atoi(marker)
	if page+1 < w.pages {
		return ossclient.Buckets{Next: fmt.Sprintf("%03d", page+1)}, w.answer(ctx, *a, "")
	}
	return ossclient.Buckets{Names: slices.Sorted(maps.Keys(w.bound))}, w.answer(ctx, *a, "")
}

func (w *world) ListCname(ctx context.Context, a *config.Account, bucket string) ([]ossclient.Binding, error) {
	return w.bound[bucket], w.answer(ctx, *a, bucket)
}

// asked returns how often which list was asked for since the last time.
func (w *world) asked() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := w.calls
	w.calls = map[string]int{}
	return calls
}

// scene is a Discovery that runs, and what it logs.
type scene struct {
	*world
	*discovery.Discovery
	logged *bytes.Buffer
}

// play runs test in a bubble, with two buckets of three domains, one of them configured.
func play(t *testing.T, opts discovery.Options, test func(t *testing.T, s *scene)) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{logged: new(bytes.Buffer), world: &world{
			bound: map[string][]ossclient.Binding{
				"bucket-a": {{Name: domain.Name{Base: "example.com", Wildcard: true}}, {Name: domain.Name{Base: "www.example.com"}, Enabled: true}},
				"bucket-b": {{Name: domain.Name{Base: "b.example.com"}}, {Name: domain.Name{Base: "not a domain"}}},
			},
			fails: map[string]status.Reason{}, calls: map[string]int{},
		}}
		opts.Logger = log.NewLogfmtLogger(s.logged)
		scheduler := schedule.New(nil)
		scheduler.SetLimits(4, nil)
		s.Discovery = discovery.New(s.world, scheduler, opts)
		go s.Run(t.Context())
		test(t, s)
	})
}

// scan has the accounts scanned if that is due, and returns what is known then.
func (s *scene) scan(cfg *config.Config) []discovery.AccountReport {
	s.Refresh(cfg)
	synctest.Wait()
	return s.Report(cfg)
}

// cnames lists what is bound and not configured in words.
func cnames(a discovery.AccountReport) []string {
	var all []string
	for _, t := range a.Targets {
		all = append(all, t.Bucket+"/"+t.Cname())
	}
	return all
}

// parse returns a configuration with the account main, and more.
func parse(t *testing.T, more string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("test.yaml", []byte("targets: [{bucket: bucket-a, cname: www.example.com, account: main}]\n"+
		"accounts:\n  main: {region: cn-hangzhou, discover: true}\n"+more))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}
