package ossclient

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// fetchTimeout bounds one attempt to get a key. It is not a scrape's
	// deadline: the key is for the scrapes to come as well.
	fetchTimeout = 10 * time.Second
	// fetchPatience is after how long an attempt that heeds no bound, as the
	// vendor's may, no longer keeps anybody waiting.
	fetchPatience = fetchTimeout + time.Second
	// fetchPause is how long a failed attempt is the answer, so that an
	// account with many targets does not hammer a service that is down.
	fetchPause = 10 * time.Second
	// unknownLife is how long a key is kept whose source names no end.
	unknownLife = time.Minute
)

// renewed keeps the key of a source that is slow to ask. It gets the next one
// when a fifth of the key's life is left, while the old one still serves, so
// that neither the renewal nor its failure costs a call.
type renewed struct {
	fetch func(context.Context) (Key, error)
	now   func() time.Time

	mu       sync.Mutex // guards all below
	key      Key
	fetched  time.Time     // when the last attempt ended
	renewAt  time.Time     // when the next one is due; zero is at once
	err      error         // of the last attempt; nil if it gave a key
	busy     bool          // an attempt has not returned: there is never a second
	underWay chan struct{} // closed when the attempt ends, or is no longer waited for; nil is none
}

func newRenewed(now func() time.Time, fetch func(context.Context) (Key, error)) *renewed {
	if now == nil {
		now = time.Now
	}
	return &renewed{fetch: fetch, now: now}
}

// Key implements Credentials. It waits only if there is no key to give.
func (r *renewed) Key(ctx context.Context) (Key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.busy && !r.now().Before(r.renewAt) {
		r.begin()
	}
	if wait := r.underWay; wait != nil && !r.usable() {
		r.mu.Unlock()
		err := await(ctx, wait)
		r.mu.Lock()
		if err != nil {
			return Key{}, err
		}
	}
	if r.usable() {
		return r.key, nil
	}
	return Key{}, r.err
}

func await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("no key in time: %w", ctx.Err())
	}
}

func (r *renewed) usable() bool {
	return r.key.complete() && (r.key.Expires.IsZero() || r.now().Before(r.key.Expires))
}

// begin starts an attempt. r.mu is held.
func (r *renewed) begin() {
	done := make(chan struct{})
	r.busy, r.underWay = true, done
	late := time.AfterFunc(fetchPatience, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.underWay == done {
			r.end(Key{}, errors.New("no answer in time"))
		}
	})
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
		defer cancel()
		key, err := r.fetch(ctx)
		late.Stop()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.busy = false
		r.end(key, err)
	}()
}

// end takes the outcome of an attempt in. r.mu is held.
func (r *renewed) end(key Key, err error) {
	if r.underWay != nil {
		close(r.underWay)
		r.underWay = nil
	}
	now := r.now()
	life := unknownLife
	if !key.Expires.IsZero() {
		life = key.Expires.Sub(now)
	}
	if err == nil && life <= 0 {
		err = errors.New("the key has expired already; is this machine's clock right?")
	}
	r.fetched, r.err = now, err
	if err != nil {
		r.renewAt = now.Add(fetchPause)
		return
	}
	r.key, r.renewAt = key, now.Add(life/5*4)
}

// refused implements refusable. A key that was just got is kept: another will
// fare no better.
func (r *renewed) refused(token Secret) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.key.Token != token {
		return true // there is another already
	}
	if r.now().Sub(r.fetched) < fetchPause {
		return false
	}
	r.key, r.renewAt = Key{}, time.Time{}
	return true
}
