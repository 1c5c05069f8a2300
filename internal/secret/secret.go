// Package secret owns the texts that no output may show: a Text prints and encodes as
// hidden by every verb and encoder, and a text that a peer chose is searched for
// the parts of our secrets before it is shown.
//
// Its nouns: a Text is one secret; a Key is an access key; a RemoteText is a
// text of a peer that is safe to show.
package secret

import (
	"fmt"
	"io"
)

// Text is a text that no output may show. string(t) is the text itself. Put it
// in exported fields and values only: fmt does not ask unexported fields, nor
// encoding/json the keys of a map.
type Text string

// Hidden stands where a Text would.
const Hidden = "(secret)"

// Format implements fmt.Formatter, which outranks all that fmt could do.
func (Text) Format(to fmt.State, _ rune) { _, _ = io.WriteString(to, Hidden) }

// String implements fmt.Stringer, for those who do not ask fmt.
func (Text) String() string { return Hidden }

// MarshalText implements encoding.TextMarshaler: JSON, XML, YAML and logfmt.
func (Text) MarshalText() ([]byte, error) { return []byte(Hidden), nil }
