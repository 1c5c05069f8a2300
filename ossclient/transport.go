package ossclient

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// mostBody bounds how much of a reply is read, in bytes. A token's reply has
// 300, a list of a bucket's domains some hundred thousand.
const mostBody = 1 << 20

// Observer is told of every HTTP exchange with OSS.
type Observer interface {
	// APIRequest reports how long OSS took to begin its answer to one call,
	// or to fail; retries are calls of their own.
	APIRequest(operation string, took time.Duration)
	// ClockSkew reports our clock minus OSS's, to about a second.
	ClockSkew(skew time.Duration)
}

// NewTransport returns the connection pool that all Clients of a process
// share. It keeps a connection longer than the usual scrape interval, since
// every bucket is a host of its own, and resumes TLS sessions where it could
// not. The caller's context is the only timeout.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		MaxIdleConns:        1024,
		MaxIdleConnsPerHost: 1024, // path style puts every bucket on one host
		IdleConnTimeout:     100 * time.Second,
		DisableCompression:  true, // replies are small, and a bomb stays packed
	}
}

// nobody is the Observer of a Client that has none.
type nobody struct{}

func (nobody) APIRequest(string, time.Duration) {}
func (nobody) ClockSkew(time.Duration)          {}

// exchange is the oss.HTTPClient of one API operation. It bounds what a reply
// can cost and tells the Observer.
type exchange struct {
	operation string
	http      *http.Client
	now       func() time.Time
	observer  Observer
}

// newHTTPClient returns a client on the shared transport that hands redirects
// back instead of following them: the Authorization header would travel along.
func newHTTPClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Do implements oss.HTTPClient.
func (x exchange) Do(req *http.Request) (*http.Response, error) {
	sent := x.now()
	resp, err := x.http.Do(req)
	took := x.now().Sub(sent)
	x.observer.APIRequest(x.operation, took)
	if err != nil {
		return nil, err
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil && resp.Header.Get("x-oss-request-id") != "" {
		// OSS wrote the date somewhere between question and answer.
		x.observer.ClockSkew(sent.Add(took / 2).Sub(date))
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, mostBody)
	return resp, nil
}
