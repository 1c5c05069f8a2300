package app

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-kit/log"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/configfile"
)

// TestReloadsOneAfterAnother has many reloads at once: the components get one
// configuration after another, and the last that they get is the one in force.
func TestReloadsOneAfterAnother(t *testing.T) {
	var loads atomic.Int64
	store, err := configfile.NewStore(func() (*config.Config, error) {
		return config.Parse("test", fmt.Appendf(nil, "accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: examplebucket, cname: www%d.example.com}]\n", loads.Add(1)))
	})
	if err != nil {
		t.Fatal(err)
	}
	var applying atomic.Int64
	var applied *config.Config
	r := &reloader{
		store: store, logger: log.NewNopLogger(), warn: func(*config.Config) {},
		apply: func(cfg *config.Config) {
			if n := applying.Add(1); n != 1 {
				t.Errorf("%d configurations are applied at once", n)
			}
			for range 100 {
				runtime.Gosched()
			}
			applied = cfg
			applying.Add(-1)
		},
	}
	var reloads sync.WaitGroup
	for range 20 {
		reloads.Go(func() {
			if err := r.reload(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	reloads.Wait()
	if applied != store.Config() {
		t.Errorf("%v was applied last, %v is in force", applied.Targets[0].Name, store.Config().Targets[0].Name)
	}
}
