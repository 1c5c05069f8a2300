package ossclient_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// TestProxyThatRefuses is named in the failure, without the user and the password that it was given.
func TestProxyThatRefuses(t *testing.T) {
	for code, want := range map[int]string{
		http.StatusForbidden:         " refused the connection: 403",
		http.StatusBadGateway:        " refused the connection: 502",
		http.StatusProxyAuthRequired: " refused the connection: 407; write its user and password into HTTPS_PROXY",
	} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }))
		t.Cleanup(proxy.Close)
		at, err := url.Parse(proxy.URL)
		if err != nil {
			t.Fatal(err)
		}
		at.User = url.UserPassword("me", keySecret)
		f := newFixture(t)
		transport := ossclient.NewTransport()
		t.Cleanup(transport.CloseIdleConnections)
		transport.Proxy = http.ProxyURL(at)
		f.opts.Endpoint, f.opts.Transport, f.opts.Attempts = "", transport, 1
		failure := f.failure(t)
		if text := "GetCnameToken: the proxy " + proxy.URL + want; failure.Error() != text || failure.Reason != status.ReasonConnect {
			t.Errorf("got %s %q, want %q", failure.Reason, failure, text)
		}
	}
}
