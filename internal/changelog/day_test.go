package changelog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// dayOSS answers with a token, and while it is away as a test wants.
type dayOSS struct {
	from, to time.Time // it is away between them
	away     func(ctx context.Context, name domain.Name) error
}

func (o *dayOSS) GetCnameToken(ctx context.Context, _ *config.Account, name domain.Name) (ossclient.Token, error) {
	if now := time.Now(); now.Before(o.from) || !now.Before(o.to) {
		return ossclient.Token{Expires: o.to.Add(time.Hour * 24 * 7)}, nil
	}
	if err := o.away(ctx, name); err != nil {
		return ossclient.Token{}, err
	}
	return ossclient.Token{Expires: o.to.Add(time.Hour * 24 * 7)}, nil
}

func fails(reason status.Reason) error {
	return &ossclient.Error{Operation: "GetCnameToken", Reason: reason, Err: errors.New("away")}
}

// TestLogOfADay scrapes the targets of two accounts for a day, in which OSS is away for two hours in every way that it has.
func TestLogOfADay(t *testing.T) {
	const interval = 5 * time.Minute // of scrapes
	for name, test := range map[string]struct {
		away    func(ctx context.Context, name domain.Name) error
		begins  string // in the log
		hours   int
		targets int // of both accounts
	}{
		"refuses": {func(context.Context, domain.Name) error { return fails(status.ReasonConnect) }, `targets=500 msg="probe failed" reason=connect err=`, 2, 1000},
		"hangs": {func(ctx context.Context, _ domain.Name) error {
			<-ctx.Done()
			return fails(status.ReasonTimeout)
		}, `reason=timeout err=`, 2, 100},
		"fails in turn": {func(context.Context, domain.Name) error {
			return fails([]status.Reason{status.ReasonServerError, status.ReasonConnect, status.ReasonDNS}[time.Now().Minute()/5%3])
		}, `targets=50 msg="probe failed" reason=connect was=server_error`, 2, 100},
		"comes and goes": {func(context.Context, domain.Name) error {
			if time.Now().Minute()/5%2 == 0 {
				return nil
			}
			return fails(status.ReasonConnect)
		}, `targets=50 msg="probe failed" reason=`, 2, 100},
		"one comes and goes all day": {func(_ context.Context, name domain.Name) error {
			if name.Base != "d7.example.com" || time.Now().Minute()/5%2 == 0 {
				return nil
			}
			return fails(status.ReasonConnect)
		}, `cname=d7.example.com msg="probe failed" state=unknown reason=connect err="GetCnameToken: away" note="more changes of this kind are told together`, 24, 100},
		"the key is refused": {func(context.Context, domain.Name) error { return fails(status.ReasonCredentials) }, `targets=50 msg="probe failed" reason=credentials`, 2, 100},
		"a right is missing": {func(context.Context, domain.Name) error { return fails(status.ReasonAccessDenied) }, `targets=50 msg="probe failed" reason=`, 2, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				oss := &dayOSS{began.Add(time.Hour), began.Add(time.Hour + time.Duration(test.hours)*time.Hour), test.away}
				cfg := dayConfig(t, test.targets)
				p := poller.New(oss, poller.Options{})
				p.Apply(cfg)
				var lines bytes.Buffer
				l := changelog.New(changelog.Options{Logger: level.NewFilter(log.NewLogfmtLogger(&lines), level.AllowInfo())})
				for time.Since(began) < 24*time.Hour {
					ctx, cancel := context.WithTimeout(t.Context(), 9500*time.Millisecond)
					l.Update(cfg.Targets, p.Poll(ctx, cfg.Targets), time.Now())
					cancel()
					<-time.NewTimer(time.Until(time.Now().Truncate(interval).Add(interval))).C
				}
				synctest.Wait()
				if n := strings.Count(lines.String(), "\n"); n > 20 || n < 4 && test.hours < 24 {
					t.Errorf("%d lines, want 4 to 20", n)
				}
				if !strings.Contains(lines.String(), test.begins) || test.hours < 24 && !strings.Contains(lines.String(), "work") {
					t.Errorf("want %s, and that it works again", test.begins)
				}
				if t.Failed() {
					t.Log("\n" + lines.String())
				}
			})
		})
	}
}

func dayConfig(t *testing.T, n int) *config.Config {
	t.Helper()
	var text strings.Builder
	text.WriteString("accounts: {main: {region: cn-hangzhou}, other: {region: cn-beijing}}\ntargets:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - {bucket: abc, cname: d%d.example.com, account: %s}\n", i, []string{"main", "other"}[i%2])
	}
	cfg, err := config.Parse("day.yaml", []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}
