package ossclient

import (
	"bytes"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
)

// Bounds of how much of a reply is read, in bytes. A token's reply has 300 and
// as much in its header, a list of a bucket's domains some hundred thousand.
const (
	maxHeader  = 64 << 10
	maxBody    = 1 << 20
	maxRefusal = 64 << 10
)

// requestIDHeader names a request to Alibaba Cloud's support, and marks an answer
// as one of OSS. It is spelt as net/http keeps it.
const requestIDHeader = "X-Oss-Request-Id"

// tokenHeader carries the token of a temporary key.
const tokenHeader = "X-Oss-Security-Token" //nolint:gosec // only a name

// Observer is told of every HTTP exchange with OSS.
type Observer interface {
	// APIRequest reports how long OSS took to begin its answer to one call,
	// or to fail; retries are calls of their own. requestID is OSS's name for
	// the call, as the answer has it, which may be any text; "" is none.
	APIRequest(account, operation, requestID string, took time.Duration)
	// ClockSkew reports our clock minus OSS's, to about a second.
	ClockSkew(skew time.Duration)
}

// NewTransport returns the connections of the usual Route. It keeps a
// connection longer than the usual scrape interval, since every bucket is a
// host of its own, and resumes TLS sessions where it could not. The caller's
// context is the only timeout of a call; but net/http goes on connecting when
// the caller has left, in the hope of the next one, and that must end too.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: checkProxy,
		DialContext:            (&net.Dialer{KeepAlive: 30 * time.Second, Timeout: 30 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		TLSHandshakeTimeout:    30 * time.Second,
		MaxIdleConns:           1024,
		MaxIdleConnsPerHost:    1024, // path style puts every bucket on one host
		IdleConnTimeout:        100 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true, // replies are small, and a bomb stays packed
	}
}

// noObserver is the Observer of a Client that has none.
type noObserver struct{}

func (noObserver) APIRequest(string, string, string, time.Duration) {}
func (noObserver) ClockSkew(time.Duration)                          {}

// exchange is the oss.HTTPClient of one API operation. It bounds the cost of a
// reply and tells the Observer. It follows no redirect: the Authorization
// header would travel along.
type exchange struct {
	operation string
	account   string // its name, for the Observer
	keys      KeySource
	transport http.RoundTripper // shared
	now       func() time.Time
	observer  Observer
	secrets   []secret.Value // of the way to OSS
}

// Do implements oss.HTTPClient. It gives the SDK whole replies with a status of
// 2xx: the SDK signs and repeats, but the meaning of an answer is decided here,
// once. The error is an *Error.
func (x exchange) Do(req *http.Request) (*http.Response, error) {
	req.Body = http.NoBody // so that net/http may repeat it on meeting a connection that OSS has just closed
	sent := x.now()
	resp, err := x.transport.RoundTrip(req)
	took := x.now().Sub(sent)
	secrets := append(secretsOf(req), x.secrets...)
	var id string
	if err == nil {
		id = resp.Header.Get(requestIDHeader)
	}
	x.observer.APIRequest(x.account, x.operation, id, took)
	var body []byte
	if err == nil {
		body, err = readBody(resp)
	}
	if err != nil {
		return nil, unanswered(req.Context(), x.operation, err, secrets)
	}
	var said envelope
	var refused *Error
	if resp.StatusCode/100 != 2 || bytes.Contains(body, []byte("Error")) {
		if said = readEnvelope(resp, body, secrets); resp.StatusCode/100 != 2 || said.Code != "" {
			refused = newRefusal(x.operation, resp, said)
		}
	}
	if skew, ok := skewOf(sent.Add(took/2), resp.Header, said); ok {
		x.observer.ClockSkew(skew)
	}
	if refused != nil {
		if refused.Reason == status.ReasonCredentials {
			refused.again = x.keys.Invalidate(secrets[0])
		}
		return nil, refused
	}
	resp.Body = wholeBody{strings.NewReader(secret.HideLong(string(body), secrets...)), secrets}
	return resp, nil
}

// secretsOf returns the parts of a request that no output may show: the token of
// a temporary key and the signature.
func secretsOf(req *http.Request) []secret.Value {
	signature := req.Header.Get("Authorization")
	if _, v4, ok := strings.Cut(signature, "Signature="); ok {
		signature = v4
	} else {
		signature = signature[strings.LastIndexByte(signature, ':')+1:] // V1: "OSS id:signature"
	}
	return []secret.Value{secret.Value(req.Header.Get(tokenHeader)), secret.Value(signature)}
}

// wholeBody is a body that is here already, with the secrets of its request.
type wholeBody struct {
	*strings.Reader
	secrets []secret.Value
}

// Close implements io.Closer.
func (wholeBody) Close() error { return nil }

// maxSkew is how far our clock may be off before OSS refuses the signature,
// with a minute for the way and for rounding.
const maxSkew = 16 * time.Minute

// earliest is before any date that OSS can name: one before it is no clock's.
func earliest() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }

// skewOf returns our clock minus OSS's. OSS wrote its date somewhere between
// question and answer, about when ours was sent. It is believed only as far as it
// can be true: further than maxSkew only in the refusal that says so, which has
// the time in its body as well.
func skewOf(sent time.Time, header http.Header, said envelope) (time.Duration, bool) {
	if header.Get(requestIDHeader) == "" {
		return 0, false // not OSS
	}
	if said.Code == "RequestTimeTooSkewed" {
		for _, text := range []string{said.ServerTime, header.Get("Date")} {
			if theirs, err := parseTime(text); err == nil && theirs.After(earliest()) {
				return sent.Sub(theirs), true
			}
		}
		return 0, false
	}
	theirs, err := http.ParseTime(header.Get("Date"))
	skew := sent.Sub(theirs)
	return skew, err == nil && skew.Abs() <= maxSkew
}

// readBody reads and closes the body, as far as it is any use.
func readBody(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil // the body is the bare connection, which heeds no deadline
	}
	refused, bound := resp.StatusCode/100 != 2, int64(maxBody)
	if refused {
		bound = maxRefusal
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, resp.Body, bound))
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) && refused {
		return body, nil // some gateway's page: its status says enough
	}
	isMarked := resp.ContentLength >= 0 || len(resp.TransferEncoding) > 0 // else only the end of the connection marks the end
	if err == nil && !isMarked && resp.Header.Get(requestIDHeader) != "" && isCut(body) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, &bodyError{err}
	}
	return body, nil
}

// isCut reports whether a reply of OSS ends within a document.
func isCut(body []byte) bool {
	if len(body) == 0 {
		return false
	}
	var document struct{ XMLName xml.Name }
	syntax, ok := errors.AsType[*xml.SyntaxError](xml.Unmarshal(body, &document))
	return ok && syntax.Msg == "unexpected EOF"
}

// bodyError marks a reply that broke off in its body.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return "reading reply: " + e.err.Error() }
func (e *bodyError) Unwrap() error { return e.err }
