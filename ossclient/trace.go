package ossclient

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"time"

	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/trace"
)

// tracing is an exchange under a Trace, one of several at once.
type tracing struct {
	exchange
	*trace.Trace

	mu    sync.Mutex           // guards began
	began map[string]time.Time // phases under way
}

// Do implements oss.HTTPClient.
func (t *tracing) Do(req *http.Request) (*http.Response, error) {
	resp, err := t.exchange.Do(t.follow(req))
	if err != nil {
		t.record(err.Error(), "")
		return nil, err
	}
	t.say("%d (request id %s)", resp.StatusCode, secret.RemoteText(resp.Header.Get(requestIDHeader), append(secretsOf(req), t.secrets...)...))
	return resp, nil
}

// follow returns req with net/http reporting its phases. Connections are
// dialled on goroutines of their own, and several at once where a name has
// several addresses, so each phase has a name of its own.
func (t *tracing) follow(req *http.Request) *http.Request {
	t.say("%s %s", req.Method, req.URL) // the signature is in a header
	hooks := &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { t.begin("dns") },
		DNSDone: func(i httptrace.DNSDoneInfo) {
			t.end("dns", "resolved to "+addresses(i.Addrs), i.Err)
		},
		ConnectStart:      func(_, to string) { t.begin(to) },
		ConnectDone:       func(_, to string, err error) { t.end(to, "connected to "+to, err) },
		TLSHandshakeStart: func() { t.begin("tls") },
		TLSHandshakeDone: func(s tls.ConnectionState, err error) {
			t.end("tls", fmt.Sprintf("%s handshake, resumed: %v", tls.VersionName(s.Version), s.DidResume), err)
		},
		GotConn: func(i httptrace.GotConnInfo) {
			if i.Reused {
				t.say("took an open connection to %s, idle for %s", i.Conn.RemoteAddr(), i.IdleTime.Round(time.Millisecond))
			}
		},
		WroteRequest:         func(httptrace.WroteRequestInfo) { t.begin("answer") },
		GotFirstResponseByte: func() { t.end("answer", "first byte of the answer", nil) },
	}
	return req.WithContext(httptrace.WithClientTrace(req.Context(), hooks))
}

func addresses(of []net.IPAddr) string {
	var texts []string
	for _, address := range of {
		texts = append(texts, address.String())
	}
	return strings.Join(texts, ", ")
}

func (t *tracing) say(format string, args ...any) {
	t.record(t.operation+": "+fmt.Sprintf(format, args...), "")
}

func (t *tracing) begin(phase string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.began[phase] = t.now()
}

func (t *tracing) end(phase, text string, err error) {
	if err != nil {
		text = secret.RemoteText(err.Error())
	}
	t.record(t.operation+": "+text, phase)
}

// record takes a step in, which ends a phase unless that is "".
func (t *tracing) record(text, phase string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	step := trace.Step{At: t.now(), Text: text}
	if began, ok := t.began[phase]; ok {
		step.Took = step.At.Sub(began)
	}
	t.Add(step)
}
