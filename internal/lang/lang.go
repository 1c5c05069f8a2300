// Package lang writes texts for people in the language that they ask for. English
// is the source: a text is made of an English format, and the catalogue has the
// same format in the other language. A format that the catalogue lacks stays
// English.
//
// A Text is a format with its arguments. A Language is how it is written. The
// names of metrics, labels, states, reasons, keys and flags are arguments: they
// are the same in every language.
package lang

import (
	"fmt"
	"strings"

	"oss_cname_exporter/internal/plain"
)

// Language is a language of texts, by its tag. The zero value is English.
type Language string

// The languages.
const (
	English Language = "en"
	Chinese Language = "zh"
)

// Languages returns the whole closed set; the first is the default.
func Languages() []Language { return []Language{English, Chinese} }

// Format returns the format of the language for an English one.
func (l Language) Format(english string) string {
	if l == Chinese {
		if format, ok := chinese[english]; ok {
			return format
		}
	}
	return english
}

// Text is a text in every language. The zero value is no text.
type Text struct {
	format string
	args   []any
}

// Textf returns the text of an English format. An argument that is a Text is
// written in the language of the whole.
func Textf(format string, args ...any) Text { return Text{format, args} }

// Verbatim returns a text that is the same in every language, such as a name; no
// text for "".
func Verbatim(text string) Text {
	if text == "" {
		return Text{}
	}
	return Text{"%s", []any{text}}
}

// IsZero reports whether t is no text.
func (t Text) IsZero() bool { return t.format == "" }

// In returns t in a language, on one line. Arguments of others cannot control a
// terminal: characters that cannot be printed become escapes.
func (t Text) In(l Language) string {
	format := l.Format(t.format)
	if len(t.args) == 0 && !strings.Contains(format, "%") {
		return format
	}
	args := make([]any, len(t.args))
	for i, arg := range t.args {
		switch arg := arg.(type) {
		case Text:
			args[i] = arg.In(l)
		case string:
			args[i] = plain.Printable(arg)
		case error:
			args[i] = plain.Printable(arg.Error())
		default:
			args[i] = arg // a number, or a word of a closed set
		}
	}
	return fmt.Sprintf(format, args...)
}

// String returns t in English.
func (t Text) String() string { return t.In(English) }

// Translator returns the function t of templates: it writes a Text, or a format
// with its arguments, in a language.
func Translator(l Language) func(text any, args ...any) string {
	return func(text any, args ...any) string {
		switch text := text.(type) {
		case Text:
			return text.In(l)
		case string:
			return Textf(text, args...).In(l)
		}
		return fmt.Sprint(text)
	}
}
