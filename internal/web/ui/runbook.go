package ui

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"oss_cname_exporter/docs"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/web/query"
)

// markdown renders the documents. HTML in them is left out.
var markdown = goldmark.New(goldmark.WithExtensions(extension.Table)) //nolint:gochecknoglobals // has no state

// runbooks is the list of all alerts.
func (h *Pages) runbooks(w http.ResponseWriter, r *http.Request) {
	h.showRunbook(w, r, lang.Textf("Runbooks"), docs.RunbookTable(string(languageOf(r))))
}

// runbook says what an alert means and what to do about it.
func (h *Pages) runbook(w http.ResponseWriter, r *http.Request) {
	alert := r.PathValue("alert")
	text := docs.Runbook(string(languageOf(r)), alert)
	if text == "" {
		h.refuse(w, r, http.StatusNotFound, fmt.Sprintf("no runbook %.64q", alert))
		return
	}
	h.showRunbook(w, r, lang.Verbatim(alert), text)
}

func (h *Pages) showRunbook(w http.ResponseWriter, r *http.Request, title lang.Text, text string) {
	name, err := parseRunbookQuery(r.URL.RawQuery)
	if err != nil {
		h.refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	page := runbookPage{frame: h.newFrame(r, title, &view{refresh: "off"}), Name: name}
	page.RefreshLink = ""
	page.IsIndex = r.PathValue("alert") == ""
	text = linkRunbooks(text, name, languageOf(r))
	text = h.variables(r, name).Replace(text)
	var b bytes.Buffer
	if err := markdown.Convert([]byte(text), &b); err != nil {
		h.failed(r, err)
	}
	page.HTML = template.HTML(b.String()) //nolint:gosec // rendered from our own text and a valid name, without raw HTML
	page.Icon = icon(judge.OK)
	h.show(w, r, http.StatusOK, "runbook", page)
}

// runbookPage is the data of the template runbook.
type runbookPage struct {
	frame
	IsIndex bool
	Name    domain.Name // the domain that is filled in; zero is none
	HTML    template.HTML
}

// parseRunbookQuery reads the domain to fill in, as /probe does: target, or
// bucket and cname. The zero Name is none.
func parseRunbookQuery(raw string) (name domain.Name, err error) {
	values, err := query.Single(raw, "target", "bucket", "cname")
	if err != nil {
		return name, err
	}
	target, bucket, cname := values.Get("target"), values.Get("bucket"), values.Get("cname")
	switch {
	case target == "" && bucket == "" && cname == "":
		return name, nil
	case target != "":
		if name, err = domain.Parse(target); err != nil {
			return name, fmt.Errorf("target: %.64q: %w", target, err)
		}
		return name, nil
	}
	return domain.New(bucket, cname)
}

// documentLink matches a link to another document.
var documentLink = regexp.MustCompile(`\[([^\]]+)\]\((?:\.\./)?([\w./-]+)(?:#[\w-]+)?\)`)

// linkRunbooks makes links to sections lead to their pages, with the domain
// filled in. Links to documents that the program does not show become names.
func linkRunbooks(text string, name domain.Name, l lang.Language) string {
	filled := ""
	if name != (domain.Name{}) {
		filled = "?target=" + url.QueryEscape(name.String())
	}
	text = documentLink.ReplaceAllString(text, lang.Textf("%s (`%s` of the documentation)", "$1", "$2").In(l))
	for _, alert := range docs.Alerts() {
		text = strings.ReplaceAll(text, "](#"+strings.ToLower(alert)+")", "]("+alert+filled+")")
	}
	return text
}

// host matches the name and port of a server.
var host = regexp.MustCompile(`^[\w.:\[\]-]+$`)

// variables replaces the variables of the runbooks' commands by what is known.
func (h *Pages) variables(r *http.Request, name domain.Name) *strings.Replacer {
	var pairs []string
	if host.MatchString(r.Host) {
		pairs = append(pairs, "$EXPORTER", r.Host)
	}
	if name == (domain.Name{}) {
		return strings.NewReplacer(pairs...)
	}
	pairs = append(pairs, "$BUCKET", name.Bucket, "'$CNAME'", name.Base, "$CNAME", name.Base)
	if t := targetOf(h.Config(), name); t != nil {
		pairs = append(pairs, "$REGION", t.Account.Region)
	}
	return strings.NewReplacer(pairs...)
}

// targetOf returns the configured target of a name; nil if there is none.
func targetOf(cfg *config.Config, name domain.Name) *config.Target {
	for i := range cfg.Targets {
		if cfg.Targets[i].Name == name {
			return &cfg.Targets[i]
		}
	}
	return nil
}
