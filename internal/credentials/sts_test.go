package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"oss_cname_exporter/internal/credentials"
	"oss_cname_exporter/internal/fake/ststest"
)

func TestAssumeRole(t *testing.T) {
	c := newCloud(t)
	asked := role()
	asked.SessionName, asked.Duration, asked.Policy = "me+you*~ ä", 20*time.Minute, `{"Version":"1"}`
	if err := c.list(t, c.as().FromRole(fixed(keyID, secret, ""), asked)); err != nil {
		t.Fatal(err)
	}
	sent := c.sts.Requests()[0]
	for name, want := range map[string]string{
		"Action": "AssumeRole", "Version": "2015-04-01", "RoleArn": roleARN, "ExternalId": externalID,
		"RoleSessionName": asked.SessionName, "DurationSeconds": "1200", "Policy": asked.Policy,
	} {
		if got := sent.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestAssumeRoleWithTemporaryKey plays one role to play another.
func TestAssumeRoleWithTemporaryKey(t *testing.T) {
	c := newCloud(t)
	c.sts.AddKey(ststest.Key{ID: "tmp", Secret: "tmp-secret", Token: "tmp/token=="})
	mustKey(t, c.as().FromRole(fixed("tmp", "tmp-secret", "tmp/token=="), role()), issued(1))
}

func TestSessionIsShared(t *testing.T) {
	c := newCloud(t)
	from := c.as().FromRole(fixed(keyID, secret, ""), role())
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() { mustKey(t, from, issued(1)) })
	}
	callers.Wait()
	if n := len(c.sts.Requests()); n != 1 {
		t.Errorf("STS was asked %d times by 50 callers, want once", n)
	}
}

