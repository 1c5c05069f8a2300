package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-kit/log/level"
)

// guard returns next for requests that may be meant for it.
func (h *handler) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection() // no other site's page may reload
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch query, err := url.QueryUnescape(r.URL.RawQuery); {
		case !utf8.ValidString(r.URL.Path) || err == nil && !utf8.ValidString(query):
			h.refuse(w, r, http.StatusBadRequest, "The URL is not UTF-8.")
		case origin.Check(r) != nil:
			h.refuse(w, r, http.StatusForbidden, origin.Check(r).Error())
		case r.Method != http.MethodGet && r.Method != http.MethodHead && !isOurs(r.Host, h.Host):
			h.refuse(w, r, http.StatusForbidden, fmt.Sprintf("The exporter is not known as %.255q: ask for its IP address, or start it with the --web.external-url that it has.", r.Host))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isOurs reports whether a request's Host can be meant for the exporter: an IP
// address, a name without a dot, or the external one. Any other may be the
// name of a hostile site that leads here, so that a browser takes the exporter for
// that site (DNS rebinding).
func isOurs(host, external string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return !strings.Contains(host, ".") || strings.EqualFold(host, external)
}

// refuse answers with text, and counts and logs that.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, code int, text string) {
	h.refused(r, code, text)
	http.Error(w, text, code)
}

// refused counts and logs a request that is answered with text and no data.
func (h *handler) refused(r *http.Request, code int, text string) {
	h.Refused(code)
	level.Debug(h.Logger).Log("msg", "request refused", "path", r.URL.Path, "code", code, "err", text)
}

// failed logs that a response could not be written: its reader is gone, or slow.
func (h *handler) failed(r *http.Request, err error) {
	level.Debug(h.Logger).Log("msg", "response not written", "path", r.URL.Path, "err", err)
}
