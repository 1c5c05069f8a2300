// Package plain writes values as an operator reads them, the same in every
// language: instants, labels, and text of others on one printable line.
package plain

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Stamp writes an instant as people read it; "" for the zero time.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// Printable returns text on one line. Characters that cannot be printed, or that
// change the direction of a line, become escapes: remote text must not
// control a terminal.
func Printable(text string) string {
	isPlain := func(r rune) bool { return unicode.IsPrint(r) && r != unicode.ReplacementChar }
	if strings.IndexFunc(text, func(r rune) bool { return !isPlain(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isPlain(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRuneToASCII(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// Labels writes labels as PromQL does.
func Labels(labels map[string]string) string {
	texts := make([]string, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		texts = append(texts, name+"="+strconv.Quote(labels[name]))
	}
	return Printable(strings.Join(texts, " "))
}
