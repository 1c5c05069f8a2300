package ui

import (
	"net/http"
	"strings"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
)

// refuse answers with text: for a browser as a page that leads back.
func (h *Pages) refuse(w http.ResponseWriter, r *http.Request, code int, text string) {
	h.Refused(r, code, text)
	if !takesHTML(r) {
		http.Error(w, text, code)
		return
	}
	h.showRefused(w, r, code, text)
}

func takesHTML(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

func (h *Pages) showRefused(w http.ResponseWriter, r *http.Request, code int, text string) {
	page := refusedPage{frame: h.newFrame(r, lang.Verbatim(http.StatusText(code)), &view{refresh: "off"}), Text: text}
	page.Icon, page.RefreshLink = icon(judge.Unknown), ""
	h.show(w, r, code, "refused", page)
}

// refusedPage is the data of the template refused.
type refusedPage struct {
	frame
	Text string
}

// Lead returns a handler of the paths of mux. Where it has none, a
// browser gets a page that leads back.
func (h *Pages) Lead(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" || !takesHTML(r) {
			mux.ServeHTTP(w, r)
			return
		}
		answer := refusal{ResponseWriter: w}
		mux.ServeHTTP(&answer, r)
		h.showRefused(w, r, answer.code, answer.text)
	})
}

// refusal keeps the status and the text of an answer, and passes its header.
type refusal struct {
	http.ResponseWriter
	code int
	text string
}

// WriteHeader implements http.ResponseWriter.
func (a *refusal) WriteHeader(code int) { a.code = code }

// Write implements http.ResponseWriter.
func (a *refusal) Write(text []byte) (int, error) {
	a.text += string(text)
	return len(text), nil
}
