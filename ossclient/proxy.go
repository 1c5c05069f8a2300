package ossclient

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// checkProxy reads the answer of a proxy to CONNECT. net/http gives the status
// only, as if it were OSS's.
func checkProxy(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusProxyAuthRequired:
		return fmt.Errorf("the proxy %s://%s refused the connection: 407; write its user and password into HTTPS_PROXY", proxy.Scheme, proxy.Host)
	default:
		return fmt.Errorf("the proxy %s://%s refused the connection: %d", proxy.Scheme, proxy.Host, resp.StatusCode)
	}
}
