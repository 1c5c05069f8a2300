// Package secret owns the texts that no output may show: a Value prints and encodes as
// hidden by every verb and encoder, and a text that a peer chose is searched for
// the parts of our secrets before it is shown.
//
// Its nouns: a Value is one secret; a Key is an access key; a RemoteText is a
// text of a peer that is safe to show.
package secret

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Value is a text that no output may show. string(t) is the text itself. Put it
// in exported fields and values only: fmt does not ask unexported fields, nor
// encoding/json the keys of a map.
type Value string

// Hidden stands where a Value would.
const Hidden = "(secret)"

// Format implements fmt.Formatter, which outranks all that fmt could do.
func (Value) Format(to fmt.State, _ rune) { _, _ = io.WriteString(to, Hidden) }

// String implements fmt.Stringer, for those who do not ask fmt.
func (Value) String() string { return Hidden }

// MarshalText implements encoding.TextMarshaler: JSON, XML, YAML and logfmt.
func (Value) MarshalText() ([]byte, error) { return []byte(Hidden), nil }

// Key is an access key, which signs calls.
type Key struct {
	ID      string
	Secret  Value
	Token   Value     // of a temporary key; "" for a permanent one
	Expires time.Time // zero is never, or that its source does not say
}

// Trimmed returns k without the white space around its parts, such as the line
// break at the end of a Kubernetes secret that was made with echo. A part that
// no header can carry is an error.
func (k Key) Trimmed() (Key, error) {
	k.ID = strings.TrimSpace(k.ID)
	k.Secret = Value(strings.TrimSpace(string(k.Secret)))
	k.Token = Value(strings.TrimSpace(string(k.Token)))
	for _, part := range []struct {
		name, text string
		optional   bool
	}{
		{"access key id", k.ID, false},
		{"access key secret", string(k.Secret), false},
		{"security token", string(k.Token), true},
	} {
		if part.text == "" && !part.optional {
			return Key{}, fmt.Errorf("the %s is empty", part.name)
		}
		if at := strings.IndexFunc(part.text, func(r rune) bool { return r <= ' ' || r > '~' }); at >= 0 {
			return Key{}, fmt.Errorf("the %s has %s", part.name, faultOf(part.text[at]))
		}
	}
	return k, nil
}

// faultOf says why no part of a key can have c.
func faultOf(c byte) string {
	switch {
	case c == '\n' || c == '\r':
		return "a line break in it; write only the value, on one line"
	case c == ' ' || c == '\t':
		return "a blank in it; write only the value"
	case c > '~':
		return "a character in it that is not ASCII; copy the value anew"
	default:
		return "a control character in it; copy the value anew"
	}
}
