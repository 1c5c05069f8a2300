package credentials

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"oss_cname_exporter/internal/clock"
	"oss_cname_exporter/internal/secret"
)

const (
	// fetchTimeout bounds one attempt to get a key. It is not a scrape's
	// deadline: the key is for the scrapes to come as well.
	fetchTimeout = 10 * time.Second
	// fetchPause is how long a failed attempt is the answer, so that an
	// account with many targets does not hammer a service that is down.
	fetchPause = 10 * time.Second
	// unknownLife is how long a key is kept whose source names no end.
	unknownLife = time.Minute
)

// cached is a Source that keeps the key of one that is slow to ask. It gets the
// next key when a fifth of the key's life is left, while the old one still
// serves, so that neither the renewal nor its failure costs a call. There is one
// attempt at a time, and it ends at fetchTimeout: fetch heeds its context.
type cached struct {
	fetch direct
	now   func() time.Time

	mu       sync.Mutex // guards all below
	key      secret.Key
	got      time.Time     // the key
	fetched  time.Time     // when the last attempt ended
	renewIn  time.Duration // after fetched, the next attempt is due
	err      error         // of the last attempt; nil if it gave a key
	timedOut bool          // the last attempt ran out of time: no call waits for the next
	attempt  *fetch        // under way; nil is none
}

type fetch struct {
	done   chan struct{} // closed when it has ended
	cancel context.CancelFunc
}

func newCached(now func() time.Time, fetch direct) *cached {
	if now == nil {
		now = time.Now
	}
	return &cached{fetch: fetch, now: now}
}

// Key implements Source. It waits only if there is no key to give, and only if
// the attempt before this one did not run out of time.
func (c *cached) Key(ctx context.Context) (secret.Key, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.attempt == nil && c.due() {
		c.begin()
	}
	if a := c.attempt; a != nil && !c.usable() && !c.timedOut {
		c.mu.Unlock()
		err := await(ctx, a.done)
		c.mu.Lock()
		if err != nil {
			return secret.Key{}, err
		}
	}
	switch {
	case c.usable():
		return c.key, nil
	case c.err != nil:
		return secret.Key{}, c.err
	}
	return secret.Key{}, errors.New("the key has expired, and its successor too")
}

func await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("no key in time: %w", ctx.Err())
	}
}

// due reports whether it is time for another key. c.mu is held.
func (c *cached) due() bool {
	return !clock.Within(c.renewIn, c.fetched, c.now()) || c.err == nil && !c.usable()
}

// usable reports whether the key can serve. c.mu is held.
func (c *cached) usable() bool {
	if c.key.ID == "" || c.key.Expires.IsZero() {
		return c.key.ID != ""
	}
	now := c.now()
	return now.Before(c.key.Expires) && clock.Within(c.key.Expires.Sub(c.got), c.got, now)
}

// begin starts an attempt. c.mu is held.
func (c *cached) begin() {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	a := &fetch{done: make(chan struct{}), cancel: cancel}
	c.attempt = a
	go func() {
		defer cancel()
		key, err := c.fetch.Key(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.timedOut = errors.Is(ctx.Err(), context.DeadlineExceeded)
		c.keep(key, err)
		c.attempt = nil
		close(a.done)
	}()
}

// keep takes the outcome of an attempt in. c.mu is held.
func (c *cached) keep(key secret.Key, err error) {
	now := c.now()
	life := unknownLife
	if !key.Expires.IsZero() {
		life = key.Expires.Sub(now)
	}
	if err == nil && life <= 0 {
		err = errors.New("the key has expired already; is this machine's clock right?")
	}
	c.fetched, c.err = now, err
	if err != nil {
		c.renewIn = fetchPause
		return
	}
	c.key, c.got, c.renewIn = key, now, max(life/5*4, fetchPause)
}

// Invalidate implements Source. A key that was just got is kept: another will
// fare no better.
func (c *cached) Invalidate(token secret.Value) (retry bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.key.Token != token {
		return true // there is another already
	}
	if clock.Within(fetchPause, c.fetched, c.now()) {
		return false
	}
	c.key, c.renewIn = secret.Key{}, 0
	return true
}

// Stop implements Source: the attempt under way fails.
func (c *cached) Stop() {
	c.mu.Lock()
	a := c.attempt
	c.mu.Unlock()
	if a != nil {
		a.cancel()
		<-a.done
	}
}
