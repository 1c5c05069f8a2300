package ststest

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
)

// Way leads http.DefaultTransport, on which the vendor's library insists, to the stand-ins. The zero value leads to an
// STS only.
type Way struct{ metadata atomic.Pointer[url.URL] }

// Pave makes transport trust the stand-in of STS, and take the way to the metadata service.
func (w *Way) Pave(transport *http.Transport) *http.Transport {
	front := httptest.NewTLSServer(nil) // all such servers show one certificate
	defer front.Close()
	authorities := x509.NewCertPool()
	authorities.AddCert(front.Certificate())
	transport.TLSClientConfig = &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}
	transport.Proxy = func(req *http.Request) (*url.URL, error) {
		if req.URL.Host == "100.100.100.200" {
			return w.metadata.Load(), nil
		}
		return nil, nil
	}
	return transport
}

// To leads to m whoever asks the metadata service of the instance from now on.
func (w *Way) To(m *Metadata) {
	at, _ := url.Parse(m.URL)
	w.metadata.Store(at)
}
