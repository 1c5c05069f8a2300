package ui

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/version"

	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/report"
)

//go:embed assets/style.css
var styleCSS string

//go:embed assets/script.js
var scriptJS string

//go:embed assets/layout.html
var layoutHTML string

//go:embed assets/list.html
var listHTML string

//go:embed assets/domain.html
var domainHTML string

//go:embed assets/life.html
var lifeHTML string

//go:embed assets/runbook.html
var runbookHTML string

// pageTemplates has the pages in each language.
var pageTemplates = map[lang.Language]*template.Template{ //nolint:gochecknoglobals // compiled once
	lang.English: newTemplates(lang.English),
	lang.Chinese: newTemplates(lang.Chinese),
}

func newTemplates(l lang.Language) *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"css":       func() template.CSS { return template.CSS(styleCSS) }, //nolint:gosec // our own text
		"js":        func() template.JS { return template.JS(scriptJS) },   //nolint:gosec // our own text
		"language":  func() string { return string(l) },
		"name":      breakable,
		"printable": plain.Printable,
		"t":         lang.Translator(l),
		"texts":     func() string { return scriptTexts(l) },
		"txt":       report.QuoteTXT,
	}).Parse(layoutHTML + listHTML + rowHTML() + domainHTML + lifeHTML + runbookHTML))
}

// breakable returns the HTML of a domain's name, which may be broken before each
// dot, and nowhere else.
func breakable(name string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(name), ".", "<wbr>.")) //nolint:gosec // escaped
}

// contentPolicy lets the page run its own script and style, and nothing else.
func contentPolicy() string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + hash(styleCSS) + "; script-src " + hash(scriptJS) +
		"; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// frame is the part that all pages have.
type frame struct {
	Title       lang.Text
	Root        string // the way to the list: "./" or "../../", so that any prefix before it stays
	Icon        template.URL
	Now         *moment
	Version     string
	Refresh     string  // in seconds; "" is never
	RefreshLink string  // to the same page, refreshed or not; "" is none
	Switch      string  // to the same page in the other language
	JSON        string  // where the same is as JSON, from Root
	Late        *moment // when a scrape last asked, if that was long ago
}

// newFrame returns the frame of the page that r asks for, as v wants it.
func (h *Pages) newFrame(r *http.Request, title lang.Text, v *view) frame {
	f := frame{Title: title, Switch: switchLink(r), Root: cmp.Or(strings.Repeat("../", strings.Count(r.URL.EscapedPath(), "/")-1), "./"), Now: newMoment(h.Now(), h.Now()), Version: version.Info(), Refresh: v.refresh, JSON: "api/v1/domains"}
	if v.refresh == "off" {
		f.Refresh, f.RefreshLink = "", v.link("refresh", "", "page", v.values.Get("page"))
		return f
	}
	f.RefreshLink = v.link("refresh", "off", "page", v.values.Get("page"))
	return f
}

// watch marks the page if no scrape has come for a while.
func (f *frame) watch(h *Pages, rep *report.Report) {
	if h.Memory == nil || !rep.IsAsked() {
		return
	}
	if asked, _ := h.Memory.Totals(rep.Now); asked > 0 {
		return
	}
	f.Late = newMoment(rep.LastAsked(), rep.Now)
	f.Title = lang.Textf("(?) %s", f.Title)
}

// icon returns a dot in the colour of s.
func icon(s judge.Severity) template.URL {
	colour := map[judge.Severity]string{judge.Critical: "d33a2f", judge.Warning: "e0a100", judge.Unknown: "3d86d8", judge.OK: "2c9a4b"}[s]
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#%s"/></svg>`, colour)
	return template.URL("data:image/svg+xml," + url.PathEscape(svg)) //nolint:gosec // our own text
}

// show answers with a page.
func (h *Pages) show(w http.ResponseWriter, r *http.Request, code int, name string, data any) {
	var b bytes.Buffer
	if err := pageTemplates[languageOf(r)].ExecuteTemplate(&b, name, data); err != nil {
		h.failed(r, err)
		http.Error(w, "writing page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	for name, value := range map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"Content-Security-Policy": contentPolicy(),
		"X-Content-Type-Options":  "nosniff",
		"X-Frame-Options":         "DENY",
		"Referrer-Policy":         "no-referrer",
		"Cache-Control":           "no-store",
		"Content-Language":        string(languageOf(r)),
	} {
		w.Header().Set(name, value)
	}
	w.Header().Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(code)
	_, _ = w.Write(b.Bytes())
}

// moment is an instant as a page shows it.
type moment struct {
	ISO, UTC string
	Relative lang.Text
}

// newMoment returns nil for the zero time.
func newMoment(t, now time.Time) *moment {
	if t.IsZero() {
		return nil
	}
	return &moment{t.UTC().Format("2006-01-02T15:04:05Z"), plain.Stamp(t), lang.Relative(t, now)}
}
