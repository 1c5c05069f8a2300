package secret

import (
	"fmt"
	"strings"
	"time"
)

// Key is an access key, which signs calls.
type Key struct {
	ID      string
	Secret  Text
	Token   Text      // of a temporary key; "" for a permanent one
	Expires time.Time // zero is never, or that its source does not say
}

// Trimmed returns k without the white space around its parts, such as the line
// break at the end of a Kubernetes secret that was made with echo. A part that
// no header can carry is an error.
func (k Key) Trimmed() (Key, error) {
	k.ID = strings.TrimSpace(k.ID)
	k.Secret = Text(strings.TrimSpace(string(k.Secret)))
	k.Token = Text(strings.TrimSpace(string(k.Token)))
	for _, part := range []struct {
		name, text string
		optional   bool
	}{
		{"access key id", k.ID, false},
		{"access key secret", string(k.Secret), false},
		{"security token", string(k.Token), true},
	} {
		if fault := faultOf(part.text, part.optional); fault != "" {
			return Key{}, fmt.Errorf("the %s %s", part.name, fault)
		}
	}
	return k, nil
}

// faultOf returns the fault of one part of a key, "" for none.
func faultOf(part string, optional bool) string {
	if part == "" && !optional {
		return "is empty"
	}
	at := strings.IndexFunc(part, func(r rune) bool { return r <= ' ' || r > '~' })
	if at < 0 {
		return ""
	}
	switch c := part[at]; {
	case c == '\n' || c == '\r':
		return "has a line break in it; write only the value, on one line"
	case c == ' ' || c == '\t':
		return "has a blank in it; write only the value"
	case c > '~':
		return "has a character in it that is not ASCII; copy the value anew"
	default:
		return "has a control character in it; copy the value anew"
	}
}
