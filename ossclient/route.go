package ossclient

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// Route is how OSS and STS are reached. The zero value is the usual way.
type Route struct {
	Proxy  string // URL of a proxy; "" is what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say
	CAFile string // PEM certificates to trust beside the system's; "" is none
}

// Transport returns the connections of a route, to be shared by all who take
// it.
func (r Route) Transport() (*http.Transport, error) {
	transport := NewTransport()
	if r.Proxy != "" {
		proxy, err := url.Parse(r.Proxy)
		if err != nil || proxy.User != nil {
			return nil, errors.New("the proxy is no URL without a user")
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	if r.CAFile != "" {
		authorities, err := readCertificates(r.CAFile)
		if err != nil {
			return nil, fmt.Errorf("reading ca_file %q: %w", r.CAFile, err)
		}
		transport.TLSClientConfig.RootCAs = authorities
	}
	return transport, nil
}

// readCertificates returns the system's authorities and those in the file.
func readCertificates(path string) (*x509.CertPool, error) {
	text, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM([]byte(text)) {
		return nil, errors.New("no certificate in it; write PEM to it")
	}
	return pool, nil
}