// TestSessionIsRenewedInGoodTime holds the renewal back: until it is there the
// old session serves, and when that has expired callers wait.
func TestSessionIsRenewedInGoodTime(t *testing.T) {
	c := newCloud(t)
	from := c.as().FromRole(fixed(keyID, secret, ""), role())
	mustKey(t, from, issued(1))
	c.clock.advance(47 * time.Minute)
	mustKey(t, from, issued(1))
	if n := len(c.sts.Requests()); n != 1 {
		t.Fatalf("after 47 minutes of 60, STS was asked %d times, want once", n)
	}
	c.held = make(chan struct{})
	c.clock.advance(2 * time.Minute)
	mustKey(t, from, issued(1))
	mustKey(t, from, issued(1))
	c.clock.advance(12 * time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := from.Key(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the session has expired and the caller has no time: got %v", err)
	}
	go func() { c.held <- struct{}{} }()
	mustKey(t, from, issued(2))
}

func TestFailedRenewalCostsNothingWhileTheSessionLasts(t *testing.T) {
	c := newCloud(t)
	from := c.as().FromRole(fixed(keyID, secret, ""), role())
	mustKey(t, from, issued(1))
	c.sts.Fail(http.StatusServiceUnavailable, "ServiceUnavailable", "Busy.")
	for range 11 {
		c.clock.advance(5 * time.Minute)
		mustKey(t, from, issued(1))
	}
	c.clock.advance(5 * time.Minute)
	noKey(t, from, "ServiceUnavailable (request id STS-REQUEST-1)")

	before := len(c.sts.Requests())
	for range 100 {
		noKey(t, from, "ServiceUnavailable")
	}
	if n := len(c.sts.Requests()) - before; n != 0 {
		t.Errorf("STS was asked %d times in the pause after a failure", n)
	}
	c.sts.Fail(0, "", "")
	c.clock.advance(10 * time.Second)
	mustKey(t, from, issued(2))
}

// TestRevokedSessionIsReplaced has OSS refuse a session long before its end:
// the question is put again, with a new one.
func TestRevokedSessionIsReplaced(t *testing.T) {
	c := newCloud(t)
	from := c.as().FromRole(fixed(keyID, secret, ""), role())
	if err := c.list(t, from); err != nil {
		t.Fatal(err)
	}
	revoke := func(n int) {
		c.oss.AddSTSKey(fmt.Sprintf("STS.id-%d", n), fmt.Sprintf("issued-secret-%d", n), fmt.Sprintf("issued-token-%d", n), time.Unix(1, 0))
	}
	c.clock.advance(time.Minute)
	revoke(1)
	if err := c.list(t, from); err != nil {
		t.Errorf("after the session was revoked: %v", err)
	}
	revoke(2)
	for range 5 {
		if c.list(t, from) == nil {
			t.Error("a revoked key is good")
		}
	}
	if n := len(c.sts.Requests()); n != 2 {
		t.Errorf("STS was asked %d times for keys that are refused at once, want 2", n)
	}
}

func TestRoleThatCannotBeAssumed(t *testing.T) {
	const at = `assuming role "` + roleARN + `" at https://127.0.0.1:`
	temporary := fixed("tmp", "secret-2", "secret-3/+")
	for name, test := range map[string]struct {
		source credentials.Source
		change func(*cloud, *credentials.Role)
		want   []string
	}{
		"no source":    {fixed("", "", ""), nil, []string{`getting the key to assume role "` + roleARN + `": set OSS_ACCESS_KEY_ID`}},
		"unknown key":  {fixed("other", secret, ""), nil, []string{at, "InvalidAccessKeyId.NotFound; ", "unknown or disabled: renew it"}},
		"wrong secret": {fixed(keyID, "secret-1", ""), nil, []string{"SignatureDoesNotMatch; the access key secret is not the one"}},
		"expired source": {temporary, func(c *cloud, _ *credentials.Role) {
			c.sts.AddKey(ststest.Key{ID: "tmp", Secret: "secret-2", Token: "secret-3/+", Expires: c.clock.now()})
		}, []string{"InvalidSecurityToken.Expired; the temporary key"}},
		"no such role":    {nil, func(_ *cloud, r *credentials.Role) { r.ARN += "x" }, []string{"EntityNotExist.Role; there is no such role: correct role_arn (request id STS-REQUEST-1)"}},
		"not trusted":     {nil, func(_ *cloud, r *credentials.Role) { r.ExternalID = "" }, []string{"NoPermission; ", "name it in the role's trust policy, with the external id"}},
		"too long":        {nil, func(_ *cloud, r *credentials.Role) { r.Duration = 24 * time.Hour }, []string{"InvalidParameter.DurationSeconds", "set session_duration"}},
		"our clock":       {nil, func(c *cloud, _ *credentials.Role) { c.sts.Skew(time.Hour) }, []string{"InvalidTimeStamp.Expired", "set this machine's clock"}},
		"not STS":         {nil, func(c *cloud, _ *credentials.Role) { c.sts.URL = answering(t, "<html>secret-1</html>") }, []string{"the reply is not STS's"}},
		"JSON of another": {nil, func(c *cloud, _ *credentials.Role) { c.sts.URL = answering(t, `{"Credentials": null}`) }, []string{"the reply is not STS's"}},
		"half a reply":    {nil, func(c *cloud, _ *credentials.Role) { c.sts.URL = answering(t, halfReply) }, []string{"the reply is not STS's"}},
		"no TLS": {nil, func(c *cloud, _ *credentials.Role) {
			c.sts.URL = "https://" + strings.TrimPrefix(c.oss.URL(), "http://")
		}, []string{"first record does not look like a TLS handshake"}},
		"nobody there":    {nil, func(c *cloud, _ *credentials.Role) { c.sts.Close() }, []string{at, "connection refused"}},
		"rude text":       {nil, func(c *cloud, _ *credentials.Role) { c.sts.Fail(400, "Odd\nCode"+strings.Repeat("c", 1000), "a\nb") }, []string{": Odd Codeccc"}},
		"repeats secrets": {nil, func(c *cloud, _ *credentials.Role) { c.sts.Fail(400, "Odd", "signed with secret-1, you") }, []string{": Odd (request id STS-REQUEST-1)"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			asked, source := role(), test.source
			if source == nil {
				source = fixed(keyID, secret, "")
			}
			if test.change != nil {
				test.change(c, &asked)
			}
			from := c.as().FromRole(source, asked)
			noKey(t, from, test.want...)
			if _, err := keyOf(t, from); len(err.Error()) > 500 {
				t.Errorf("%d characters: %v", len(err.Error()), err)
			}
		})
	}
}

// halfReply has no secret in it.
const halfReply = `{"Credentials": {"AccessKeyId": "i", "SecurityToken": "secret-2"}}`

// answering is the URL of a server that knows but one answer.
func answering(t *testing.T, text string) string {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }))
	t.Cleanup(server.Close)
	return server.URL
}

