package credentials_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"oss_cname_exporter/internal/credentials"
	"oss_cname_exporter/internal/fake/ststest"
)

// stranger is a server that nobody was told to ask; it counts who does.
func stranger(t *testing.T) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, `{"Code": "Success", "AccessKeyId": "stranger", "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": "2099-01-01T00:00:00Z"}`)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// sources are all who ask by HTTP, at the same server.
func (c *cloud) sources(t *testing.T, server *httptest.Server) map[string]credentials.Source {
	t.Helper()
	sts := c.as()
	sts.Endpoint = server.URL
	getenv := env()
	return map[string]credentials.Source{
		"assume_role": sts.FromRole(fixed(keyID, secret, "secret-token"), role()),
		"oidc":        sts.FromOIDC(credentials.OIDC{ProviderARN: providerARN, TokenFile: files(t, "secret-1.jwt")[0]}, role()),
		"ecs_role":    credentials.FromInstance(credentials.Instance{Endpoint: c.plain(t, server), Getenv: getenv, Now: c.clock.now}),
	}
}

// plain is the same server without TLS.
func (c *cloud) plain(t *testing.T, server *httptest.Server) string {
	t.Helper()
	twin := httptest.NewServer(server.Config.Handler)
	t.Cleanup(twin.Close)
	return twin.URL
}

// TestNoRedirectIsFollowed has each service point elsewhere: what was sent to it must not be sent there.
func TestNoRedirectIsFollowed(t *testing.T) {
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		c := newCloud(t)
		elsewhere, asked := stranger(t)
		server := httptest.NewTLSServer(http.RedirectHandler(elsewhere, status))
		t.Cleanup(server.Close)
		for name, from := range c.sources(t, server) {
			t.Run(name, func(t *testing.T) { noKey(t, from, "redirect", "not followed") })
		}
		if n := asked.Load(); n != 0 {
			t.Errorf("%d: the stranger was asked %d times", status, n)
		}
	}
}

func TestRepliesAreBounded(t *testing.T) {
	c := newCloud(t)
	var sent atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		piece := []byte(strings.Repeat("x", 1<<16))
		for r.Context().Err() == nil {
			n, err := w.Write(piece)
			if sent.Add(int64(n)); err != nil || sent.Load() > 1<<30 {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	for name, from := range c.sources(t, server) {
		t.Run(name, func(t *testing.T) { noKey(t, from, "the reply is larger than 64 KiB") })
	}
}

// TestRefusalsRepeatNoSecret has each service say back all that it was sent.
func TestRefusalsRepeatNoSecret(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusOK} {
		testRepeating(t, status)
	}
}

func testRepeating(t *testing.T, status int) {
	t.Helper()
	c := newCloud(t)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		said := strings.ReplaceAll(r.Header.Get("X-Acs-Security-Token")+r.Form.Get("OIDCToken")+r.Header.Get("Authorization"), `"`, "")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"Code": "Odd`+said+`", "Message": "`+said+`", "RequestId": "`+said+`"}`)
	}))
	t.Cleanup(server.Close)
	for name, from := range c.sources(t, server) {
		t.Run(name, func(t *testing.T) { noKey(t, from) })
	}
	if status == http.StatusForbidden {
		noKey(t, c.sources(t, server)["assume_role"], "Odd(secret)", "(request id (secret)")
	}
}

func TestSTSIsNeverAskedInTheClear(t *testing.T) {
	c := newCloud(t)
	plain, asked := stranger(t)
	sts := c.as()
	sts.Endpoint = plain
	noKey(t, sts.FromRole(fixed(keyID, secret, ""), role()), "keys do not travel in the clear")
	noKey(t, sts.FromOIDC(credentials.OIDC{ProviderARN: providerARN, TokenFile: files(t, "jwt")[0]}, role()), "keys do not travel in the clear")
	if asked.Load() != 0 {
		t.Error("it was asked")
	}
}

// TestMetadataOfAnotherKind has a service that gives tokens but is none.
func TestMetadataOfAnotherKind(t *testing.T) {
	clock := newClock()
	for name, test := range map[string]struct {
		token, roles, key string
		want              string
	}{
		"a page":     {"t", "reader", "<html>secret-1</html>", "the reply is not the metadata service's: no key as JSON in it"},
		"a failure":  {"t", "reader", `{"Code": "Failed"}`, `the code is "Failed"`},
		"no secret":  {"t", "reader", `{"Code": "Success", "AccessKeyId": "i"}`, "the access key secret is empty"},
		"odd secret": {"t", "reader", `{"Code": "Success", "AccessKeyId": "i", "AccessKeySecret": "secret-1\nsecret-2"}`, "the access key secret has a line break in it"},
		"odd token":  {"t\x00t", "reader", "", "invalid header field value"},
	} {
		t.Run(name, func(t *testing.T) {
			mux := http.NewServeMux()
			say := func(text string) http.HandlerFunc {
				return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
			}
			mux.HandleFunc("PUT /latest/api/token", say(test.token))
			mux.HandleFunc("GET /latest/meta-data/ram/security-credentials/{$}", say(test.roles))
			mux.HandleFunc("GET /latest/meta-data/ram/security-credentials/{role}", say(test.key))
			server := httptest.NewServer(mux)
			t.Cleanup(server.Close)
			noKey(t, credentials.FromInstance(credentials.Instance{Endpoint: server.URL, Getenv: env(), Now: clock.now}), test.want)
		})
	}
}

// TestKeysOfAnInstanceAreRenewed looks at the end that the service tells.
func TestKeysOfAnInstanceAreRenewed(t *testing.T) {
	clock := newClock()
	service := ststest.NewMetadata("reader", ststest.Options{Now: clock.now})
	t.Cleanup(service.Close)
	from := credentials.FromInstance(credentials.Instance{Endpoint: service.URL, Getenv: env(), Now: clock.now})
	key, err := from.Key(t.Context())
	if err != nil || key.Expires.Sub(clock.now()).Hours() != 1 {
		t.Errorf("got a key that expires at %v, %v", key.Expires, err)
	}
}
