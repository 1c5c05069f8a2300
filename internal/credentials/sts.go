package credentials

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"oss_cname_exporter/internal/secret"
)

// STS is how Alibaba Cloud's Security Token Service is asked for temporary
// keys. The zero value works.
type STS struct {
	Endpoint  string            // https URL; "" is the one for all regions, https://sts.aliyuncs.com
	Transport http.RoundTripper // nil is a connection for each request
	Secrets   []secret.Value    // of the way to STS, such as a proxy's password: no error repeats them
	Now       func() time.Time  // dates requests and keys; nil is time.Now
}

// stsVersion is the version of the API.
const stsVersion = "2015-04-01"

// STSEndpoint returns the STS of a region, inside the region's own network if
// vpc; "" is the one for all regions. Some regions of the finance and government
// clouds have none of their own, or only the one inside, as the vendor's SDK of
// STS has it.
func STSEndpoint(region string, vpc bool) string {
	prefix := "https://sts."
	switch region {
	case "", "rg-china-mainland":
		return "https://sts.aliyuncs.com"
	case "cn-hangzhou-finance", "cn-beijing-finance-1":
		if !vpc {
			return "https://sts.aliyuncs.com"
		}
	case "cn-shenzhen-finance-1", "cn-north-2-gov-1":
		vpc = true
	}
	if vpc {
		prefix = "https://sts-vpc."
	}
	return prefix + region + ".aliyuncs.com"
}

// Role is a RAM role to assume for a while.
type Role struct {
	ARN         string
	SessionName string        // who assumes it, as ActionTrail shows; "" is "oss_cname_exporter"
	Duration    time.Duration // of one session; 0 is an hour
	Policy      string        // narrows the rights of the role, as JSON; "" is all of them
	ExternalID  string        // the id that the role's owner asks for; "" is none
}

const minSession = 15 * time.Minute

// OIDC is a token issued by a cluster, and the RAM provider that trusts it.
type OIDC struct {
	ProviderARN string
	TokenFile   string // read anew for each session; the cluster renews it
}

// FromRole assumes role with keys of source.
func (s STS) FromRole(source Source, role Role) Source {
	s, role = s.complete(), role.complete()
	session := newCached(s.Now, func(ctx context.Context) (secret.Key, error) {
		key, err := source.Key(ctx)
		if err != nil {
			return secret.Key{}, fmt.Errorf("getting the key to assume role %q: %w", role.ARN, err)
		}
		query := role.parameters()
		if role.ExternalID != "" {
			query.Set("ExternalId", role.ExternalID)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Endpoint+"/?"+encode(query), http.NoBody)
		if err != nil {
			return secret.Key{}, s.failed(role, err)
		}
		signature := signACS3(req, key, "AssumeRole", stsVersion, s.Now())
		session, err := s.session(req, role, key.Secret, key.Token, signature)
		if err != nil {
			source.Invalidate(key.Token) // STS may have refused it, and the next attempt have a better one
		}
		return session, err
	})
	return chained{session, source}
}

// chained is a session with the source of the key that opens it.
type chained struct {
	*cached
	source Source
}

// Stop implements Source.
func (c chained) Stop() {
	c.cached.Stop()
	c.source.Stop()
}

// FromOIDC assumes role with the cluster's token.
func (s STS) FromOIDC(oidc OIDC, role Role) Source {
	s, role = s.complete(), role.complete()
	file := namedFile{"oidc_token_file", NewFile(oidc.TokenFile)}
	return newCached(s.Now, func(ctx context.Context) (secret.Key, error) {
		if role.ARN == "" || oidc.ProviderARN == "" || oidc.TokenFile == "" {
			return secret.Key{}, errors.New("set role_arn, oidc_provider_arn and oidc_token_file, or let the cluster set " +
				"ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE (RRSA)")
		}
		token, err := file.read(ctx)
		if err != nil {
			return secret.Key{}, err
		}
		form := role.parameters()
		form.Set("OIDCProviderArn", oidc.ProviderARN)
		form.Set("OIDCToken", token)
		// Nothing is signed: the token is the proof.
		query := url.Values{
			"Action": {"AssumeRoleWithOIDC"}, "Version": {stsVersion}, "Format": {"JSON"},
			"Timestamp": {s.Now().UTC().Format(time.RFC3339)}, "SignatureNonce": {nonce()},
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Endpoint+"/?"+encode(query), strings.NewReader(form.Encode()))
		if err != nil {
			return secret.Key{}, s.failed(role, err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return s.session(req, role, secret.Value(token))
	})
}

func (s STS) complete() STS {
	s.Endpoint = cmp.Or(s.Endpoint, STSEndpoint("", false))
	if s.Transport == nil {
		s.Transport = newTransport()
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	return s
}

func (r Role) complete() Role {
	r.SessionName = cmp.Or(r.SessionName, "oss_cname_exporter")
	r.Duration = cmp.Or(r.Duration, time.Hour)
	return r
}

// parameters returns the parameters of both ways to assume the role.
func (r Role) parameters() url.Values {
	values := url.Values{
		"RoleArn":         {r.ARN},
		"RoleSessionName": {r.SessionName},
		"DurationSeconds": {strconv.Itoa(int(r.Duration.Seconds()))},
	}
	if r.Policy != "" {
		values.Set("Policy", r.Policy)
	}
	return values
}

// check refuses a role that STS would refuse.
func (r Role) check() error {
	if r.ARN == "" {
		return errors.New("no role is named; set role_arn, or ram_role_arn in the profile")
	}
	if r.Duration < minSession {
		return fmt.Errorf("a session of role %q of %v; STS grants no less than %v", r.ARN, r.Duration, minSession)
	}
	return nil
}

// session sends req, which has secrets in it, and returns the key of the session
// that STS opens.
func (s STS) session(req *http.Request, role Role, secrets ...secret.Value) (secret.Key, error) {
	if err := role.check(); err != nil {
		return secret.Key{}, err
	}
	if req.URL.Scheme != "https" {
		return secret.Key{}, s.failed(role, errors.New("keys do not travel in the clear; write an https URL"))
	}
	req.Header.Set("Accept", "application/json")
	secrets = append(secrets, s.Secrets...)
	asked := s.Now()
	got, err := ask(s.Transport, req, secrets...)
	if err != nil {
		return secret.Key{}, s.failed(role, err)
	}
	if got.status != http.StatusOK {
		return secret.Key{}, s.failed(role, stsFailure(got, secrets))
	}
	key, err := parseKey(got.body)
	if err != nil {
		return secret.Key{}, s.failed(role, got.unexpected("STS's"))
	}
	if granted := asked.Add(role.Duration); key.Expires.IsZero() || granted.Before(key.Expires) {
		key.Expires = granted // by our clock
	}
	return key, nil
}

func (s STS) failed(role Role, err error) error {
	return fmt.Errorf("assuming role %q at %s: %w", role.ARN, s.Endpoint, err)
}
