package secret

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// forms returns secret and its encodings: percent signs and entities in either
// case, the escapes of JSON, hexadecimal, and base64 at each of the three places
// that it may have in a longer text.
func forms(secret string) []string {
	all := []string{secret}
	if secret == "" {
		return nil
	}
	for _, format := range []string{"%%%02X", "%%%02x", "&#%d;", "&#x%X;", "&#x%x;", `\u%04x`, `\u%04X`, `\%c`} {
		all = appendNew(all, escaped(secret, format))
	}
	digits := hex.EncodeToString([]byte(secret))
	all = append(all, digits, strings.ToUpper(digits))
	for offset := range 3 {
		text := make([]byte, offset, offset+len(secret))
		text = append(text, secret...)
		encoded := base64.RawStdEncoding.EncodeToString(text)
		// Characters at both ends have bits of the neighbours as well.
		first, last := (offset*8+5)/6, len(text)*8/6
		if first < last {
			all = append(all, encoded[first:last])
			all = appendNew(all, strings.NewReplacer("+", "-", "/", "_").Replace(encoded[first:last]))
		}
	}
	return all
}

func appendNew(all []string, form string) []string {
	if form == all[len(all)-1] || form == all[0] {
		return all
	}
	return append(all, form)
}

// escaped returns text with each byte but letters and digits in that format.
func escaped(text, format string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, format, c)
		}
	}
	return b.String()
}
