package ossclient

import (
	"fmt"
	"io"
)

// Secret is a text that no output may show: it prints and encodes as hidden,
// by whatever verb or encoder. string(s) is the text itself. Put it in
// exported fields and values only: fmt does not ask unexported fields, nor
// encoding/json the keys of a map.
type Secret string

const hidden = "(secret)"

// Format implements fmt.Formatter, which outranks all that fmt could do.
func (Secret) Format(to fmt.State, _ rune) { _, _ = io.WriteString(to, hidden) }

// String implements fmt.Stringer, for those who do not ask fmt.
func (Secret) String() string { return hidden }

// MarshalText implements encoding.TextMarshaler: JSON, XML, YAML and logfmt.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
