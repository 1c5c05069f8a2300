package ossclient

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"time"
)

// Trace records what a question goes through, for people to read: where it was
// sent, how long each phase took, what came back. It holds no secrets. The
// zero value is ready; it is safe for concurrent use.
type Trace struct {
	mu    sync.Mutex // guards steps, and began of every exchange
	steps []Step
}

// Step is one thing that happened, told when it was over.
type Step struct {
	At   time.Time
	Took time.Duration // 0 for what has no length
	Text string        // one line, which begins with the API operation
}

// Steps returns what has happened so far.
func (t *Trace) Steps() []Step {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.steps)
}

type traceKey struct{}

// WithTrace returns ctx with t, in which every call made with it is recorded.
// With a nil t that is ctx itself.
func WithTrace(ctx context.Context, t *Trace) context.Context {
	if t == nil {
		return ctx
	}
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceOf returns the Trace of ctx, nil if it has none.
func TraceOf(ctx context.Context) *Trace {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	return t
}

// tracing is one HTTP exchange under a Trace, one of several at once.
type tracing struct {
	*Trace
	operation string
	now       func() time.Time
	began     map[string]time.Time // phases under way
}

// follow returns req with net/http reporting its phases. Connections are
// dialled on goroutines of their own, and several at once where a name has
// several addresses, so each phase goes by what tells it apart.
func (t tracing) follow(req *http.Request) *http.Request {
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

// answered records how the exchange ended.
func (t tracing) answered(ctx context.Context, resp *http.Response, err error) {
	if err != nil {
		t.record(newError(ctx, t.operation, err).Error(), "")
		return
	}
	t.say("%d (request id %s)", resp.StatusCode, clean(resp.Header.Get(requestIDHeader)))
}

func (t tracing) say(format string, args ...any) {
	t.record(t.operation+": "+fmt.Sprintf(format, args...), "")
}

func (t tracing) begin(phase string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.began[phase] = t.now()
}

func (t tracing) end(phase, text string, err error) {
	if err != nil {
		text = clean(err.Error())
	}
	t.record(t.operation+": "+text, phase)
}

// record takes a step in, which ends a phase unless that is "".
func (t tracing) record(text, phase string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	step := Step{At: t.now(), Text: text}
	if began, ok := t.began[phase]; ok {
		step.Took = step.At.Sub(began)
	}
	t.steps = append(t.steps, step)
}
