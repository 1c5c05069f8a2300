package secret

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// maxRemoteText bounds the length of a RemoteText, in characters.
const maxRemoteText = 200

// RemoteText returns a text that a peer chose, safe to show: the parts of
// secrets in it are hidden, and it is printable, on one line and bounded.
func RemoteText(text string, secrets ...Value) string {
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
func Hide(text string, secrets ...Value) string {
	var all []string
	for _, s := range secrets {
		all = append(all, forms(string(s))...)
	}
	return hide(text, all, shortest, shortRun)
}

// HideLong replaces the parts of secrets in an answer that is still to be read:
// each part of 64 bytes, and each secret of 16 bytes or more as a whole.
func HideLong(text string, secrets ...Value) string {
	all := make([]string, len(secrets))
	for i, s := range secrets {
		all[i] = string(s)
	}
	return hide(text, all, longest, longRun)
}

// IsHidden reports whether a part of text was hidden. Such a text must not decide
// which advice is given.
func IsHidden(text string) bool { return strings.Contains(text, Hidden) }

// hide returns text with a mark in place of each run of bytes that one of secrets
// has too. It looks for no secret of less than least bytes.
func hide(text string, secrets []string, least, run int) string {
	var parts []bool // the bytes of text to hide; nil is none
	for _, secret := range secrets {
		if len(secret) >= least {
			parts = mark(parts, text, secret, min(run, len(secret)))
		}
	}
	if parts == nil {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		if !parts[i] {
			b.WriteByte(text[i])
		} else if i == 0 || !parts[i-1] {
			b.WriteString(Hidden)
		}
	}
	return b.String()
}

// mark returns parts with each run of bytes in text that secret has too.
func mark(parts []bool, text, secret string, run int) []bool {
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

// forms returns secret and its encodings: percent signs and entities in either
// case, the escapes of JSON, hexadecimal, and base64 at each of the three places
// that it may have in a longer text. None is there twice.
func forms(secret string) []string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	if secret == "" {
		return nil
	}
	digits := hex.EncodeToString([]byte(secret))
	all := []string{secret, digits, strings.ToUpper(digits)}
	for _, format := range []string{"%%%02X", "%%%02x", "&#%d;", "&#x%X;", "&#x%x;", `\u%04x`, `\u%04X`, `\%c`} {
		var b strings.Builder
		for _, c := range []byte(secret) {
			if strings.IndexByte(plain, c) >= 0 {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, format, c)
			}
		}
		all = append(all, b.String())
	}
	for offset := range 3 {
		text := make([]byte, offset, offset+len(secret))
		text = append(text, secret...)
		encoded := base64.RawStdEncoding.EncodeToString(text)
		// Characters at both ends have bits of the neighbours as well.
		first, last := (offset*8+5)/6, len(text)*8/6
		if first < last {
			part := encoded[first:last]
			all = append(all, part, strings.NewReplacer("+", "-", "/", "_").Replace(part))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
