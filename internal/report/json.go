package report

import (
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON writes v as encoding/json does, and escapes characters that cannot be
// printed as well: remote text must not control a terminal.
func JSON(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil || isASCII(text) {
		return text, err
	}
	escaped := make([]byte, 0, len(text)+64)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case !mustEscape(r):
			escaped = append(escaped, text[:size]...)
		case r <= 0xffff:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		}
		text = text[size:]
	}
	return escaped, nil
}

// isASCII reports whether text is plain ASCII, which encoding/json has escaped
// enough.
func isASCII(text []byte) bool {
	for _, b := range text {
		if b >= 0x7f {
			return false
		}
	}
	return true
}

func mustEscape(r rune) bool { return r >= 0x7f && !unicode.IsPrint(r) }
