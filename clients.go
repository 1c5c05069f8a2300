package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"sync"

	"oss_cname_exporter/config"
	"oss_cname_exporter/ossclient"
)

// clients puts each target's question to the OSS client of its account. A
// client is built when first needed and serves as long as its account stays
// as it is, over as many reloads as may come.
type clients struct {
	getenv    func(string) string
	observer  ossclient.Observer
	transport http.RoundTripper

	mu sync.Mutex
	of map[config.Account]*ossclient.Client
}

func newClients(getenv func(string) string, observer ossclient.Observer) *clients {
	return &clients{
		getenv:    getenv,
		observer:  observer,
		transport: ossclient.NewTransport(),
		of:        map[config.Account]*ossclient.Client{},
	}
}

// GetCnameToken implements poller.TokenGetter.
func (c *clients) GetCnameToken(ctx context.Context, t config.Target) (ossclient.Token, error) {
	client, err := c.client(t.Account)
	if err != nil {
		return ossclient.Token{}, err
	}
	return client.GetCnameToken(ctx, ossclient.Domain{Bucket: t.Bucket, Cname: t.Domain, Wildcard: t.Wildcard})
}

// Retain lets go of the clients that cfg has no use for.
func (c *clients) Retain(cfg *config.Config) {
	used := map[config.Account]bool{}
	for _, t := range cfg.Targets {
		used[t.Account] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.of, func(a config.Account, _ *ossclient.Client) bool { return !used[a] })
}

func (c *clients) client(a config.Account) (*ossclient.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if client := c.of[a]; client != nil {
		return client, nil
	}
	client, err := ossclient.New(ossclient.Options{
		Region:      a.Region,
		Endpoint:    a.Endpoint,
		SignatureV1: a.SignatureVersion == config.SignatureV1,
		Credentials: ossclient.FromEnvironment(c.getenv),
		Transport:   c.transport,
		Observer:    c.observer,
	})
	if err != nil {
		return nil, fmt.Errorf("account %q: %w", a.Name, err)
	}
	c.of[a] = client
	return client, nil
}
