package web

import (
	"net/http"

	"github.com/go-kit/log/level"
)

// refuse answers with text, and counts and logs that.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, code int, text string) {
	h.Refused(code)
	level.Debug(h.Logger).Log("msg", "request refused", "path", r.URL.Path, "code", code, "err", text)
	http.Error(w, text, code)
}

// failed logs that a response could not be written: its reader is gone, or slow.
func (h *handler) failed(r *http.Request, err error) {
	level.Debug(h.Logger).Log("msg", "response not written", "path", r.URL.Path, "err", err)
}
