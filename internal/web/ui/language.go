package ui

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"

	"oss_cname_exporter/internal/lang"
)

// languageCookie keeps the language that a browser chose.
const languageCookie = "oss_cname_exporter_lang"

// languageOf returns the language that r asks for: the one that its browser
// chose, else the one of the header Accept-Language.
func languageOf(r *http.Request) lang.Language {
	chosen, err := r.Cookie(languageCookie)
	if err == nil && isLanguage(chosen.Value) {
		return lang.Language(chosen.Value)
	}
	return lang.Accepted(r.Header.Get("Accept-Language"))
}

func isLanguage(text string) bool { return slices.Contains(lang.Languages(), lang.Language(text)) }

// switching returns a handler that takes the parameter lang: it keeps the
// language in a cookie and leads to the same page. All else is for next.
func switching(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		values := r.URL.Query()
		language := values.Get("lang")
		if !isLanguage(language) {
			next(w, r)
			return
		}
		const year = 365 * 24 * 60 * 60
		http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: language, Path: "/", MaxAge: year, HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // it holds no secret, and the page may be plain HTTP
		values.Del("lang")
		w.Header().Set("Location", "?"+values.Encode())
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusSeeOther)
	})
}

// switchLink returns the link to the page of r in the other language.
func switchLink(r *http.Request) string {
	values := r.URL.Query()
	values.Set("lang", string(lang.Chinese))
	if languageOf(r) == lang.Chinese {
		values.Set("lang", string(lang.English))
	}
	return "?" + values.Encode()
}

// scriptText matches a text of the script.
var scriptText = regexp.MustCompile(`\bt\("([^"]+)"`)

// scriptTexts returns the texts of the script in a language, by the English ones,
// as JSON.
func scriptTexts(l lang.Language) string {
	texts := map[string]string{}
	for _, found := range scriptText.FindAllStringSubmatch(scriptJS, -1) {
		if text := l.Format(found[1]); text != found[1] {
			texts[found[1]] = text
		}
	}
	text, _ := json.Marshal(texts) // strings always have a JSON
	return string(text)
}
