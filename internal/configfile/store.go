package configfile

import (
	"sync"
	"sync/atomic"
	"time"

	"oss_cname_exporter/internal/clock"
	"oss_cname_exporter/internal/config"
)

// Store holds the Config in force and replaces it only with one that was accepted.
type Store struct {
	load    func() (*config.Config, error)
	reload  sync.Mutex // held through one Reload, so that a slow one cannot undo a later one
	current atomic.Pointer[loaded]
}

// loaded is the outcome of the last Reload.
type loaded struct {
	config *config.Config
	at     time.Time // when config was accepted
	err    error     // why the last Reload changed nothing; nil if it succeeded
}

// NewStore loads the first Config; load, usually Load with its path, is called again by every Reload.
func NewStore(load func() (*config.Config, error)) (*Store, error) {
	cfg, err := load()
	if err != nil {
		return nil, err
	}
	s := &Store{load: load}
	s.current.Store(&loaded{config: cfg, at: time.Now()})
	return s, nil
}

// Config returns the Config in force. A caller that keeps it sees one file throughout.
func (s *Store) Config() *config.Config { return s.current.Load().config }

// Loaded returns when the Config in force was accepted, never in the future, and the error of the last Reload if that was refused.
func (s *Store) Loaded() (at time.Time, err error) {
	last := s.current.Load()
	return clock.Past(last.at, time.Now()), last.err
}

// Reload loads again. If that is refused, the Config in force stays.
func (s *Store) Reload() error {
	s.reload.Lock()
	defer s.reload.Unlock()
	cfg, err := s.load()
	if err != nil {
		last := *s.current.Load()
		last.err = err
		s.current.Store(&last)
		return err
	}
	s.current.Store(&loaded{config: cfg, at: time.Now()})
	return nil
}
