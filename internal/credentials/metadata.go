package credentials

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"oss_cname_exporter/internal/secret"
)

// metadataEndpoint is where every ECS instance finds its own metadata.
const metadataEndpoint = "http://100.100.100.200"

const (
	rolesPath     = "/latest/meta-data/ram/security-credentials/"
	sessionHeader = "X-aliyun-ecs-metadata-token"
)

// Instance is the ECS instance that the exporter runs on.
type Instance struct {
	Role     string              // name of the RAM role; "" is ALIBABA_CLOUD_ECS_METADATA, else the one that the instance has
	Endpoint string              // URL of the metadata service; "" is http://100.100.100.200
	Getenv   func(string) string // os.Getenv or a stand-in
	Now      func() time.Time    // nil is time.Now
}

// FromInstance gets the keys of the instance's RAM role from the metadata
// service, in its hardened mode only (IMDSv2).
func FromInstance(i Instance) Source {
	i.Role = cmp.Or(i.Role, i.Getenv("ALIBABA_CLOUD_ECS_METADATA"))
	i.Endpoint = cmp.Or(i.Endpoint, metadataEndpoint)
	transport := newTransport()
	return newCached(i.Now, func(ctx context.Context) (secret.Key, error) {
		key, err := metadata{i, transport}.key(ctx)
		if err != nil {
			return secret.Key{}, fmt.Errorf("asking the metadata service at %s: %w", i.Endpoint, err)
		}
		return key, nil
	})
}

// metadata asks the service of an instance.
type metadata struct {
	Instance
	transport http.RoundTripper
}

// key goes the three steps of IMDSv2: a session token, the role's name, its key.
func (m metadata) key(ctx context.Context) (secret.Key, error) {
	if strings.EqualFold(m.Getenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED"), "true") {
		return secret.Key{}, errors.New("ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids it")
	}
	got, err := m.ask(ctx, http.MethodPut, "/latest/api/token", "X-aliyun-ecs-metadata-token-ttl-seconds", "60")
	if err != nil {
		return secret.Key{}, fmt.Errorf("%w; only an ECS instance has it", err)
	}
	if got.status != http.StatusOK {
		return secret.Key{}, got.unexpected("the metadata service's")
	}
	token := strings.TrimSpace(string(got.body))
	role, err := m.role(ctx, token)
	if err != nil {
		return secret.Key{}, err
	}
	got, err = m.ask(ctx, http.MethodGet, rolesPath+url.PathEscape(role), sessionHeader, token)
	switch {
	case err != nil:
		return secret.Key{}, err
	case got.status == http.StatusNotFound:
		return secret.Key{}, fmt.Errorf("the instance has no role %q; attach this role to the instance", secret.RemoteText(role, secret.Value(token)))
	case got.status != http.StatusOK:
		return secret.Key{}, got.unexpected("the metadata service's")
	}
	key, err := parseKey(got.body, secret.Value(token))
	if err != nil {
		return secret.Key{}, fmt.Errorf("the reply is not the metadata service's: %w", err)
	}
	return key, nil
}

// role returns the name of the role to ask for.
func (m metadata) role(ctx context.Context, token string) (string, error) {
	if m.Role != "" {
		return m.Role, nil
	}
	got, err := m.ask(ctx, http.MethodGet, rolesPath, sessionHeader, token)
	if err != nil {
		return "", err
	}
	role, _, _ := strings.Cut(strings.TrimSpace(string(got.body)), "\n")
	switch {
	case got.status == http.StatusNotFound, got.status == http.StatusOK && role == "":
		return "", errors.New("it names no role; attach a RAM role to the instance")
	case got.status != http.StatusOK:
		return "", got.unexpected("the metadata service's")
	}
	return role, nil
}

func (m metadata) ask(ctx context.Context, method, path, header, value string) (httpReply, error) {
	req, err := http.NewRequestWithContext(ctx, method, m.Endpoint+path, http.NoBody)
	if err != nil {
		return httpReply{}, err
	}
	req.Header.Set(header, value)
	return ask(m.transport, req, secret.Value(value))
}
