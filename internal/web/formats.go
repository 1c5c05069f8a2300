package web

import (
	"net/http"
	"sync/atomic"

	"github.com/prometheus/common/expfmt"
)

// formats finds out which exposition format a request wants. It remembers the
// last answer: a Prometheus asks with the same header each time, and to read
// that costs as much as to write half of the exposition of one target.
type formats struct{ last atomic.Pointer[negotiated] }

type negotiated struct {
	accept string // the header
	format expfmt.Format
}

func (f *formats) of(r *http.Request) expfmt.Format {
	accept := r.Header.Get("Accept")
	if last := f.last.Load(); last != nil && last.accept == accept {
		return last.format
	}
	format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	f.last.Store(&negotiated{accept, format})
	return format
}
