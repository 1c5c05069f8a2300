// Package plain writes values as an operator reads them: how long a duration is,
// where an instant is from now, and text of others on one printable line.
package plain

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Words says how long d is, with two units at most: "3 d 2 h", "5 min".
func Words(d time.Duration) string {
	d = d.Abs()
	type unit struct {
		length time.Duration
		name   string
	}
	units := []unit{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}
	for i, u := range units[:3] {
		if d < u.length {
			continue
		}
		text := fmt.Sprintf("%d %s", d/u.length, u.name)
		if rest := d % u.length / units[i+1].length; rest > 0 && u.name != "min" {
			text += fmt.Sprintf(" %d %s", rest, units[i+1].name)
		}
		return text
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

// In says how far ahead something is.
func In(d time.Duration) string { return "in " + Words(d) }

// Ago says how long ago something was.
func Ago(d time.Duration) string {
	if d < time.Second {
		return "just now"
	}
	return Words(d) + " ago"
}

// Relative says where t is from now; "" for the zero time.
func Relative(t, now time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.After(now):
		return In(t.Sub(now))
	}
	return Ago(now.Sub(t))
}

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
