package ossclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"
)

// STS is how Alibaba Cloud's Security Token Service is asked for temporary
// keys. The zero value works, where http.DefaultTransport is a
// NewLibraryTransport.
type STS struct {
	Endpoint string           // https URL; "" is https://sts.aliyuncs.com
	Proxy    string           // URL of a proxy; "" is what http.DefaultTransport says
	Now      func() time.Time // nil is time.Now
}

// Role is a RAM role to play for a while.
type Role struct {
	ARN         string
	SessionName string        // who plays it, as ActionTrail shows; "" is "oss_cname_exporter"
	Duration    time.Duration // of one session; 0 is an hour
	Policy      string        // what of the role is allowed, as JSON; "" is all
	ExternalID  string        // what the role's owner wants to hear; "" is nothing
}

const shortestSession = 15 * time.Minute

// OIDC is a token that a cluster vouches for, and who believes the cluster.
type OIDC struct {
	ProviderARN string
	TokenFile   string // read anew for each session; the cluster renews it
}

// FromRole plays role with keys of source.
func (s STS) FromRole(source Credentials, role Role) Credentials {
	s.complete()
	role.complete()
	return newRenewed(s.Now, func(ctx context.Context) (Key, error) {
		key, err := source.Key(ctx)
		if err != nil {
			return Key{}, fmt.Errorf("getting the key to assume role %q: %w", role.ARN, err)
		}
		return s.session(role, func() (Key, error) {
			return ask(providers.NewRAMRoleARNCredentialsProviderBuilder().
				WithAccessKeyId(key.ID).
				WithAccessKeySecret(string(key.Secret)).
				WithSecurityToken(string(key.Token)).
				WithRoleArn(role.ARN).
				WithRoleSessionName(role.SessionName).
				WithDurationSeconds(int(role.Duration.Seconds())).
				WithPolicy(role.Policy).
				WithExternalId(role.ExternalID).
				WithStsEndpoint(s.host()).
				WithHttpOptions(s.http()).
				Build())
		})
	})
}

// FromOIDC plays role with the cluster's token.
func (s STS) FromOIDC(oidc OIDC, role Role) Credentials {
	s.complete()
	role.complete()
	return newRenewed(s.Now, func(context.Context) (Key, error) {
		if role.ARN == "" || oidc.ProviderARN == "" || oidc.TokenFile == "" {
			return Key{}, errors.New("set role_arn, oidc_provider_arn and oidc_token_file, or let the cluster set " +
				"ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE (RRSA)")
		}
		token, err := readKeyFile("oidc_token_file", oidc.TokenFile)
		if err != nil {
			return Key{}, err
		}
		return s.session(role, func() (Key, error) {
			return ask(providers.NewOIDCCredentialsProviderBuilder().
				WithOIDCToken(token). // of a file the library would believe the environment first
				WithOIDCProviderARN(oidc.ProviderARN).
				WithRoleArn(role.ARN).
				WithRoleSessionName(role.SessionName).
				WithDurationSeconds(int(role.Duration.Seconds())).
				WithPolicy(role.Policy).
				WithSTSEndpoint(s.host()).
				WithHttpOptions(s.http()).
				Build())
		})
	})
}

func (s *STS) complete() {
	s.Endpoint = cmp.Or(s.Endpoint, "https://sts.aliyuncs.com")
	if s.Now == nil {
		s.Now = time.Now
	}
}

func (r *Role) complete() {
	r.SessionName = cmp.Or(r.SessionName, "oss_cname_exporter")
	r.Duration = cmp.Or(r.Duration, time.Hour)
}

// check refuses what the library would take from the environment, or refuse
// in its own words.
func (r *Role) check() error {
	if r.ARN == "" {
		return errors.New("no role is named; set role_arn, or ram_role_arn in the profile")
	}
	if r.Duration < shortestSession {
		return fmt.Errorf("a session of role %q of %v; STS grants no less than %v", r.ARN, r.Duration, shortestSession)
	}
	return nil
}

func (s *STS) host() string { return strings.TrimPrefix(s.Endpoint, "https://") }

func (s *STS) http() *providers.HttpOptions {
	half := int(fetchTimeout.Milliseconds() / 2) // the library adds the two up
	return &providers.HttpOptions{Proxy: s.Proxy, ConnectTimeout: half, ReadTimeout: half}
}

// session opens a session of role. STS grants exactly the time that was asked
// for, which the library keeps to itself.
func (s *STS) session(role Role, open func() (Key, error)) (Key, error) {
	if err := role.check(); err != nil {
		return Key{}, err
	}
	asked := s.Now()
	key, err := open()
	if err != nil {
		return Key{}, fmt.Errorf("assuming role %q at %s: %w", role.ARN, s.Endpoint, stsFailure(err))
	}
	key.Expires = asked.Add(role.Duration)
	return key, nil
}
