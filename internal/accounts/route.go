package accounts

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/credentials"
	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// routeKey says how OSS and STS are reached. The zero value is the usual way.
type routeKey struct {
	proxy  string // URL of a proxy; "" is that of HTTPS_PROXY, HTTP_PROXY and NO_PROXY
	caFile string // PEM certificates to trust beside the system's; "" is none
}

func routeOf(a config.Account) routeKey { return routeKey{a.ProxyURL, a.CAFile} }

// route is a way to OSS and STS, and the connections on it. It is an
// http.RoundTripper whose connections are replaced when ca_file says something
// else, so that clients and sessions need not be.
type route struct {
	routeKey
	file *credentials.File // nil if there is no ca_file

	mu        sync.Mutex      // guards all below
	transport *http.Transport // nil until ca_file was read
	text      string          // of ca_file, as transport has it
	closed    bool            // only requests under way still use it
}

func newRoute(key routeKey) *route {
	r := &route{routeKey: key}
	if key.caFile != "" {
		r.file = credentials.NewFile(key.caFile)
	}
	return r
}

// RoundTrip implements http.RoundTripper.
func (r *route) RoundTrip(req *http.Request) (*http.Response, error) {
	transport, _ := r.current()
	if transport == nil {
		if err := r.refresh(req.Context()); err != nil {
			return nil, err
		}
		transport, _ = r.current()
	}
	resp, done, err := send(transport, req)
	if err != nil {
		if proxy := proxyOf(transport, req); proxy != nil {
			err = fmt.Errorf("through the proxy %s://%s: %w", proxy.Scheme, proxy.Host, err)
		}
		return nil, err
	}
	resp.Body = &pooledBody{resp.Body, r, transport, done}
	return resp, nil
}

// Secrets returns the user and the password of the proxy that req goes through, as
// a peer may repeat them.
func (r *route) Secrets(req *http.Request) []secret.Text {
	transport, _ := r.current()
	proxy := proxyOf(transport, req)
	if proxy == nil || proxy.User == nil {
		return nil
	}
	password, _ := proxy.User.Password()
	user := proxy.User.Username()
	return []secret.Text{secret.Text(password), secret.Text(user + ":" + password), secret.Text(user)}
}

// proxyOf returns the proxy that req goes through; nil is none.
func proxyOf(transport *http.Transport, req *http.Request) *url.URL {
	if transport == nil || transport.Proxy == nil {
		return nil
	}
	proxy, err := transport.Proxy(req)
	if err != nil {
		return nil
	}
	return proxy
}

// current returns the connections to use, and whether they are to be kept
// after use.
func (r *route) current() (transport *http.Transport, keep bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.transport, !r.closed
}

// pooledBody is the body of a reply, whose end sets its connection free. One that was
// replaced meanwhile is closed: it would stay open until it has been idle for
// long.
type pooledBody struct {
	io.ReadCloser
	route     *route
	transport *http.Transport
	done      func() // ends the attempt
}

// Close implements io.Closer.
func (b *pooledBody) Close() error {
	err := b.ReadCloser.Close()
	b.done()
	if current, keep := b.route.current(); current != b.transport || !keep {
		b.transport.CloseIdleConnections()
	}
	return err
}

// refresh reads ca_file and replaces the connections if it says something else.
// They are kept while it cannot be used: the certificates in use are good, a file that is
// half written is not.
func (r *route) refresh(ctx context.Context) error {
	var text string
	if r.file != nil {
		var err error
		if text, err = r.file.Read(ctx); err != nil {
			return r.unusable(err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.transport != nil && r.text == text {
		return nil
	}
	transport, err := r.dial(text)
	if err != nil {
		return err
	}
	if r.transport != nil {
		r.transport.CloseIdleConnections()
	}
	r.transport, r.text = transport, text
	return nil
}

// dial returns connections that trust the certificates in text; "" is none
// beside the system's.
func (r *route) dial(text string) (*http.Transport, error) {
	transport := ossclient.NewTransport()
	if r.proxy != "" {
		proxy, err := url.Parse(r.proxy)
		if err != nil || proxy.User != nil {
			return nil, errors.New("the proxy is no URL without a user")
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	if r.file == nil {
		return transport, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM([]byte(text)) {
		return nil, r.unusable(errors.New("no certificate in it; write PEM to it"))
	}
	transport.TLSClientConfig.RootCAs = pool
	return transport, nil
}

// unusable is the failure of every call while ca_file is no use.
func (r *route) unusable(err error) error {
	return &ossclient.Error{Operation: "TLS", Reason: status.ReasonTLS, Err: credentials.LocalError{Err: fmt.Errorf("reading ca_file %q: %w", r.caFile, err)}}
}

// close ends the connections that are not in use, and the others after use.
func (r *route) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.transport != nil {
		r.transport.CloseIdleConnections()
	}
}

// reasonOf returns the error of a route without the operation.
func reasonOf(err error) error {
	if failure, ok := errors.AsType[credentials.LocalError](err); ok {
		return failure
	}
	return err
}
