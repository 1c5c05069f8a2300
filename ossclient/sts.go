package ossclient

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the only hash that STS's signature has
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// STS is how Alibaba Cloud's Security Token Service is asked for temporary
// keys. The zero value works.
type STS struct {
	Endpoint  string            // URL; "" is https://sts.aliyuncs.com
	Transport http.RoundTripper // nil is NewTransport()
	Now       func() time.Time  // nil is time.Now
}

// Role is a RAM role to play for a while.
type Role struct {
	ARN         string
	SessionName string        // who plays it, as ActionTrail shows; "" is "oss_cname_exporter"
	Duration    time.Duration // of one session; 0 is an hour
	Policy      string        // what of the role is allowed, as JSON; "" is all
	ExternalID  string        // what the role's owner wants to hear; "" is nothing
}

// OIDC is a token that a cluster vouches for, and who believes the cluster.
type OIDC struct {
	ProviderARN string
	TokenFile   string // read anew for each session; the cluster renews it
}

// FromRole plays role with keys of source.
func (s STS) FromRole(source Credentials, role Role) Credentials {
	s.complete()
	return newRenewed(s.Now, func(ctx context.Context) (Key, error) {
		key, err := source.Key(ctx)
		if err != nil {
			return Key{}, fmt.Errorf("getting the key to assume role %q: %w", role.ARN, err)
		}
		request := s.request("AssumeRole", role)
		request.signWith(key)
		return s.session(ctx, role, request)
	})
}

// FromOIDC plays role with the cluster's token.
func (s STS) FromOIDC(oidc OIDC, role Role) Credentials {
	s.complete()
	return newRenewed(s.Now, func(ctx context.Context) (Key, error) {
		if role.ARN == "" || oidc.ProviderARN == "" || oidc.TokenFile == "" {
			return Key{}, errors.New("set role_arn, oidc_provider_arn and oidc_token_file, or let the cluster set " +
				"ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE (RRSA)")
		}
		token, err := readKeyFile("oidc_token_file", oidc.TokenFile)
		if err != nil {
			return Key{}, err
		}
		request := s.request("AssumeRoleWithOIDC", role)
		request.form.Set("OIDCProviderArn", oidc.ProviderARN)
		request.form.Set("OIDCToken", token)
		request.secrets = []Secret{Secret(token)}
		return s.session(ctx, role, request)
	})
}

func (s *STS) complete() {
	if s.Endpoint == "" {
		s.Endpoint = "https://sts.aliyuncs.com"
	}
	if s.Transport == nil {
		s.Transport = NewTransport()
	}
	if s.Now == nil {
		s.Now = time.Now
	}
}

// stsRequest is one call in the making.
type stsRequest struct {
	query, form url.Values
	secrets     []Secret // what a reply might repeat
}

func (s STS) request(action string, role Role) *stsRequest {
	r := &stsRequest{
		query: url.Values{
			"Action": {action}, "Version": {"2015-04-01"}, "Format": {"JSON"},
			"Timestamp": {s.Now().UTC().Format("2006-01-02T15:04:05Z")},
		},
		form: url.Values{
			"RoleArn":         {role.ARN},
			"RoleSessionName": {cmp.Or(role.SessionName, "oss_cname_exporter")},
			"DurationSeconds": {fmt.Sprint(int(cmp.Or(role.Duration, time.Hour).Seconds()))},
		},
	}
	for name, value := range map[string]string{"Policy": role.Policy, "ExternalId": role.ExternalID} {
		if value != "" {
			r.form.Set(name, value)
		}
	}
	return r
}

// signWith adds the signature (version 1.0 of the vendor's RPC style): the
// parameters of query and form, sorted and escaped, under the key's secret.
func (r *stsRequest) signWith(key Key) {
	r.query.Set("AccessKeyId", key.ID)
	r.query.Set("SignatureMethod", "HMAC-SHA1")
	r.query.Set("SignatureVersion", "1.0")
	r.query.Set("SignatureNonce", rand.Text())
	if key.Token != "" {
		r.query.Set("SecurityToken", string(key.Token))
	}
	all := url.Values{}
	maps.Copy(all, r.query)
	maps.Copy(all, r.form)
	escape := strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~")
	mac := hmac.New(sha1.New, []byte(key.Secret+"&"))
	_, _ = io.WriteString(mac, "POST&%2F&"+url.QueryEscape(escape.Replace(all.Encode())))
	r.query.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	r.secrets = []Secret{key.Secret, key.Token}
}

// session opens a session of role.
func (s STS) session(ctx context.Context, role Role, r *stsRequest) (Key, error) {
	key, err := s.exchange(ctx, r)
	if err != nil {
		return Key{}, fmt.Errorf("assuming role %q at %s: %w", role.ARN, s.Endpoint, err)
	}
	return key, nil
}

func (s STS) exchange(ctx context.Context, r *stsRequest) (Key, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Endpoint+"/?"+r.query.Encode(), strings.NewReader(r.form.Encode()))
	if err != nil {
		return Key{}, errors.New("the endpoint is no URL") // the cause repeats the query
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := newHTTPClient(s.Transport).Do(req)
	if err != nil {
		return Key{}, unreached(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(http.MaxBytesReader(nil, resp.Body, mostBody))
	if err != nil {
		return Key{}, unreached(ctx, err)
	}
	var reply struct {
		stsRefusal
		Credentials keyReply
	}
	if json.Unmarshal(body, &reply) != nil {
		return Key{}, fmt.Errorf("%s, and the body is not STS's", resp.Status)
	}
	if resp.StatusCode != http.StatusOK {
		return Key{}, reply.explain(resp.StatusCode, r.secrets)
	}
	return reply.Credentials.key()
}
