package credentials

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"oss_cname_exporter/internal/secret"
)

// signedIn gets keys from a sign-in that a person made with the CLI: the key
// that the CLI wrote down while it lives, then one in exchange for the access
// token. A sign-in is not renewed, and nothing is written to the file.
func (r *profileReader) signedIn(p cliProfile, accessToken secret.Text, expires int64, exchange func(context.Context) (*http.Request, error)) Source {
	return newCached(r.STS.Now, func(ctx context.Context) (secret.Key, error) {
		now := r.STS.complete().Now()
		if stored := p.key(); p.StsExpiration > now.Unix() && stored.ID != "" {
			stored.Expires = time.Unix(p.StsExpiration, 0)
			return stored, nil
		}
		if accessToken == "" || expires <= now.Unix() {
			return secret.Key{}, fmt.Errorf("the sign-in of profile %q has expired; sign in again: aliyun configure --mode %s --profile %s", p.Name, p.Mode, p.Name)
		}
		req, err := exchange(ctx)
		if err != nil {
			return secret.Key{}, fmt.Errorf("profile %q: %w", p.Name, err)
		}
		req.Header.Set("Authorization", "Bearer "+string(accessToken))
		req.Header.Set("Content-Type", "application/json")
		key, err := keyAt(r.STS.complete().Transport, req, accessToken)
		if err != nil {
			return secret.Key{}, fmt.Errorf("getting the key of profile %q from %s: %w", p.Name, req.URL.Host, err)
		}
		return key, nil
	})
}

func (r *profileReader) fromCloudSSO(p cliProfile) Source {
	return r.signedIn(p, p.AccessToken, p.CloudSSOAccessTokenExpire, func(ctx context.Context) (*http.Request, error) {
		at, err := url.Parse(p.CloudSSOSignInURL)
		if err != nil || at.Scheme != "https" || p.CloudSSOAccountID == "" || p.CloudSSOAccessConfig == "" {
			return nil, errors.New("no https cloud_sso_sign_in_url, no cloud_sso_account_id or no cloud_sso_access_config; write them with aliyun configure --mode CloudSSO")
		}
		body, err := json.Marshal(map[string]string{"AccountId": p.CloudSSOAccountID, "AccessConfigurationId": p.CloudSSOAccessConfig})
		if err != nil {
			return nil, err
		}
		return http.NewRequestWithContext(ctx, http.MethodPost, "https://"+at.Host+"/cloud-credentials", bytes.NewReader(body))
	})
}

func (r *profileReader) fromOAuth(p cliProfile) Source {
	return r.signedIn(p, p.OAuthAccessToken, p.OAuthAccessTokenExpire, func(ctx context.Context) (*http.Request, error) {
		site := map[string]string{"CN": "https://oauth.aliyun.com", "INTL": "https://oauth.alibabacloud.com"}[strings.ToUpper(p.OAuthSiteType)]
		if site == "" {
			return nil, errors.New("oauth_site_type is neither CN nor INTL; write it with aliyun configure --mode OAuth")
		}
		return http.NewRequestWithContext(ctx, http.MethodPost, site+"/v1/exchange", http.NoBody)
	})
}

// fromURI gets keys from a service of the operator's own.
func (r *profileReader) fromURI(p cliProfile) Source {
	uri := cmp.Or(p.CredentialsURI, r.Getenv("ALIBABA_CLOUD_CREDENTIALS_URI"))
	sts := r.STS.complete()
	return newCached(sts.Now, func(ctx context.Context) (secret.Key, error) {
		at, err := url.Parse(uri)
		if err != nil || at.Host == "" {
			return secret.Key{}, fmt.Errorf("profile %q has no credentials_uri; write it with aliyun configure, or set ALIBABA_CLOUD_CREDENTIALS_URI", p.Name)
		}
		transport := sts.Transport
		if isLoopback(at.Hostname()) {
			transport = newTransport()
		} else if at.Scheme != "https" {
			return secret.Key{}, fmt.Errorf("credentials_uri of profile %q: keys do not travel in the clear; write an https URL, or one of this machine", p.Name)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, http.NoBody)
		if err != nil {
			return secret.Key{}, fmt.Errorf("profile %q has a credentials_uri that is no URL", p.Name)
		}
		key, err := keyAt(transport, req, secret.Text(at.RawQuery))
		if err != nil {
			return secret.Key{}, fmt.Errorf("getting the key of profile %q from %s: %w", p.Name, at.Host, err)
		}
		return key, nil
	})
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// keyAt asks for a key.
func keyAt(transport http.RoundTripper, req *http.Request, secrets ...secret.Text) (secret.Key, error) {
	got, err := ask(transport, req, secrets...)
	if err != nil {
		return secret.Key{}, err
	}
	if got.status != http.StatusOK {
		return secret.Key{}, got.unexpected("a key")
	}
	key, err := parseKey(got.body, secrets...)
	if err != nil {
		return secret.Key{}, fmt.Errorf("the reply is not a key: %w", err)
	}
	return key, nil
}
