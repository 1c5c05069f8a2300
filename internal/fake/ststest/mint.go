package ststest

import (
	"cmp"
	"fmt"
	"sync/atomic"
	"time"
)

// mint makes keys.
type mint struct {
	now    func() time.Time
	life   time.Duration
	issued func(Key)
	prefix string
	made   *atomic.Int64
}

func newMint(opts Options) mint {
	m := mint{now: opts.Now, life: opts.Life, issued: opts.Issued, prefix: cmp.Or(opts.Prefix, "issued"), made: new(atomic.Int64)}
	if m.now == nil {
		m.now = time.Now
	}
	if m.life == 0 {
		m.life = time.Hour
	}
	if m.issued == nil {
		m.issued = func(Key) {}
	}
	return m
}

// Issued is how many keys were handed out.
func (m mint) Issued() int { return int(m.made.Load()) }

// issue makes a new key, in the form in which both services write one.
func (m mint) issue() map[string]string {
	n := m.made.Add(1)
	key := Key{
		ID:      fmt.Sprintf("STS.id-%d", n),
		Secret:  fmt.Sprintf("%s-secret-%d", m.prefix, n),
		Token:   fmt.Sprintf("%s-token-%d", m.prefix, n),
		Expires: m.now().Add(m.life),
	}
	m.issued(key)
	return map[string]string{
		"AccessKeyId": key.ID, "AccessKeySecret": key.Secret, "SecurityToken": key.Token,
		"Expiration": key.Expires.UTC().Format("2006-01-02T15:04:05Z"),
	}
}
