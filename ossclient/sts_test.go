package ossclient_test

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

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/fake/ststest"
	"oss_cname_exporter/ossclient"
)

const (
	roleARN     = "acs:ram::1234567890123456:role/reader"
	providerARN = "acs:ram::1234567890123456:oidc-provider/cluster"
	externalID  = "agreed:1"
)

// cloud is a simulated OSS and an STS whose keys it takes, on one clock.
type cloud struct {
	*fixture
	clock *clock
	sts   *ststest.STS
	other string        // where to look for STS instead
	held  chan struct{} // while not nil, each key waits for an element before it is handed out
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{fixture: newFixture(t), clock: newClock()}
	c.opts.Now = c.clock.now
	c.sts = ststest.NewSTS(roleARN, externalID, ststest.Options{Now: c.clock.now, Issued: func(k ststest.Key) {
		c.oss.AddSTSKey(k.ID, k.Secret, k.Token, k.Expires)
		if c.held != nil {
			<-c.held
		}
	}})
	t.Cleanup(c.sts.Close)
	c.sts.AddKey(ststest.Key{ID: keyID, Secret: secret})
	return c
}

// as returns how the stand-in of STS is asked.
func (c *cloud) as() ossclient.STS {
	return ossclient.STS{Endpoint: c.sts.URL, Now: c.clock.now}
}

func role() ossclient.Role { return ossclient.Role{ARN: roleARN, ExternalID: externalID} }

func issued(n int) string { return fmt.Sprintf("STS.id-%d/issued-secret-%[1]d/issued-token-%[1]d", n) }

