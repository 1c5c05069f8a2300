// Package configfile owns the configuration's files: it loads them, bounds the
// time that this may take, notices that they changed, and keeps the last
// configuration that was accepted in force. The meaning of the text is package
// config's.
//
// Its nouns: a Source is the configuration's file with the files that it names;
// a Fingerprint tells whether they have changed; Watch compares fingerprints;
// the Store holds the configuration in force and replaces it as a whole.
package configfile

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"oss_cname_exporter/internal/config"
)

// Source is a configuration file together with the files that it names. It can
// tell whether they have changed since it loaded them, also when the
// configuration was refused.
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
	// Beside returns further files to watch; nil is none.
	Beside func() []string
	// Getenv returns the value of ${NAME} in a configuration's values; nil leaves
	// ${NAME} as it is, with a warning.
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
func Load(path string) (*config.Config, error) { return NewSource(path, SourceOptions{}).Load() }

// Load reads and parses the file and the target files that it names. The first
// Load may read the file from a pipe.
func (s *Source) Load() (*config.Config, error) {
	files := newFiles()
	s.mu.Lock()
	files.pipe = !s.begun
	s.begun = true
	s.mu.Unlock()

	cfg, named, err := s.load(files)
	named = append([]string{s.path}, named...)
	fingerprint := files.fingerprint(append(named, s.opts.Beside()...))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.named, s.loaded = named, fingerprint
	return cfg, err
}

func (s *Source) load(files *files) (cfg *config.Config, named []string, err error) {
	text, err := files.Read(s.path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading config %q: %w", s.path, err)
	}
	opts := config.FileOptions{Dir: filepath.Dir(s.path), Files: files}
	if s.opts.Getenv != nil {
		opts.Expand = func(text string) (string, error) { return expand(text, s.opts.Getenv) }
	}
	return config.ParseFile(s.path, text, opts)
}

// LoadedFingerprint returns the Fingerprint of the files that the last Load read.
func (s *Source) LoadedFingerprint() Fingerprint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loaded
}

// Forget makes LoadedFingerprint differ from Fingerprint, as if the files had
// changed: for a Load whose result was not used.
func (s *Source) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loaded = Fingerprint{}
}

// Fingerprint returns the Fingerprint of the files now, those included that the
// last Load found named.
func (s *Source) Fingerprint() Fingerprint {
	s.mu.Lock()
	named := s.named
	s.mu.Unlock()
	return newFiles().fingerprint(append(slices.Clip(named), s.opts.Beside()...))
}
