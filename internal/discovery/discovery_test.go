package discovery_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/clock/clocktest"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// pass lets d pass.
func pass(t *testing.T, d time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	<-ctx.Done()
}

func TestWhatIsBoundAndNotConfigured(t *testing.T) {
	play(t, discovery.Options{}, func(t *testing.T, s *scene) {
		cfg := parse(t, "")
		if first := discovery.New(nil, nil, discovery.Options{}).Report(cfg); len(first) != 1 || first[0].Known || first[0].Targets != nil {
			t.Errorf("before the first scan: %+v", first)
		}
		got := s.scan(cfg)[0]
		want := []string{"bucket-a/*.example.com", "bucket-b/b.example.com"}
		if !slices.Equal(cnames(got), want) || !got.Known || got.Buckets != 2 || got.Beyond || !got.Attempt.Succeeded() {
			t.Errorf("got %q of %+v, want %q", cnames(got), got, want)
		}
		for _, target := range got.Targets {
			if !target.Unlisted || *target.Account != cfg.Accounts[0] {
				t.Errorf("got %+v", target)
			}
		}
		s.asked()
		now := configured(t, "{bucket: bucket-b, cname: b.example.com}")
		if got := s.scan(now)[0]; !slices.Equal(cnames(got), want[:1]) || len(s.asked()) != 0 {
			t.Errorf("configured meanwhile: still %q", cnames(got))
		}
	})
}

// configured returns parse's configuration with a target more.
func configured(t *testing.T, target string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("test.yaml", []byte("targets: [{bucket: bucket-a, cname: www.example.com}, "+target+"]\n"+
		"accounts: {main: {region: cn-hangzhou, discover: true}}"))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestNobodyWantsIt(t *testing.T) {
	play(t, discovery.Options{}, func(t *testing.T, s *scene) {
		pass(t, time.Hour)
		if off := configured(t, "").Shard(config.Shard{Ordinal: 1, Total: 2}); len(s.scan(off)) != 0 || len(s.asked()) != 0 {
			t.Error("scanned where nobody asked")
		}
	})
}

func TestFoundIsKept(t *testing.T) {
	play(t, discovery.Options{}, func(t *testing.T, s *scene) {
		cfg, once := parse(t, ""), map[string]int{"": 1, "bucket-a": 1, "bucket-b": 1}
		for range 3 {
			s.scan(cfg)
			for range 9 {
				pass(t, time.Minute)
				s.scan(cfg)
			}
			if got := s.asked(); !maps.Equal(got, once) {
				t.Errorf("in ten minutes asked %v", got)
			}
			pass(t, time.Minute)
		}
		s.scan(cfg)
		s.asked()
		s.Retain(cfg)
		if s.scan(cfg); len(s.asked()) != 0 {
			t.Error("a reload that changes nothing made it scan again")
		}
		s.Retain(&config.Config{})
		if s.scan(cfg); !maps.Equal(s.asked(), once) {
			t.Error("what no account discovers is still remembered")
		}
	})
}

// TestScanAfterAJump moves the wall clock a minute after a scan.
func TestScanAfterAJump(t *testing.T) {
	for jump, scans := range map[time.Duration]bool{0: false, 12 * time.Hour: true, -8 * time.Hour: true} {
		c := clocktest.New()
		play(t, discovery.Options{Now: c.Now}, func(t *testing.T, s *scene) {
			cfg := parse(t, "")
			s.scan(cfg)
			s.asked()
			pass(t, time.Minute)
			c.Jump(jump)
			s.scan(cfg)
			if got := len(s.asked()) > 0; got != scans {
				t.Errorf("moved by %v: scanned again: %v", jump, got)
			}
		})
	}
}

func TestLooksAreBounded(t *testing.T) {
	play(t, discovery.Options{Buckets: 1}, func(t *testing.T, s *scene) {
		got := s.scan(parse(t, ""))[0]
		if asked := s.asked(); !got.Beyond || got.Buckets != 1 || !maps.Equal(asked, map[string]int{"": 1, "bucket-a": 1}) {
			t.Errorf("got %+v, asked %v", got, asked)
		}
	})
	for pages, beyond := range map[int]bool{2: false, 10: false, 11: true, 500: true} {
		play(t, discovery.Options{}, func(t *testing.T, s *scene) {
			s.pages = pages
			got := s.scan(parse(t, ""))[0]
			if n := s.asked()[""]; n != min(pages, 10) || got.Beyond != beyond || (got.Targets == nil) != beyond {
				t.Errorf("%d pages: asked for %d, got %+v", pages, n, got)
			}
		})
	}
}

// TestWhatFailsKeepsItsAnswer has each failure in the second scan.
func TestWhatFailsKeepsItsAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		bucket string
		reason status.Reason
		failed int
		again  time.Duration
	}{
		"a bucket alone":         {"bucket-a", status.ReasonAccessDenied, 1, 10 * time.Minute},
		"the list":               {"", status.ReasonAccessDenied, 0, time.Minute},
		"the account, in midway": {"bucket-a", status.ReasonThrottled, 2, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, discovery.Options{}, func(t *testing.T, s *scene) {
				cfg := parse(t, "")
				s.scan(cfg)
				for range 2 {
					pass(t, 10*time.Minute)
					s.fails[test.bucket] = test.reason
					got := s.scan(cfg)[0]
					if len(got.Targets) != 2 || !got.Known || got.Attempt.Reason != test.reason || got.Failed != test.failed {
						t.Errorf("got %q of %+v", cnames(got), got)
					}
				}
				clear(s.fails)
				pass(t, test.again-time.Second)
				if got := s.scan(cfg)[0]; got.Attempt.Reason == "" {
					t.Error("scanned again too soon")
				}
				pass(t, time.Second)
				if got := s.scan(cfg)[0]; got.Attempt.Reason != "" || got.Failed != 0 {
					t.Errorf("mended: got %+v", got)
				}
				lines := strings.Split(strings.TrimSpace(s.logged.String()), "\n")
				if len(lines) != 2 || !strings.Contains(lines[0], `msg="discovery failed" account=main reason=`+string(test.reason)) ||
					!strings.Contains(lines[1], `msg="discovery works again" account=main`) {
					t.Errorf("logged %q", lines)
				}
			})
		})
	}
}

