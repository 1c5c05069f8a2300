package poller_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/clock/clocktest"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// TestCacheAfterAJump moves the wall clock between two polls of a minute, while
// the monotonic clock goes on or stood still: a result is used again only if both
// say that it is young.
func TestCacheAfterAJump(t *testing.T) {
	for name, test := range map[string]struct {
		jump time.Duration
		asks bool
	}{
		"none":                       {0, false},
		"suspended for half an hour": {30 * time.Minute, false},
		"suspended for twelve hours": {12 * time.Hour, true},
		"set back by eight hours":    {-8 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := clocktest.New()
			synctest.Test(t, func(t *testing.T) {
				oss := &fakeOSS{answers: map[string]answer{}, other: token}
				p := poller.New(oss, poller.Options{Now: c.Now})
				cfg := targets("main", 1)
				poll(t.Context(), p, cfg) // the next answer follows a success, so that it is kept for all its ttl
				poll(t.Context(), p, cfg)
				cfg.Targets[0].CacheTTL = time.Hour
				oss.calls()
				time.Sleep(time.Minute)
				c.Jump(test.jump)
				s := poll(t.Context(), p, cfg)[0]
				if asked := len(oss.calls()) > 0; asked != test.asks {
					t.Errorf("asked: %v", asked)
				}
				if ahead := s.Facts.Confirmed.Round(0).Sub(c.Now().Round(0)); ahead > time.Hour {
					t.Errorf("the facts are %v ahead", ahead)
				}
			})
		})
	}
}

// TestBucketThatDoesNotExist deletes a bucket: that is an answer about the token
// and the binding, whichever of the two gets it, and however young the other is.
func TestBucketThatDoesNotExist(t *testing.T) {
	gone := &ossclient.Error{Operation: "ListCname", Reason: status.ReasonBucketNotFound}
	for name, test := range map[string]struct{ cacheTTL, bindingTTL time.Duration }{
		"both are asked":      {0, 0},
		"the token is cached": {time.Hour, 0},
		"the list is cached":  {0, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, w := newWorld()
				cfg := checked(2, config.Checks{Binding: true})
				poll(t.Context(), p, cfg)
				poll(t.Context(), p, cfg)
				for i := range cfg.Targets {
					cfg.Targets[i].CacheTTL, cfg.Targets[i].Checks.BindingTTL = test.cacheTTL, test.bindingTTL
				}
				w.setOther(fails(status.ReasonBucketNotFound))
				w.list = func(context.Context) ([]ossclient.Binding, error) { return nil, gone }
				time.Sleep(time.Minute)
				now := time.Now()
				polled := poll(t.Context(), p, cfg)
				for _, s := range append(polled, p.Peek(cfg.Targets)...) {
					if s.Facts.Exists || s.Token != "" || !s.Facts.Confirmed.Equal(now) {
						t.Errorf("of the token got %+v", s.Facts)
					}
					if s.Bound != status.No || !s.CertificateExpires.IsZero() || !s.Checks[status.CheckBinding].Confirmed.Equal(now) {
						t.Errorf("of the binding got %v, %+v", s.Bound, s.Checks[status.CheckBinding])
					}
					failed := s.Attempt.Reason == status.ReasonBucketNotFound || s.Checks[status.CheckBinding].Attempt.Reason == status.ReasonBucketNotFound
					if !failed {
						t.Errorf("no attempt says so: %+v", s)
					}
				}
				w.setOther(token)
				w.list = nil
				time.Sleep(2 * time.Hour)
				if s := poll(t.Context(), p, cfg)[0]; !s.Facts.Exists || s.Bound != status.Yes {
					t.Errorf("once it exists again, got %+v", s)
				}
			})
		})
	}
}
