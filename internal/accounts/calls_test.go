package accounts_test

import (
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"oss_cname_exporter/internal/accounts"
	"oss_cname_exporter/internal/demo"
)

// counter counts calls by account and operation.
type counter struct {
	mu    sync.Mutex
	calls map[string]int
}

func (c *counter) ClockSkew(time.Duration) {}
func (c *counter) APIRequest(account, operation, _ string, _ time.Duration) {
	c.Call(account, operation)
}
func (c *counter) Call(account, operation string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[account+" "+operation]++
}

// TestCallsAreCounted asks with a session: each call is counted once, with its
// account.
func TestCallsAreCounted(t *testing.T) {
	a := newAsked(t)
	sts, ca := a.sts(t)
	told := &counter{calls: map[string]int{}}
	a.clients = accounts.New(demo.Getenv, "exporter/1", told)
	cfg := parse(t, fmt.Sprintf("endpoint: %s, ca_file: %s, credentials: {type: assume_role, role_arn: '%s', sts_endpoint: '%s'}", a.oss.URL(), ca, readerRole, sts.URL))
	for range 3 {
		if err := a.ask(t, cfg); err != nil {
			t.Error(err)
		}
	}
	if _, err := a.clients.ListCname(t.Context(), cfg.Targets[0].Account, "examplebucket"); err != nil {
		t.Error(err)
	}
	told.mu.Lock()
	defer told.mu.Unlock()
	if want := map[string]int{"main STS": 1, "main GetCnameToken": 3, "main ListCname": 1}; !maps.Equal(told.calls, want) {
		t.Errorf("got %v, want %v", told.calls, want)
	}
}
