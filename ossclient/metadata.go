package ossclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// metadataEndpoint is where every ECS instance finds its own metadata.
const metadataEndpoint = "http://100.100.100.200"

// Instance is the ECS instance that the exporter runs on.
type Instance struct {
	Role     string           // name of the RAM role; "" is the one that the instance has
	Endpoint string           // of the metadata service; "" is http://100.100.100.200
	Now      func() time.Time // nil is time.Now
}

// FromInstance gets the keys of the instance's RAM role from the metadata
// service, in its hardened mode only (IMDSv2).
func FromInstance(i Instance) Credentials {
	if i.Endpoint == "" {
		i.Endpoint = metadataEndpoint
	}
	// The service is link-local: a proxy could not reach it, and must not see the keys.
	direct := NewTransport()
	direct.Proxy = nil
	direct.DisableKeepAlives = true // asked a few times a day
	service := &metadataService{endpoint: i.Endpoint, http: newHTTPClient(direct)}
	return newRenewed(i.Now, func(ctx context.Context) (Key, error) {
		key, err := service.key(ctx, i.Role)
		if err != nil {
			return Key{}, fmt.Errorf("asking the metadata service at %s: %w", i.Endpoint, err)
		}
		return key, nil
	})
}

type metadataService struct {
	endpoint string
	http     *http.Client
}

func (s *metadataService) key(ctx context.Context, role string) (Key, error) {
	session, err := s.ask(ctx, http.MethodPut, "/latest/api/token", "X-aliyun-ecs-metadata-token-ttl-seconds", "60")
	if err != nil {
		return Key{}, err
	}
	const roles = "/latest/meta-data/ram/security-credentials/"
	get := func(path string) (string, error) {
		return s.ask(ctx, http.MethodGet, path, "X-aliyun-ecs-metadata-token", session)
	}
	if role == "" {
		if role, err = get(roles); err != nil {
			return Key{}, fmt.Errorf("%w; attach a RAM role to the instance", err)
		}
	}
	body, err := get(roles + url.PathEscape(role))
	if err != nil {
		return Key{}, fmt.Errorf("role %.64q: %w; attach this role to the instance", role, err)
	}
	var reply struct {
		keyReply
		Code string
	}
	if json.Unmarshal([]byte(body), &reply) != nil {
		return Key{}, fmt.Errorf("role %.64q: the reply is no JSON", role)
	}
	if reply.Code != "Success" {
		return Key{}, fmt.Errorf("role %.64q: %.64q", role, reply.Code)
	}
	return reply.key()
}

// ask returns the body of a 200.
func (s *metadataService) ask(ctx context.Context, method, path, header, value string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.endpoint+path, http.NoBody)
	if err != nil {
		return "", err
	}
	req.Header.Set(header, value)
	resp, err := s.http.Do(req)
	if err != nil {
		return "", unreached(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(http.MaxBytesReader(nil, resp.Body, mostBody))
	if err != nil {
		return "", unreached(ctx, err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", errors.New(resp.Status)
	}
	return string(body), nil
}

// unreached words a failure below HTTP without the request, which net/http repeats.
func unreached(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("no answer in time")
	}
	return cause(err)
}
