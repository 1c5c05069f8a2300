package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
)

// Source is a configuration file together with the files that it names. It can tell whether they still hold what they
// held when it loaded them, also when that was refused.
type Source struct {
	path string
	opts SourceOptions

	mu     sync.Mutex // guards all below
	begun  bool       // whether there was a Load
	named  []string   // paths and patterns of the files that the last Load found named
	loaded Fingerprint
}

// SourceOptions configures a Source. The zero value works.
type SourceOptions struct {
	// Beside returns further files that Look looks at; nil is none.
	Beside func() []string
	// Getenv says what ${NAME} in a value stands for; nil leaves it as it is, and warns of it.
	Getenv func(string) string
}

// NewSource returns the Source of the file at path. It reads nothing yet.
func NewSource(path string, opts SourceOptions) *Source {
	if opts.Beside == nil {
		opts.Beside = func() []string { return nil }
	}
	return &Source{path: path, opts: opts, named: []string{path}}
}

// Load reads and parses the file at path, and the target files that it names.
func Load(path string) (*Config, error) { return NewSource(path, SourceOptions{}).Load() }

// Load reads and parses the file and the target files that it names. The first Load may read the file from a pipe.
func (s *Source) Load() (*Config, error) {
	files := newFiles()
	s.mu.Lock()
	files.pipe = !s.begun
	s.begun = true
	s.mu.Unlock()

	config, named, err := s.load(files)
	named = append([]string{s.path}, named...)
	fingerprint := files.fingerprint(append(named, s.opts.Beside()...))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.named, s.loaded = named, fingerprint
	return config, err
}

func (s *Source) load(files *files) (config *Config, named []string, err error) {
	text, err := files.read(s.path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading config %q: %w", s.path, err)
	}
	return parse(&decoder{file: s.path, getenv: s.opts.Getenv}, text, filepath.Dir(s.path), files)
}

// Loaded returns the Fingerprint of what the last Load read.
func (s *Source) Loaded() Fingerprint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loaded
}

// Forget has Loaded differ from Look, as if the files had changed: for a Load whose result was of no use.
func (s *Source) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loaded = Fingerprint{}
}

// Look returns the Fingerprint of what the files hold now, those included that the last Load found named.
func (s *Source) Look() Fingerprint {
	s.mu.Lock()
	named := s.named
	s.mu.Unlock()
	return newFiles().fingerprint(append(slices.Clip(named), s.opts.Beside()...))
}
