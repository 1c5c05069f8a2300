package accounts

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// minSilence is how long a reused connection must be silent to be distrusted
// when its caller leaves.
const minSilence = time.Second

// send makes a request. A connection that was open already may be dead without
// a sign, such as after a NAT table was flushed: it has half of the time that is
// left. If it fails, all idle connections are closed and the request is sent
// again at once. done must be called after the body was read.
func send(transport *http.Transport, req *http.Request) (resp *http.Response, done func(), err error) {
	ctx, cancel := context.WithCancel(req.Context())
	a := &attempt{cancel: cancel}
	hooks := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { a.connected(ctx, i.Reused) }}
	resp, err = transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, hooks)))
	a.stop()
	if err != nil {
		cancel()
	}
	if err == nil || !a.isSuspect(req.Context()) {
		return resp, a.cancel, err
	}
	transport.CloseIdleConnections()
	again, ok := repeat(req)
	if !ok {
		return resp, a.cancel, err
	}
	resp, err = transport.RoundTrip(again)
	return resp, func() {}, err
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

// attempt is one try to send a request.
type attempt struct {
	cancel context.CancelFunc

	mu     sync.Mutex  // guards all below
	timer  *time.Timer // cancels the attempt on a reused connection; nil without one
	reused time.Time   // when it got a reused connection; zero if it is a new one
}

// connected notes the connection of the attempt; net/http may choose a second one.
// An attempt on a reused connection ends after half of the time of its request.
func (a *attempt) connected(ctx context.Context, reused bool) {
	a.stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reused = (time.Time{}); !reused {
		return
	}
	a.reused = time.Now()
	if deadline, ok := ctx.Deadline(); ok {
		a.timer = time.AfterFunc(time.Until(deadline)/2, a.cancel)
	}
}

func (a *attempt) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer != nil {
		a.timer.Stop()
	}
}

// isSuspect reports whether the failure may be that of a dead connection. ctx is
// that of the caller.
func (a *attempt) isSuspect(ctx context.Context) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.reused.IsZero() && (ctx.Err() == nil || time.Since(a.reused) >= minSilence)
}
