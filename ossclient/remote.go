package ossclient

import (
	"net/url"
	"strings"
	"unicode"

	"oss_cname_exporter/internal/secret"
)

// maxRemoteText bounds how much is shown of a text that a peer chose, in
// characters.
const maxRemoteText = 200

// RemoteText makes a text that a peer chose safe to show: without what it
// repeats of secrets, on one line, printable and bounded.
func RemoteText(text string, secrets ...secret.Text) string {
	text = oneLine(hide(text, shortRun, secrets...))
	if runes := []rune(text); len(runes) > maxRemoteText {
		return string(runes[:maxRemoteText]) + "…"
	}
	return text
}

// oneLine returns text printable and without line breaks.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "?"))
	return strings.Join(strings.Fields(text), " ")
}

// Lengths from which on a text that is found in a secret as well is taken for a
// part of it.
const (
	shortRun = 8  // in a text that is only shown
	longRun  = 32 // in an answer, which must not be spoilt by chance, and costs each call
)

// hide replaces the parts of secrets in text that are at least run bytes long,
// or a whole secret. It finds every part of twice that length.
func hide(text string, run int, secrets ...secret.Text) string {
	var parts []bool // which bytes of text to hide; nil is none
	for _, s := range secrets {
		parts = mark(parts, text, string(s), run)
		if run == shortRun {
			parts = mark(parts, text, url.QueryEscape(string(s)), run)
		}
	}
	if parts == nil {
		return text
	}
	return without(text, parts)
}

// mark returns parts with what text has of secret.
func mark(parts []bool, text, secret string, run int) []bool {
	run = min(run, len(secret))
	for at := 0; run >= shortRun && at+run <= len(secret); at += run {
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

// widen returns where the part of secret begins and ends in text, of which
// length bytes are known to be alike.
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

// without returns text with a mark in place of each run of hidden bytes.
func without(text string, parts []bool) string {
	var b strings.Builder
	for i := range len(text) {
		if !parts[i] {
			b.WriteByte(text[i])
		} else if i == 0 || !parts[i-1] {
			b.WriteString(secret.Hidden)
		}
	}
	return b.String()
}
