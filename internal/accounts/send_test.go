package accounts_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"oss_cname_exporter/internal/poller"
)

// gateway relays connections to a server, as a NAT gateway does, and can forget
// all of them: they stay open and nothing comes through any more.
type gateway struct {
	net.Listener
	to string

	mu     sync.Mutex // guards all below
	links  []*link
	opened int
}

// link is one connection through a gateway.
type link struct {
	net.Conn
	mu   sync.Mutex
	dead bool
}

// Write implements io.Writer. It drops the bytes of a forgotten connection.
func (l *link) Write(b []byte) (int, error) {
	l.mu.Lock()
	dead := l.dead
	l.mu.Unlock()
	if dead {
		return len(b), nil
	}
	return l.Conn.Write(b)
}

// newGateway returns a gateway to the server at a URL.
func newGateway(t *testing.T, server string) *gateway {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{Listener: listener, to: to.Host}
	var relays sync.WaitGroup
	relays.Go(func() { g.accept(&relays) })
	t.Cleanup(func() {
		listener.Close()
		g.each(func(l *link) { l.Close() })
		relays.Wait()
	})
	return g
}

func (g *gateway) accept(relays *sync.WaitGroup) {
	for {
		client, err := g.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", g.to)
		if err != nil {
			client.Close()
			continue
		}
		l := &link{Conn: server}
		g.mu.Lock()
		g.links = append(g.links, l)
		g.opened++
		g.mu.Unlock()
		relays.Go(func() { defer server.Close(); _, _ = io.Copy(l, client) })
		relays.Go(func() { defer client.Close(); _, _ = io.Copy(client, server) })
	}
}

func (g *gateway) each(do func(*link)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.links {
		do(l)
	}
}

// flush forgets all connections that are open.
func (g *gateway) flush() {
	g.each(func(l *link) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.dead = true
	})
}

// reset closes all connections that are open.
func (g *gateway) reset() { g.each(func(l *link) { l.Close() }) }

func (g *gateway) connections() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened
}

// TestNetworkComesBack has connections that die while they are idle: the next
// questions are answered over new ones.
func TestNetworkComesBack(t *testing.T) {
	for name, die := range map[string]func(*gateway){"silent": (*gateway).flush, "reset": (*gateway).reset, "not at all": func(*gateway) {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAsked(t)
			g := newGateway(t, a.oss.URL())
			cfg := parse(t, "endpoint: http://"+g.Addr().String())
			const buckets = 8
			ask := func(deadline time.Duration) {
				t.Helper()
				var asks sync.WaitGroup
				defer asks.Wait()
				for range buckets {
					asks.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), deadline)
						defer cancel()
						if _, err := a.clients.GetCnameToken(ctx, cfg.Targets[0].Account, cfg.Targets[0].Name); err != nil {
							t.Error(err)
						}
					})
				}
			}
			ask(10 * time.Second)
			before := g.connections()
			die(g)
			ask(2 * time.Second)
			ask(10 * time.Second)
			most, least := 3*buckets, before+1
			if name == "not at all" {
				most, least = buckets, before
			}
			if n := g.connections(); n < least || n > most {
				t.Errorf("%d connections before, %d after", before, n)
			}
		})
	}
}

// TestNetworkComesBackWithinAScrape has 300 targets whose connections all die at
// once: the scrape after that is slower, and loses no sample.
func TestNetworkComesBackWithinAScrape(t *testing.T) {
	t.Parallel()
	a := newAsked(t)
	g := newGateway(t, a.oss.URL())
	cfg := parse(t, "endpoint: http://"+g.Addr().String())
	cfg.Probe.Timeout, cfg.Probe.Concurrency = 6*time.Second, 32
	first := cfg.Targets[0]
	for i := range 299 {
		target := first
		target.Base = fmt.Sprintf("www%d.example.com", i)
		cfg.Targets = append(cfg.Targets, target)
	}
	p := poller.New(a.clients, poller.Options{})
	p.Apply(cfg)
	for scrape := range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		for _, s := range p.Poll(ctx, cfg.Targets) {
			if !s.Attempt.Succeeded() {
				t.Fatalf("scrape %d: lost a sample: %v", scrape, s.Attempt.Err)
			}
		}
		cancel()
		g.flush()
	}
}

// TestSilentServerIsAskedOnce has a server that never answers on a new
// connection: the question is not repeated.
func TestSilentServerIsAskedOnce(t *testing.T) {
	var mu sync.Mutex
	asked := 0
	a := newAsked(t)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked++
		mu.Unlock()
		<-r.Context().Done()
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	cfg := parse(t, "endpoint: "+server.URL)
	if _, err := a.clients.GetCnameToken(ctx, cfg.Targets[0].Account, cfg.Targets[0].Name); err == nil {
		t.Error("it was answered")
	}
	mu.Lock()
	defer mu.Unlock()
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// TestSessionOverADeadConnection asks STS for a session after the connection of
// the one before died: the request has a body, which is sent again.
func TestSessionOverADeadConnection(t *testing.T) {
	t.Parallel()
	a := newAsked(t)
	sts, ca := a.sts(t)
	g := newGateway(t, sts.URL)
	for i, name := range []string{"first", "second"} {
		cfg := parse(t, "endpoint: '"+a.oss.URL()+"', ca_file: "+ca+", credentials: {type: assume_role, session_name: "+name+
			", role_arn: '"+readerRole+"', sts_endpoint: 'https://"+g.Addr().String()+"'}")
		if err := a.ask(t, cfg); err != nil {
			t.Errorf("%s session: %v", name, err)
		}
		if n := g.connections(); n != i+1 {
			t.Errorf("%s session: %d connections", name, n)
		}
		g.flush()
	}
}
