package ui

import (
	"fmt"
	"io"
	"net/http"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/web/query"
)

// apiPath is where the JSON is; docs/api.schema.json describes it.
const apiPath = "/api/v1/domains"

// report returns what is said about all targets, without asking, in the language
// of r.
func (h *Pages) report(r *http.Request, cfg *config.Config) *report.Report {
	return report.New(cfg.Targets, h.Peek(cfg.Targets), report.Options{
		Now: h.Now(), Memory: h.Memory, History: h.History, HideTokens: h.HideTokens, ExternalURL: h.ExternalURL, Language: languageOf(r),
	})
}

// api serves what the page says as JSON, and every error as JSON.
func (h *Pages) api(w http.ResponseWriter, r *http.Request) {
	code, answer := h.apiAnswer(r)
	if code != http.StatusOK {
		answer = map[string]any{"error": fmt.Sprint(answer)}
	}
	if code == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", "GET, HEAD")
	}
	write, isStream := answer.(stream)
	var body []byte
	if !isStream {
		var err error
		if body, err = report.JSON(answer); err != nil {
			h.failed(r, err)
			code, body = http.StatusInternalServerError, []byte(`{"error":"writing JSON failed"}`)
		}
		write = func(w io.Writer) error {
			_, err := w.Write(append(body, '\n'))
			return err
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Language", string(languageOf(r)))
	w.Header().Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(code)
	if err := write(w); err != nil {
		h.failed(r, err)
	}
}

func (h *Pages) apiAnswer(r *http.Request) (code int, answer any) {
	cfg := h.Config()
	name := r.PathValue("bucket")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return http.StatusMethodNotAllowed, r.Method + " is not allowed; GET is"
	case name == "" && r.URL.Path != apiPath:
		return http.StatusNotFound, fmt.Sprintf("no such path; known: %s, %s/{bucket}/{cname}", apiPath, apiPath)
	case name != "":
		if _, err := query.Single(r.URL.RawQuery); err != nil {
			return http.StatusBadRequest, err
		}
		d, _, code, err := h.find(r, cfg, name, r.PathValue("cname"))
		if err != nil {
			return code, err
		}
		return http.StatusOK, d.Item()
	}
	v, err := h.parseView(r.URL.RawQuery, cfg, "q", "severity", "state", "sort", "page", "per_page")
	if err != nil {
		return http.StatusBadRequest, err
	}
	rep := h.report(r, cfg)
	all := v.choose(rep)
	return http.StatusOK, stream(func(w io.Writer) error {
		return report.WriteDocument(w, rep, v.cut(all), report.Paging{Matching: len(all), Page: v.page, Pages: v.pages(len(all))})
	})
}

// find returns what is said about a configured target, and about all.
func (h *Pages) find(r *http.Request, cfg *config.Config, bucket, cname string) (d *report.Domain, rep *report.Report, code int, err error) {
	name, err := domain.New(bucket, cname)
	if err != nil {
		return nil, nil, http.StatusBadRequest, err
	}
	rep = h.report(r, cfg)
	for _, d := range rep.Domains {
		if d.Target.Name == name {
			return d, rep, http.StatusOK, nil
		}
	}
	return nil, nil, http.StatusNotFound, fmt.Errorf("%s is not configured; %s lists what is", name, apiPath)
}

// stream writes an answer that is too large to keep.
type stream func(io.Writer) error