func TestOIDC(t *testing.T) {
	c := newCloud(t)
	paths := files(t, "first.jwt\n")
	c.sts.AddToken("first.jwt", c.clock.now().Add(30*time.Minute))
	t.Setenv("ALIBABA_CLOUD_OIDC_TOKEN", "another.jwt") // the file is what was configured
	from := c.as().FromOIDC(credentials.OIDC{ProviderARN: providerARN, TokenFile: paths[0]}, role())
	mustKey(t, from, issued(1))
	sent := c.sts.Requests()[0]
	if sent.Get("Action") != "AssumeRoleWithOIDC" || sent.Get("OIDCProviderArn") != providerARN || sent.Get("Signature") != "" {
		t.Errorf("sent %v", sent)
	}

	write(t, paths[0], "second.jwt") // as the kubelet does
	c.sts.AddToken("second.jwt", c.clock.now().Add(2*time.Hour))
	c.clock.advance(time.Hour)
	mustKey(t, from, issued(2))

	c.clock.advance(time.Hour)
	noKey(t, from, "AuthenticationFail.OIDCToken.Expired; the token in oidc_token_file has expired: see that the cluster still renews")
}

func TestOIDCThatIsNoUse(t *testing.T) {
	c := newCloud(t)
	paths := files(t, "secret-1.jwt", "")
	noKey(t, c.as().FromOIDC(credentials.OIDC{ProviderARN: providerARN, TokenFile: paths[0]}, role()), "AuthenticationFail.OIDCToken.Invalid", "issuer")
	noKey(t, c.as().FromOIDC(credentials.OIDC{ProviderARN: providerARN, TokenFile: paths[1]}, role()), "reading oidc_token_file", "empty")
	noKey(t, c.as().FromOIDC(credentials.OIDC{ProviderARN: providerARN, TokenFile: "/nowhere"}, role()), `reading oidc_token_file "/nowhere": no such file; mount it`)
	noKey(t, c.as().FromOIDC(credentials.OIDC{}, credentials.Role{}), "set role_arn, oidc_provider_arn and oidc_token_file", "ALIBABA_CLOUD_ROLE_ARN")
}

func TestSTSOfARegion(t *testing.T) {
	for _, test := range []struct {
		region string
		vpc    bool
		want   string
	}{
		{"", false, "https://sts.aliyuncs.com"},
		{"cn-hangzhou", false, "https://sts.cn-hangzhou.aliyuncs.com"},
		{"eu-central-1", true, "https://sts-vpc.eu-central-1.aliyuncs.com"},
		{"cn-hangzhou-finance", false, "https://sts.aliyuncs.com"},
		{"cn-hangzhou-finance", true, "https://sts-vpc.cn-hangzhou-finance.aliyuncs.com"},
		{"cn-shenzhen-finance-1", false, "https://sts-vpc.cn-shenzhen-finance-1.aliyuncs.com"},
		{"cn-north-2-gov-1", false, "https://sts-vpc.cn-north-2-gov-1.aliyuncs.com"},
		{"rg-china-mainland", false, "https://sts.aliyuncs.com"},
	} {
		if got := credentials.STSEndpoint(test.region, test.vpc); got != test.want {
			t.Errorf("%q, %v: got %s, want %s", test.region, test.vpc, got, test.want)
		}
	}
}

// TestSourceThatSTSRefuses has a program whose first key is revoked long before its end.
func TestSourceThatSTSRefuses(t *testing.T) {
	c := newCloud(t)
	paths := files(t, "", `{"AccessKeyId": "old", "AccessKeySecret": "s", "SecurityToken": "old", "Expiration": "2022-02-24T00:00:00Z"}`)
	from := c.as().FromRole(credentials.FromProcess("cat "+paths[1], c.clock.now), role())
	c.sts.AddKey(ststest.Key{ID: "old", Secret: "s", Token: "old", Expires: c.clock.now().Add(time.Minute)})
	mustKey(t, from, issued(1))
	c.sts.AddKey(ststest.Key{ID: "new", Secret: "s", Token: "new"})
	write(t, paths[1], `{"AccessKeyId": "new", "AccessKeySecret": "s", "SecurityToken": "new", "Expiration": "2022-02-24T00:00:00Z"}`)
	c.clock.advance(time.Hour)
	noKey(t, from, "InvalidSecurityToken.Expired")
	c.clock.advance(10 * time.Second)
	mustKey(t, from, issued(2))
}
