package accounts

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/credentials"
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
	file      *credentials.File              // nil if there is no ca_file
	transport atomic.Pointer[http.Transport] // nil until ca_file was read

	mu   sync.Mutex // held while transport is replaced
	text string     // of ca_file, as transport has it
}

func newRoute(key routeKey) *route {
	r := &route{routeKey: key}
	if key.caFile != "" {
		r.file = credentials.NewFile(key.caFile)
	}
	return r
}

// minSilence is how long a reused connection must be silent to be distrusted
// when its caller leaves.
const minSilence = time.Second

// RoundTrip implements http.RoundTripper. A connection that was open already may
// be dead without a sign, such as after a NAT table was flushed: it has half of the
// time that is left. If it fails, all idle connections are closed and the request
// is sent again at once.
func (r *route) RoundTrip(req *http.Request) (*http.Response, error) {
	transport := r.transport.Load()
	if transport == nil {
		if err := r.refresh(req.Context()); err != nil {
			return nil, err
		}
		transport = r.transport.Load()
	}
	ctx, cancel := context.WithCancel(req.Context())
	limit := time.AfterFunc(time.Hour, cancel)
	var reused atomic.Pointer[time.Time] // when the request got a connection that was open already
	hooks := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if limit.Stop(); !i.Reused { // net/http may choose a second one
			reused.Store(nil)
			return
		}
		now := time.Now()
		reused.Store(&now)
		if deadline, ok := ctx.Deadline(); ok {
			limit.Reset(deadline.Sub(now) / 2)
		}
	}}
	resp, err := transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, hooks)))
	limit.Stop()
	if err == nil {
		return resp, nil
	}
	cancel()
	if since := reused.Load(); since != nil && (req.Context().Err() == nil || time.Since(*since) >= minSilence) {
		transport.CloseIdleConnections()
		if again, ok := repeat(req); ok {
			resp, err = transport.RoundTrip(again)
		}
	}
	if err != nil {
		return nil, throughProxy(transport, req, err)
	}
	return resp, nil
}

// repeat returns req as it was before it was sent; it is not ok if that cannot be
// or if its caller has left.
func repeat(req *http.Request) (again *http.Request, ok bool) {
	if req.Context().Err() != nil {
		return nil, false
	}
	again = req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return again, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	again.Body = body
	return again, err == nil
}

// throughProxy returns err with the proxy that req goes through, if there is one.
func throughProxy(transport *http.Transport, req *http.Request, err error) error {
	if proxy, unknown := transport.Proxy(req); unknown == nil && proxy != nil {
		return fmt.Errorf("through the proxy %s://%s: %w", proxy.Scheme, proxy.Host, err)
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
	if r.transport.Load() != nil && r.text == text {
		return nil
	}
	transport, err := r.dial(text)
	if err != nil {
		return err
	}
	r.text = text
	if old := r.transport.Swap(transport); old != nil {
		old.CloseIdleConnections()
	}
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

// close ends the connections that are idle. Those of requests under way end when
// they have been idle for long.
func (r *route) close() {
	if transport := r.transport.Load(); transport != nil {
		transport.CloseIdleConnections()
	}
}

// reasonOf returns the error of a route without the operation.
func reasonOf(err error) error {
	if failure, ok := errors.AsType[credentials.LocalError](err); ok {
		return failure
	}
	return err
}