func TestAssumeRole(t *testing.T) {
	c := newCloud(t)
	asked := role()
	asked.SessionName, asked.Duration, asked.Policy = "me+you*~ ä", 20*time.Minute, `{"Version":"1"}`
	c.opts.Credentials = c.as().FromRole(key(keyID, secret), asked)
	if _, err := c.get(t, domain.Name{Bucket: bucket, Base: cname}); err != nil {
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
	source := ossclient.FromEnvironment(env("OSS_ACCESS_KEY_ID", "tmp", "OSS_ACCESS_KEY_SECRET", "tmp-secret", "OSS_SESSION_TOKEN", "tmp/token=="))
	mustKey(t, c.as().FromRole(source, role()), issued(1))
}

func TestSessionIsShared(t *testing.T) {
	c := newCloud(t)
	from := c.as().FromRole(key(keyID, secret), role())
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
	from := c.as().FromRole(key(keyID, secret), role())
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
	from := c.as().FromRole(key(keyID, secret), role())
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
	c.opts.Credentials = c.as().FromRole(key(keyID, secret), role())
	ask := func() error {
		_, err := c.get(t, domain.Name{Bucket: bucket, Base: cname})
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	c.clock.advance(time.Minute)
	c.oss.AddSTSKey("STS.id-1", "issued-secret-1", "issued-token-1", time.Unix(1, 0))
	if err := ask(); err != nil {
		t.Errorf("after the session was revoked: %v", err)
	}
	c.oss.Behave(named(false), osstest.Fail(403, "InvalidAccessKeyId", ""))
	for range 5 {
		c.failure(t)
	}
	if n := len(c.sts.Requests()); n != 2 {
		t.Errorf("STS was asked %d times for keys that are refused at once, want 2", n)
	}
}

func TestRoleThatCannotBeAssumed(t *testing.T) {
	const at = `assuming role "` + roleARN + `" at https://127.0.0.1:`
	temporary := ossclient.FromEnvironment(env("OSS_ACCESS_KEY_ID", "tmp", "OSS_ACCESS_KEY_SECRET", "secret-2", "OSS_SESSION_TOKEN", "secret-3/+"))
	for name, test := range map[string]struct {
		source ossclient.Credentials
		change func(*cloud, *ossclient.Role)
		want   []string
	}{
		"no source":    {key("", ""), nil, []string{`getting the key to assume role "` + roleARN + `": set OSS_ACCESS_KEY_ID`}},
		"unknown key":  {key("other", secret), nil, []string{at, "InvalidAccessKeyId.NotFound; ", "unknown or disabled: renew it"}},
		"wrong secret": {key(keyID, "secret-1"), nil, []string{"SignatureDoesNotMatch; the access key secret is not the one"}},
		"expired source": {temporary, func(c *cloud, _ *ossclient.Role) {
			c.sts.AddKey(ststest.Key{ID: "tmp", Secret: "secret-2", Token: "secret-3/+", Expires: c.clock.now()})
		}, []string{"InvalidSecurityToken.Expired; the temporary key"}},
		"no such role":    {nil, func(_ *cloud, r *ossclient.Role) { r.ARN += "x" }, []string{"EntityNotExist.Role; there is no such role: correct role_arn (request id STS-REQUEST-1)"}},
		"not trusted":     {nil, func(_ *cloud, r *ossclient.Role) { r.ExternalID = "" }, []string{"NoPermission; ", "name it in the role's trust policy, with the external id"}},
		"too long":        {nil, func(_ *cloud, r *ossclient.Role) { r.Duration = 24 * time.Hour }, []string{"InvalidParameter.DurationSeconds", "set session_duration"}},
		"our clock":       {nil, func(c *cloud, _ *ossclient.Role) { c.sts.Skew(time.Hour) }, []string{"InvalidTimeStamp.Expired", "set this machine's clock"}},
		"not STS":         {nil, func(c *cloud, _ *ossclient.Role) { c.other = answering(t, "<html>secret-1</html>") }, []string{"the reply is not STS's"}},
		"JSON of another": {nil, func(c *cloud, _ *ossclient.Role) { c.other = answering(t, `{"Credentials": null}`) }, []string{"the reply is not STS's"}},
		"half a reply":    {nil, func(c *cloud, _ *ossclient.Role) { c.other = answering(t, halfReply) }, []string{"the reply is not STS's"}},
		"no TLS":          {nil, func(c *cloud, _ *ossclient.Role) { c.other = "https://" + strings.TrimPrefix(c.oss.URL(), "http://") }, []string{"HTTP response to HTTPS client"}},
		"nobody there":    {nil, func(c *cloud, _ *ossclient.Role) { c.sts.Close() }, []string{at, "connection refused"}},
		"rude text":       {nil, func(c *cloud, _ *ossclient.Role) { c.sts.Fail(400, "Odd\nCode"+strings.Repeat("c", 1000), "a\nb") }, []string{": Odd Codeccc"}},
		"repeats secrets": {nil, func(c *cloud, _ *ossclient.Role) { c.sts.Fail(400, "Odd", "signed with secret-1, you") }, []string{": Odd (request id STS-REQUEST-1)"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			asked, source := role(), test.source
			if source == nil {
				source = key(keyID, secret)
			}
			if test.change != nil {
				test.change(c, &asked)
			}
			sts := c.as()
			if c.other != "" {
				sts.Endpoint = c.other
			}
			from := sts.FromRole(source, asked)
			noKey(t, from, test.want...)
			if _, err := keyOf(t, from); len(err.Error()) > 500 {
				t.Errorf("%d characters: %v", len(err.Error()), err)
			}
		})
	}
}

// halfReply lacks what the library takes for granted.
const halfReply = `{"Credentials": {"AccessKeyId": "i", "AccessKeySecret": "secret-1", "SecurityToken": "secret-2"}}`

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
	from := c.as().FromOIDC(ossclient.OIDC{ProviderARN: providerARN, TokenFile: paths[0]}, role())
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
	noKey(t, c.as().FromOIDC(ossclient.OIDC{ProviderARN: providerARN, TokenFile: paths[0]}, role()), "AuthenticationFail.OIDCToken.Invalid", "issuer")
	noKey(t, c.as().FromOIDC(ossclient.OIDC{ProviderARN: providerARN, TokenFile: paths[1]}, role()), "reading oidc_token_file", "empty")
	noKey(t, c.as().FromOIDC(ossclient.OIDC{ProviderARN: providerARN, TokenFile: "/nowhere"}, role()), `reading oidc_token_file "/nowhere": no such file; mount it`)
	noKey(t, c.as().FromOIDC(ossclient.OIDC{}, ossclient.Role{}), "set role_arn, oidc_provider_arn and oidc_token_file", "ALIBABA_CLOUD_ROLE_ARN")
}

func TestInstanceRole(t *testing.T) {
	clock := newClock()
	service := ststest.NewMetadata("reader", ststest.Options{Now: clock.now, Life: 6 * time.Hour})
	t.Cleanup(service.Close)
	way.To(service)
	instance := ossclient.Instance{Now: clock.now}
	from := ossclient.FromInstance(instance)
	mustKey(t, from, issued(1))
	mustKey(t, from, issued(1))
	clock.advance(time.Minute) // the key's end is not told, so it is asked again now and then
	mustKey(t, from, issued(1))
	for got := ""; got != issued(2); { // the old key serves meanwhile
		got, _ = keyOf(t, from)
	}

	instance.Role = "reader"
	mustKey(t, ossclient.FromInstance(instance), issued(3))
	instance.Role = "writer"
	noKey(t, ossclient.FromInstance(instance), `asking the metadata service at http://100.100.100.200: the instance has no role "writer"; attach this role to the instance`)
	service.SetRole("")
	instance.Role = ""
	noKey(t, ossclient.FromInstance(instance), "it names no role; attach a RAM role to the instance")
	service.Close()
	noKey(t, ossclient.FromInstance(instance), "no answer; only an ECS instance has it")
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	noKey(t, ossclient.FromInstance(instance), "ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids it")
}

func TestProfile(t *testing.T) {
	c := newCloud(t)
	token := files(t, "pod.jwt")[0]
	c.sts.AddToken("pod.jwt", c.clock.now().Add(time.Hour))
	path := files(t, `{"current": "plain", "profiles": [
		{"name": "plain", "mode": "AK", "access_key_id": "`+keyID+`", "access_key_secret": "`+secret+`"},
		{"name": "session", "mode": "StsToken", "access_key_id": "i", "access_key_secret": "s", "sts_token": "t"},
		{"name": "role", "mode": "RamRoleArn", "access_key_id": "`+keyID+`", "access_key_secret": "`+secret+`",
			"ram_role_arn": "`+roleARN+`", "external_id": "`+externalID+`", "ram_session_name": "cli", "expired_seconds": 900},
		{"name": "chain", "mode": "ChainableRamRoleArn", "source_profile": "plain", "ram_role_arn": "`+roleARN+`", "external_id": "`+externalID+`"},
		{"name": "loop", "mode": "ChainableRamRoleArn", "source_profile": "loop", "ram_role_arn": "`+roleARN+`"},
		{"name": "pod", "mode": "OIDC", "ram_role_arn": "`+roleARN+`", "external_id": "`+externalID+`", "oidc_provider_arn": "`+providerARN+`", "oidc_token_file": "`+token+`"},
		{"name": "program", "mode": "External", "process_command": "echo secret-1"},
		{"name": "nobody", "mode": "RamRoleArn", "access_key_id": "`+keyID+`", "access_key_secret": "`+secret+`"},
		{"name": "short", "mode": "RamRoleArn", "access_key_id": "`+keyID+`", "access_key_secret": "`+secret+`", "ram_role_arn": "`+roleARN+`", "expired_seconds": 60},
		{"name": "half", "mode": "AK", "access_key_id": "i"}]}`)[0]
	profile := func(name string, environment ...string) ossclient.Credentials {
		return ossclient.FromProfile(ossclient.Profile{File: path, Name: name, Getenv: env(environment...), STS: c.as()})
	}
	mustKey(t, profile(""), keyID+"/"+secret+"/")
	mustKey(t, profile("", "ALIBABA_CLOUD_PROFILE", "session"), "i/s/t")
	mustKey(t, profile("role"), issued(1))
	mustKey(t, profile("chain"), issued(2))
	mustKey(t, profile("pod"), issued(3))
	noKey(t, profile("loop"), `profile "loop" is its own source_profile`)
	noKey(t, profile("program"), `profile "program" has mode "External"; use one with AK`)
	t.Setenv("ALIBABA_CLOUD_ROLE_ARN", roleARN) // which is nobody's but oidc's
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret)
	noKey(t, profile("nobody"), "no role is named; set role_arn, or ram_role_arn in the profile")
	noKey(t, profile("short"), `a session of role "`+roleARN+`" of 1m0s; STS grants no less than 15m0s`)
	noKey(t, profile("half"), `profile "half" has no key`)
	noKey(t, profile("other"), `reading profile_file "`+path+`": no profile "other"`)

	kept := profile("role")
	mustKey(t, kept, issued(4))
	mustKey(t, kept, issued(4))
	write(t, path, `{"current": "role", "profiles": [{"name": "role", "mode": "AK", "access_key_id": "new", "access_key_secret": "s"}]}`)
	mustKey(t, kept, "new/s/")
	write(t, path, `{"profiles": [{"access_key_secret": "secret-1"`)
	noKey(t, kept, "not the CLI's JSON")
	write(t, path, "")
	noKey(t, kept, "empty")
}

func TestProfileFile(t *testing.T) {
	missing := func(p ossclient.Profile, environment ...string) error {
		p.Getenv = env(environment...)
		_, err := ossclient.FromProfile(p).Key(t.Context())
		return err
	}
	for want, err := range map[string]error{
		"/a/b":                        missing(ossclient.Profile{File: "/a/b"}, "ALIBABA_CLOUD_CONFIG_FILE", "/c/d", "HOME", "/nobody"),
		"/c/d":                        missing(ossclient.Profile{}, "ALIBABA_CLOUD_CONFIG_FILE", "/c/d", "HOME", "/nobody"),
		"/nobody/.aliyun/config.json": missing(ossclient.Profile{}, "HOME", "/nobody"),
	} {
		if err == nil || !strings.Contains(err.Error(), `reading profile_file "`+want+`": no such file`) {
			t.Errorf("want %s: got %v", want, err)
		}
	}
}