// TestAnswerThatCannotBeReadWhole has a domain beside those that can be read:
// what could be read is found, and the rest is no silence.
func TestAnswerThatCannotBeReadWhole(t *testing.T) {
	for name, more := range map[string]ossclient.Binding{
		"without a name":                     {Name: domain.Name{Bucket: "bucket-a"}, Err: errors.New("no name")},
		"the exact domain or the wildcard's": {Name: domain.Name{Bucket: "bucket-a", Base: "either.example.com"}, Ambiguous: true, Err: errors.New("either")},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, discovery.Options{}, func(t *testing.T, s *scene) {
				s.bound["bucket-a"] = append(s.bound["bucket-a"], more)
				for range 2 {
					got := s.scan(parse(t, ""))[0]
					if len(got.Targets) != 2 || got.Failed != 1 || got.Attempt.Reason != status.ReasonBadResponse || !errors.Is(got.Attempt.Err, more.Err) {
						t.Errorf("got %q of %+v", cnames(got), got)
					}
					pass(t, 10*time.Minute)
				}
				if n := strings.Count(s.logged.String(), "discovery failed"); n != 1 {
					t.Errorf("logged %d times:\n%s", n, s.logged)
				}
			})
		})
	}
}

// TestUnknownUntilAllWasAsked has a first scan that breaks off.
func TestUnknownUntilAllWasAsked(t *testing.T) {
	play(t, discovery.Options{}, func(t *testing.T, s *scene) {
		s.fails["bucket-b"] = status.ReasonThrottled
		if got := s.scan(parse(t, ""))[0]; got.Known || got.Attempt.Reason != status.ReasonThrottled || len(got.Targets) != 1 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestAccountThatHangsHidesNoOther(t *testing.T) {
	play(t, discovery.Options{}, func(t *testing.T, s *scene) {
		s.hangs = "hung"
		cfg := parse(t, "  hung: {region: cn-hangzhou, discover: true}\n")
		got := s.scan(cfg)
		if len(got) != 2 || got[0].Account.Name != "hung" || got[0].Known || !got[1].Known || len(got[1].Targets) != 2 {
			t.Errorf("got %+v", got)
		}
		pass(t, cfg.Probe.Timeout)
		synctest.Wait()
		if got := s.Report(cfg)[0]; got.Known || got.Attempt.Reason != status.ReasonTimeout {
			t.Errorf("got %+v", got)
		}
	})
}
