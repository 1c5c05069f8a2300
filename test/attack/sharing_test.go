//go:build attack

package attack_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/fake/osstest"
)

// hostileAccounts are n accounts at servers of their own, which all behave so.
func hostileAccounts(n int, behaviour osstest.Behaviour) (accounts func(*arena) string, targets func(*arena) []string) {
	accounts = func(a *arena) string {
		var b strings.Builder
		for i := range n {
			oss := newOSS(a.T)
			for target := range 3 {
				oss.Behave(hostileName(3*i+target), behaviour)
			}
			b.WriteString(account(fmt.Sprint("hostile", i), oss.URL(), ""))
		}
		return b.String()
	}
	targets = func(*arena) (targets []string) {
		for i := range n {
			for target := range 3 {
				targets = append(targets, fmt.Sprintf("{bucket: hostile, cname: %s, account: hostile%d}", hostileName(3*i+target).Base, i))
			}
		}
		return targets
	}
	return accounts, targets
}

func retryAfter(value string) osstest.Behaviour {
	return osstest.Reply(503, "<Error><Code>MetaOperationQpsLimitExceeded</Code></Error>", "Retry-After", value, "x-oss-request-id", "5C1B138A109F4E405B2D")
}

// strangers has clients probe unlisted targets as fast as they can, at an account
// that behaves so.
func strangers(clients int, of string, behaviour osstest.Behaviour) func(context.Context, *arena) {
	return func(ctx context.Context, a *arena) {
		for i := range 200 {
			a.hostile.Behave(hostileName(i), behaviour)
		}
		done := make(chan struct{})
		for c := range clients {
			go func() {
				defer func() { done <- struct{}{} }()
				for n := c; ctx.Err() == nil; n++ {
					req, _ := http.NewRequestWithContext(ctx, http.MethodGet,
						fmt.Sprintf("http://%s/probe?target=hostile/%s&account=%s", a.address, hostileName(n%200).Base, of), http.NoBody)
					req.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "2")
					if resp, err := a.client.Do(req); err == nil {
						resp.Body.Close()
					}
				}
			}()
		}
		for range clients {
			<-done
		}
	}
}

func one(name string) func(*arena) string {
	return func(a *arena) string { return account(name, a.hostile.URL(), "") }
}

// TestSharing has accounts and clients take more than their share of slots.
func TestSharing(t *testing.T) {
	var attacks []attack
	for name, b := range map[string]osstest.Behaviour{
		"that hang": osstest.Hang, "that are slow": osstest.Delay(700 * time.Millisecond),
		"that throttle for an hour": retryAfter("3600"), "that fail": osstest.Fail(500, "InternalError", ""),
	} {
		accounts, targets := hostileAccounts(40, b)
		attacks = append(attacks, attack{name: "40 accounts " + name, accounts: accounts, targets: targets, lines: 400})
		accounts, targets = hostileAccounts(8, b)
		attacks = append(attacks, attack{name: "8 accounts " + name + ", 4 slots", probe: "timeout: 3s, concurrency: 4", accounts: accounts, targets: targets})
	}
	for name, b := range map[string]osstest.Behaviour{
		"hang": osstest.Hang, "answer": osstest.Genuine, "throttle": retryAfter("3600"), "fail": osstest.Fail(403, "AccessDenied", ""),
	} {
		attacks = append(attacks,
			attack{name: "12 strangers' probes that " + name, accounts: one("other"), targets: func(*arena) []string { return hostileTargets("other", 1) }, during: strangers(12, "other", b)},
			attack{name: "100 strangers' probes of the healthy account that " + name, during: func(ctx context.Context, a *arena) {
				for i := range 200 { // its server knows no such bucket's tokens
					a.oss.Behave(hostileName(i), b)
				}
				strangers(100, "healthy", b)(ctx, a)
			}})
	}
	for _, value := range []string{"3600", "86400", "-1", "99999999999999999999", "1e9", "Wed, 23 Feb 2100 21:39:42 GMT", "0"} {
		attacks = append(attacks, attack{
			name: "an account with Retry-After: " + value, accounts: one("other"), targets: func(*arena) []string { return hostileTargets("other", 50) },
			before: func(a *arena) {
				for i := range 50 {
					a.hostile.Behave(hostileName(i), retryAfter(value))
				}
			},
		})
	}
	attacks = append(attacks,
		attack{name: "one account with 500 targets that hang", accounts: one("other"), targets: func(*arena) []string { return hostileTargets("other", 500) },
			before: func(a *arena) {
				for i := range 500 {
					a.hostile.Behave(hostileName(i), osstest.Hang)
				}
			}},
		attack{name: "a scraper that grants a nanosecond", during: func(ctx context.Context, a *arena) {
			for ctx.Err() == nil {
				a.get("/metrics", "X-Prometheus-Scrape-Timeout-Seconds", "1e-9")
			}
		}},
		attack{name: "scrapers that grant nonsense", during: func(ctx context.Context, a *arena) {
			for ctx.Err() == nil {
				for _, value := range []string{"NaN", "-1", "Inf", "1e308", "", "abc"} {
					a.get("/metrics", "X-Prometheus-Scrape-Timeout-Seconds", value)
				}
			}
		}},
	)
	for _, at := range attacks {
		t.Run(at.name, func(t *testing.T) { play(t, at) })
	}
}
