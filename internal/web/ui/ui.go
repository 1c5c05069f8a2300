// Package ui shows to people, and as JSON to programs, what the exporter knows.
// It asks neither OSS nor DNS.
//
// A view is which domains a request wants, in which order and groups. The list
// is the page of all domains, with a row for each; a column is one of its table. A
// domain's page has its facts, its life and the commands about it. A runbook is the
// page of one alert. A frame is the part that all pages have.
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

// Options are the sources of the pages. Config, Known, Peek, Unlisted, Refused, Now and
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
	// Links has the addresses of the monitoring around the exporter.
	Links Links
	// HideTokens keeps the values of CNAME tokens from page and JSON.
	HideTokens bool
	// Refused counts and logs a request that is answered with text and no data.
	Refused func(r *http.Request, code int, text string)
	Now     func() time.Time
	Logger  log.Logger // gets what could not be told to the client, at debug level
}

// Pages serves the pages of one exporter.
type Pages struct{ Options }

// New returns the pages of opts.
func New(opts Options) *Pages { return &Pages{opts} }

// Routes returns the handler of each path, by its pattern of http.ServeMux.
func (h *Pages) Routes() map[string]http.Handler {
	return map[string]http.Handler{
		"GET /{$}":                      switching(h.list),
		"GET /domains/{bucket}/{cname}": switching(h.domain),
		"GET /runbooks/{$}":             switching(h.runbooks),
		"GET /runbooks/{alert}":         switching(h.runbook),
		"/api/":                         http.HandlerFunc(h.api),
		apiPath + "/{bucket}/{cname}":   http.HandlerFunc(h.api),
	}
}

// failed logs that a response could not be made.
func (h *Pages) failed(r *http.Request, err error) {
	level.Debug(h.Logger).Log("msg", "response not written", "path", r.URL.Path, "err", err)
}
