package lang

import (
	"cmp"
	"strings"

	"golang.org/x/text/language"
)

// Accepted returns the language that the header Accept-Language of a request
// prefers.
func Accepted(header string) Language { return match(header) }

// OfEnvironment returns the language of a terminal by the variables LC_ALL,
// LC_MESSAGES and LANG, as POSIX has them: "zh_CN.UTF-8".
func OfEnvironment(getenv func(string) string) Language {
	locale := cmp.Or(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG"))
	locale, _, _ = strings.Cut(locale, ".")
	locale, _, _ = strings.Cut(locale, "@")
	return match(strings.ReplaceAll(locale, "_", "-"))
}

// match returns the language that a list of tags prefers. A list that cannot be
// read prefers English.
func match(tags string) Language {
	_, i := language.MatchStrings(language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese}), tags)
	return Languages()[i]
}
