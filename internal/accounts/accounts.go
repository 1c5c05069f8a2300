// Package accounts owns the OSS clients: one for each account, region and endpoint
// of the configuration, with the keys that it signs with and the connections
// that it uses.
package accounts

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"sync"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/ossclient"
)

// Clients puts each target's question to the OSS client of its account. A
// client, the keys it signs with and the connections it uses are made when
// first needed, and serve as long as what they hang on stays as it is, over as
// many reloads as may come.
type Clients struct {
	getenv    func(string) string
	userAgent string
	observer  ossclient.Observer

	mu     sync.Mutex // guards all below
	of     map[config.Account]*ossclient.Client
	keys   map[source]ossclient.Credentials
	routes map[ossclient.Route]*http.Transport
}

// New returns Clients that made no client yet. getenv is os.Getenv or a stand-in,
// userAgent what OSS is told of who asks; see ossclient.Options.
func New(getenv func(string) string, userAgent string, observer ossclient.Observer) *Clients {
	return &Clients{
		getenv:    getenv,
		userAgent: userAgent,
		observer:  observer,
		of:        map[config.Account]*ossclient.Client{},
		keys:      map[source]ossclient.Credentials{},
		routes:    map[ossclient.Route]*http.Transport{},
	}
}

// GetCnameToken implements poller.TokenGetter.
func (c *Clients) GetCnameToken(ctx context.Context, t *config.Target) (ossclient.Token, error) {
	client, err := c.client(t.Account)
	if err != nil {
		return ossclient.Token{}, err
	}
	return client.GetCnameToken(ctx, t.Name)
}

// ListCname implements poller.BindingLister.
func (c *Clients) ListCname(ctx context.Context, t *config.Target) ([]ossclient.Binding, error) {
	client, err := c.client(t.Account)
	if err != nil {
		return nil, err
	}
	return client.ListCname(ctx, t.Bucket)
}

// ListBuckets implements discovery.Lister.
func (c *Clients) ListBuckets(ctx context.Context, a config.Account, marker string) (ossclient.Buckets, error) {
	client, err := c.client(&a)
	if err != nil {
		return ossclient.Buckets{}, err
	}
	return client.ListBuckets(ctx, marker)
}

// Retain lets go of what cfg has no use for, and of what was made with a
// ca_file: that file is read again.
func (c *Clients) Retain(cfg *config.Config) {
	accounts, sources, routes := map[config.Account]bool{}, map[source]bool{}, map[ossclient.Route]bool{}
	for a := range used(cfg) {
		if a.CAFile == "" {
			accounts[a], sources[sourceOf(a)], routes[routeOf(a)] = true, true, true
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.of, func(a config.Account, _ *ossclient.Client) bool { return !accounts[a] })
	maps.DeleteFunc(c.keys, func(s source, _ ossclient.Credentials) bool { return !sources[s] })
	maps.DeleteFunc(c.routes, func(r ossclient.Route, transport *http.Transport) bool {
		if !routes[r] {
			transport.CloseIdleConnections()
		}
		return !routes[r]
	})
}

// used returns the accounts that cfg has asked, as they are asked.
func used(cfg *config.Config) iter.Seq[config.Account] {
	return func(yield func(config.Account) bool) {
		for _, a := range cfg.Discover {
			if !yield(a) {
				return
			}
		}
		for _, t := range cfg.Targets {
			if !yield(*t.Account) {
				return
			}
		}
	}
}

func (c *Clients) client(a *config.Account) (*ossclient.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if client := c.of[*a]; client != nil {
		return client, nil
	}
	transport, err := c.transport(routeOf(*a))
	if err != nil {
		return nil, &ossclient.Error{Operation: fmt.Sprintf("Account %q", a.Name), Reason: ossclient.ReasonTLS, Err: err}
	}
	client, err := ossclient.New(ossclient.Options{
		Account:     a.Name,
		Region:      a.Region,
		Endpoint:    a.Endpoint,
		Network:     networkOf(*a),
		SignatureV1: a.SignatureVersion == config.SignatureV1,
		Credentials: c.credentials(sourceOf(*a)),
		UserAgent:   c.userAgent,
		Transport:   transport,
		Observer:    c.observer,
	})
	if err != nil {
		return nil, fmt.Errorf("account %q: %w", a.Name, err)
	}
	c.of[*a] = client
	return client, nil
}

// transport returns the connections of r. c.mu is held.
func (c *Clients) transport(r ossclient.Route) (*http.Transport, error) {
	if transport := c.routes[r]; transport != nil {
		return transport, nil
	}
	transport, err := r.Transport()
	if err == nil {
		c.routes[r] = transport
	}
	return transport, err
}

// credentials returns the keys of s. c.mu is held.
func (c *Clients) credentials(s source) ossclient.Credentials {
	if c.keys[s] == nil {
		c.keys[s] = s.open(c.getenv)
	}
	return c.keys[s]
}

func routeOf(a config.Account) ossclient.Route {
	return ossclient.Route{Proxy: a.ProxyURL, CAFile: a.CAFile}
}

func networkOf(a config.Account) ossclient.Network {
	return map[string]ossclient.Network{
		config.NetworkInternal:  ossclient.Internal,
		config.NetworkDualStack: ossclient.DualStack,
	}[a.Network]
}
