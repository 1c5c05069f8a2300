package credentials

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"oss_cname_exporter/internal/secret"
)

// maxReply bounds the size of a reply, in bytes. A key has about 2,000.
const maxReply = 64 << 10

// httpReply is a whole reply.
type httpReply struct {
	status int
	body   []byte
}

// ask sends one request and reads the reply. It follows no redirect: the secrets
// of the request would travel along. secrets are those of the request, which an
// error does not repeat.
func ask(transport http.RoundTripper, req *http.Request, secrets ...secret.Value) (httpReply, error) {
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return httpReply{}, failure(req.Context(), err, secrets)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return httpReply{status: resp.StatusCode}, nil // the body is the bare connection, which heeds no deadline
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	switch {
	case err != nil:
		return httpReply{}, failure(req.Context(), err, secrets)
	case len(body) > maxReply:
		return httpReply{}, fmt.Errorf("the reply is larger than %d KiB", maxReply>>10)
	}
	return httpReply{resp.StatusCode, body}, nil
}

func failure(ctx context.Context, err error, secrets []secret.Value) error {
	if ctx.Err() != nil {
		return errors.New("no answer in time")
	}
	if ours, ok := errors.AsType[LocalError](err); ok {
		return ours
	}
	return errors.New(secret.RemoteText(err.Error(), secrets...))
}

// LocalError is an error of a transport itself, such as a certificate file that
// cannot be read. No peer chose its text, so that it is shown as a whole.
type LocalError struct{ Err error }

// Error implements error.
func (e LocalError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e LocalError) Unwrap() error { return e.Err }

// newTransport returns connections that are used once, and without a proxy: keys
// in plain text stay on this machine or its hypervisor. The caller's context is
// the only timeout of a request, but net/http goes on connecting after it.
func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: fetchTimeout}).DialContext,
		TLSHandshakeTimeout:    fetchTimeout,
		MaxResponseHeaderBytes: maxReply,
		DisableKeepAlives:      true,
		DisableCompression:     true, // a reply is small, and its bound is that of the text
	}
}

// unexpected is the error of a reply that is no key.
func (a httpReply) unexpected(from string) error {
	switch {
	case a.status/100 == 3:
		return fmt.Errorf("the reply is a redirect (%d), which is not followed; correct the address", a.status)
	case a.status != http.StatusOK:
		return fmt.Errorf("the reply is not %s: %d", from, a.status)
	}
	return fmt.Errorf("the reply is not %s", from)
}
