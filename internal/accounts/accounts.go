// Package accounts owns the OSS clients: one for each account, region and endpoint
// of the configuration, with the keys that it signs with and the connections
// that it uses. Its nouns: client, source, route, warning.
package accounts

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"sync"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/credentials"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// Clients puts each target's question to the OSS client of its account. A
// client, the keys it signs with and the connections it uses are made when
// first needed, and are kept over reloads that do not change them.
type Clients struct {
	getenv    func(string) string
	userAgent string
	meter     Meter
	secrets   []secret.Value // of the environment's proxies

	mu     sync.Mutex // guards all below
	of     map[config.Account]*ossclient.Client
	keys   map[source]credentials.Source
	routes map[routeKey]*route
}

// Meter is told of every call of every account.
type Meter interface {
	ossclient.Observer
	// Call counts one call of an account that is none of OSS.
	Call(account, operation string)
}

// counted is a transport whose requests are those of an account for its keys.
type counted struct {
	http.RoundTripper
	meter   Meter
	account string
}

// RoundTrip implements http.RoundTripper.
func (c counted) RoundTrip(req *http.Request) (*http.Response, error) {
	c.meter.Call(c.account, "STS")
	return c.RoundTripper.RoundTrip(req)
}

// New returns Clients that made no client yet. getenv is os.Getenv or a stand-in,
// userAgent names the exporter to OSS; see ossclient.Options.
func New(getenv func(string) string, userAgent string, meter Meter) *Clients {
	return &Clients{
		getenv:    getenv,
		userAgent: userAgent,
		meter:     meter,
		secrets:   proxySecrets(getenv),
		of:        map[config.Account]*ossclient.Client{},
		keys:      map[source]credentials.Source{},
		routes:    map[routeKey]*route{},
	}
}

// GetCnameToken implements poller.TokenGetter.
func (c *Clients) GetCnameToken(ctx context.Context, a *config.Account, name domain.Name) (ossclient.Token, error) {
	client, err := c.client(a)
	if err != nil {
		return ossclient.Token{}, err
	}
	return client.GetCnameToken(ctx, name)
}

// ListCname implements poller.BindingLister.
func (c *Clients) ListCname(ctx context.Context, a *config.Account, bucket string) ([]ossclient.Binding, error) {
	client, err := c.client(a)
	if err != nil {
		return nil, err
	}
	return client.ListCname(ctx, bucket)
}

// ListBuckets implements discovery.Lister.
func (c *Clients) ListBuckets(ctx context.Context, a *config.Account, marker string) (ossclient.Buckets, error) {
	client, err := c.client(a)
	if err != nil {
		return ossclient.Buckets{}, err
	}
	return client.ListBuckets(ctx, marker)
}

// caPatience is how long a reload waits for all of the ca_files.
const caPatience = 5 * time.Second

// Retain closes the clients that cfg does not use, and reads every ca_file again.
// The others keep their connections and their keys.
func (c *Clients) Retain(cfg *config.Config) {
	accounts, sources, routes := map[config.Account]bool{}, map[source]bool{}, map[routeKey]bool{}
	for a := range used(cfg) {
		accounts[a], sources[sourceOf(a)], routes[routeOf(a)] = true, true, true
	}
	c.mu.Lock()
	maps.DeleteFunc(c.of, func(a config.Account, _ *ossclient.Client) bool { return !accounts[a] })
	stopped := extract(c.keys, sources)
	closed := extract(c.routes, routes)
	kept := maps.Clone(c.routes)
	c.mu.Unlock()
	for _, s := range stopped {
		s.Stop()
	}
	for _, r := range closed {
		r.close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), caPatience)
	defer cancel()
	for _, r := range kept {
		_ = r.refresh(ctx) // the configuration's check tells of a file that is no use
	}
}

// Close ends the work of keys and connections, such as programs. c is not used
// again.
func (c *Clients) Close() { c.Retain(&config.Config{}) }

// extract removes the values whose key is not in keep, and returns them.
func extract[K comparable, V any](m map[K]V, keep map[K]bool) []V {
	var removed []V
	maps.DeleteFunc(m, func(key K, value V) bool {
		if !keep[key] {
			removed = append(removed, value)
		}
		return !keep[key]
	})
	return removed
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
	through := c.route(routeOf(*a))
	network, known := networks()[a.Network]
	if !known {
		return nil, fmt.Errorf("account %q: network %q is not known", a.Name, a.Network)
	}
	keys, err := c.source(sourceOf(*a), counted{through, c.meter, a.Name})
	if err != nil {
		return nil, fmt.Errorf("account %q: %w", a.Name, err)
	}
	client, err := ossclient.New(ossclient.Options{
		Account:     a.Name,
		Region:      a.Region,
		Endpoint:    a.Endpoint,
		UseCname:    a.UseCname,
		Network:     network,
		SignatureV1: a.SignatureVersion == config.SignatureV1,
		Credentials: keys,
		UserAgent:   c.userAgent,
		Transport:   through,
		Secrets:     c.secrets,
		Observer:    c.meter,
	})
	if err != nil {
		return nil, fmt.Errorf("account %q: %w", a.Name, err)
	}
	c.of[*a] = client
	return client, nil
}

// route returns the connections of key. c.mu is held.
func (c *Clients) route(key routeKey) *route {
	if c.routes[key] == nil {
		c.routes[key] = newRoute(key)
	}
	return c.routes[key]
}

// source returns the keys of s, asked for by that transport. c.mu is held.
func (c *Clients) source(s source, through http.RoundTripper) (credentials.Source, error) {
	if c.keys[s] == nil {
		t, err := s.typeOf()
		if err != nil {
			return nil, &ossclient.Error{Operation: "credentials", Reason: status.ReasonCredentials, Err: err}
		}
		c.keys[s] = t.open(s, surroundings{c.getenv, through, c.secrets})
	}
	return c.keys[s], nil
}

// networks returns the client's word for each network of the configuration.
func networks() map[string]ossclient.Network {
	return map[string]ossclient.Network{
		config.NetworkPublic:    ossclient.Public,
		config.NetworkInternal:  ossclient.Internal,
		config.NetworkDualStack: ossclient.DualStack,
	}
}
