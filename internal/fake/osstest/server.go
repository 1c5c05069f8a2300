// Package osstest is an OSS that fits in a test: a real HTTP server on loopback that answers the CNAME token
// operations as Alibaba Cloud documents them, to clients that sign with V1 or V4. It believes nothing it is sent: every
// signature is recomputed from the request as it arrived, so a client that passes here signs correctly there.
//
// A Server has Buckets, and for each domain of a bucket a Token or a Binding. A Behaviour has it answer in another way.
package osstest

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"oss_cname_exporter/internal/domain"
)

// Options are the settings of a Server. The zero value works.
type Options struct {
	Now     func() time.Time // the server's clock; nil is time.Now
	Region  string           // whose endpoint this server plays where the Host header names none; "" is "cn-hangzhou"
	Address string           // listen address; "" is "127.0.0.1:0", a free port
	// TXT returns the values of a TXT record, in which PutCname demands the token; nil demands nothing.
	TXT func(name string) []string
	// Unfiled reports whether a domain has no ICP filing, which PutCname demands for a bucket in the Chinese
	// mainland; nil is that every domain has one.
	Unfiled func(domain string) bool
}

// Server plays the OSS endpoint of one region, and those of others that a Host header names. Make one with New. All methods may be called at any time, from any
// goroutine. It is an http.Handler too, so that a TLS server can be put around it.
type Server struct {
	now        func() time.Time
	txt        func(name string) []string // nil demands no proof
	unfiled    func(domain string) bool
	region     string
	operations map[route]operation
	url        string
	http       http.Server
	requestIDs atomic.Uint64

	shut    sync.Once
	closing chan struct{}  // closed by Close
	busy    sync.WaitGroup // the accept loop, every connection, every handler

	mu      sync.Mutex // guards everything below, and busy against growing once closing is closed
	keys    map[string]key
	buckets map[string]Bucket
	tokens  map[domain.Name]Token
	bound   map[domain.Name]Binding
	scripts map[domain.Name]*script
	calls   calls
}

// New starts a Server. Like httptest.NewServer it panics if it cannot listen.
func New(opts Options) *Server {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Unfiled == nil {
		opts.Unfiled = func(string) bool { return false }
	}
	if opts.Region == "" {
		opts.Region = "cn-hangzhou"
	}
	if opts.Address == "" {
		opts.Address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", opts.Address)
	if err != nil {
		panic(fmt.Sprintf("osstest: listening on %q: %v", opts.Address, err))
	}
	s := &Server{
		now:     opts.Now,
		txt:     opts.TXT,
		unfiled: opts.Unfiled,
		region:  opts.Region,
		url:     "http://" + listener.Addr().String(),
		closing: make(chan struct{}),
		keys:    make(map[string]key),
		buckets: make(map[string]Bucket),
		tokens:  make(map[domain.Name]Token),
		bound:   make(map[domain.Name]Binding),
		scripts: make(map[domain.Name]*script),
		calls:   calls{byOperation: make(map[string]int), byDomain: make(map[domain.Name]int), byScheme: make(map[string]int)},
	}
	s.operations = s.routes()
	s.requestIDs.Store(rand.Uint64())
	s.http = http.Server{Handler: s, ConnState: s.track, ErrorLog: log.New(io.Discard, "", 0)}
	s.busy.Go(func() { _ = s.http.Serve(listener) })
	return s
}

// URL is the address to use as the endpoint, such as "http://127.0.0.1:41234".
func (s *Server) URL() string { return s.url }

// Close stops the server, aborts the answers under way (a hung one too) and returns when all of it has ended.
// A Behaviour must not call it: it would wait for itself.
func (s *Server) Close() {
	s.shut.Do(func() {
		s.mu.Lock()
		close(s.closing)
		s.mu.Unlock()
	})
	_ = s.http.Close()
	s.busy.Wait()
}

// track counts the connections. A hijacked one is counted by its handler, which outlives the hijacking.
func (s *Server) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.busy.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.busy.Done()
	}
}

// ServeHTTP answers one request: as scripted with Behave, or genuinely.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.parse(r)
	scripted, open := s.arrive(c)
	if !open {
		panic(http.ErrAbortHandler)
	}
	defer s.busy.Done()
	s.setCommonHeaders(w.Header(), c.at)
	if scripted == nil {
		s.answer(w, c)
		return
	}
	ctx, cancel := s.untilClosed(r.Context())
	defer cancel()
	scripted(http.HandlerFunc(s.genuine)).ServeHTTP(w, r.WithContext(ctx))
}

// arrive counts the call and says how to answer it; a nil Behaviour is genuinely. Once the server is closing it
// returns false; otherwise the caller owes one busy.Done.
func (s *Server) arrive(c *call) (Behaviour, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closing:
		return nil, false
	default:
	}
	s.busy.Add(1)
	s.calls.count(c)
	switch c.operation.name {
	case opGetCnameToken, opListCname, opListBuckets:
	default:
		return nil, true
	}
	return s.scripts[c.domain()].next(), true
}

// untilClosed returns ctx, ended by Close as well.
func (s *Server) untilClosed(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	s.busy.Go(func() {
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, cancel
}
