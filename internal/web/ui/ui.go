// Package ui shows to people, and as JSON to programs, what the exporter knows.
// It asks neither OSS nor DNS.
//
// A view is which domains a request wants, and in which order. The list is the
// page of all domains; a row is a domain in it. A domain's page has its facts
// and its life.
package ui

import (
	"net/http"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web/query"
)

// Options are the sources of the pages. Config, Known, Peek, Unlisted, Refuse, Now and
// Logger are required.
type Options struct {
	// Config returns the configuration in force. A request asks once and
	// keeps to what it got.
	Config func() *config.Config
	// Known has the labels, accounts and regions that requests may name.
	Known *query.Known
	// Peek returns what is known of targets without asking.
	Peek func(targets []config.Target) []status.Status
	// Unlisted returns what accounts have bound that is not configured.
	Unlisted func(*http.Request, *config.Config) []discovery.AccountReport
	// Memory has what was true of the targets before; nil is nothing.
	Memory *judge.Memory
	// History has the last changes of the targets; nil is none.
	History *changelog.History
	// ExternalURL is where the pages are, without a final slash; "" is not
	// known.
	ExternalURL string
	// HideTokens keeps the values of CNAME tokens from page and JSON.
	HideTokens bool
	// Refuse answers a request that cannot be served with a text.
	Refuse func(w http.ResponseWriter, r *http.Request, code int, text string)
	Now    func() time.Time
	Logger log.Logger // gets what could not be told to the client, at debug level
}

// pages serves the pages of one exporter.
type pages struct{ Options }

// Routes returns the handler of each path, by its pattern of http.ServeMux.
func Routes(opts Options) map[string]http.Handler {
	h := &pages{opts}
	return map[string]http.Handler{
		"GET /{$}":                      http.HandlerFunc(h.list),
		"GET /domains/{bucket}/{cname}": http.HandlerFunc(h.domain),
		"GET /runbooks/{alert}":         http.HandlerFunc(h.runbook),
		"/api/":                         http.HandlerFunc(h.api),
		apiPath + "/{bucket}/{cname}":   http.HandlerFunc(h.api),
	}
}

// failed logs that a response could not be made.
func (h *pages) failed(r *http.Request, err error) {
	level.Debug(h.Logger).Log("msg", "response not written", "path", r.URL.Path, "err", err)
}
