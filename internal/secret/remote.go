package secret

import (
	"strings"
	"unicode"
)

// maxRemoteText bounds the length of a RemoteText, in characters.
const maxRemoteText = 200

// RemoteText returns a text that a peer chose, safe to show: the parts of
// secrets in it are hidden, and it is printable, on one line and bounded.
func RemoteText(text string, secrets ...Text) string {
	text = OneLine(Hide(text, secrets...))
	if runes := []rune(text); len(runes) > maxRemoteText {
		return string(runes[:maxRemoteText]) + "…"
	}
	return text
}

// OneLine returns text printable and without line breaks.
func OneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "?"))
	return strings.Join(strings.Fields(text), " ")
}

// Lengths from which on a text that is found in a secret as well is taken for a
// part of it, and the lengths below which a whole secret is not looked for.
const (
	shortRun, shortest = 8, 4   // in a text that is only shown
	longRun, longest   = 32, 16 // in an answer, which must not be spoilt by chance, and costs each call
)

// Hide replaces the parts of secrets in a text that is only shown, as they are
// and in the encodings that peers use: each part of 16 bytes is found, and each
// secret of 4 bytes or more as a whole.
func Hide(text string, secrets ...Text) string {
	var parts []bool // which bytes of text to hide; nil is none
	for _, s := range secrets {
		for _, form := range forms(string(s)) {
			if len(form) >= shortest {
				parts = mark(parts, text, form, shortRun)
			}
		}
	}
	return without(text, parts)
}

// HideLong replaces the parts of secrets in an answer that is still to be read:
// each part of 64 bytes, and each secret of 16 bytes or more as a whole.
func HideLong(text string, secrets ...Text) string {
	var parts []bool
	for _, s := range secrets {
		if len(s) >= longest {
			parts = mark(parts, text, string(s), longRun)
		}
	}
	return without(text, parts)
}

// IsHidden reports whether a part of text was hidden. Such a text must not decide
// which advice is given.
func IsHidden(text string) bool { return strings.Contains(text, Hidden) }

// mark returns parts with each run of bytes in text that secret has too.
func mark(parts []bool, text, secret string, run int) []bool {
	run = min(run, len(secret))
	for at := 0; at+run <= len(secret); at += run {
		for from := 0; ; {
			found := strings.Index(text[from:], secret[at:at+run])
			if found < 0 {
				break
			}
			if parts == nil {
				parts = make([]bool, len(text))
			}
			start, end := widen(text, secret, from+found, at, run)
			for i := start; i < end; i++ {
				parts[i] = true
			}
			from = end
		}
	}
	return parts
}

// widen returns the bounds in text of the part of secret, of which length bytes
// are known to be alike.
func widen(text, secret string, inText, inSecret, length int) (start, end int) {
	start, end = inText, inText+length
	for back := 1; back <= min(inText, inSecret) && text[inText-back] == secret[inSecret-back]; back++ {
		start--
	}
	for end < len(text) && inSecret+end-inText < len(secret) && text[end] == secret[inSecret+end-inText] {
		end++
	}
	return start, end
}

// without returns text with a mark in place of each run of hidden bytes; nil
// hides none.
func without(text string, hidden []bool) string {
	if hidden == nil {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		if !hidden[i] {
			b.WriteByte(text[i])
		} else if i == 0 || !hidden[i-1] {
			b.WriteString(Hidden)
		}
	}
	return b.String()
}
